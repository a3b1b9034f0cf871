package figures

import (
	"math"

	"continuousnet/cnet"
	"continuousnet/cnet/ode"
)

// SchemeCard is what there is to know of a Runge–Kutta scheme.
type SchemeCard struct {
	Tableau ode.Tableau // with its C and Order, which are derived where they are missing
	Info    ode.Info
	// Conditions are the order conditions up to one order above the scheme's own, as far as ode.CheckedOrder.
	Conditions []ode.Condition
	Wrong      error // the first condition that the tableau violates although it claims the order; nil: none

	StabilityInterval  float64 // how far the negative real axis is stable; +Inf: all of it
	ImaginaryStability float64 // how far the imaginary axis is stable

	// Convergence is measured on x₁′ = x₁²·cos t, x₂′ = −2t·x₂², from (1/2, 1) at t = 0 to t = 2, which is neither
	// linear nor autonomous, for the scheme and the classical ones.
	Convergence *cnet.Convergence
}

// classical are the schemes that others are shown beside, one of each order.
var classical = []string{"euler", "midpoint", "heun3", "rk4_classic"}

// NewSchemeCard examines a scheme. One that violates an order condition has a card that says so; a tableau whose shape
// is wrong is an error.
func NewSchemeCard(tb ode.Tableau) (*SchemeCard, error) {
	tb = tb.Complete()
	wrong := tb.Check()
	conditions := ode.Conditions(tb, min(max(tb.Order, 1)+1, ode.CheckedOrder))
	if conditions == nil {
		return nil, wrong
	}
	c := &SchemeCard{
		Tableau: tb, Info: tb.Info(), Conditions: conditions, Wrong: wrong,
		StabilityInterval: tb.StabilityInterval(), ImaginaryStability: tb.ImaginaryStability(),
	}
	o := cnet.ProblemConvergenceOptions{Exact: []float64{1 / (2 - math.Sin(2)), 1. / 5}}
	if wrong == nil || tb.Explicit() { // an implicit one is solved by a solver, which refuses a wrong one
		o.Methods = []ode.Method{tb}
	}
	for _, other := range c.others() {
		o.Methods = append(o.Methods, other)
	}
	var err error
	c.Convergence, err = cnet.ConvergenceOf(ode.Problem{
		F: func(t float64, x, dx []float64) {
			dx[0], dx[1] = math.Cos(t)*x[0]*x[0], -2*t*x[1]*x[1]
		},
		X0: []float64{0.5, 1}, T1: 2,
	}, o)
	return c, err
}

// others returns the classical schemes that are not this one.
func (c *SchemeCard) others() []ode.Tableau {
	var list []ode.Tableau
	for _, name := range classical {
		if m, ok := ode.BuiltIn(name); ok && name != c.Tableau.Name {
			list = append(list, m.(ode.Tableau))
		}
	}
	return list
}
