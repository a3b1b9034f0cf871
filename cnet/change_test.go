package cnet

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What may change does, from the next batch on, and is in the history; the rest is an error that changes nothing.
func TestChange(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	c := tiny()
	c.Epochs = 9 // decays after 5 and 7 epochs
	r := open(t, dir, c)
	stopAt(t, r, 1, 3) // 180 of 300 images
	meanLoss, accuracy := r.state.LossSum/3, r.state.Correct/180
	err := r.Change(func(c *Config) { c.BatchSize, c.WeightDecay, c.Epochs = 50, 1e-4, 18 })
	if err != nil {
		t.Fatal(err)
	}
	want := "batch size 60 → 50, lr decay epochs [4 6] → [8 12], weight decay 0.0005 → 0.0001, epochs 9 → 18"
	if last := r.History()[len(r.History())-1]; last.Event != EventChange || last.Changes != want || last.Batch != 4 {
		t.Errorf("history %+v, want %s", last, want)
	}
	// The first whole batch of 50 after 180 images is the fifth.
	if got := r.state.LossSum / 4; r.Batch() != 4 || !near(got, meanLoss) || !near(r.state.Correct/200, accuracy) {
		t.Errorf("batch %d, mean loss %g, accuracy %g; want 4, %g, %g",
			r.Batch(), got, r.state.Correct/200, meanLoss, accuracy)
	}
	r.Close()
	r = open(t, dir, Config{BatchSize: 50, Epochs: 18}) // as it is by now
	trained := 0
	if err := r.Train(ctx, 1, TrainOptions{OnBatch: func(Progress) { trained++ }}); err != nil {
		t.Fatal(err)
	}
	if trained != 2 {
		t.Errorf("%d batches more, want 2", trained)
	}

	records := len(r.History())
	for _, c := range []struct {
		edit func(*Config)
		want string
	}{
		{func(c *Config) { c.Channels = 3 }, "its Channels is 2 and cannot be changed to 3; make another run"},
		{func(c *Config) { c.Seed, c.BatchSize = 8, 20 }, "its Seed is 7 and cannot be changed to 8"},
		{func(c *Config) { c.LearningRate = 1 }, "its learning rate is changed with SetLearningRate"},
		{func(c *Config) { c.LRSchedule = "mine" }, `lr schedule is "mine", must be one of`},
		{func(c *Config) { c.LRSchedule, c.LRWarmup = LRCosine, 18 }, "lr warmup is 18, must be less than"},
		{func(c *Config) { c.BatchSize = -1 }, "batch size is -1"},
	} {
		if err := r.Change(c.edit); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
	if c := r.Config(); len(r.History()) != records || c.BatchSize != 50 || c.Seed != 7 || c.LRSchedule != LRStep {
		t.Errorf("a change that failed has changed %+v", c)
	}
	if err := r.Change(func(c *Config) { c.BatchSize = 50 }); err != nil || len(r.History()) != records {
		t.Errorf("no change: %v, %d records, want %d", err, len(r.History()), records)
	}
	if err := r.Change(func(c *Config) { c.LRSchedule = LRCosine }); err != nil {
		t.Fatal(err) // the default decays go
	}
	if got, want := r.LearningRate(), 0.1*r.Config().schedule(6).factor(12); !near(got, want) {
		t.Errorf("the cosine's rate is %g, want %g", got, want)
	}
	if _, err := Open(t.TempDir(), Config{Epochs: 5, LRDecayEpochs: []int{1}, LRSchedule: LRCosine}); err == nil {
		t.Error("a cosine with decays was accepted")
	}
}

// A run that was changed within an epoch and interrupted afterwards ends as one that was changed and not interrupted.
func TestChangeResumes(t *testing.T) {
	ctx := context.Background()
	edit := func(c *Config) { c.BatchSize, c.WeightDecay, c.LRSchedule, c.LRWarmup = 40, 1e-3, LRCosine, 0.5 }
	c := tiny()
	c.Epochs = 3
	whole := open(t, filepath.Join(t.TempDir(), "whole"), c)
	stopAt(t, whole, 0, 2)
	if err := errors.Join(whole.Change(edit), whole.TrainTo(ctx, 3)); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	parts := open(t, dir, c)
	stopAt(t, parts, 0, 2)
	if err := parts.Change(edit); err != nil {
		t.Fatal(err)
	}
	for _, at := range [][2]int{{0, 5}, {1, 2}, {2, 7}} {
		parts.Close()
		parts = open(t, dir)
		stopAt(t, parts, at[0], at[1])
	}
	parts.Close()
	parts = open(t, dir)
	if err := parts.TrainTo(ctx, 3); err != nil {
		t.Fatal(err)
	}
	sameRun(t, fingerprint(t, parts), fingerprint(t, whole))
}

// stopAt trains until a batch, counted from 1, of an epoch, from 0, is done.
func stopAt(t *testing.T, r *Run, epoch, batch int) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	err := r.TrainTo(ctx, epoch+1, TrainOptions{OnBatch: func(p Progress) {
		if p.Epoch == epoch && p.Batch == batch {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || r.Epoch() != epoch || r.Batch() != batch {
		t.Fatalf("stopped with %v after epoch %d, batch %d, want %d, %d", err, r.Epoch(), r.Batch(), epoch, batch)
	}
}

func near(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 }

// The original's 80 and 120 of 180 epochs; what comes after the last epoch is left out.
func TestDecayEpochs(t *testing.T) {
	for epochs, want := range map[int][]int{
		180: {80, 120}, 120: {53, 80}, 160: {71, 107}, 90: {40, 60}, 30: {13, 20}, 10: {4, 7}, 5: {2, 3}, 4: {2},
		3: {1},
		2: nil, 1: nil,
	} {
		if got := DecayEpochs(epochs); !slices.Equal(got, want) {
			t.Errorf("of %d: %v, want %v", epochs, got, want)
		}
	}
	for _, c := range []struct {
		config Config
		want   []int
	}{
		{Config{}, nil}, {Config{Epochs: 180}, []int{80, 120}}, {Config{Epochs: 180, LRSchedule: LRConstant}, nil},
		{Config{Epochs: 180, LRDecayEpochs: []int{30}}, []int{30}},
		{Config{Epochs: 180, LRSchedule: LRCosine}, nil},
	} {
		if got := c.config.WithDefaults(); !slices.Equal(got.LRDecayEpochs, c.want) || got.Check() != nil {
			t.Errorf("%+v: decays at %v, want %v (%v)", c.config, got.LRDecayEpochs, c.want, got.Check())
		}
	}
}
