package ode_test

import (
	"fmt"
	"math"
	"strings"

	"continuousnet/cnet/ode"
)

// When does a ball hit the ground for the second time, and how does that change with the height that it is dropped
// from, with gravity, and with the share of its speed that it keeps? The answer is √(2h/g)·(1 + 2e).
func ExampleEventCost() {
	const g, e = 9.81, 0.8
	ball := ode.Problem{
		F:  func(_ float64, x, dx []float64) { dx[0], dx[1] = x[1], -g },
		X0: []float64{1, 0}, T1: 2,
		Parameters: 2, // g and e
		VJP: func(_ float64, _, a, ax, ap []float64) {
			ax[1] += a[0]
			ap[0] -= a[1]
		},
		Events: []ode.Event{{
			Name: "ground", G: func(_ float64, x []float64) float64 { return x[0] }, Direction: -1,
			Do: func(_ float64, x []float64) { x[1] *= -e },
			DoVJP: func(_ float64, x, a, ax, ap []float64) float64 {
				ax[0] += a[0]
				ax[1] -= e * a[1]
				ap[1] -= x[1] * a[1]
				return 0
			},
		}},
	}
	r, err := ode.Differentiate(ball, ode.Options{}, nil, ode.Differentiation{
		EventCost: func(i int, o ode.Occurrence, gx []float64) (value, gt float64) {
			if i == 1 {
				return o.T, 1
			}
			return 0, 0
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.4f s; by height %.4f, by g %.4f, by e %.4f\n", r.Loss, r.X0[0], r.Parameters[0], r.Parameters[1])
	t := math.Sqrt(2 / g)
	fmt.Printf("%.4f s; by height %.4f, by g %.4f, by e %.4f\n", t*(1+2*e), t*(1+2*e)/2, -t*(1+2*e)/(2*g), 2*t)
	// Output:
	// 1.1740 s; by height 0.5870, by g -0.0598, by e 0.9030
	// 1.1740 s; by height 0.5870, by g -0.0598, by e 0.9030
}

// How the end of x' = -x changes with the time at which it begins, and that at which it ends.
func ExampleDifferentiate_times() {
	g, err := ode.Differentiate(ode.Problem{
		F:   func(_ float64, x, dx []float64) { dx[0] = -x[0] },
		VJP: func(_ float64, _, a, ax, _ []float64) { ax[0] -= a[0] },
		X0:  []float64{1}, T1: 1,
	}, ode.Options{RTol: 1e-9, ATol: 1e-9}, func(_ int, _ float64, x, gx []float64) float64 {
		gx[0] = 1
		return x[0]
	}, ode.Differentiation{Times: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.6f %.6f, exactly -+%.6f\n", g.T0, g.T1, math.Exp(-1))
	// Output: 0.367879 -0.367879, exactly -+0.367879
}

// Gradients of a stiff problem, with the method that solves it: Robertson's reactions, by their three rates. For each
// per cent that a rate is larger, so many per cent more of A are left.
func ExampleDifferentiate_stiff() {
	k := []float64{0.04, 3e7, 1e4}
	g, err := ode.Differentiate(ode.Problem{
		F: func(_ float64, x, dx []float64) {
			a, b, c := k[0]*x[0], k[1]*x[1]*x[1], k[2]*x[1]*x[2]
			dx[0], dx[1], dx[2] = c-a, a-b-c, b
		},
		X0: []float64{1, 0, 0}, T1: 1e4,
		Parameters: 3,
		VJP: func(_ float64, x, a, ax, ap []float64) {
			ab, bc, ba := a[1]-a[0], a[2]-a[1], a[0]-a[1]
			ax[0] += k[0] * ab
			ax[1] += 2*k[1]*x[1]*bc + k[2]*x[2]*ba
			ax[2] += k[2] * x[1] * ba
			ap[0] += x[0] * ab
			ap[1] += x[1] * x[1] * bc
			ap[2] += x[1] * x[2] * ba
		},
	}, ode.Options{Scheme: "radau5", RTol: 1e-8, ATol: 1e-14}, func(_ int, _ float64, x, gx []float64) float64 {
		gx[0] = 1 / x[0]
		return math.Log(x[0])
	}, ode.Differentiation{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, v := range g.Parameters {
		fmt.Printf("%.3f ", v*k[i])
	}
	// Output: -1.282 -0.637 1.275
}

// How a damped oscillation depends on its damping and its spring, at any time. Nothing but the problem is given.
func ExampleSensitivities() {
	build := func(p []float64) ode.Problem {
		return ode.Problem{
			F:  func(_ float64, x, dx []float64) { dx[0], dx[1] = x[1], -p[0]*x[1]-p[1]*x[0] },
			X0: []float64{1, 0}, T1: 2,
		}
	}
	s, err := ode.Sensitivities(build, []float64{0.4, 4}, ode.Options{RTol: 1e-9, ATol: 1e-9, At: []float64{1, 2}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, t := range s.T {
		fmt.Printf("x(%g) = %.4f, by damping %.4f, by spring %.4f\n", t, s.X[i][0], s.DX[i][0][0], s.DX[i][1][0])
	}
	// Output:
	// x(1) = -0.2581, by damping 0.3581, by spring -0.2058
	// x(2) = -0.4983, by damping 0.3263, by spring 0.2341
}

// A sign is wrong, and the error says where.
func ExampleCheckJacobian() {
	p := ode.Problem{
		F:        func(_ float64, x, dx []float64) { dx[0], dx[1] = x[1], -math.Sin(x[0]) },
		Jacobian: func(_ float64, x, j []float64) { j[1], j[2] = 1, math.Cos(x[0]) },
	}
	fmt.Println(ode.CheckJacobian(p, 0, []float64{1, 0}))
	// Output:
	// ode: Problem.Jacobian is wrong at t = 0: ∂f_1/∂x_0 is 0.540302 there, by differences of Problem.F -0.540302
}

// VJP must add to what it is given: several terms of a gradient come together there.
func ExampleCheckVJP() {
	p := ode.Problem{
		F:   func(_ float64, x, dx []float64) { dx[0] = -x[0] },
		VJP: func(_ float64, _, a, ax, _ []float64) { ax[0] = -a[0] },
	}
	err := ode.CheckVJP(p, 0, []float64{1})
	fmt.Println(err != nil && strings.Contains(err.Error(), "VJP must add to ax, not set it"))
	p.VJP = func(_ float64, _, a, ax, _ []float64) { ax[0] -= a[0] }
	fmt.Println(ode.CheckVJP(p, 0, []float64{1}))
	// Output:
	// true
	// <nil>
}

// The derivatives with respect to parameters are compared with those of problems with other parameters.
func ExampleCheckParameters() {
	build := func(p []float64) ode.Problem {
		return ode.Problem{
			F: func(_ float64, x, dx []float64) { dx[0] = -p[0] * x[0] * x[0] },
			VJP: func(_ float64, x, a, ax, ap []float64) {
				ax[0] -= 2 * a[0] * p[0] * x[0]
				ap[0] -= a[0] * x[0]
			},
			Parameters: 1,
		}
	}
	fmt.Println(ode.CheckParameters(build, []float64{3}, 0, []float64{2}))
	// Output:
	// ode: Problem.VJP is wrong at t = 0: ∂f_0/∂p_0 is -2 there, by differences of Problem.F -4
}

// When is a heater best switched off? The derivative of the temperature later on, with respect to the time of a jump.
func ExampleDifferentiate_jumps() {
	off := 1.0
	p := ode.Problem{
		F: func(t float64, x, dx []float64) {
			dx[0] = -x[0]
			if t <= off {
				dx[0] += 3
			}
		},
		VJP: func(_ float64, _, a, ax, _ []float64) { ax[0] -= a[0] },
		X0:  []float64{0}, T1: 2,
	}
	temperature := func(_ int, _ float64, x, gx []float64) float64 {
		gx[0] = 1
		return x[0]
	}
	g, err := ode.Differentiate(p, ode.Options{Jumps: []float64{off}, RTol: 1e-9}, temperature,
		ode.Differentiation{Times: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("x(2) = %.5f, changes with the time by %.5f, want %.5f\n", g.Loss, g.Jumps[0], 3*math.Exp(-1))
	// Output: x(2) = 0.69763, changes with the time by 1.10364, want 1.10364
}
