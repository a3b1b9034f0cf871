package ode

import (
	"math"
	"testing"
)

// The error estimates of implicit Euler and of the trapezoidal rule are the errors themselves where the better method
// is exact.
func TestImplicitErrorEstimates(t *testing.T) {
	for scheme, power := range map[string]float64{"adaptive_implicit_euler": 1, "adaptive_trapezoid": 2} {
		p := Problem{F: func(at float64, _, dx []float64) { dx[0] = math.Pow(at, power) }, X0: []float64{0}, T1: 1}
		s, err := New(p, Options{Scheme: scheme, FirstStep: 0.25, RTols: []float64{0}, ATols: []float64{0.1}})
		if err != nil {
			t.Fatal(err)
		}
		for step, err := range s.Steps() {
			if err != nil {
				t.Fatal(err)
			}
			q := power + 1
			change := (math.Pow(step.T, q) - math.Pow(step.T0, q)) / q
			if e := math.Abs(step.X[0] - step.X0[0] - change); math.Abs(step.Error*0.1-e) > 1e-12 || e < 1e-4 {
				t.Errorf("%s: the step to %v is off by %v, its estimate is %v", scheme, step.T, e, step.Error*0.1)
			}
		}
	}
}

// Both solve stiff problems, with an error that follows the tolerance as their orders say, and with far fewer
// evaluations than an explicit scheme needs for stability.
func TestAdaptiveImplicitOnStiffProblems(t *testing.T) {
	for _, c := range []struct {
		scheme string
		order  float64
	}{{"adaptive_implicit_euler", 1}, {"adaptive_trapezoid", 2}} {
		for _, lambda := range []float64{1e3, 1e6, 1e9} {
			last := math.Inf(1)
			for _, tol := range []float64{1e-3, 1e-5, 1e-7} {
				if tol < 1e-5 && c.order == 1 {
					continue // tens of thousands of steps
				}
				p, exact := kaps(1 / lambda)
				most := 400 * math.Pow(tol, -1/(c.order+1))
				o := Options{Scheme: c.scheme, RTol: tol, ATol: tol, Dense: true}
				s, err := Solve(p, o)
				if err != nil {
					t.Errorf("%s, λ = %g: %v", c.scheme, lambda, err)
					continue
				}
				e := largestBetween(t, p, o, exact)
				if e > 20*math.Pow(tol, c.order/(c.order+1)) || e > last/2 || float64(s.Stats.NFE) > most {
					t.Errorf("%s, λ = %g, %g: off by %.1e, %v", c.scheme, lambda, tol, e, s.Stats)
				}
				last = e
			}
			s, err := Solve(protheroRobinson(lambda), Options{Scheme: c.scheme, EveryStep: true})
			if err != nil {
				t.Errorf("%s, λ = %g: %v", c.scheme, lambda, err)
				continue
			}
			for i, x := range s.X {
				if e := math.Abs(x[0] - math.Cos(s.T[i])); e > 1e-3 {
					t.Errorf("%s, λ = %g: x(%g) is off by %.1e", c.scheme, lambda, s.T[i], e)
				}
			}
		}
		// Van der Pol's equation, from where its oscillation is slow.
		p := vanDerPol(1000, 500)
		want, err := Solve(p, Options{Scheme: "radau5", RTol: 1e-9, ATol: 1e-9})
		if err != nil {
			t.Fatal(err)
		}
		s, err := Solve(p, Options{Scheme: c.scheme, RTol: 1e-5, ATol: 1e-5})
		if err != nil || distance(s.Final(), want.Final()) > 5e-3 || s.Stats.NFE > 5000 {
			t.Errorf("%s: %v, want %v; %v, %v", c.scheme, s.Final(), want.Final(), s.Stats, err)
		}
	}
	// The trapezoidal rule does not damp a fast component that it steps over; implicit Euler does.
	p := Problem{F: func(_ float64, x, dx []float64) { dx[0] = -1e6 * x[0] }, X0: []float64{1}, T1: 1}
	for scheme, want := range map[string]float64{"trapezoid": 1, "implicit_euler": 0} {
		if s, err := Solve(p, Options{Scheme: scheme, Steps: 10}); err != nil || math.Abs(s.Final()[0]-want) > 1e-3 {
			t.Errorf("%s: %v, %v", scheme, s.Final(), err)
		}
	}
}
