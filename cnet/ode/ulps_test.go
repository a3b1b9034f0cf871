package ode

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// ulps returns the number that lies n numbers above x.
func ulps(x float64, n int) float64 {
	for range n {
		x = math.Nextafter(x, math.Inf(1))
	}
	return x
}

// Intervals of a few roundings, also at large times, are one step, forwards and backwards, for every kind of method.
func TestIntervalsOfAFewRoundings(t *testing.T) {
	for _, scheme := range []string{"dopri5", "dopri8", "bosh3", "sdirk4", "radau5", "kvaerno5", "auto", "rk4", "ab3",
		"am3", "implicit_midpoint"} {
		for _, t0 := range []float64{0.3, 1, 1e6, 1e15, -2, 0} {
			for _, n := range []int{1, 2, 4, 9, 10, 11, 17, 100} {
				if scheme == "radau5" && t0 == 0 {
					continue // subnormal steps, whose reciprocals are infinite
				}
				for _, back := range []bool{false, true} {
					rate := -1 / (1 + math.Abs(t0)) // slow enough for times that are so coarse
					p := Problem{F: func(_ float64, x, dx []float64) { dx[0], dx[1] = 1, rate*x[1] },
						X0: []float64{0, 1}, T0: t0, T1: ulps(t0, n)}
					if back {
						p.T0, p.T1 = p.T1, p.T0
					}
					o := Options{Scheme: scheme}
					if m, _ := Lookup(scheme); !m.Info().Adaptive {
						o.Steps = 5
					}
					s, err := Solve(p, o)
					name := fmt.Sprintf("%s from %v, %d ulps, backwards %v", scheme, t0, n, back)
					if err != nil {
						t.Errorf("%s: %v", name, err)
						continue
					}
					h := p.T1 - p.T0
					if x := s.Final(); math.Abs(x[0]-h) > 1e-9*math.Abs(h)+1e-321 ||
						math.Abs(x[1]-math.Exp(rate*h)) > 1e-9 || s.T[len(s.T)-1] != p.T1 {
						t.Errorf("%s: %v at %v", name, x, s.T)
					}
					if !o.fixed() && n <= 10 && s.Stats.Accepted != 1 {
						t.Errorf("%s: %v", name, s.Stats)
					}
				}
			}
		}
	}
}

// Jumps, outputs and steps a few roundings apart are what they are further apart, and the steps behind them as long as
// without them.
func TestJumpsAndOutputsAFewRoundingsApart(t *testing.T) {
	near := ulps(0.3, 1)
	for _, scheme := range []string{"dopri5", "dopri8", "sdirk4", "radau5", "kvaerno5", "auto", "rk4", "ab3"} {
		o := Options{Scheme: scheme, RTol: 1e-8, ATol: 1e-8}
		if m, _ := Lookup(scheme); !m.Info().Adaptive {
			o.Steps = 200
		}
		for name, c := range map[string]struct {
			t0, t1 float64
			jumps  []float64
		}{
			"behind T0": {0.3, 1, []float64{near}}, "before T1": {0, near, []float64{0.3}},
			"two": {0, 1, []float64{0.3, near}}, "ten ulps": {0.3, 1, []float64{ulps(0.3, 10)}},
			"two behind T0": {0.3, 1, []float64{near, ulps(0.3, 3)}}, "at a grid point": {0, 1, []float64{near, 0.6}},
			"three": {0, 1, []float64{0.3, near, ulps(0.3, 2)}},
		} {
			for _, back := range []bool{false, true} {
				// x' is 1 before the first jump, 2 between the first two, 3 behind them, and so on.
				p := Problem{F: func(at float64, x, dx []float64) {
					dx[0] = 1
					for _, j := range c.jumps {
						if at >= j {
							dx[0]++
						}
					}
				}, X0: []float64{0}, T0: c.t0, T1: c.t1}
				want, from := 0.0, c.t0
				for i, to := range append(slices.Clone(c.jumps), c.t1) {
					want += float64(i+1) * (to - from)
					from = to
				}
				o.Jumps = slices.Clone(c.jumps)
				if back {
					p.T0, p.T1, want = p.T1, p.T0, -want
					slices.Reverse(o.Jumps)
				}
				s, err := Solve(p, o)
				if err != nil || math.Abs(s.Final()[0]-want) > 1e-12 {
					t.Errorf("%s, %s, backwards %v: %v, want %v; %v", scheme, name, back, s.Final(), want, err)
				} else if s.Stats.Accepted > 12 && !o.fixed() {
					t.Errorf("%s, %s, backwards %v: %v", scheme, name, back, s.Stats)
				}
			}
		}
		o.Jumps, o.At = nil, []float64{0.3, near, ulps(0.3, 2), 1}
		p := Problem{F: func(_ float64, x, dx []float64) { dx[0] = x[0] }, X0: []float64{1}, T1: 1,
			VJP: func(_ float64, _, a, ax, _ []float64) { ax[0] += a[0] }}
		s, err := Solve(p, o)
		if err != nil || len(s.T) != 4 || math.Abs(s.X[1][0]-math.Exp(0.3)) > 1e-6 {
			t.Errorf("%s: outputs %v, %v", scheme, s, err)
		}
		for _, d := range []Differentiation{{}, {Backsolve: true}} {
			if m, _ := Lookup(scheme); !m.Info().Networks && !d.Backsolve {
				continue // backpropagation needs an explicit scheme
			}
			g, err := Differentiate(p, o, func(_ int, _ float64, x, gx []float64) float64 { gx[0] = 1; return x[0] }, d)
			if want := 3*math.Exp(0.3) + math.E; err != nil || math.Abs(g.X0[0]-want) > 1e-4 {
				t.Errorf("%s: gradient %+v, want %v; %v", scheme, g, want, err)
			}
		}
	}
}

// What the error control cannot reach is still an underflow, also in an interval of a few roundings.
func TestUnderflow(t *testing.T) {
	for name, p := range map[string]Problem{
		"pole": {F: func(_ float64, x, dx []float64) { dx[0] = x[0] * x[0] }, X0: []float64{1}, T1: 2},
		"wall": {F: func(t float64, x, dx []float64) {
			dx[0] = 1
			if t > 1 {
				dx[0] = math.NaN()
			}
		}, X0: []float64{0}, T0: 1, T1: ulps(1, 5)},
	} {
		for _, scheme := range []string{"dopri5", "sdirk4", "radau5", "auto"} {
			var f *Failure
			_, err := Solve(p, Options{Scheme: scheme})
			if !errors.As(err, &f) ||
				!strings.Contains(f.Reason, "underflowed") && !strings.Contains(f.Reason, "finite") {
				t.Errorf("%s, %s: %v", name, scheme, err)
			}
		}
	}
}
