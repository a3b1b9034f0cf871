package cnet

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
)

// Factors at the corners of each schedule, from the formulas in the papers: 10 epochs of 10 batches.
func TestScheduleFactors(t *testing.T) {
	for _, c := range []struct {
		config Config
		want   map[int]float64 // of batches
	}{
		{Config{LRSchedule: LRStep}, map[int]float64{0: 1, 99: 1, 500: 1}},
		{Config{LRSchedule: LRConstant, LRWarmup: 2}, map[int]float64{0: 0.05, 9: 0.5, 18: 0.95, 19: 1, 20: 1, 500: 1}},
		{Config{LRSchedule: LRStep, LRWarmup: 0.25}, map[int]float64{0: 0.4, 1: 0.8, 2: 1, 3: 1}},
		{Config{LRSchedule: LRStep, LRWarmup: 0.01}, map[int]float64{0: 1}},
		{Config{LRSchedule: LRCosine}, map[int]float64{
			0: 1, 25: (1 + math.Sqrt2/2) / 2, 50: 0.5, 75: (1 - math.Sqrt2/2) / 2,
			99: (1 + math.Cos(0.99*math.Pi)) / 2, 500: (1 + math.Cos(0.99*math.Pi)) / 2,
		}},
		{Config{LRSchedule: LRCosine, LRWarmup: 2}, map[int]float64{
			0: 0.05, 19: 1, 20: 1, 60: 0.5, 80: (1 - math.Sqrt2/2) / 2,
		}},
		{Config{LRSchedule: LROneCycle}, map[int]float64{0: 0.04, 99: 1e-4, 100: 1e-4, 500: 1e-4}},
	} {
		c.config.Epochs = 10
		s := c.config.schedule(10)
		for batch, want := range c.want {
			if got := s.factor(batch); math.Abs(got-want) > 1e-12 {
				t.Errorf("%+v: factor of batch %d is %g, want %g", s, batch, got, want)
			}
		}
		for batch := range 200 {
			if f := s.factor(batch); !(f > 0 && f <= 1) {
				t.Errorf("%+v: factor of batch %d is %g", s, batch, f)
			}
		}
	}
	// With 101 batches the peak of the cycle, and the middles of both halves, fall on batches.
	s := schedule{name: LROneCycle, batches: 101}
	for batch, want := range map[int]float64{0: 0.04, 15: 0.52, 30: 1, 65: 0.50005, 100: 1e-4} {
		if got := s.factor(batch); math.Abs(got-want) > 1e-12 {
			t.Errorf("one cycle: factor of batch %d is %g, want %g", batch, got, want)
		}
	}
	if got := (schedule{name: LROneCycle, batches: 1}).factor(0); math.Abs(got-0.04) > 1e-12 {
		t.Errorf("one cycle of one batch: %g", got)
	}
}

func TestCheckSchedule(t *testing.T) {
	for _, c := range []struct {
		config Config
		want   string // in the error; "": none
	}{
		{Config{LRSchedule: LRCosine, Epochs: 3, LRWarmup: 0.5}, ""},
		{Config{LRWarmup: 5}, ""}, // the end is open
		{Config{LRSchedule: LRConstant, LRWarmup: 2.9, Epochs: 3}, ""},
		{Config{LRSchedule: "poly"}, `config: lr schedule is "poly", must be one of step, cosine, onecycle, constant`},
		{Config{LRSchedule: LRCosine},
			"config: epochs is 0, must be the planned number of them, with which the lr schedule cosine ends"},
		{Config{LRSchedule: LROneCycle}, "the lr schedule onecycle ends"},
		{Config{Epochs: -1}, "config: epochs is -1, must be from 1 to 1048576"},
		{Config{Epochs: 1 << 21}, "config: epochs is 2097152, must be from 1 to 1048576"},
		{Config{LRWarmup: -1}, "config: lr warmup is -1, must be 0 or a positive number of epochs"},
		{Config{LRWarmup: math.NaN()}, "config: lr warmup is NaN, must be "},
		{Config{LRSchedule: LRCosine, Epochs: 3, LRWarmup: 3},
			"config: lr warmup is 3, must be less than the epochs of the training, which are 3"},
		{Config{Epochs: 3, LRWarmup: 4}, "config: lr warmup is 4, must be less than "},
		{Config{LRSchedule: LROneCycle, Epochs: 3, LRWarmup: 1},
			"config: the lr schedule onecycle has a warm-up of its own"},
		{Config{LRSchedule: LRCosine, Epochs: 3, LRDecayEpochs: []int{1}},
			"config: the lr schedule cosine has no epochs at which the learning rate decays; leave them out, or"},
	} {
		err := c.config.WithDefaults().Check()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: got %v, want %q", c.config, err, c.want)
		}
	}
}

// Each batch is trained with the rate that the schedule has for it, which is in the optimizer's variable; the history
// has that of an epoch's last batch; and after the planned end the rate stays.
func TestRatesOfBatches(t *testing.T) {
	ctx := context.Background()
	c := tiny()
	c.LRSchedule, c.LRWarmup, c.Epochs = LRCosine, 1.5, 2
	r := open(t, t.TempDir(), c)
	const batches = 5
	want := func(batch int) float64 { return 0.1 * r.Config().schedule(batches).factor(batch) }
	trained := 0
	follow := TrainOptions{OnBatch: func(p Progress) {
		v, err := rateVariable(r.store, Float).Value()
		if err != nil {
			t.Fatal(err)
		}
		if got := v.Value().(float32); got != float32(want(trained)) {
			t.Errorf("batch %d of epoch %d is trained with %g, want %g", p.Batch, p.Epoch, got, want(trained))
		}
		trained++
	}}
	if err := r.Train(ctx, 3, follow); err != nil {
		t.Fatal(err)
	}
	if trained != 3*batches {
		t.Errorf("%d batches, want %d", trained, 3*batches)
	}
	for i, record := range r.History().Epochs() {
		if got := record.LearningRate; got != want(i*batches+batches-1) {
			t.Errorf("epoch %d: the history has %g, want %g", i, got, want(i*batches+batches-1))
		}
	}
	if got, last := r.LearningRate(), want(2*batches-1); got != last || got == 0 {
		t.Errorf("after the end the rate is %g, want %g", got, last)
	}
	ended := fmt.Sprintf("%.3g (0.1, cosine ended after 2 epochs)", want(2*batches-1))
	if got := r.Rate().String(); got != ended {
		t.Errorf("%s, want %s", got, ended)
	}
	// A rate that is set then is the rate.
	if err := r.SetLearningRate(0.02); err != nil {
		t.Fatal(err)
	}
	if got := r.Rate().String(); got != "0.02 (changed by hand after 3 epochs)" || r.LearningRate() != 0.02 {
		t.Errorf("after SetLearningRate(0.02): %s", got)
	}
}

// A rate that is set within the schedule scales what is left of it, also in the middle of an epoch and in the warm-up.
func TestSetLearningRateScales(t *testing.T) {
	c := tiny()
	c.LRSchedule, c.LRWarmup, c.Epochs = LRCosine, 1, 3
	r := open(t, t.TempDir(), c)
	ctx, cancel := context.WithCancel(context.Background())
	err := r.Train(ctx, 1, TrainOptions{OnBatch: func(p Progress) {
		if p.Batch == 2 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	for _, want := range []string{
		"0.06 (0.1, warm-up to epoch 1, cosine to epoch 3)",
		"0.03 (0.05, changed by hand after 0 epochs, warm-up to epoch 1, cosine to epoch 3)",
	} {
		if got := r.Rate().String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if err := r.SetLearningRate(0.05); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.TrainTo(context.Background(), 2); err != nil {
		t.Fatal(err)
	}
	last, _ := r.History().Last()
	if want := 0.05 * r.Config().schedule(5).factor(9); last.LearningRate != want {
		t.Errorf("the second epoch ends with %g, want %g", last.LearningRate, want)
	}
}

// The schedule of a run is no part of its weights: a run of exported ones begins without.
func TestExportLeavesOutTheSchedule(t *testing.T) {
	c := tiny()
	c.LRSchedule, c.Epochs = LROneCycle, 3
	r := open(t, t.TempDir(), c)
	path := t.TempDir() + "/weights.npz"
	if err := r.Export(path); err != nil {
		t.Fatal(err)
	}
	w, err := ReadWeights(path)
	if err != nil {
		t.Fatal(err)
	}
	if w.Config.LRSchedule != "" || w.Config.Epochs != 0 {
		t.Errorf("the file has schedule %q and %d epochs", w.Config.LRSchedule, w.Config.Epochs)
	}
}

// A run from before there were schedules has the one that there was, and may be told so.
func TestRunWithoutASchedule(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir, tiny())
	r.state.Config.LRSchedule = ""
	if err := r.save(); err != nil {
		t.Fatal(err)
	}
	r.Close()
	r = open(t, dir, Config{LRSchedule: LRStep})
	if got := r.Config().LRSchedule; got != LRStep {
		t.Errorf("its schedule is %q", got)
	}
}
