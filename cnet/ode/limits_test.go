package ode

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

// Many jumps: what is done for a step does not depend on their number, or this takes minutes.
func TestManyJumps(t *testing.T) {
	const n = 100_000
	jumps := make([]float64, n-1)
	for i := range jumps {
		jumps[i] = float64(i + 1)
	}
	p := Problem{
		F:   func(t float64, _, dx []float64) { dx[0] = float64(int(min(math.Floor(t), n-1)) % 2) },
		VJP: func(_ float64, _, _, _, _ []float64) {}, X0: []float64{0}, T1: n,
	}
	back := slices.Clone(jumps)
	slices.Reverse(back)
	for _, o := range []Options{
		{Jumps: jumps, MaxStep: 1}, {Scheme: "rk4", Steps: 1000, Jumps: jumps},
		{Scheme: "rk4", StepSize: 1, Jumps: jumps}, {Scheme: "sdirk4", Jumps: jumps, MaxStep: 1},
		{Scheme: "rk4", Steps: 10, Jumps: back},
	} {
		o.MaxSteps = 1e7
		q, want := p, n/2.
		if o.Jumps[0] > o.Jumps[1] {
			q.T0, q.T1, want = n, 0, -want
		}
		s, err := Solve(q, o)
		if err != nil || math.Abs(s.Final()[0]-want) > 1e-6 || s.Stats.Accepted < n {
			t.Errorf("%s: %v, want %v; %v", o.Scheme, s.Final(), want, err)
		}
	}
	cost := func(_ int, _ float64, x, gx []float64) float64 { gx[0] = 1; return x[0] }
	for _, d := range []Differentiation{{Checkpoints: Auto}, {Backsolve: true}} {
		g, err := Differentiate(p, Options{Scheme: "rk4", Steps: 1, Jumps: jumps, MaxSteps: 1e7}, cost, d)
		if err != nil || g.X0[0] != 1 {
			t.Errorf("%+v: %v, %v", d, g, err)
		}
	}
}

func TestMerge(t *testing.T) {
	for _, c := range []struct{ a, b, want []float64 }{
		{[]float64{0, 1, 2, 3}, []float64{0.5, 2, 2.5}, []float64{0, 0.5, 1, 2, 2.5, 3}},
		{[]float64{0, 1}, nil, []float64{0, 1}},
		{[]float64{0, 1}, []float64{0.2, 0.3}, []float64{0, 0.2, 0.3, 1}},
	} {
		if got := merge(c.a, c.b, 1); !slices.Equal(got, c.want) {
			t.Errorf("%v with %v gives %v", c.a, c.b, got)
		}
		slices.Reverse(c.a)
		slices.Reverse(c.b)
		slices.Reverse(c.want)
		if got := merge(c.a, c.b, -1); !slices.Equal(got, c.want) {
			t.Errorf("%v with %v gives %v", c.a, c.b, got)
		}
	}
}

// A Jacobian may leave out what is zero, also where it was not zero before.
func TestJacobianIsCleared(t *testing.T) {
	p := Problem{F: func(t float64, x, dx []float64) {
		dx[0], dx[1] = -1e4*(x[0]-math.Cos(t)), x[0]
		if t > 1 {
			dx[0], dx[1] = 0, -x[1]
		}
	}, X0: []float64{1, 0}, T1: 3, Jacobian: func(at float64, _, j []float64) {
		if slices.ContainsFunc(j, func(x float64) bool { return x != 0 }) {
			t.Errorf("at %v the Jacobian is not cleared: %v", at, j)
		}
		if at <= 1 {
			j[0], j[2] = -1e4, 1
		} else {
			j[3] = -1
		}
	}}
	s, err := Solve(p, Options{Scheme: "sdirk4", Jumps: []float64{1}, RTol: 1e-8, ATol: 1e-10})
	if err != nil || math.Abs(s.Final()[1]-math.Sin(1)*math.Exp(-2)) > 1e-4 || s.Stats.Rejected > 10 {
		t.Errorf("%v, %v, want %v; %v", s.Final(), s.Stats, math.Sin(1)*math.Exp(-2), err)
	}
}

// What is not finite is named, after a number of attempts that does not depend on the smallest number there is.
func TestNotFinite(t *testing.T) {
	second := func(from float64, bad float64) Func {
		return func(t float64, x, dx []float64) {
			dx[0], dx[1], dx[2] = 1, 1, 1
			if t > from {
				dx[1] = bad
			}
		}
	}
	x0 := []float64{0, 0, 0}
	for name, c := range map[string]struct {
		p         Problem
		want      string
		component int
	}{
		"NaN at once":    {Problem{F: second(0, math.NaN()), X0: x0, T1: 1}, "the rate is not finite", 1},
		"infinite":       {Problem{F: second(0, math.Inf(1)), X0: x0, T1: 1}, "the rate is not finite", 1},
		"NaN later":      {Problem{F: second(0.5, math.NaN()), X0: x0, T1: 1}, "the rate is not finite", 1},
		"NaN backwards":  {Problem{F: second(-1, math.NaN()), X0: x0, T0: 0, T1: -1}, "where the problem begins", 1},
		"NaN from T0 on": {Problem{F: second(-1, math.NaN()), X0: x0, T1: 1}, "where the problem begins", 1},
		"NaN in units":   {Problem{F: second(0, math.NaN()), X0: x0, T1: 1e300}, "the rate is not finite", 1},
		"NaN, t large":   {Problem{F: second(1e9, math.NaN()), X0: x0, T0: 1e9, T1: 1e10}, "the rate is not finite", 1},
		"NaN of a square": {Problem{F: func(_ float64, x, dx []float64) { dx[0] = -1 - math.Sqrt(x[0]) },
			X0: []float64{0}, T1: 1}, "the rate is not finite", 0},
	} {
		for _, scheme := range []string{"dopri5", "dopri8", "bosh3", "sdirk4", "radau5", "kvaerno5", "auto"} {
			s, err := Solve(c.p, Options{Scheme: scheme})
			var f *Failure
			if !errors.As(err, &f) || !strings.Contains(f.Reason, c.want) || f.Component != c.component ||
				finite(f.Value) {
				t.Errorf("%s, %s: %v", name, scheme, err)
				continue
			}
			if s.Stats.Rejected > 120 || firstBad(s.Final()) >= 0 {
				t.Errorf("%s, %s: %v at %v", name, scheme, s.Stats, s.Final())
			}
		}
		_, err := Solve(c.p, Options{Scheme: "sdirk4", Steps: 5})
		if err == nil || !strings.Contains(err.Error(), "finite") || !strings.Contains(err.Error(), "component 1 is") &&
			c.component == 1 {
			t.Errorf("%s, fixed steps: %v", name, err)
		}
	}
	p := Problem{F: func(_ float64, x, dx []float64) { dx[0] = -x[0] }, X0: []float64{1}, T1: 1,
		Jacobian: func(_ float64, _, j []float64) { j[0] = math.NaN() }}
	for _, o := range []Options{{Scheme: "sdirk4"}, {Scheme: "sdirk4", Steps: 5}} {
		s, err := Solve(p, o)
		if err == nil || !strings.Contains(err.Error(), "the Jacobian is not finite") || s.Stats.Rejected > 80 {
			t.Errorf("a Jacobian that is not a number: %v", err)
		}
	}
}

// Multiples and sums of 0.1 miss the ends of the interval by roundings.
func TestOutputsARoundingOutside(t *testing.T) {
	exponential := Problem{F: func(_ float64, x, dx []float64) { dx[0] = x[0] }, X0: []float64{1},
		VJP: func(_ float64, _, a, ax, _ []float64) { ax[0] += a[0] }}
	var multiples, sums []float64
	sum := 0.0
	for i := range 11 {
		multiples, sums = append(multiples, 0.1*float64(i)), append(sums, sum)
		sum += 0.1
	}
	for _, c := range []struct {
		t0, t1 float64
		at     []float64
	}{
		{0, 0.3, multiples[:4]}, {0, 0.6, multiples[:7]}, {0, 0.8, sums[:9]}, {0, 1, sums},
		{0, 0.3, []float64{0.3, ulps(0.3, 2)}},
		{ulps(0.3, 1), 1, []float64{0.3, ulps(0.3, 1), 1}}, {-0.3, 0.3, []float64{-ulps(0.3, 1), 0, ulps(0.3, 1)}},
	} {
		for _, o := range []Options{{RTol: 1e-9, ATol: 1e-9}, {Scheme: "rk4", Steps: 50}, {Scheme: "rk4", Grid: c.at}} {
			for _, back := range []bool{false, true} {
				p, o := exponential, o
				p.T0, p.T1, o.At = c.t0, c.t1, slices.Clone(c.at)
				if back {
					p.T0, p.T1 = p.T1, p.T0
					slices.Reverse(o.At)
					if o.Grid != nil {
						o.Grid = slices.Clone(o.At)
					}
				}
				if g := o.Grid; g != nil && (math.Abs(g[0]-p.T0) > 1e-9 || math.Abs(g[len(g)-1]-p.T1) > 1e-9) {
					continue
				}
				s, err := Solve(p, o)
				if err != nil || !slices.Equal(s.T, o.At) {
					t.Errorf("from %v to %v at %v: %v, %v", p.T0, p.T1, o.At, s, err)
					continue
				}
				for i, x := range s.X {
					if want := math.Exp(s.T[i] - p.T0); math.Abs(x[0]-want) > 5e-3 {
						t.Errorf("x(%v) is %v, want %v", s.T[i], x, want)
					}
				}
				for _, d := range []Differentiation{{}, {Checkpoints: 2}, {Backsolve: true}} {
					var seen []float64
					g, err := Differentiate(p, o, func(_ int, t float64, x, gx []float64) float64 {
						seen, gx[0] = append(seen, t), 1
						return x[0]
					}, d)
					slices.Sort(seen)
					want := 0.0
					for _, at := range o.At {
						want += math.Exp(at - p.T0)
					}
					if err != nil || math.Abs(g.X0[0]-want) > 1e-2 || len(seen) != len(o.At) {
						t.Errorf("gradient at %v: %v, want %v; %v", o.At, g, want, err)
					}
				}
				o.Dense, o.At = true, nil
				if s, err = Solve(p, o); err != nil {
					t.Fatal(err)
				}
				for _, at := range c.at {
					if _, err := s.At(at); err != nil {
						t.Error(err)
					}
				}
			}
		}
	}
	exponential.T1 = 0.3
	for _, at := range []float64{0.3 + 1e-13, -1e-13} {
		if _, err := Solve(exponential, Options{At: []float64{at}}); err == nil {
			t.Errorf("an output at %v, outside of the interval by more than roundings", at)
		}
	}
}

// A tolerance that rounding does not permit is raised, and the statistics say so.
func TestTolerancesBelowRounding(t *testing.T) {
	p, exact := oscillator()
	for _, scheme := range []string{"dopri5", "dopri8", "tsit5", "sdirk4", "radau5", "kvaerno5", "auto"} {
		for _, o := range []Options{
			{RTol: 1e-16, ATol: 1e-30}, {RTol: 1e-20, ATol: 1e-30}, {RTol: 1e-300, ATol: 1e-300},
			{RTols: []float64{0, 0}, ATols: []float64{0, 0}},
			{RTols: []float64{1e-17, 1e-6}, ATols: []float64{1e-30, 1e-6}},
		} {
			o.Scheme = scheme
			s, err := Solve(p, o)
			if err != nil || distance(s.Final(), exact(3)) > 1e-5 || s.Stats.RTol != 10*0x1p-52 ||
				!strings.Contains(s.Stats.String(), "RTol raised to 2.22e-15") {
				t.Errorf("%s, %+v: %v, %v", scheme, o, s.Stats, err)
			}
		}
	}
	// Tolerances that are meant to be absolute, and those of correctors in fixed steps, say nothing.
	for _, o := range []Options{{}, {RTols: []float64{0, 0}, ATols: []float64{1e-6, 1e-6}}, {RTol: 1e-14},
		{Scheme: "am3", Steps: 10, RTol: 1e-300}} {
		if s, err := Solve(p, o); err != nil || s.Stats.RTol != 0 || strings.Contains(s.Stats.String(), "raised") {
			t.Errorf("%+v: %v, %v", o, s.Stats, err)
		}
	}
}
