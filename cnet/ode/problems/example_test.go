package problems_test

import (
	"fmt"

	"continuousnet/cnet/ode"
	"continuousnet/cnet/ode/problems"
)

func Example() {
	for _, p := range []struct {
		name    string
		problem ode.Problem
	}{
		{"predators and prey", problems.LotkaVolterra(1)}, {"pendulum", problems.Pendulum(1)},
		{"stiff", problems.VanDerPol(1, 10)},
	} {
		s, err := ode.Solve(p.problem, ode.Options{Scheme: "dopri5"})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s: (%.2f, %.2f) at t = %g\n", p.name, s.Final()[0], s.Final()[1], p.problem.T1)
	}
	// Output:
	// predators and prey: (1.03, 0.91) at t = 10
	// pendulum: (-0.11, 1.36) at t = 20
	// stiff: (1.94, -0.07) at t = 20
}
