package ode

import (
	"errors"
	"math"
	"strings"
	"testing"
)

// switching is x' = x before t = 1/3 and -2x after it.
func switching(t0, t1 float64) Problem {
	slope := func(t float64) float64 {
		if t >= 1./3 {
			return -2
		}
		return 1
	}
	return Problem{
		F:        func(t float64, x, dx []float64) { dx[0] = slope(t) * x[0] },
		VJP:      func(t float64, _, a, ax, _ []float64) { ax[0] += slope(t) * a[0] },
		Jacobian: func(t float64, _, j []float64) { j[0] = slope(t) },
		X0:       []float64{1}, T0: t0, T1: t1,
	}
}

// Every kind of method, forwards and backwards, with adaptive and fixed steps, and every kind of gradient, sees the
// side of a jump on which its step lies.
func TestJumpsEverywhere(t *testing.T) {
	jump := []float64{1. / 3}
	want := math.Exp(1./3 - 2*2./3)
	for _, o := range []Options{
		{Scheme: "dopri5", RTol: 1e-9, ATol: 1e-9}, {Scheme: "adaptive_heun", RTol: 1e-7, ATol: 1e-7},
		{Scheme: "sdirk4", RTol: 1e-8, ATol: 1e-8},
		{Scheme: "rk4", Steps: 100}, {Scheme: "rk4", StepSize: 0.013}, {Scheme: "ab4", Steps: 400},
		{Scheme: "am4", Steps: 400, RTol: 1e-12, ATol: 1e-12},
		{Scheme: "sdirk4", Steps: 100},
	} {
		o.Jumps = jump
		for _, back := range []bool{false, true} {
			p, exact := switching(0, 1), want
			if back {
				p, exact = switching(1, 0), 1/want
			}
			s, err := Solve(p, o)
			if err != nil {
				t.Fatal(err)
			}
			if e := math.Abs(s.Final()[0]-exact) / exact; e > 2e-6 {
				t.Errorf("%+v, backwards %v: off by %.1e", o, back, e)
			}
			if back || o.Scheme == "sdirk4" {
				continue
			}
			for _, d := range []Differentiation{{}, {Checkpoints: Auto}, {Backsolve: true}} {
				g, err := Differentiate(p, o,
					func(_ int, _ float64, x, gx []float64) float64 { gx[0] = 1; return x[0] }, d)
				if err != nil {
					t.Fatal(err)
				}
				if math.Abs(g.Loss-s.Final()[0]) > 1e-9 || math.Abs(g.X0[0]-want) > 1e-5 {
					t.Errorf("%+v, %+v: loss %v and gradient %v, want %v", o, d, g.Loss, g.X0[0], want)
				}
			}
		}
	}
	// A jump that rounding leaves an ulp away.
	p := Problem{F: func(_ float64, x, dx []float64) { dx[0] = -x[0] }, X0: []float64{1}, T1: 2}
	if _, err := Solve(p, Options{FirstStep: 0.1, MaxStep: 0.1, Jumps: []float64{0.8}}); err != nil {
		t.Error(err)
	}
}

// Fixed implicit steps on ordinary problems, from zero, and with steps that Newton's method finds long.
func TestFixedImplicit(t *testing.T) {
	pendulum := Problem{F: func(_ float64, x, dx []float64) { dx[0], dx[1] = x[1], -math.Sin(x[0]) },
		X0: []float64{2, 0}, T1: 10}
	logistic := Problem{F: func(_ float64, x, dx []float64) { dx[0] = 10 * x[0] * (1 - x[0]) }, X0: []float64{0.01},
		T1: 2}
	for _, c := range []struct {
		name string
		p    Problem
		o    Options
	}{
		{"from zero", Problem{F: func(t float64, x, dx []float64) { dx[0] = math.Cos(t) - 3*x[0] }, X0: []float64{0},
			T1: 2}, Options{Steps: 10}},
		{"pendulum", pendulum, Options{StepSize: 0.5}}, {"shorter steps", pendulum, Options{StepSize: 0.1}},
		{"logistic", logistic, Options{StepSize: 0.05}}, {"van der Pol", vanDerPol(10, 20), Options{StepSize: 0.05}},
	} {
		for _, scheme := range []string{"implicit_euler", "implicit_midpoint", "sdirk4"} {
			c.o.Scheme = scheme
			if _, err := Solve(c.p, c.o); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		}
	}
	// An attempt that is not a number does not spoil the next one.
	root := Problem{F: func(t float64, x, dx []float64) { dx[0] = -math.Sqrt(x[0]) + max(0, t-1.5)*3 },
		X0: []float64{1}, T1: 3}
	if s, err := Solve(root, Options{Scheme: "sdirk4", FirstStep: 1.5, RTol: 1e-6, ATol: 1e-6}); err != nil &&
		s.T[len(s.T)-1] < 0.5 {
		t.Error(err)
	}
}

func TestMinStep(t *testing.T) {
	p := Problem{F: func(t float64, x, dx []float64) { dx[0] = -20 * (x[0] - math.Cos(t)) }, X0: []float64{0}, T1: 3}
	for _, smallest := range []float64{0.1, 0.07, 0.0625} {
		s, err := Solve(p, Options{MinStep: smallest, RTol: 1e-10, ATol: 1e-10})
		if err != nil || s.Stats.Rejected > 40 {
			t.Errorf("smallest step %g: %v, %v", smallest, s.Stats, err)
		}
	}
}

// The first step's probe stays inside the interval.
func TestFirstStepStaysInside(t *testing.T) {
	p := Problem{F: func(at float64, x, dx []float64) {
		if at > 1 {
			t.Errorf("the rate is evaluated at t = %v", at)
		}
		dx[0] = 1e-3
	}, X0: []float64{1e3}, T1: 1}
	if _, err := Solve(p, Options{}); err != nil {
		t.Error(err)
	}
}

// PID is a filter: the exponents of its error history are in the ratio 1 : 2 : 1, so that an error that alternates
// leaves the step alone.
func TestPIDFilters(t *testing.T) {
	c := newControl(PID().withDefaults(), 5)
	for range 4 {
		c.factor(0.5, true)
		c.factor(0.125, true)
	}
	a := c.Safety * math.Pow(0.5, -1./18/5) * math.Pow(0.125, -2./18/5) * math.Pow(0.5, -1./18/5)
	if got := c.factor(0.5, true); math.Abs(got-max(1, a)) > 1e-12 {
		t.Errorf("factor %v, want %v", got, max(1, a))
	}
	if b1, b2, b3 := c.P+c.I+c.D, -(c.P + 2*c.D), c.D; math.Abs(b2-2*b1) > 1e-12 || math.Abs(b3-b1) > 1e-12 {
		t.Errorf("exponents %v, %v, %v", b1, b2, b3)
	}
}

// Functions that touch zero, stay there, or are no numbers.
func TestUnusualEvents(t *testing.T) {
	p := Problem{F: func(_ float64, _, dx []float64) { dx[0] = -1 }, X0: []float64{1}, T1: 3}
	for _, c := range []struct {
		g     func(t float64, x []float64) float64
		count int
	}{
		{func(_ float64, x []float64) float64 { return max(x[0], 0) }, 1}, // falls to zero and stays
		{func(_ float64, x []float64) float64 { return min(x[0], 0) }, 0}, // begins at zero and leaves
		{func(_ float64, x []float64) float64 { return x[0] * x[0] }, 1},  // touches zero at the end of a step
		{func(_ float64, x []float64) float64 { return x[0] }, 1},
	} {
		p.Events = []Event{{G: c.g}}
		s, err := Solve(p, Options{Scheme: "euler", Steps: 30})
		if err != nil || len(s.Events) != c.count {
			t.Errorf("%d events, want %d: %v, %v", len(s.Events), c.count, s.Events, err)
		}
	}
	p.Events = []Event{{Name: "odd", G: func(t float64, _ []float64) float64 { return math.Sqrt(1 - t) }}}
	var f *Failure
	if _, err := Solve(p, Options{Scheme: "euler", Steps: 30}); !errors.As(err, &f) ||
		!strings.Contains(f.Reason, "event 0 (odd) is not a number") {
		t.Errorf("an event that is not a number: %v", err)
	}
}

// What is handed out is the caller's, and what is handed in stays so.
func TestNothingIsShared(t *testing.T) {
	tb, _ := Scheme("euler")
	tb.B[0] = 7
	if again, _ := Scheme("euler"); again.B[0] != 1 {
		t.Error("a caller has changed the registered scheme")
	}
	if err := RegisterMethod(&tb); err == nil || !strings.Contains(err.Error(), "*ode.Tableau cannot be registered") {
		t.Errorf("a pointer: %v", err)
	}
	if err := RegisterMethod(nil); err == nil {
		t.Error("nil is registered")
	}
	grid := []float64{0, 1, 2}
	s, err := New(Problem{F: func(_ float64, _, dx []float64) { dx[0] = 1 }, X0: []float64{0}, T1: 2},
		Options{Scheme: "euler", Grid: grid})
	if err != nil {
		t.Fatal(err)
	}
	grid[1] = 1.5
	if step, err := s.advance(); err != nil || step.T != 1 {
		t.Errorf("a step to %v, %v", step, err)
	}
	if err := RegisterMethod(Splitting{Name: "x", Order: 3, Kick: []float64{1, 0}, Drift: []float64{1}}); err == nil ||
		!strings.Contains(err.Error(), "not balanced") {
		t.Errorf("an unbalanced splitting: %v", err)
	}
}

// Calls that look reasonable have never a panic for an answer.
func TestEdges(t *testing.T) {
	p, _ := oscillator()
	for name, o := range map[string]Options{
		"a step longer than the interval": {Scheme: "rk4", StepSize: 1e10},
		"no outputs":                      {At: []float64{}},
		"the most steps":                  {Scheme: "rk4", Steps: 3, MaxSteps: 1 << 40},
	} {
		if s, err := Solve(p, o); err != nil || len(s.Final()) != 2 {
			t.Errorf("%s: %v", name, err)
		}
	}
	for want, o := range map[string]Options{"more than MaxSteps": {Scheme: "rk4", Steps: 1 << 50},
		"MaxSteps is": {MaxSteps: math.MaxInt}, "Norm is 17": {Norm: 17}} {
		if _, err := Solve(p, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
	system := System[float64]{Rate: func(_, _ int, _, x float64) float64 { return x },
		Combine: func(x float64, c, terms []float64) float64 {
			for i := range c {
				x += c[i] * terms[i]
			}
			return x
		}}
	if x, err := Integrate(Tableau{Name: "bare", A: [][]float64{{}, {0.5}}, B: []float64{0, 1}}, 1, 1, 0.1,
		system); err != nil || math.Abs(x-1.105) > 1e-12 {
		t.Errorf("a tableau without times: %v, %v", x, err)
	}
	if _, err := Integrate(Adams{}, 1, 1, 0.1, system); err == nil {
		t.Error("an empty Adams method integrates")
	}
	(Tableau{B: []float64{1}}).Info()

	s, err := New(p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Solve(); err != nil {
		t.Fatal(err)
	}
	if again, err := s.Solve(); err != nil || len(again.T) != 1 {
		t.Errorf("solving on from the end: %v, %v", again.T, err)
	}
	p.T1 = p.T0
	if s, err := Solve(p, Options{Dense: true}); err != nil {
		t.Error(err)
	} else if x, err := s.At(p.T0); err != nil || x[0] != p.X0[0] {
		t.Errorf("the curve of an empty interval: %v, %v", x, err)
	}
}

// The adjoint equation begins at the last output, and is not given to a method that needs its halves apart.
func TestBacksolveEdges(t *testing.T) {
	p := Problem{F: func(_ float64, x, dx []float64) { dx[0] = 1 / x[0] },
		VJP: func(_ float64, x, a, ax, _ []float64) { ax[0] -= a[0] / (x[0] * x[0]) }, X0: []float64{1}, T1: 1}
	cost := func(_ int, _ float64, x, gx []float64) float64 { gx[0] = 1; return x[0] }
	g, err := Differentiate(p, Options{At: []float64{0.5}, RTol: 1e-9, ATol: 1e-9}, cost,
		Differentiation{Backsolve: true})
	if want := 1 / math.Sqrt2; err != nil || math.Abs(g.X0[0]-want) > 1e-6 {
		t.Errorf("an early output: %v, %v", g, err)
	}
	q, _ := oscillator()
	q.VJP = func(_ float64, _, a, ax, _ []float64) { ax[0] -= a[1]; ax[1] += a[0] }
	if _, err := Differentiate(q, Options{Scheme: "leapfrog", Steps: 10}, cost,
		Differentiation{Backsolve: true}); err == nil || !strings.Contains(err.Error(), "not separable") {
		t.Errorf("leapfrog backwards: %v", err)
	}
	g, err = Differentiate(q, Options{Scheme: "rk4", Steps: 100, At: []float64{1, 2, 3}}, cost,
		Differentiation{Backsolve: true})
	if err != nil || g.Backward.Accepted > 110 {
		t.Errorf("%v steps back, %v", g.Backward.Accepted, err)
	}
}

func TestEmbeddedOfHigherOrder(t *testing.T) {
	tb := Tableau{Name: "x", Order: 1, A: [][]float64{{}, {1}}, B: []float64{1, 0},
		Err: []float64{0.5, -0.5}}.normalised()
	if tb.controlOrder() != 2 || tb.Info().Embedded != 2 {
		t.Errorf("the estimate has order %d, the embedded method %d", tb.controlOrder(), tb.Info().Embedded)
	}
	tb.Err = []float64{0, 0}
	if err := tb.Check(); err == nil || !strings.Contains(err.Error(), "Err is zero") {
		t.Errorf("no error estimate: %v", err)
	}
}

// Fixed implicit steps end their iterations where the rounding of rates ends them: the fast direction is not that of a
// component, so that ε·h·λ of the slow one is noise.
func TestFixedImplicitRounding(t *testing.T) {
	const c, s = 0.6, 0.8
	// What is left is slow: (c·1 + s·2)·e^-4 along (c, s).
	slow := (c + 2*s) * math.Exp(-4)
	for _, scheme := range []string{"radau5", "kvaerno5", "sdirk4"} {
		for lambda := 1e4; lambda < 1e9; lambda *= 3 {
			a := []float64{-c*c - lambda*s*s, c * s * (lambda - 1), -s*s - lambda*c*c}
			p := Problem{
				F: func(_ float64, x, dx []float64) {
					dx[0], dx[1] = a[0]*x[0]+a[1]*x[1], a[1]*x[0]+a[2]*x[1]
				},
				X0: []float64{1, 2}, T1: 4,
			}
			solution, err := Solve(p, Options{Scheme: scheme, StepSize: 0.25})
			if err != nil {
				t.Errorf("%s, λ = %g: %v", scheme, lambda, err)
				continue
			}
			x, tolerance := solution.Final(), 1e-4+100*rounding*lambda
			if math.Abs(x[0]/(c*slow)-1) > tolerance || math.Abs(x[1]/(s*slow)-1) > tolerance {
				t.Errorf("%s, λ = %g: %v, want %v", scheme, lambda, x, []float64{c * slow, s * slow})
			}
		}
	}
}
