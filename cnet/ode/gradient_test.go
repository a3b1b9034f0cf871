package ode

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// tracking is Lotka–Volterra with a loss at three times, one of them between steps.
func tracking() (build func(p []float64) Problem, p []float64, at []float64, cost Cost) {
	cost = func(i int, t float64, x, gx []float64) float64 {
		w := []float64{1, -0.5, 2}[i]
		gx[0], gx[1] = w*2*x[0], w*t
		return w * (x[0]*x[0] + t*x[1])
	}
	build = func(p []float64) Problem {
		q := problems["lotka_volterra"](p)
		q.X0, q.T1 = []float64{1.2, 0.8}, 2
		return q
	}
	return build, []float64{1.5, 1, 3, 1}, []float64{0.31, 1.1, 2}, cost
}

// Every way of computing gradients agrees with finite differences of the loss, as closely as it promises.
func TestGradients(t *testing.T) {
	build, p, at, cost := tracking()
	for _, c := range []struct {
		o         Options
		d         Differentiation
		tolerance float64
	}{
		{Options{Scheme: "rk4", Steps: 13}, Differentiation{}, 1e-7},
		{Options{Scheme: "rk4", Steps: 13}, Differentiation{Checkpoints: 1}, 1e-7},
		{Options{Scheme: "rk4", Steps: 13}, Differentiation{Checkpoints: 3}, 1e-7},
		{Options{Scheme: "rk4", Steps: 13}, Differentiation{Checkpoints: Auto}, 1e-7},
		{Options{Scheme: "euler", Steps: 40, Interpolation: Linear}, Differentiation{}, 1e-7},
		{Options{Scheme: "midpoint", StepSize: 0.07, Interpolation: Hermite}, Differentiation{Checkpoints: 2}, 1e-7},
		{Options{Scheme: "dopri5", Steps: 9}, Differentiation{}, 1e-7},
		{Options{Scheme: "tsit5", Steps: 9}, Differentiation{Checkpoints: 4}, 1e-7},
		{Options{Scheme: "dopri8", Steps: 9}, Differentiation{}, 1e-7},
		{Options{Scheme: "ab4", Steps: 40}, Differentiation{}, 1e-7},
		{Options{Scheme: "ab4", Steps: 40}, Differentiation{Checkpoints: 3}, 1e-7},
		{Options{Scheme: "am4", Steps: 40, RTol: 1e-14, ATol: 1e-14}, Differentiation{Checkpoints: Auto}, 1e-7},
		{Options{Method: Adams{Name: "growing", Rates: 5, Start: 3}, Steps: 60}, Differentiation{Checkpoints: 2}, 1e-7},
		{Options{Scheme: "dopri5", RTol: 1e-10, ATol: 1e-10}, Differentiation{}, 1e-6},
		{Options{Scheme: "bosh3", RTol: 1e-8, ATol: 1e-8}, Differentiation{Checkpoints: Auto}, 1e-5},
		{Options{Scheme: "dopri5", RTol: 1e-10, ATol: 1e-10}, Differentiation{Backsolve: true}, 1e-6},
		{Options{Scheme: "rk4", Steps: 400},
			Differentiation{Backsolve: true, Adjoint: &Options{Scheme: "dopri8", RTol: 1e-11, ATol: 1e-11}}, 1e-6},
	} {
		name := fmt.Sprintf("%s %+v", c.o.Scheme, c.d)
		c.o.At = at
		g, err := Differentiate(build(p), c.o, cost, c.d)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		loss := func(x0, p []float64) float64 {
			q := build(p)
			q.X0 = x0
			s, err := Solve(q, c.o)
			if err != nil {
				t.Fatal(err)
			}
			sum := 0.0
			for i, x := range s.X {
				sum += cost(i, s.T[i], x, make([]float64, 2))
			}
			return sum
		}
		x0 := build(p).X0
		if want := loss(x0, p); math.Abs(g.Loss-want) > 1e-9*math.Abs(want) {
			t.Errorf("%s: the loss is %.12g, want %.12g", name, g.Loss, want)
		}
		check := func(what string, got []float64, v []float64, f func(v []float64) float64) {
			for i := range v {
				const eps = 1e-5
				above, below := slices.Clone(v), slices.Clone(v)
				above[i], below[i] = v[i]+eps, v[i]-eps
				want := (f(above) - f(below)) / (2 * eps)
				if math.Abs(got[i]-want) > c.tolerance*(10+math.Abs(want)) {
					t.Errorf("%s: ∂loss/∂%s[%d] = %.10g, by finite differences %.10g", name, what, i, got[i], want)
				}
			}
		}
		check("x0", g.X0, x0, func(v []float64) float64 { return loss(v, p) })
		check("p", g.Parameters, p, func(v []float64) float64 { return loss(x0, v) })
	}
}

// Checkpoints trade evaluations for memory, and change nothing else.
func TestCheckpoints(t *testing.T) {
	build, p, at, cost := tracking()
	o := Options{Scheme: "rk4", Steps: 1000, At: at}
	all, err := Differentiate(build(p), o, cost, Differentiation{})
	if err != nil {
		t.Fatal(err)
	}
	previous := all
	for _, c := range []int{Auto, 10, 3} {
		g, err := Differentiate(build(p), o, cost, Differentiation{Checkpoints: c})
		if err != nil {
			t.Fatal(err)
		}
		if distance(g.X0, all.X0) > 1e-12*size(all.X0) ||
			distance(g.Parameters, all.Parameters) > 1e-12*size(all.Parameters) {
			t.Errorf("%d checkpoints: %v, want %v", c, g.X0, all.X0)
		}
		if g.States >= previous.States || g.Backward.NFE <= previous.Backward.NFE {
			t.Errorf("%d checkpoints: %d states and %d evaluations, before %d and %d", c, g.States, g.Backward.NFE,
				previous.States, previous.Backward.NFE)
		}
		previous = g
	}
	if auto, _ := Differentiate(build(p), o, cost, Differentiation{Checkpoints: Auto}); auto.States > 60 ||
		auto.Backward.NFE > 4*4*1000 {
		t.Errorf("√n checkpoints hold %d states and evaluate %d times", auto.States, auto.Backward.NFE)
	}
}

// A context that is done on the way back stops it, too.
func TestGradientsStop(t *testing.T) {
	build, p, at, cost := tracking()
	q := build(p)
	for _, scheme := range []string{"rk4", "radau5"} {
		ctx, cancel := context.WithCancel(t.Context())
		calls := 0
		stopping := func(i int, t float64, x, gx []float64) float64 {
			if calls++; calls == 2 {
				cancel()
			}
			return cost(i, t, x, gx)
		}
		_, err := Differentiate(q, Options{Scheme: scheme, Steps: 50, At: at, Context: ctx}, stopping,
			Differentiation{Checkpoints: 3})
		var failure *Failure
		if !errors.Is(err, context.Canceled) || !errors.As(err, &failure) || calls > 2 {
			t.Errorf("%s: %v after %d outputs", scheme, err, calls)
		}
	}
}

func TestGradientBadInput(t *testing.T) {
	build, p, _, cost := tracking()
	for want, change := range map[string]func(p *Problem, o *Options, d *Differentiation){
		"VJP is nil":        func(p *Problem, _ *Options, _ *Differentiation) { p.VJP = nil },
		"Checkpoints is -2": func(_ *Problem, _ *Options, d *Differentiation) { d.Checkpoints = -2 },
		"leapfrog (symplectic": func(_ *Problem, o *Options, _ *Differentiation) {
			o.Scheme, o.Steps = "leapfrog", 3
		},
		"not solved through events": func(p *Problem, _ *Options, d *Differentiation) {
			p.Events, d.Backsolve = make([]Event, 1), true
		},
		"has a Do without DoVJP": func(p *Problem, _ *Options, _ *Differentiation) {
			p.Events = []Event{{G: func(float64, []float64) float64 { return 1 }, Do: func(float64, []float64) {}}}
		},
		"instead of EveryStep":    func(_ *Problem, o *Options, _ *Differentiation) { o.EveryStep = true },
		"has no error estimate":   func(_ *Problem, o *Options, _ *Differentiation) { o.Scheme = "rk4" },
		"3 steps were not enough": func(_ *Problem, o *Options, _ *Differentiation) { o.MaxSteps = 3 },
		"more components than X0": func(_ *Problem, o *Options, d *Differentiation) {
			o.RTols, d.Backsolve = []float64{1e-3, 1e-3}, true
		},
		"the adjoint equation backw": func(_ *Problem, _ *Options, d *Differentiation) {
			d.Backsolve, d.Adjoint = true, &Options{MaxSteps: 1}
		},
	} {
		q, o, d := build(p), Options{}, Differentiation{}
		change(&q, &o, &d)
		if _, err := Differentiate(q, o, func(_ int, t float64, x, gx []float64) float64 { return cost(0, t, x, gx) },
			d); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
}
