package cnet_test

import (
	"fmt"
	"math"

	"continuousnet/cnet"
	"continuousnet/cnet/ode"
)

// The order of three schemes, measured on x' = −2tx, whose solution is exp(−t²).
func ExampleConvergenceOf() {
	p := ode.Problem{F: func(t float64, x, dx []float64) { dx[0] = -2 * t * x[0] }, X0: []float64{1}, T1: 1}
	c, err := cnet.ConvergenceOf(p, cnet.ProblemConvergenceOptions{
		Exact: []float64{math.Exp(-1)}, Steps: []int{16, 32, 64, 128},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range c.Schemes {
		fmt.Printf("%s: order %d, measured %.1f\n", s.Scheme, s.Order, s.Measured)
	}
	// Output:
	// euler: order 1, measured 1.0
	// midpoint: order 2, measured 2.0
	// rk4_classic: order 4, measured 4.0
}
