// Package ode solves ordinary differential equations dx/dt = f(t, x).
//
// Methods are data: a Tableau is a Runge–Kutta scheme in Butcher's form, an Adams a multistep method, a Splitting a
// symplectic one for separable systems, a RadauIIA the implicit one for stiff problems, and a Switching chooses between
// that and an explicit scheme on the way. Lookup finds one by its name, Register adds one; a tableau that violates an
// order condition is refused, and the error names the condition. Two executors use them:
//
//   - Integrate takes equal steps with any state that can be combined linearly: a number, or a node of a computation
//     graph. In a graph the steps are the layers of a network, which the graph differentiates.
//   - Solve and New run on the host, on []float64, with fixed or adaptive steps, dense output, events that may act, and
//     an iterator over the steps; Differentiate gives gradients by backpropagation, with checkpoints, or by solving the
//     adjoint equation backwards, and Sensitivities derivatives of the whole solution.
//
// # Example
//
//	s, err := ode.Solve(ode.Problem{
//		F:  func(t float64, x, dx []float64) { dx[0] = -x[0] },
//		X0: []float64{1}, T1: 5,
//	}, ode.Options{RTol: 1e-8, ATol: 1e-10})
//
// # How to choose a method
//
// For plain problems dopri5 (or tsit5) at loose and dopri8 at tight tolerances. Where dopri5 takes far more steps than
// the solution has features, the problem is stiff: use radau5; auto finds out by itself, and switches where stiffness
// comes and goes. stiff.md has figures. For long orbits leapfrog or yoshida4, which keep the energy. For trained
// networks the scheme is part of the model: train and run with the same one, unless the point is to see what happens
// otherwise.
//
// # How to choose a derivative
//
//	of one loss, by many parameters                Differentiate
//	  memory is short                              with Differentiation.Checkpoints; Backsolve for very many steps
//	  stiff problems, implicit schemes             as it is; not Backsolve, which integrates x backwards, too
//	  by T0, T1 and times of outputs               with Differentiation.Times
//	  of times and states of events, through Do    with Differentiation.EventCost; Event.DoVJP
//	of the whole solution, by a few parameters     Sensitivities
//	is a Jacobian or VJP of one's own right?       CheckJacobian, CheckVJP, CheckParameters; Options.CheckDerivatives
//
// An adjoint costs a few solutions, however many parameters there are, and a sensitivity one or two for each parameter
// (Gholami, Keutzer & Biros, ANODE, 2019, compare adjoints of networks). All of them but Backsolve differentiate what
// the steps have computed, with the steps as they are; Backsolve discretises the adjoint equation (Chen et al., Neural
// ordinary differential equations, 2018).
//
// # Errors
//
// A solver that cannot go on returns what it has and a *Failure that names the time, the step, the error and the
// component. No function of the package panics on bad input. A panic in a function of the caller's, such as Problem.F,
// is not caught.
package ode
