package cnet

import (
	"context"
	"math"
	"path/filepath"
	"strings"
	"testing"
)

// forget takes a schedule away, as in a program that has not registered it.
func forget(name string) {
	registered.Lock()
	defer registered.Unlock()
	delete(registered.schedules, name)
}

// register registers a schedule for the time of a test.
func register(t *testing.T, name string, f ScheduleFunc) {
	t.Helper()
	if err := RegisterSchedule(name, f); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { forget(name) })
}

// A schedule of one's own is called with the position of each batch; an interrupted training ends to the bit as one
// that was not; and a run can be looked at, but not trained, without it.
func TestOwnSchedule(t *testing.T) {
	ctx := context.Background()
	halves := func(position float64, planned int) float64 { return math.Exp2(-position * float64(planned) / 4) }
	register(t, "halves", halves)
	c := tiny()
	c.LRSchedule, c.Epochs = "halves", 4
	whole := open(t, filepath.Join(t.TempDir(), "whole"), c)
	err := whole.Train(ctx, 3, TrainOptions{OnBatch: func(p Progress) {
		v, err := rateVariable(whole.store, Float).Value()
		if err != nil {
			t.Fatal(err)
		}
		want := 0.1 * halves(float64(p.Epoch)+float64(p.Batch-1)/5, 4)
		if got := v.Value().(float32); got != float32(want) {
			t.Errorf("batch %d of epoch %d is trained with %g, want %g", p.Batch, p.Epoch, got, want)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := whole.Rate().String(), "0.0125 (0.1, halves)"; got != want {
		t.Errorf("the rate is %s, want %s", got, want)
	}

	dir := t.TempDir()
	parts := open(t, dir, c)
	for _, at := range [][2]int{{0, 3}, {1, 1}, {2, 4}} {
		stopAt(t, parts, at[0], at[1])
		parts.Close()
		parts = open(t, dir)
	}
	forget("halves")
	parts.Close()
	parts = open(t, dir)
	if _, err := parts.Evaluate(ctx); err != nil {
		t.Errorf("evaluation without the schedule: %v", err)
	}
	before := fingerprint(t, parts)
	err = parts.TrainTo(ctx, 3)
	want := `lr schedule is "halves", must be one of step, cosine, onecycle, constant, ` +
		`or registered with RegisterSchedule`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("training without the schedule: %v, want %q", err, want)
	}
	sameRun(t, fingerprint(t, parts), before)
	register(t, "halves", halves)
	if err := parts.TrainTo(ctx, 3); err != nil {
		t.Fatal(err)
	}
	sameRun(t, fingerprint(t, parts), fingerprint(t, whole))
}

// A rate that nothing can be trained with stops the training where it is, at a save.
func TestOwnScheduleThatFails(t *testing.T) {
	for name, bad := range map[string]float64{"NaN": math.NaN(), "negative": -1, "infinite": math.Inf(1)} {
		register(t, name, func(position float64, _ int) float64 {
			if position > 0.5 {
				return bad
			}
			return 1
		})
		c := tiny()
		c.LRSchedule = name
		dir := t.TempDir()
		r := open(t, dir, c)
		err := r.Train(context.Background(), 1)
		want := "epoch 1, after 3 batches: the schedule " + name + " makes the learning rate "
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		r.Close()
		r = open(t, dir)
		if r.Batch() != 3 {
			t.Errorf("%s: saved after %d batches, want 3", name, r.Batch())
		}
		if err := r.Change(func(c *Config) { c.LRSchedule = LRConstant }); err != nil {
			t.Fatal(err)
		}
		if err := r.Train(context.Background(), 1); err != nil {
			t.Errorf("%s, then constant: %v", name, err)
		}
	}
}

func TestRegisterSchedule(t *testing.T) {
	one := func(float64, int) float64 { return 1 }
	for _, c := range []struct {
		name string
		f    ScheduleFunc
		want string
	}{
		{"", one, `its name is ""`}, {LRCosine, one, `its name is "cosine"`},
		{"x", nil, "schedule x: the function is nil"},
	} {
		if err := RegisterSchedule(c.name, c.f); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.name, err, c.want)
		}
	}
}
