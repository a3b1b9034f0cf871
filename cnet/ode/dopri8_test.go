package ode

import (
	"math"
	"slices"
	"testing"
)

// The extension of dopri8 satisfies the order conditions up to order 7 at every θ, and joins steps smoothly.
func TestExtensionOfDopri8(t *testing.T) {
	whole := dopri8.normalised()
	e := whole.dense.extension
	whole.A, whole.C = append(slices.Clone(whole.A), whole.dense.a...), append(slices.Clone(whole.C), whole.dense.c...)
	whole.B = make([]float64, len(whole.A)) // for the number of stages
	levels := treesUpTo(7)
	var weights [][]float64
	for _, level := range levels {
		for _, tree := range level {
			weights = append(weights, whole.elementaryWeights(tree))
		}
	}
	for i, row := range whole.A {
		if math.Abs(total(row)-whole.C[i]) > 1e-14 {
			t.Errorf("row %d sums to %v, want %v", i, total(row), whole.C[i])
		}
	}
	for theta := 0.; theta <= 1; theta += 0x1p-4 {
		b, k := e.at(theta), 0
		for _, level := range levels {
			for _, tree := range level {
				want := math.Pow(theta, float64(tree.nodes)) / float64(tree.density)
				if got := dot(b, weights[k]); math.Abs(got-want) > 2e-13 {
					t.Errorf("θ = %v: %s is %v, want %v", theta, tree.name, got, want)
				}
				k++
			}
		}
	}
	// b'(0) and b'(1) choose the rates at the ends.
	for i, b := range e.b {
		first, last, end := b[0], 0.0, 0.0
		for m, c := range b {
			last += float64(m+1) * c
			end += c
		}
		wantFirst, wantLast, wantEnd := 0.0, 0.0, 0.0
		switch i {
		case 0:
			wantFirst = 1
		case 13:
			wantLast = 1
		}
		if i < len(dopri8.B) {
			wantEnd = dopri8.B[i]
		}
		if math.Abs(first-wantFirst) > 1e-12 || math.Abs(last-wantLast) > 1e-11 || math.Abs(end-wantEnd) > 1e-12 {
			t.Errorf("b_%d has slopes %v and %v, and ends at %v", i, first, last, end)
		}
	}
}

// Outputs between steps are about as good as the steps. The solutions are known: sin t, a Kepler orbit of eccentricity
// 0.5, and a logistic curve.
func TestDopri8BetweenSteps(t *testing.T) {
	orbit := func(at float64) []float64 {
		const e = 0.5
		u := at // Kepler's equation u - e·sin u = t
		for range 50 {
			u -= (u - e*math.Sin(u) - at) / (1 - e*math.Cos(u))
		}
		r := 1 - e*math.Cos(u)
		w := math.Sqrt(1 - e*e)
		return []float64{math.Cos(u) - e, w * math.Sin(u), -math.Sin(u) / r, w * math.Cos(u) / r}
	}
	for name, c := range map[string]struct {
		p        Problem
		solution func(t float64) []float64
	}{
		"sine": {Problem{F: func(_ float64, x, dx []float64) { dx[0], dx[1] = x[1], -x[0] }, T1: 20},
			func(t float64) []float64 { return []float64{math.Sin(t), math.Cos(t)} }},
		"sine, backwards": {Problem{F: func(_ float64, x, dx []float64) { dx[0], dx[1] = x[1], -x[0] }, T0: 10,
			T1: -10},
			func(t float64) []float64 { return []float64{math.Sin(t), math.Cos(t)} }},
		"Kepler": {Problem{F: func(_ float64, x, dx []float64) {
			r := math.Hypot(x[0], x[1])
			dx[0], dx[1], dx[2], dx[3] = x[2], x[3], -x[0]/(r*r*r), -x[1]/(r*r*r)
		}, T1: 12}, orbit},
		"logistic": {Problem{F: func(t float64, x, dx []float64) { dx[0] = x[0] * (1 - x[0]) }, T0: -6, T1: 6},
			func(t float64) []float64 { return []float64{1 / (1 + math.Exp(-t))} }},
	} {
		for _, tolerance := range []float64{1e-6, 1e-8, 1e-10, 1e-12} {
			o := Options{Scheme: "dopri8", RTol: tolerance, ATol: tolerance, EveryStep: true}
			c.p.X0 = c.solution(c.p.T0)
			s, err := Solve(c.p, o)
			if err != nil {
				t.Fatal(err)
			}
			atSteps := 0.0
			for i, x := range s.X {
				atSteps = max(atSteps, distance(x, c.solution(s.T[i])))
			}
			between := largestBetween(t, c.p, o, c.solution)
			if between > 10*max(atSteps, tolerance/10) {
				t.Errorf("%s at %g: off by %.1e at steps, by %.1e between them", name, tolerance, atSteps, between)
			}
			t.Logf("%s at %g: off by %.1e at steps, by %.1e between them", name, tolerance, atSteps, between)
		}
	}
}

// The further stages take part in gradients, with and without checkpoints, and are not there in torchdiffeq's form.
func TestGradientsBetweenStepsOfDopri8(t *testing.T) {
	p := Problem{
		F:   func(_ float64, x, dx []float64) { dx[0], dx[1] = x[1], -x[0] },
		VJP: func(_ float64, _, a, ax, _ []float64) { ax[0] -= a[1]; ax[1] += a[0] },
		X0:  []float64{0, 1}, T1: 20,
	}
	at := linspace(0.5, 20, 40)
	cost := func(_ int, _ float64, x, gx []float64) float64 { gx[0] = 1; return x[0] }
	want := [2]float64{}
	for _, s := range at {
		want[0] += math.Cos(s)
		want[1] += math.Sin(s)
	}
	for _, d := range []Differentiation{{}, {Checkpoints: Auto}, {Backsolve: true}} {
		g, err := Differentiate(p, Options{Scheme: "dopri8", RTol: 1e-11, ATol: 1e-11, At: at}, cost, d)
		if err != nil {
			t.Fatal(err)
		}
		if e := distance(g.X0, want[:]); e > 1e-9 || math.Abs(g.Loss-want[1]) > 1e-9 {
			t.Errorf("%+v: the gradient is off by %.1e, the loss by %.1e", d, e, math.Abs(g.Loss-want[1]))
		}
	}
	own, err := Solve(p, Options{Scheme: "dopri8", RTol: 1e-11, ATol: 1e-11, At: at})
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := Solve(p, Options{Scheme: "dopri8", RTol: 1e-11, ATol: 1e-11, At: at, compat: compat{quartic: true}})
	if err != nil || theirs.Stats.NFE+4*own.Stats.Accepted < own.Stats.NFE || theirs.Stats.NFE >= own.Stats.NFE {
		t.Errorf("%v and, with the state in the middle, %v; %v", own.Stats, theirs.Stats, err)
	}
}
