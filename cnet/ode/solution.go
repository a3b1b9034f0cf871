package ode

import (
	"math"
	"slices"
	"time"
)

// Solution is the solution of a Problem up to T1, a terminal event or a failure.
type Solution struct {
	T      []float64   // the times of the outputs
	X      [][]float64 // the states at them
	Events []Occurrence
	Stats  Stats
	Curve  *Curve // with Options.Dense: the state at any time
}

// Final returns the last state.
func (s *Solution) Final() []float64 { return s.X[len(s.X)-1] }

// Component returns component i of the state at every output, beside T, as charts need it: s.X[k][i] for all k. It is
// nil if the state has no such component.
func (s *Solution) Component(i int) []float64 {
	if len(s.X) == 0 || i < 0 || i >= len(s.X[0]) {
		return nil
	}
	values := make([]float64, len(s.X))
	for k, x := range s.X {
		values[k] = x[i]
	}
	return values
}

// At returns the state at any time that was reached, if the problem was solved with Options.Dense.
func (s *Solution) At(t float64) ([]float64, error) { return s.Curve.At(t) }

// Sampled returns the outputs with n − 1 states between each two of them, as a smooth curve needs, if the problem was
// solved with Options.Dense; otherwise the outputs.
func (s *Solution) Sampled(n int) (times []float64, states [][]float64) {
	if s.Curve == nil || len(s.T) == 0 {
		return s.T, s.X
	}
	times, states = append(times, s.T[0]), append(states, s.X[0])
	for i := 1; i < len(s.T); i++ {
		for k := 1; k < n; k++ {
			t := s.T[i-1] + (s.T[i]-s.T[i-1])*float64(k)/float64(n)
			if x, err := s.At(t); err == nil { // otherwise there are fewer states
				times, states = append(times, t), append(states, x)
			}
		}
		times, states = append(times, s.T[i]), append(states, s.X[i])
	}
	return times, states
}

// Solve solves a problem. If the solver stops early, Solve returns the solution so far and a *Failure.
func Solve(p Problem, o Options) (*Solution, error) {
	s, err := New(p, o)
	if err != nil {
		return nil, err
	}
	if o.Independent && p.Samples > 1 {
		return solveIndependent(p, o)
	}
	return s.Solve()
}

// Solve solves the rest of the problem, from the time that the solver has reached.
func (s *Solver) Solve() (*Solution, error) {
	begun := time.Now()
	solution := &Solution{}
	if s.o.Dense {
		solution.Curve = &Curve{times: []float64{s.t}, begin: slices.Clone(s.x)}
	}
	add := func(t float64, x []float64) {
		solution.T = append(solution.T, t)
		solution.X = append(solution.X, x)
	}
	direction := sign(s.p.T1 - s.p.T0)
	at, asked := s.o.At, s.asked
	output := func(x []float64) {
		add(asked[0], x)
		at, asked = at[1:], asked[1:]
	}
	for len(at) > 0 && (at[0]-s.t)*direction < 0 {
		at, asked = at[1:], asked[1:] // a solver that has been stepped may have passed some
	}
	begin, seen := s.t, len(s.events.found)
	if s.o.At == nil {
		add(s.t, slices.Clone(s.x))
	}
	for len(at) > 0 && at[0] == s.t {
		output(slices.Clone(s.x))
	}
	var failed error
	for failed == nil {
		step, err := s.advance()
		if step == nil {
			failed = err
			break
		}
		if s.o.Dense {
			solution.Curve.add(step)
		}
		if s.o.At == nil && s.o.EveryStep {
			add(step.T, slices.Clone(step.X))
			if s.anew {
				add(s.t, slices.Clone(s.x))
			}
		}
		for len(at) > 0 && (step.T-at[0])*direction >= 0 {
			x := slices.Clone(step.X)
			if at[0] != step.T {
				step.At(at[0], x)
			}
			if bad := firstBad(x); bad >= 0 {
				failed = s.fail(notInterpolated(step, at[0], bad, x[bad]))
				at = nil
				break
			}
			output(x)
		}
		if s.o.Progress != nil {
			cost := s.stats
			cost.Wall += time.Since(begun)
			s.o.Progress(s.t, cost)
		}
	}
	// A solution that ends early includes the last state.
	last := len(solution.T) - 1
	if s.o.At == nil && !s.o.EveryStep && s.t != begin ||
		(failed != nil || s.done) && (last < 0 || math.Abs(solution.T[last]-s.t) > s.p.slack()) {
		add(s.t, slices.Clone(s.x))
	}
	solution.Events = slices.Clone(s.events.found[seen:])
	s.stats.Wall += time.Since(begun)
	solution.Stats = s.stats
	return solution, failed
}
