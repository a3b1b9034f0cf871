package main

import (
	"context"
	"fmt"
	"math"
	"path/filepath"

	"continuousnet/cnet"
	"continuousnet/cnet/dataset"
	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/atomicfile"
)

// chartPath returns the file of a run's learning curves.
func chartPath(run *cnet.Run) string { return filepath.Join(run.Dir(), "history.png") }

// saveChart draws the learning curves of a run beside its history and, for points in the plane or with targets, what
// the net has learnt.
func saveChart(run *cnet.Run, epochs int) error {
	set, err := run.Dataset()
	if err != nil {
		return err
	}
	low, high := math.Inf(1), 0.0
	for _, r := range run.History().Epochs() {
		low, high = min(low, r.TrainLoss), max(high, r.TrainLoss)
		if r.Tested() {
			low, high = min(low, r.TestLoss), max(high, r.TestLoss)
		}
		if r.Validated() {
			low, high = min(low, r.ValidationLoss), max(high, r.ValidationLoss)
		}
	}
	if math.IsInf(low, 1) {
		return nil // no epoch is complete
	}
	// While batch norm has seen little, the test loss is of another magnitude, and all else would be one line at the
	// bottom.
	c := figures.History(run.History(), figures.HistoryOptions{
		Epochs: epochs, LogLoss: high > 10*low, Classes: run.Classes(),
	})
	c.Title = fmt.Sprintf("%s, %s", set.Title, run.Network())
	if err := atomicfile.Sweep(chartPath(run)); err != nil { // the run is open for training: nobody else draws it
		return err
	}
	err = c.Save(chartPath(run))
	switch {
	case err == nil && set.Regression():
		fit, err := figures.Fit(context.Background(), run)
		if err != nil {
			return err
		}
		return fit.Save(fitPath(run))
	case err != nil || !planar(set):
		return err
	}
	regions, err := figures.Regions(context.Background(), run)
	if err != nil {
		return err
	}
	return regions.Save(regionsPath(run))
}

// planar reports whether a set is of points in the plane, with classes.
func planar(set *dataset.Set) bool { return set.Points() && set.Channels == 2 && !set.Regression() }

// fitPath returns the file with what a run's net predicts for the test points beside their targets.
func fitPath(run *cnet.Run) string { return filepath.Join(run.Dir(), "fit.png") }

// regionsPath returns the file of the classes that a run's net has for every region of the plane.
func regionsPath(run *cnet.Run) string { return filepath.Join(run.Dir(), "regions.png") }
