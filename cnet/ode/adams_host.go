package ode

import "slices"

// adamsStepper takes steps with an Adams method on the host.
type adamsStepper struct {
	Adams
	s             *Solver
	past, pending rates[[]float64] // before the step, and after it if it is accepted
	table         adamsTable
	h             float64
	ends          endRates
}

func newAdamsStepper(s *Solver, a Adams) *adamsStepper {
	return &adamsStepper{Adams: a, s: s, table: adamsTable{alwaysEven: s.o.compat.uniformAdams}}
}

func (r *adamsStepper) restart() {
	r.past = rates[[]float64]{}
	r.ends.restart()
}

func (r *adamsStepper) advance(t, h float64, x, next []float64) (float64, error) {
	r.h = h
	if !r.ends.endKnown { // otherwise interpolation has needed it
		r.ends.end, r.ends.endKnown = make([]float64, len(x)), true
		r.s.f(t, x, r.ends.end)
	}
	s := adamsStep[[]float64]{
		Adams: r.Adams, t: t, length: h, h: h, weights: r.table.weights, combine: combineVectors,
		rate: func(_ int, c float64, x []float64) []float64 {
			f := make([]float64, len(x))
			r.s.f(t+c*h, x, f)
			return f
		},
		converged: r.s.norm.converged, forget: r.s.o.compat.forgetRate,
	}
	state, past, converged := s.take(x, slices.Clone(r.ends.end), r.past)
	if !converged {
		r.s.stats.Unconverged++
	}
	copy(next, state)
	r.pending = past
	return 0, nil
}

// converged reports whether the corrections of a step from x have become smaller than the tolerances of what the step
// adds.
func (m *norm) converged(x, before, after []float64) bool {
	largest := 0.0
	for i := range x {
		largest = max(largest, m.ratio(i, after[i]-before[i], before[i]-x[i], after[i]-x[i]))
	}
	return largest < 1
}

func combineVectors(x []float64, coefficients []float64, terms [][]float64) []float64 {
	y := slices.Clone(x)
	for i, c := range coefficients {
		for j, v := range terms[i] {
			y[j] += c * v
		}
	}
	return y
}

func (r *adamsStepper) accept() {
	r.past = r.pending
	r.ends.accept()
}

func (r *adamsStepper) errors() []float64 { return nil }
func (r *adamsStepper) fit(p *polynomial) { r.ends.fit(r.s, r.h, p) }
