package cnet

import (
	"context"
	"math"
	"testing"
)

// TestStart checks the record of a run's first batch: its loss and accuracy, those of guessing, once in a run.
func TestStart(t *testing.T) {
	r := open(t, t.TempDir()+"/run", tiny())
	var first Progress
	follow := TrainOptions{OnBatch: func(p Progress) {
		if first.Batch == 0 {
			first = p
		}
	}}
	for range 2 {
		if err := r.Train(context.Background(), 1, follow); err != nil {
			t.Fatal(err)
		}
	}
	var starts History
	for _, rec := range r.History() {
		if rec.Event == EventStart {
			starts = append(starts, rec)
		}
	}
	if len(starts) != 1 || starts[0].Event != r.History()[0].Event {
		t.Fatalf("%d starts in %v", len(starts), r.History())
	}
	got := starts[0]
	if got.TrainLoss != first.Loss || got.TrainAccuracy != first.Accuracy || got.Net != r.Network().String() {
		t.Errorf("%+v after the batch %+v", got, first)
	}
	classes := float64(r.Classes())
	if low, high := math.Log(classes)/2, 2*math.Log(classes); got.TrainLoss < low || got.TrainLoss > high {
		t.Errorf("guessing among %g classes has a loss of %g, want %.2f to %.2f", classes, got.TrainLoss, low, high)
	}
	if got.Tested() || got.Validated() {
		t.Errorf("%+v was measured on more than a batch", got)
	}
}
