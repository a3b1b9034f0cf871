package main

import (
	"fmt"
	"math"
	"path/filepath"

	"continuousnet/cnet"
	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/atomicfile"
)

func chartPath(run *cnet.Run) string { return filepath.Join(run.Dir(), "history.png") }

// saveChart draws the learning curves of a run beside its history.
func saveChart(run *cnet.Run, epochs int) error {
	set, err := run.Dataset()
	if err != nil {
		return err
	}
	h := figures.Of(run.History())
	if len(h.Epochs) == 0 {
		return nil
	}
	h.Title = fmt.Sprintf("%s, %s", set.Title, run.Net())
	h.Total = float64(max(epochs, run.Epoch()))
	// While batch norm has seen little, the test loss is of another magnitude, and all else would be one line at the bottom.
	low, high := math.Inf(1), 0.0
	for _, e := range h.Epochs {
		low, high = min(low, e.TrainLoss, e.TestLoss), max(high, e.TrainLoss, e.TestLoss)
	}
	h.LogLoss = high > 10*low
	if err := atomicfile.Sweep(chartPath(run)); err != nil { // the run is open for training: nobody else draws it
		return err
	}
	return h.Chart().Save(chartPath(run))
}
