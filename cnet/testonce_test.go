package cnet

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
)

// With a validation part the test images are measured once: with the best epoch if it is kept, at the end of the plan
// or when training stops early, however often it was interrupted before.
func TestTestedOnce(t *testing.T) {
	ctx := context.Background()
	for _, tc := range []struct {
		name string
		edit func(*Config)
		want int // the epochs that are tested; -1: the best one
	}{
		{"plain", func(c *Config) {}, 1},
		{"best", func(c *Config) { c.KeepBest = PartValidation }, -1},
		{"no plan", func(c *Config) { c.Epochs = 0 }, 0},
		{"on the test images", func(c *Config) { c.KeepBest = PartTest }, 6},
	} {
		c := ownConfig()
		c.Set, c.Validation, c.Epochs, c.LRSchedule = bars(t, "bars", 0), 0.2, 6, LRConstant
		tc.edit(&c)
		dir := filepath.Join(t.TempDir(), "run")
		r, err := Open(dir, c)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if err := r.Train(ctx, 2); err != nil {
			t.Fatal(err)
		}
		if _, ok := r.History().Tested(); ok != (tc.want == 6) {
			t.Errorf("%s: tested before the end: %t", tc.name, ok)
		}
		// An end of the context in the last validation, and one before the test.
		stopped, cancel := context.WithCancel(ctx)
		err = r.TrainTo(stopped, 6, TrainOptions{OnRecord: func(rec Record) {
			if rec.Event == EventEpoch && rec.Epoch == 5 {
				cancel()
			}
		}})
		cancel()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if r, err = Open(dir); err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		for range 2 { // there is nothing to train; the second time there is nothing to test either
			if err := r.TrainTo(ctx, 6); err != nil {
				t.Fatal(err)
			}
		}
		best, _ := r.History().Best()
		tested := 0
		for _, rec := range r.History().Epochs() {
			if !rec.Tested() {
				continue
			}
			tested++
			if tc.want == -1 && rec.Epoch != best.Epoch || tc.want == 1 && rec.Epoch != 5 {
				t.Errorf("%s: epoch %d is tested, the best is %d", tc.name, rec.Epoch, best.Epoch)
			}
		}
		if want := max(tc.want, -tc.want); tested != want || !best.Validated() {
			t.Errorf("%s: %d epochs are tested, want %d", tc.name, tested, want)
		}
		last, ok := r.History().Tested()
		if !ok {
			continue
		}
		at := r
		if tc.want == -1 {
			if at, err = r.Best(); err != nil {
				t.Fatal(err)
			}
		}
		score, err := at.Evaluate(ctx)
		if err != nil || score.Accuracy != last.TestAccuracy || score.Loss != last.TestLoss {
			t.Errorf("%s: measured again: %+v, recorded %+v: %v", tc.name, score, last, err)
		}
	}
	// Early stopping is an end, too.
	c := ownConfig()
	c.Set, c.Validation, c.EarlyStop, c.LearningRate = bars(t, "bars", 0), 0.2, 2, 1e-9
	r, err := Open(filepath.Join(t.TempDir(), "run"), c)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Train(ctx, 20); err != nil {
		t.Fatal(err)
	}
	last, _ := r.History().Last()
	if tested, ok := r.History().Tested(); !ok || tested.Epoch != last.Epoch || last.Epoch >= 19 {
		t.Errorf("stopped after %d, tested %t after %d", last.Epoch+1, ok, tested.Epoch+1)
	}
}
