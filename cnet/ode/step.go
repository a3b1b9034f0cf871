package ode

// Step advances x by one step of length h and returns x(t+h).
//
// rate evaluates dx/dt at the given stage of the step: stage counts from 0, and c is its time as a fraction of the step, from 0
// to 1. Schemes with c = 1 evaluate at the end of this step, not at the start of the next one: whoever looks up weights
// by time must keep to the step's own interval. combine returns x + Σ coefficients[i]·terms[i]; coefficients may be
// zero.
func Step[X any](tb Tableau, x X, h float64, rate func(stage int, c float64, x X) X,
	combine func(x X, coefficients []float64, terms []X) X) X {
	k := make([]X, 0, tb.Stages())
	for i, row := range tb.A {
		at := x
		if len(row) > 0 {
			at = combine(x, scaled(row, h), k[:len(row)])
		}
		k = append(k, rate(i, tb.C[i], at))
	}
	return combine(x, scaled(tb.B, h), k)
}

func scaled(v []float64, h float64) []float64 {
	w := make([]float64, len(v))
	for i, x := range v {
		w[i] = h * x
	}
	return w
}
