package cnet

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"continuousnet/cnet/ode"
)

// ProblemConvergenceOptions selects what ConvergenceOf measures. The zero value is a good default: fields that are
// empty take the value named in their comment.
type ProblemConvergenceOptions struct {
	Schemes []string     // euler, midpoint, rk4_classic, if there are no Methods either: names of registered methods
	Methods []ode.Method // further methods, which need not be registered
	Steps   []int        // 4, 8, 16, ... 128

	// Exact is the state at T1, if it is known. nil: it is computed by dopri8 with tight tolerances, which is slow for
	// stiff problems.
	Exact []float64
}

// ConvergenceOf measures the order of methods on a problem: the error at T1 for each number of equal steps. Points of
// the result have relative errors, ‖x − exact‖ / ‖exact‖, and its Stage and Images are 0. An explicit tableau that
// violates the conditions of its order is measured as well.
//
// The order is that of the method only for rates that are smooth enough and where steps are short enough.
func ConvergenceOf(p ode.Problem, o ProblemConvergenceOptions) (*Convergence, error) {
	methods := slices.Clone(o.Methods)
	if len(o.Schemes) == 0 && len(methods) == 0 {
		o.Schemes = []string{"euler", "midpoint", "rk4_classic"}
	}
	for i, name := range o.Schemes {
		m, err := ode.Lookup(name)
		if err != nil {
			return nil, err
		}
		methods = slices.Insert(methods, i, m)
	}
	if len(o.Steps) == 0 {
		o.Steps = []int{4, 8, 16, 32, 64, 128}
	}
	steps := slices.Clone(o.Steps)
	slices.Sort(steps)
	steps = slices.Compact(steps)
	if steps[0] < 1 || steps[len(steps)-1] > mostSteps || len(steps) < 2 {
		return nil, fmt.Errorf("convergence: steps are %v, must be at least two numbers from 1 to %d", o.Steps,
			mostSteps)
	}
	if p.T0 == p.T1 {
		return nil, fmt.Errorf("convergence: the problem begins and ends at t = %v; there is nothing to solve", p.T0)
	}
	for _, e := range p.Events {
		if e.Do != nil || e.Terminal {
			return nil, fmt.Errorf("convergence: the event %q changes or ends the solution, and with it the order; "+
				"leave out Events, and let T1 be before the first one", e.Name)
		}
	}
	p.Events = nil // the others only look on
	c := &Convergence{Cells: 1, Precision: "float64", Engine: "host", Schemes: []SchemeConvergence{}}
	exact, err := c.solveExactly(p, o.Exact)
	if err != nil {
		return nil, err
	}
	for _, m := range methods {
		info := m.Info()
		s := SchemeConvergence{Scheme: info.Name, Order: info.Order}
		for _, n := range steps {
			x, cost, err := solveEqually(p, m, n, largest(p.X0, exact))
			if err != nil {
				return nil, fmt.Errorf("convergence: %w", err)
			}
			point := ConvergencePoint{Steps: n, StepSize: (p.T1 - p.T0) / float64(n), Evaluations: cost,
				Error: math.MaxFloat64}
			if x != nil {
				point.Error = distance(x, exact)
			}
			s.Points = append(s.Points, point)
		}
		s.fit(c.Uncertainty, c.Cells)
		c.Schemes = append(c.Schemes, s)
	}
	return c, nil
}

// solveExactly returns the state at T1, and writes down where it is from and how far it can be trusted.
func (c *Convergence) solveExactly(p ode.Problem, known []float64) ([]float64, error) {
	const rounding = 4e-16 // of a state alone
	c.Uncertainty = rounding
	if known != nil {
		if len(known) != len(p.X0) {
			return nil, fmt.Errorf("convergence: Exact is of length %d, must be of %d, as the state", len(known),
				len(p.X0))
		}
		if i := slices.IndexFunc(known, func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) }); i >= 0 {
			return nil, fmt.Errorf("convergence: Exact[%d] is %v, must be finite", i, known[i])
		}
		c.ReferenceScheme = "the exact solution"
		return known, nil
	}
	var states [3][]float64
	size := 1. // of the states, which the first solution tells
	for i, tolerance := range []float64{1e-12, 1e-12, 1e-13} {
		s, err := ode.Solve(p, ode.Options{Scheme: "dopri8", RTol: tolerance, ATol: tolerance / 10 * size,
			Norm: ode.Max, EveryStep: i == 0})
		if err != nil {
			return nil, fmt.Errorf("convergence: the reference solution failed: %w; give "+
				"ProblemConvergenceOptions.Exact", err)
		}
		if i == 0 {
			size = largest(s.X...)
		}
		states[i], c.ReferenceScheme, c.ReferenceSteps = s.Final(), "dopri8", s.Stats.Accepted
	}
	c.Uncertainty = max(rounding, distance(states[1], states[2]))
	return states[2], nil
}

// largest returns the largest absolute value in states, or 1 if there are only zeros.
func largest(states ...[]float64) float64 {
	most := 0.
	for _, x := range states {
		for _, v := range x {
			most = max(most, math.Abs(v))
		}
	}
	if most == 0 {
		return 1
	}
	return most
}

// solveEqually returns the state at T1 by a number of equal steps and how many evaluations of the rate it took. The
// state is nil if the solver failed on the way. size is that of the states.
func solveEqually(p ode.Problem, m ode.Method, steps int, size float64) (x []float64, evaluated int, err error) {
	if tb, ok := m.(ode.Tableau); ok && tb.Explicit() {
		// Not ode.Solve, which refuses a tableau that violates a condition.
		h := (p.T1 - p.T0) / float64(steps)
		x, err = ode.Integrate(m, p.X0, steps, h, ode.System[[]float64]{
			Rate: func(step, _ int, c float64, x []float64) []float64 {
				dx := make([]float64, len(x))
				p.F(p.T0+(float64(step)+c)*h, x, dx)
				evaluated++
				return dx
			},
			Combine: combine,
		})
		return x, evaluated, err
	}
	s, err := ode.Solve(p, ode.Options{Method: m, Steps: steps, RTol: 1e-13, ATol: 1e-14 * size})
	var failure *ode.Failure
	if errors.As(err, &failure) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	return s.Final(), s.Stats.NFE, nil
}

// combine returns x + Σ coefficients[i]·terms[i].
func combine(x []float64, coefficients []float64, terms [][]float64) []float64 {
	y := slices.Clone(x)
	for i, c := range coefficients {
		if c == 0 {
			continue
		}
		for j, t := range terms[i] {
			y[j] += c * t
		}
	}
	return y
}
