package ode

import (
	"math"
	"slices"
	"testing"
)

// firstStepLeak returns what torchdiffeq 0.2.5 adds to the gradient of a loss with respect to the initial state and to
// the parameters: it differentiates through the length of the first step, h₀, but through that of no later one. So a
// change of h₀ moves all later steps with it, and the leak is ∂loss/∂h₀ times the gradient of h₀. Both are computed by
// finite differences. There is no leak if the first step was rejected.
func firstStepLeak(t *testing.T, build func(parameters []float64) Problem, x0, parameters []float64, o Options,
	cost Cost) (ofX0, ofParameters []float64) {
	t.Helper()
	problem := func(x0, parameters []float64) Problem {
		p := build(parameters)
		p.X0 = x0
		return p
	}
	solver := func(x0, parameters []float64) *Solver {
		s, err := New(problem(x0, parameters), o)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	ofX0, ofParameters = make([]float64, len(x0)), make([]float64, len(parameters))
	s := solver(x0, parameters)
	times := []float64{s.t}
	for step, err := range s.Steps() {
		if err != nil {
			t.Fatal(err)
		}
		if step.Index == 0 && step.Rejected > 0 {
			return ofX0, ofParameters
		}
		times = append(times, step.T)
	}
	loss := func(by float64) float64 {
		s := solver(x0, parameters)
		s.grid = slices.Clone(times)
		for i := range s.grid[1:] {
			s.grid[i+1] += by
		}
		solution, err := s.Solve()
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for i, x := range solution.X {
			sum += cost(i, solution.T[i], x, make([]float64, len(x)))
		}
		return sum
	}
	h := times[1] - times[0]
	if math.Abs(math.Abs(h)-1e-4) < 1e-12 {
		return ofX0, ofParameters // a constant of the heuristic, where the rate is too small to choose by
	}
	by := 1e-4 * h
	slope := (8*(loss(by)-loss(-by)) - (loss(2*by) - loss(-2*by))) / (12 * by)
	length := func(x0, parameters []float64) float64 {
		s := solver(x0, parameters)
		direction := sign(h)
		h, err := s.firstStep(direction)
		if err != nil {
			t.Fatal(err)
		}
		return direction * h
	}
	differences := func(v, gradient []float64, f func(v []float64) float64) {
		for i, x := range v {
			at := func(x float64) float64 {
				w := slices.Clone(v)
				w[i] = x
				return f(w)
			}
			const d = 1e-4
			gradient[i] = slope * (8*(at(x+d)-at(x-d)) - (at(x+2*d) - at(x-2*d))) / (12 * d)
		}
	}
	differences(x0, ofX0, func(v []float64) float64 { return length(v, parameters) })
	differences(parameters, ofParameters, func(v []float64) float64 { return length(x0, v) })
	return ofX0, ofParameters
}
