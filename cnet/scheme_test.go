package cnet

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"continuousnet/cnet/ode"
)

// A run keeps the tableau of a scheme that somebody has registered: another process, which knows nothing of it, opens the run and
// has the same scheme.
func TestOwnScheme(t *testing.T) {
	mine := ode.Tableau{Name: "my_ralston", A: [][]float64{{}, {2. / 3}}, B: []float64{1. / 4, 3. / 4}, Note: "mine"}
	if err := ode.Register(mine); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	config := tiny()
	config.Scheme = "my_ralston"
	r := open(t, dir, config)
	if err := r.Train(context.Background(), 1); err != nil {
		t.Fatal(err)
	}
	registered, err := ode.Scheme("my_ralston")
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	shown := func() string {
		_, lines := trainElsewhere(t, dir, trainEnv+"_SHOW=1")
		return lines.next(t)
	}
	if got, want := shown(), fmt.Sprint("ContinuousNet 1-1-1 my_ralston ", registered); !strings.HasPrefix(got, want) {
		t.Errorf("another process has %q, want %q", got, want)
	}

	// Another scheme of that name here does not change what the run computes, until it is asked for.
	mine.A, mine.B = [][]float64{{}, {1. / 2}}, []float64{0, 1}
	if err := ode.Register(mine); err != nil {
		t.Fatal(err)
	}
	r = open(t, dir)
	if got := r.Net().(*Net).Scheme.(ode.Tableau); got.B[1] != 3./4 {
		t.Errorf("the run now has %v", got)
	}
	if err := r.SetScheme("my_ralston"); err != nil {
		t.Fatal(err)
	}
	r.Close()
	if got := shown(); !strings.Contains(got, "[0 1]") {
		t.Errorf("after SetScheme another process has %q", got)
	}
	r = open(t, dir)
	if err := r.SetScheme("euler"); err != nil {
		t.Fatal(err)
	}
	r.Close()
	if got := shown(); strings.Contains(got, "my_ralston") {
		t.Errorf("after another scheme the run still has %q", got)
	}
}

// A run that keeps gradients by checkpoints or a multistep scheme trains, stops and goes on like any other.
func TestTrainOtherWays(t *testing.T) {
	for _, change := range []Config{{Scheme: "midpoint", Adjoint: Checkpoint, Steps: 2}, {Scheme: "ab2", Steps: 3}, {Scheme: "midpoint", Adjoint: Backsolve}} {
		config := tiny()
		config.Scheme, config.Adjoint, config.Steps, config.RefineEpochs = change.Scheme, change.Adjoint, change.Steps, nil
		whole, parts := open(t, t.TempDir(), config), t.TempDir()
		if err := whole.Train(context.Background(), 2); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			r := open(t, parts, config)
			if err := r.Train(context.Background(), 1); err != nil {
				t.Fatal(err)
			}
			r.Close()
		}
		want, got := fingerprint(t, whole), fingerprint(t, open(t, parts))
		for name := range want {
			if got[name] != want[name] {
				t.Errorf("%+v: %s differs after two parts", change, name)
			}
		}
		if change.Adjoint != "" {
			if err := whole.SetScheme("ab2"); err == nil || !strings.Contains(err.Error(), "Runge–Kutta scheme with the adjoint") {
				t.Errorf("a multistep scheme with the adjoint %s: %v", change.Adjoint, err)
			}
		}
	}
}
