package ode_test

import (
	"context"
	"errors"
	"fmt"
	"math"

	"continuousnet/cnet/ode"
)

// Lotka–Volterra, with an error of 10⁻⁶ a step.
func ExampleSolve() {
	s, err := ode.Solve(ode.Problem{
		F:  func(t float64, x, dx []float64) { dx[0], dx[1] = 1.5*x[0]-x[0]*x[1], -3*x[1]+x[0]*x[1] },
		X0: []float64{1, 1}, T1: 10,
	}, ode.Options{Scheme: "dopri5", RTol: 1e-6, ATol: 1e-6})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.3f after %d evaluations, %d steps rejected\n", s.Final(), s.Stats.NFE, s.Stats.Rejected)
	// Output: [1.026 0.910] after 566 evaluations, 19 steps rejected
}

// Watching a solver, and stopping it.
func ExampleSolver_Steps() {
	solver, err := ode.New(ode.Problem{
		F:  func(t float64, x, dx []float64) { dx[0] = -x[0] },
		X0: []float64{1}, T1: 100,
	}, ode.Options{RTol: 1e-6, ATol: 1e-9})
	if err != nil {
		fmt.Println(err)
		return
	}
	for step, err := range solver.Steps() {
		if err != nil {
			fmt.Println(err)
			return
		}
		if step.X[0] < 0.5 {
			x := make([]float64, 1)
			step.At(math.Ln2, x)
			fmt.Printf("step %d, x(ln 2) = %.4f\n", step.Index, x[0])
			break // Steps would go on from here
		}
	}
	fmt.Printf("x(%.2f) = %.2f after %d evaluations\n", solver.Time(), solver.State()[0], solver.Stats().NFE)
	// Output:
	// step 3, x(ln 2) = 0.5000
	// x(0.78) = 0.46 after 26 evaluations
}

// Three balls dropped from different heights, each with steps of its own.
func ExampleSolveEach() {
	solutions, err := ode.SolveEach(ode.Problem{
		F:  func(t float64, x, dx []float64) { dx[0], dx[1] = x[1], -9.81 },
		T1: 1,
	}, [][]float64{{10, 0}, {20, 0}, {30, 0}}, ode.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range solutions {
		fmt.Printf("%.3f ", s.Final()[0])
	}
	// Output: 5.095 15.095 25.095
}

// A sweep over the damping of a pendulum, on all processors. The solutions are in the order of the parameters.
func ExampleSolveEnsemble() {
	damping := []float64{0, 0.1, 0.5, 2}
	solutions, err := ode.SolveEnsemble(damping, func(c float64) ode.Problem {
		return ode.Problem{
			F:  func(t float64, x, dx []float64) { dx[0], dx[1] = x[1], -math.Sin(x[0])-c*x[1] },
			X0: []float64{1, 0}, T1: 10,
		}
	}, ode.Options{RTol: 1e-8})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, s := range solutions {
		fmt.Printf("damping %.1f: angle %.4f\n", damping[i], s.Final()[0])
	}
	// Output:
	// damping 0.0: angle -0.9989
	// damping 0.1: angle -0.5933
	// damping 0.5: angle -0.0820
	// damping 2.0: angle 0.0007
}

// A component over the outputs, as charts need it.
func ExampleSolution_Component() {
	s, err := ode.Solve(ode.Problem{
		F:  func(t float64, x, dx []float64) { dx[0], dx[1] = x[1], -9.81 },
		X0: []float64{10, 0}, T1: 1,
	}, ode.Options{At: []float64{0, 0.5, 1}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("heights %.2f at %.1f\n", s.Component(0), s.T)
	// Output: heights [10.00 8.77 5.09] at [0.0 0.5 1.0]
}

// A solution that is followed, and stopped when it has cost enough: what has been reached is there.
func ExampleOptions_context() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s, err := ode.Solve(ode.Problem{
		F:  func(t float64, x, dx []float64) { dx[0] = -x[0] },
		X0: []float64{1}, T1: 1e6,
	}, ode.Options{Scheme: "rk4", StepSize: 0.5, Context: ctx, Progress: func(t float64, cost ode.Stats) {
		if cost.NFE >= 1000 {
			cancel()
		}
	}})
	fmt.Println(errors.Is(err, context.Canceled), s.T, s.Stats.NFE)
	// Output: true [0 125] 1000
}

// A diffusion in one dimension: with the band of its Jacobian a difference quotient of all 200 columns takes four
// evaluations and not 201.
func ExampleBand() {
	const n = 200
	p := ode.Problem{
		F: func(t float64, u, du []float64) {
			for i := range u {
				left, right := 1.0, 0.0 // at the ends
				if i > 0 {
					left = u[i-1]
				}
				if i < n-1 {
					right = u[i+1]
				}
				du[i] = (n + 1) * (n + 1) * (left - 2*u[i] + right)
			}
		},
		X0: make([]float64, n), T1: 1,
	}
	for _, band := range []*ode.Band{nil, {Lower: 1, Upper: 1}} {
		p.Band = band
		s, err := ode.Solve(p, ode.Options{Scheme: "radau5"})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%.3f in the middle after %d evaluations\n", s.Final()[n/2], s.Stats.NFE)
	}
	// Output:
	// 0.497 in the middle after 1249 evaluations
	// 0.497 in the middle after 1052 evaluations
}

// A splitting of one's own: leapfrog, which keeps the energy of a spring for as long as it is followed.
func ExampleRegisterMethod() {
	err := ode.RegisterMethod(ode.Splitting{Name: "leapfrog", Order: 2, Kick: []float64{0.5, 0.5}, Drift: []float64{1}})
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := ode.Solve(ode.Problem{
		F:  func(t float64, x, dx []float64) { dx[0], dx[1] = x[1], -x[0] }, // positions first, then momenta
		X0: []float64{1, 0}, T1: 1000,
	}, ode.Options{Scheme: "leapfrog", StepSize: 0.1})
	if err != nil {
		fmt.Println(err)
		return
	}
	x := s.Final()
	fmt.Printf("energy %.2f\n", (x[0]*x[0]+x[1]*x[1])/2)
	// Output: energy 0.50
}

// Step sizes that change smoothly, and errors of which the largest component counts.
func ExampleController() {
	for _, c := range []ode.Controller{ode.PI(), ode.PID()} {
		s, err := ode.Solve(ode.Problem{
			F:  func(t float64, x, dx []float64) { dx[0] = -x[0] },
			X0: []float64{1}, T1: 1,
		}, ode.Options{Controller: c, Norm: ode.Max, RTol: 1e-8, ATol: 1e-8})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%.6f\n", s.Final()[0])
	}
	// Output:
	// 0.367879
	// 0.367879
}

// A scheme of one's own works everywhere at once; a wrong one is refused with the reason.
func ExampleRegister() {
	mine := ode.Tableau{Name: "mine", A: [][]float64{{}, {2. / 3}}, B: []float64{1. / 4, 3. / 4}} // Ralston's
	if err := ode.Register(mine); err != nil {
		fmt.Println(err)
		return
	}
	m, _ := ode.Lookup("mine")
	fmt.Println("order", m.Info().Order)

	bad := ode.Tableau{Name: "bad", Order: 2, A: [][]float64{{}, {1. / 2}}, B: []float64{1. / 4, 3. / 4}}
	fmt.Println(ode.Register(bad))
	// Output:
	// order 2
	// ode: scheme "bad": claims order 2, but violates the condition Σ bᵢ cᵢ = 1/2 of order 2: the left side is 3/8
}

// The derivative of the end with respect to the beginning and to a parameter: x' = -p·x.
func ExampleDifferentiate() {
	p := 2.0
	g, err := ode.Differentiate(ode.Problem{
		F:  func(t float64, x, dx []float64) { dx[0] = -p * x[0] },
		X0: []float64{3}, T1: 1,
		Parameters: 1,
		VJP:        func(t float64, x, a, ax, ap []float64) { ax[0] -= p * a[0]; ap[0] -= x[0] * a[0] },
	}, ode.Options{Scheme: "rk4", Steps: 20}, func(_ int, _ float64, x, gx []float64) float64 {
		gx[0] = 1
		return x[0]
	}, ode.Differentiation{Checkpoints: ode.Auto})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.4f %.4f, exactly %.4f %.4f\n", g.X0, g.Parameters, math.Exp(-2), -3*math.Exp(-2))
	// Output: [0.1353] [-0.4060], exactly 0.1353 -0.4060
}

// Where a ball hits the ground.
func ExampleEvent() {
	s, err := ode.Solve(ode.Problem{
		F:  func(t float64, x, dx []float64) { dx[0], dx[1] = x[1], -9.81 },
		X0: []float64{0, 10}, T1: 60,
		Events: []ode.Event{{Name: "ground", G: func(t float64, x []float64) float64 { return x[0] }, Direction: -1,
			Terminal: true}},
	}, ode.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s after %.4f s\n", s.Events[0].Name, s.Events[0].T)
	// Output: ground after 2.0387 s
}

// Do changes the state at an event: a ball keeps 80 % of its speed at the ground.
func ExampleEvent_do() {
	ball := ode.Problem{
		F:  func(t float64, x, dx []float64) { dx[0], dx[1] = x[1], -9.81 },
		X0: []float64{1, 0}, T1: 2,
		Events: []ode.Event{{
			Name: "ground", G: func(t float64, x []float64) float64 { return x[0] }, Direction: -1,
			Do: func(t float64, x []float64) { x[1] *= -0.8 },
		}},
	}
	s, err := ode.Solve(ball, ode.Options{})
	if err != nil {
		panic(err)
	}
	for _, e := range s.Events {
		fmt.Printf("%.4f s: %.3f m/s becomes %.3f m/s\n", e.T, e.X[1], e.After[1])
	}
	// Output:
	// 0.4515 s: -4.429 m/s becomes 3.544 m/s
	// 1.1740 s: -3.544 m/s becomes 2.835 m/s
	// 1.7519 s: -2.835 m/s becomes 2.268 m/s
}

// The solution at any time, after the fact: Dense keeps what that needs.
func ExampleSolution_At() {
	s, err := ode.Solve(ode.Problem{
		F:  func(t float64, x, dx []float64) { dx[0] = -x[0] },
		X0: []float64{1}, T1: 5,
	}, ode.Options{Dense: true, Interpolation: ode.Hermite, Norm: ode.RMS})
	if err != nil {
		fmt.Println(err)
		return
	}
	x, err := s.At(math.Ln2)
	fmt.Printf("%.4f %v\n", x, err)
	// Output: [0.5000] <nil>
}

// Where a solution ceases to exist, the error says when and how.
func ExampleFailure() {
	_, err := ode.Solve(ode.Problem{
		F:  func(t float64, x, dx []float64) { dx[0] = x[0] * x[0] }, // x = 1/(1 - t)
		X0: []float64{1}, T1: 2,
	}, ode.Options{})
	var failure *ode.Failure
	if errors.As(err, &failure) {
		fmt.Printf("no further than t = %.3f\n", failure.T)
	}
	// Output: no further than t = 1.000
}

// The order conditions of a scheme, one for each rooted tree, also of one that need not be registered.
func ExampleConditions() {
	heun, err := ode.Scheme("adaptive_heun")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("explicit %t, order %d, embedded order %d\n", heun.Explicit(), heun.Order, heun.EmbeddedOrder())
	for _, c := range ode.Conditions(heun, 3) {
		fmt.Println(c, c.Holds)
	}
	// Output:
	// explicit true, order 2, embedded order 1
	// τ: Σ b·Φ = 1/1 true
	// [τ]: Σ b·Φ = 1/2 true
	// [ττ]: Σ b·Φ = 1/3 false
	// [[τ]]: Σ b·Φ = 1/6 false
}

// A rate that jumps: with Jumps, steps end there, and a scheme keeps its order.
func ExampleOptions() {
	p := ode.Problem{
		F: func(t float64, x, dx []float64) {
			if dx[0] = 1; t > 1./3 {
				dx[0] = -1
			}
		},
		X0: []float64{0}, T1: 1,
	}
	s, err := ode.Solve(p, ode.Options{Scheme: "rk4", Steps: 2, Jumps: []float64{1. / 3}, EveryStep: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, t := range s.T {
		fmt.Printf("x(%.3f) = %.3f\n", t, s.X[i][0])
	}
	// Output:
	// x(0.000) = 0.000
	// x(0.333) = 0.333
	// x(0.500) = 0.167
	// x(1.000) = -0.333
}

// A batch of two decays, the second much faster: each sample's own error bounds the steps.
func ExampleNorm() {
	rates := []float64{1, 50}
	p := ode.Problem{
		F: func(_ float64, x, dx []float64) {
			for i := range x {
				dx[i] = -rates[i] * x[i]
			}
		},
		X0: []float64{1, 1}, T1: 1, Samples: 2,
	}
	s, err := ode.Solve(p, ode.Options{Norm: ode.PerSample, RTol: 1e-8, ATol: 1e-8})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.6f\n", s.Final())
	// Output: [0.367879 0.000000]
}

// Robertson's reactions are stiff: rates of 10⁷ and of 10⁻² in one system, and a solution that changes over eleven
// decades of time.
func ExampleSolve_stiff() {
	s, err := ode.Solve(ode.Problem{
		F: func(_ float64, x, dx []float64) {
			a, b, c := 0.04*x[0], 3e7*x[1]*x[1], 1e4*x[1]*x[2]
			dx[0], dx[1], dx[2] = c-a, a-b-c, b
		},
		X0: []float64{1, 0, 0}, T1: 1e8,
	}, ode.Options{Scheme: "radau5", RTol: 1e-6, ATol: 1e-12, At: []float64{1, 1e4, 1e8}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, t := range s.T {
		fmt.Printf("%g: %.4e %.4e %.4e\n", t, s.X[i][0], s.X[i][1], s.X[i][2])
	}
	fmt.Println("fewer than 5000 evaluations:", s.Stats.NFE < 5000)
	// Output:
	// 1: 9.6646e-01 3.0746e-05 3.3510e-02
	// 10000: 1.0730e-01 4.8002e-07 8.9270e-01
	// 1e+08: 2.0824e-05 8.3298e-11 9.9998e-01
	// fewer than 5000 evaluations: true
}

// One step of Heun's scheme for dx/dt = x, and its difference from Euler's, which is embedded: an estimate of the error
// of Euler's step.
func ExampleAdvanceStages() {
	m, _ := ode.Lookup("adaptive_heun")
	heun := m.(ode.Tableau)
	const h = 0.1
	end, k := ode.AdvanceStages(heun, 1.0, h,
		func(_ int, _ float64, x float64) float64 { return x },
		func(x float64, coefficients, terms []float64) float64 {
			for i, c := range coefficients {
				x += c * terms[i]
			}
			return x
		})
	estimate := 0.0
	for i, e := range heun.Err {
		estimate += h * e * k[i]
	}
	fmt.Printf("x = %.4f, stages %.3f, estimate %.4f\n", end, k, estimate)
	// Output: x = 1.1050, stages [1.000 1.100], estimate 0.0050
}
