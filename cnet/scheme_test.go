package cnet

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"continuousnet/cnet/ode"
)

// A run keeps the tableau of a scheme that somebody has registered: another process, which knows nothing of it, opens
// the run and has the same scheme.
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
	if got := r.Network().(*Net).Scheme.(ode.Tableau); got.B[1] != 3./4 {
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

// What a run has by name is its own, whatever the name means where the run is opened: in numbers, orders, imports and
// later saves. So it is with its own tableau, which it keeps, and with a built-in scheme that somebody has replaced.
func TestSchemesOfTheRun(t *testing.T) {
	const own, builtIn = "own_heun", "heun2"
	register := func(m ode.Method) {
		t.Helper()
		if err := ode.RegisterMethod(m); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{builtIn, "rk4_classic"} {
		m, _ := ode.BuiltIn(name)
		t.Cleanup(func() { register(m) })
	}
	register(ode.Tableau{Name: own, A: [][]float64{{}, {1}}, B: []float64{0.5, 0.5}})
	ctx := context.Background()
	for _, name := range []string{own, builtIn} {
		dir, file := t.TempDir(), filepath.Join(t.TempDir(), "weights.safetensors")
		r := open(t, dir, Config{Channels: 2, Scheme: name, TimeEpsilon: 0.5})
		want, err := r.Predict(1)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Export(file); err != nil {
			t.Fatal(err)
		}
		r.Close()
		for _, other := range []ode.Method{
			ode.Tableau{Name: name, A: [][]float64{{1}}, B: []float64{1}}, // implicit: no net can have it
			ode.Adams{Name: name, Rates: 2},
			ode.Tableau{Name: name, A: [][]float64{{}, {1}}, B: []float64{0.25, 0.75}},
		} {
			register(other)
			imported, err := ReadWeights(file)
			if err != nil {
				t.Fatal(err)
			}
			config := imported.Config
			config.Dataset = "fashion-sample"
			copied, err := Import(t.TempDir(), imported, config)
			if err != nil {
				t.Fatal(err)
			}
			if err := fewImages(copied); err != nil {
				t.Fatal(err)
			}
			r := open(t, dir)
			for i, run := range []*Run{r, copied} {
				if got, err := run.Predict(1); err != nil || got[0][0] != want[0][0] {
					t.Errorf("%s beside %T, run %d: predicts %v (%v), want %v", name, other, i, got, err, want)
				}
			}
			copied.Close()
			list, err := r.Manifest(ctx, ManifestOptions{Schemes: []string{name}, Steps: []int{1}, Limit: 1})
			if err != nil || list[0].Evaluations != 6 {
				t.Errorf("%s beside %T: manifests %+v (%v)", name, other, list, err)
			}
			r.Close()
		}
		// The reference is the built-in scheme as well.
		register(ode.Tableau{Name: "rk4_classic", A: [][]float64{{}}, B: []float64{1}})
		r = open(t, dir)
		c, err := r.Convergence(ctx, ConvergenceOptions{Schemes: []string{name}, Steps: []int{8, 16}, Images: 1})
		if err != nil {
			t.Fatal(err)
		}
		if s := c.Schemes[0]; s.Order != 2 || s.Points[1].Evaluations != 32 || s.Measured < 1.75 || s.Measured > 2.25 {
			t.Errorf("%s: order %d measured %.2f, %+v", name, s.Order, s.Measured, s.Points)
		}
		// Going over to another scheme keeps the tableau that the run began with.
		if err := r.SetScheme("euler"); err != nil {
			t.Fatal(err)
		}
		if m, err := r.state.schemeNamed(name); err != nil || m.Info().Order != 2 {
			t.Errorf("after another scheme %s is %v (%v)", name, m, err)
		}
		r.Close()
	}
}

// A run that keeps gradients by checkpoints or a multistep scheme trains, stops and goes on like any other.
func TestTrainOtherWays(t *testing.T) {
	for _, change := range []Config{{Scheme: "midpoint", Adjoint: Checkpoint, Steps: 2}, {Scheme: "ab2", Steps: 3},
		{Scheme: "midpoint", Adjoint: Backsolve}} {
		if testing.Short() && change.Adjoint != Checkpoint {
			continue
		}
		config := tiny()
		config.Scheme, config.Adjoint, config.Steps = change.Scheme, change.Adjoint, change.Steps
		config.RefineEpochs = nil
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
			if err := whole.SetScheme("ab2"); err == nil ||
				!strings.Contains(err.Error(), "Runge–Kutta scheme with the adjoint") {
				t.Errorf("a multistep scheme with the adjoint %s: %v", change.Adjoint, err)
			}
		}
	}
}
