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
// # Which method when
//
// Errors after so many evaluations of f, and the time of the best of twenty solutions, on the problems of the package
// problems; two tolerances of 1e-4, 1e-8 or 1e-5 (the absolute one as the stiff problems ask for it):
//
//	for                        method                   problem, tolerance      error  evaluations    time
//	plain problems             tsit5                    Lotka–Volterra, 1e-4    4e-4          296   69 µs
//	                           dopri5                                           5e-3          272   63 µs
//	                           bosh3                                            3e-3          494  0.2 ms
//	                           adaptive_heun                                    9e-5        2,513  0.2 ms
//	tight tolerances           dopri8                   Lotka–Volterra, 1e-8    3e-8          990   40 µs
//	                           tsit5                                            5e-8        1,346  0.3 ms
//	                           radau5                                           9e-10       5,712  0.7 ms
//	stiff problems             radau5                   HIRES, 1e-5             3e-7        1,186  0.9 ms
//	  unknown or changing      auto                                             3e-7        1,224  0.3 ms
//	  of order 5, one matrix   kvaerno5                                         7e-5        2,045  0.6 ms
//	  to show lower orders     adaptive_trapezoid                               1e-3        1,433  0.7 ms
//	                           adaptive_implicit_euler                          2e-2        7,116  3.6 ms
//	  and not                  dopri5                                           2e-5       77,774  7.7 ms
//	large, banded Jacobians    radau5, Problem.Band     heat, 200 points, 1e-5  8e-8          247  2.7 ms
//	                           radau5, differences                              8e-8          444  3.3 ms
//	energy for a long time     leapfrog, 40,000 steps   pendulum to t = 2,000   3e-6       80,005  2.9 ms
//	  (error: of the energy)   yoshida4, 40,000 steps                           4e-8      240,005  7.9 ms
//	                           rk4, 40,000 steps                                7e-6      160,000  5.3 ms
//	                           dopri8, 1e-9                                     2e-7       92,627  3.5 ms
//
// The first three groups are what
//
//	cnet bench ode --problems lotka-volterra --methods tsit5,dopri5,bosh3,adaptive_heun,dopri8,radau5 --tol 1e-4,1e-8
//	cnet bench ode --stiff --problems hires --methods radau5,auto,kvaerno5,adaptive_trapezoid,dopri5 --tol 1e-5
//
// print; stiff.md has all problems beside SciPy and diffrax, and pictures of error over evaluations.
//
// Where dopri5 takes far more steps than the solution has features, the problem is stiff. auto finds out by itself, and
// switches where stiffness comes and goes. The energy error of leapfrog and yoshida4 stays what it is for as long as
// one likes, and grows with time for all others; they need dq/dt to depend on the momenta and dp/dt on time and
// positions alone, and refuse other systems. The trapezoidal rule does not damp fast components, and may step over
// what a relaxation oscillation does. For trained networks the scheme is part of the model: train and run with the same
// one, unless the point is to see what happens otherwise.
//
// # How to choose a derivative
//
//	of one loss, by many parameters                Differentiate
//	  memory is short                              with Differentiation.Checkpoints; Backsolve for very many steps
//	  stiff problems, implicit schemes             as it is; not Backsolve, which integrates x backwards, too
//	  by T0, T1, times of outputs and jumps         with Differentiation.Times
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
