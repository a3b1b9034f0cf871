package ode

import (
	"math"
	"testing"
)

// kvaerno5 is an ESDIRK of order 5(4), as users register it (Kværnø, Singly diagonally implicit Runge–Kutta methods
// with an explicit first stage, BIT 44, 2004).
func kvaerno5() Tableau {
	return Tableau{
		Name: "kvaerno5", Order: 5,
		A: [][]float64{
			{},
			{0.26, 0.26},
			{0.13, 0.8403332099679081, 0.26},
			{0.22371961478320504, 0.476755323197997, -0.06470895363112615, 0.26},
			{0.16648564323248322, 0.1045001884159172, 0.03631482272098715, -0.13090704451073998, 0.26},
			{0.13855640231268224, 0, -0.04245337201752043, 0.02446657898003141, 0.6194303907248068, 0.26},
			{0.13659751177640292, 0, -0.05496908796538376, -0.04118626728321046, 0.629933048990164, 0.06962479448202728,
				0.26},
		},
		C: []float64{0, 0.52, 1.230333209967908, 0.8957659843500759, 0.43639360985864756, 1, 1},
		B: []float64{0.13659751177640292, 0, -0.05496908796538376, -0.04118626728321046, 0.629933048990164,
			0.06962479448202728, 0.26},
		Err: []float64{-0.0019588905362793174, 0, -0.012515715947863326, -0.06565284626324187, 0.010502658265357234,
			-0.1903752055179727, 0.26},
	}
}

// trBDF2 is a trapezoidal step and a BDF2 step in one (Bank et al., 1985; Hosea & Shampine, 1996).
func trBDF2() Tableau {
	gamma, w := 2-math.Sqrt2, math.Sqrt2/4
	d := gamma / 2
	return Tableau{
		Name: "trbdf2", A: [][]float64{{}, {d, d}, {w, w, d}}, B: []float64{w, w, d}, C: []float64{0, gamma, 1},
		Err: []float64{w - (1-w)/3, w - (3*w+1)/3, d - d/3},
	}
}

// trapezoidal is the implicit trapezoidal rule.
func trapezoidal() Tableau {
	return Tableau{Name: "trapezoidal", A: [][]float64{{}, {0.5, 0.5}}, B: []float64{0.5, 0.5}}
}

// A stiffly accurate scheme with an explicit first stage takes its last stage for it. The rate of the state, which is
// known to the tolerance only, would be off by ∂f/∂x times the tolerance.
func TestExplicitFirstStage(t *testing.T) {
	p := robertson([]float64{1, 1, 1}, 1e11)
	want := []float64{0.2083340149701255e-07, 0.8333360770334713e-13, 0.9999999791665050} // HW II, section IV.10
	for _, c := range []struct {
		tb          Tableau
		rtol        float64
		evaluations int
	}{{kvaerno5(), 1e-5, 2500}, {kvaerno5(), 1e-8, 8000}, {trBDF2(), 1e-4, 6000}} {
		s, err := Solve(p, Options{Method: c.tb, RTol: c.rtol, ATol: 1e-4 * c.rtol})
		if err != nil {
			t.Errorf("%s at %g: %v", c.tb.Name, c.rtol, err)
			continue
		}
		for i, x := range s.Final() {
			if math.Abs(x-want[i]) > 100*c.rtol*want[i]+1e-4*c.rtol {
				t.Errorf("%s at %g: component %d is %.10g, want %.10g", c.tb.Name, c.rtol, i, x, want[i])
			}
		}
		if s.Stats.NFE > c.evaluations {
			t.Errorf("%s at %g: %v", c.tb.Name, c.rtol, s.Stats)
		}
	}

	// Equal steps, with Newton iterations to the limit of rounding, and an interval that a jump divides.
	for _, lambda := range []float64{1e2, 1e5, 1e8} {
		q := protheroRobinson(lambda)
		for _, tb := range []Tableau{trapezoidal(), trBDF2(), kvaerno5()} {
			for _, jumps := range [][]float64{nil, {7.03}} {
				s, err := Solve(q, Options{Method: tb, Steps: 200, Jumps: jumps, EveryStep: true})
				if err != nil {
					t.Errorf("%s, λ = %g: %v", tb.Name, lambda, err)
					continue
				}
				worst := 0.0
				for i, x := range s.X {
					worst = max(worst, math.Abs(x[0]-math.Cos(s.T[i])))
				}
				if worst > 2e-3 {
					t.Errorf("%s, λ = %g, jumps %v: off by %.1e", tb.Name, lambda, jumps, worst)
				}
			}
		}
	}
}

// The rate at the beginning of a step is evaluated once, however often the step is tried, and not at all where the last
// stage is it.
func TestExplicitFirstStageIsFree(t *testing.T) {
	for _, c := range []struct {
		tb     Tableau
		atEnds int // evaluations of f outside of the implicit stages, for each step
	}{
		{trapezoidal(), 0},
		// The implicit midpoint rule behind an explicit stage: its last stage is in the middle of the step.
		{Tableau{Name: "midway", A: [][]float64{{}, {0.25, 0.25}}, B: []float64{0, 1}, C: []float64{0, 0.5}}, 1},
	} {
		s, err := Solve(Problem{
			F:        func(t float64, x, dx []float64) { dx[0] = -x[0] },
			Jacobian: func(_ float64, _, j []float64) { j[0] = -1 },
			X0:       []float64{1}, T1: 1,
		}, Options{Method: c.tb, Steps: 20})
		if err != nil {
			t.Fatal(err)
		}
		if n := s.Stats.NFE - s.Stats.Newton; n != 1+c.atEnds*19 {
			t.Errorf("%s: %d evaluations for first stages, want %d", c.tb.Name, n, 1+c.atEnds*19)
		}
	}
}

// protheroRobinson has the solution cos t, which it attracts at the rate λ.
func protheroRobinson(lambda float64) Problem {
	return Problem{
		F:        func(t float64, x, dx []float64) { dx[0] = -lambda*(x[0]-math.Cos(t)) - math.Sin(t) },
		Jacobian: func(_ float64, _, j []float64) { j[0] = -lambda },
		X0:       []float64{1}, T1: 20,
	}
}
