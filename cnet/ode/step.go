package ode

import (
	"fmt"
	"slices"
)

// A System is an equation dx/dt = f(t, x) for Integrate. The state X can be of any type: a number, a vector, or a node
// of a computation graph.
type System[X any] struct {
	// Rate evaluates dx/dt at the given stage (counted from 0) of a step, at time c, from 0 to 1, of that step. c = 1
	// is the end of this step and not the beginning of the next one: where f is piecewise constant in time, it must be
	// evaluated with the value of this step's interval.
	Rate func(step, stage int, c float64, x X) X

	// Combine returns x + Σ coefficients[i]·terms[i]; coefficients may be zero.
	Combine func(x X, coefficients []float64, terms []X) X
}

// Integrate takes the given number of equal steps of length h from x and returns the state at the end. It works for
// explicit Runge–Kutta schemes and Adams methods; corrections of an implicit Adams method are repeated a fixed number
// of times.
func Integrate[X any](m Method, x X, steps int, h float64, system System[X]) (X, error) {
	switch m := m.(type) {
	case Tableau:
		if m = m.normalised(); m.shape() != nil {
			return x, m.shape()
		}
		if !m.Explicit() {
			return x, fmt.Errorf("ode: %s is implicit: it needs a solver for its stages, which graphs do not have; "+
				"use ode.Solve, or an explicit scheme", m.Name)
		}
		for step := range steps {
			x = Advance(m, x, h, func(stage int, c float64, x X) X { return system.Rate(step, stage, c, x) },
				system.Combine)
		}
		return x, nil
	case Adams:
		if err := m.check(); err != nil {
			return x, err
		}
		return integrateAdams(m, x, steps, h, system), nil
	case RadauIIA, Switching:
		return x, fmt.Errorf("ode: %s is implicit: it needs a solver for its stages, which graphs do not have; "+
			"use ode.Solve, or an explicit scheme", m.Info().Name)
	}
	return x, fmt.Errorf("ode: %s (%s) needs a state in two parts; use ode.Solve", m.Info().Name, m.Info().Kind)
}

// Advance returns x(t+h), one step from x = x(t). The scheme must be explicit and have its C, as Lookup returns it;
// rate and combine are those of a System. Stages that the result does not depend on, such as the last one of dopri5,
// which only estimates the error, are not evaluated.
func Advance[X any](tb Tableau, x X, h float64, rate func(stage int, c float64, x X) X,
	combine func(x X, coefficients []float64, terms []X) X) X {
	return linear(x, h, tb.B[:tb.neededStages()], stages(tb, tb.neededStages(), x, h, rate, combine), combine)
}

// AdvanceStages is Advance, and returns the rates k of all stages, too, of those that only estimate the error as well:
// the estimate of the embedded method is h·Σ Err[i]·k[i].
func AdvanceStages[X any](tb Tableau, x X, h float64, rate func(stage int, c float64, x X) X,
	combine func(x X, coefficients []float64, terms []X) X) (end X, k []X) {
	k = stages(tb, len(tb.B), x, h, rate, combine)
	needed := tb.neededStages()
	return linear(x, h, tb.B[:needed], k[:needed], combine), k
}

// stages returns the rates of the first n stages of a step.
func stages[X any](tb Tableau, n int, x X, h float64, rate func(stage int, c float64, x X) X,
	combine func(x X, coefficients []float64, terms []X) X) []X {
	k := make([]X, 0, n)
	for i, row := range tb.A[:n] {
		k = append(k, rate(i, tb.C[i], linear(x, h, row[:min(len(row), i)], k, combine)))
	}
	return k
}

// neededStages returns the number of stages without the trailing ones whose weight is 0.
func (tb Tableau) neededStages() int {
	s := len(tb.B)
	for s > 1 && tb.B[s-1] == 0 {
		s--
	}
	return s
}

// linear returns x + h·Σ coefficients[i]·terms[i].
func linear[X any](x X, h float64, coefficients []float64, terms []X, combine func(X, []float64, []X) X) X {
	if len(coefficients) == 0 {
		return x
	}
	scaled := make([]float64, len(coefficients))
	for i, c := range coefficients {
		scaled[i] = h * c
	}
	return combine(x, scaled, terms[:len(coefficients)])
}

// start is the scheme that Adams methods begin with, Kutta's 3/8 rule.
var start = func() Tableau {
	i := slices.IndexFunc(fixedSchemes, func(m Method) bool { return m.(Tableau).Name == "rk4" })
	return fixedSchemes[i].(Tableau).normalised()
}()

func integrateAdams[X any](a Adams, x X, steps int, h float64, system System[X]) X {
	var past rates[X]
	var table adamsTable
	for step := range steps {
		s := adamsStep[X]{
			Adams: a, t: float64(step), length: 1, h: h, weights: table.weights, combine: system.Combine,
			rate: func(stage int, c float64, x X) X { return system.Rate(step, stage, c, x) },
		}
		x, past, _ = s.take(x, system.Rate(step, 0, 0, x), past)
	}
	return x
}
