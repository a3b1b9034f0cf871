package main

import (
	"fmt"
	"math"
	"path/filepath"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
)

func chartPath(run *cnet.Run) string { return filepath.Join(run.Dir(), "history.png") }

// saveChart draws the learning curves of a run beside its history.
func saveChart(run *cnet.Run, epochs int) error {
	set, err := run.Dataset()
	if err != nil {
		return err
	}
	steps := max(1, set.Train.Len()/run.Config().BatchSize)
	h := learningCurves(run.History(), steps)
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
	return h.Chart().Save(chartPath(run))
}

// learningCurves turns the history of a run with so many steps an epoch into what a chart shows.
func learningCurves(history []cnet.Record, steps int) chart.History {
	var h chart.History
	for _, r := range history {
		at := float64(r.Epoch) + float64(r.Step)/float64(steps)
		switch r.Event {
		case cnet.EventEpoch:
			h.Epochs = append(h.Epochs, chart.Epoch{
				Number:    float64(r.Epoch + 1),
				TrainLoss: r.TrainLoss, TestLoss: r.TestLoss, TrainAccuracy: r.TrainAccuracy, TestAccuracy: r.TestAccuracy,
			})
		case cnet.EventLoss:
			h.Steps = append(h.Steps, chart.Step{Epoch: at, Loss: r.TrainLoss})
		case cnet.EventRefine, cnet.EventScheme:
			h.Marks = append(h.Marks, chart.Mark{At: at, Label: r.Net})
		case cnet.EventRate:
			h.Marks = append(h.Marks, chart.Mark{At: at, Label: fmt.Sprintf("lr %g", r.LearningRate)})
		}
	}
	return h
}
