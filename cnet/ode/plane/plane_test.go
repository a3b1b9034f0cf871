package plane

import (
	"math"
	"slices"
	"strings"
	"testing"

	"continuousnet/cnet/ode"
	"continuousnet/cnet/ode/problems"
)

// linear returns x' = A·x.
func linear(a, b, c, d float64) ode.Func {
	return func(_ float64, x, dx []float64) { dx[0], dx[1] = a*x[0]+b*x[1], c*x[0]+d*x[1] }
}

// The kind of the equilibrium of a linear equation is that of its matrix.
func TestKinds(t *testing.T) {
	for _, tc := range []struct {
		f           ode.Func
		kind        Kind
		eigenvalues [2]complex128
	}{
		{linear(1, 0, 0, -2), Saddle, [2]complex128{1, -2}},
		{linear(-1, 0, 0, -2), StableNode, [2]complex128{-1, -2}},
		{linear(3, 0, 1, 2), UnstableNode, [2]complex128{3, 2}},
		{linear(-0.5, 2, -2, -0.5), StableSpiral, [2]complex128{-0.5 + 2i, -0.5 - 2i}},
		{linear(0.5, 2, -2, 0.5), UnstableSpiral, [2]complex128{0.5 + 2i, 0.5 - 2i}},
		{linear(0, 3, -3, 0), Center, [2]complex128{3i, -3i}},
	} {
		p, err := NewPortrait(tc.f, Options{Starts: [][2]float64{}})
		if err != nil || len(p.Equilibria) != 1 {
			t.Fatalf("%s: %v, %v", tc.kind, p.Equilibria, err)
		}
		e := p.Equilibria[0]
		if e.Kind != tc.kind || math.Hypot(e.X[0], e.X[1]) > 1e-9 {
			t.Errorf("%v, want a %s at 0", e, tc.kind)
		}
		for k, want := range tc.eigenvalues {
			if d := e.Eigenvalues[k] - want; math.Hypot(real(d), imag(d)) > 1e-6 {
				t.Errorf("%s: eigenvalues %v, want %v", tc.kind, e.Eigenvalues, tc.eigenvalues)
			}
		}
	}
	// A line of equilibria: as many as are kept, none of which the linear part tells.
	p, err := NewPortrait(linear(0, 0, 1, 0), Options{Starts: [][2]float64{}})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range p.Equilibria {
		if e.Kind != Degenerate {
			t.Errorf("%v", e)
		}
	}
}

// All equilibria in the window are found, at their places: those of a pendulum, and of prey and predators.
func TestEquilibria(t *testing.T) {
	p, err := NewPortrait(problems.Pendulum(1).F, Options{X: [2]float64{-7, 7}, Starts: [][2]float64{}})
	if err != nil {
		t.Fatal(err)
	}
	want := []Equilibrium{
		{X: [2]float64{-2 * math.Pi, 0}, Kind: Center}, {X: [2]float64{-math.Pi, 0}, Kind: Saddle},
		{X: [2]float64{0, 0}, Kind: Center}, {X: [2]float64{math.Pi, 0}, Kind: Saddle},
		{X: [2]float64{2 * math.Pi, 0}, Kind: Center},
	}
	check := func(got, want []Equilibrium) {
		t.Helper()
		if len(got) != len(want) {
			t.Fatalf("%v, want %v", got, want)
		}
		for i, e := range got {
			if math.Hypot(e.X[0]-want[i].X[0], e.X[1]-want[i].X[1]) > 1e-8 || e.Kind != want[i].Kind {
				t.Errorf("%v, want %v", e, want[i])
			}
		}
	}
	check(p.Equilibria, want)
	p, err = NewPortrait(problems.LotkaVolterra(1).F, Options{X: [2]float64{-1, 6}, Y: [2]float64{-1, 4}})
	if err != nil {
		t.Fatal(err)
	}
	check(p.Equilibria, []Equilibrium{{Kind: Saddle}, {X: [2]float64{3, 1.5}, Kind: Center}})
	for k, lines := range p.Nullclines { // x = 0 and y = 3/2; y = 0 and x = 3
		if len(lines) == 0 {
			t.Fatalf("component %d has no nullcline", k)
		}
		for _, line := range lines {
			for _, q := range line {
				x, y := q[0], q[1]
				off := math.Abs((1.5 - y) * x)
				if k == 1 {
					off = math.Abs((x - 3) * y)
				}
				if off > 0.02 {
					t.Errorf("component %d is %g at %v", k, off, q)
				}
			}
		}
	}
	// The invariant x − 3 ln x + y − 1.5 ln y stays what it is along the curves, both ways.
	for _, c := range p.Curves {
		if c.Start[0] <= 0 || c.Start[1] <= 0 {
			continue
		}
		invariant := func(x, y float64) float64 { return x - 3*math.Log(x) + y - 1.5*math.Log(y) }
		for i := range c.T {
			if d := invariant(c.X[i], c.Y[i]) - invariant(c.Start[0], c.Start[1]); math.Abs(d) > 1e-3 {
				t.Fatalf("from %v the invariant changes by %g at t = %g", c.Start, d, c.T[i])
			}
			if i > 0 && c.T[i] <= c.T[i-1] {
				t.Fatalf("times %g, %g", c.T[i-1], c.T[i])
			}
		}
		if c.T[0] >= 0 || c.T[len(c.T)-1] <= 0 {
			t.Errorf("from %g to %g", c.T[0], c.T[len(c.T)-1])
		}
	}
}

// A curve ends when it has left the window, or when the solution ends, x' = x² at t = 1/x.
func TestCurveEnds(t *testing.T) {
	c, err := NewCurve(linear(1, 0, 0, 1), [2]float64{1, 1}, Options{})
	if last := c.X[len(c.X)-1]; err != nil || last < 5.9 || last > 6.1 { // half of 6 beyond 3
		t.Errorf("ends at %g, %v", last, err)
	}
	square := func(_ float64, x, dx []float64) { dx[0], dx[1] = x[0]*x[0]*x[0]*x[0]*1e6, 0 }
	c, err = NewCurve(square, [2]float64{1, 0}, Options{X: [2]float64{-1e9, 1e9}})
	if err != nil || c.Stopped == "" {
		t.Errorf("stopped by %q, %v", c.Stopped, err)
	}
	c, err = NewCurve(linear(0, 1, -1, 0), [2]float64{1, 0}, Options{Duration: 1, Solve: ode.Options{Scheme: "euler",
		Steps: 4}})
	if err != nil || len(c.T) != 9 || math.Abs(c.X[8]-0.6289) > 1e-4 {
		t.Errorf("Euler: %v, %v, %v", c.T, c.X, err)
	}
}

// A curve has no corners in the window, with steps that adapt and with long ones of a given length.
func TestCurveIsSmooth(t *testing.T) {
	for name, o := range map[string]ode.Options{"dopri5": {}, "rk4": {Scheme: "rk4", StepSize: 0.4}} {
		c, err := NewCurve(linear(0, 1, -1, 0), [2]float64{2.5, 0}, Options{Duration: 6, Solve: o})
		if err != nil {
			t.Fatal(err)
		}
		for i := 1; i < len(c.X); i++ {
			if d := 2.5 - math.Hypot(c.X[i-1]+c.X[i], c.Y[i-1]+c.Y[i])/2; d > 6./1000 { // half a pixel of 500
				t.Errorf("%s: straight on %g beside the circle at t = %g", name, d, c.T[i])
			}
		}
	}
}

func TestBadOptions(t *testing.T) {
	for _, tc := range []struct {
		o    Options
		want string
	}{
		{Options{X: [2]float64{1, 1}}, "X is from 1 to 1, must be from a number to a greater one"},
		{Options{Y: [2]float64{0, math.NaN()}}, "Y is from 0 to NaN"},
		{Options{Arrows: 1}, "Arrows is 1, must be from 2 to 200"},
		{Options{Duration: -1}, "Duration is -1, must be a positive number"},
		{Options{Starts: [][2]float64{{math.Inf(1), 0}}}, "Starts[0] is [+Inf 0], must be finite"},
		{Options{Solve: ode.Options{Scheme: "eluer"}}, `unknown scheme "eluer"`},
	} {
		if _, err := NewPortrait(linear(1, 0, 0, 1), tc.o); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%+v: %v, want %q", tc.o, err, tc.want)
		}
	}
	if _, err := NewField(nil, Options{}); err == nil {
		t.Error("nil is taken for an equation")
	}
}

// Curves are as good in small windows and in those far from the origin as in others: around a center they stay at
// their distance.
func TestCurvesOfAnyWindow(t *testing.T) {
	for _, w := range []struct{ at, size float64 }{{0, 1}, {0, 1e-9}, {1e6, 1}, {-1e3, 1e-3}, {0, 1e9}} {
		f := func(_ float64, x, dx []float64) { dx[0], dx[1] = x[1]-w.at, w.at-x[0] }
		window := [2]float64{w.at - w.size, w.at + w.size}
		p, err := NewPortrait(f, Options{X: window, Y: window})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range p.Curves {
			first := math.Hypot(c.Start[0]-w.at, c.Start[1]-w.at)
			for i := range c.X {
				if r := math.Hypot(c.X[i]-w.at, c.Y[i]-w.at); math.Abs(r-first) > 1e-4*w.size {
					t.Fatalf("around %g, %g wide: %g and %g from the center", w.at, w.size, first, r)
				}
			}
		}
		if len(p.Equilibria) != 1 || p.Equilibria[0].Kind != Center || p.More {
			t.Errorf("around %g, %g wide: %v", w.at, w.size, p.Equilibria)
		}
	}
}

// Of more equilibria than are kept there are some in each part of the window, and it is told.
func TestManyEquilibria(t *testing.T) {
	f := func(_ float64, x, dx []float64) { dx[0], dx[1] = math.Sin(10*x[0]), math.Sin(10*x[1]) }
	p, err := NewPortrait(f, Options{Starts: [][2]float64{}})
	if err != nil {
		t.Fatal(err)
	}
	var parts [9]int
	for _, e := range p.Equilibria {
		parts[min(2, int(e.X[0]+3)/2)+3*min(2, int(e.X[1]+3)/2)]++
	}
	if len(p.Equilibria) != mostEquilibria || !p.More || slices.Min(parts[:]) < 2 {
		t.Errorf("%d equilibria, more: %v; by parts of the window: %v", len(p.Equilibria), p.More, parts)
	}
}
