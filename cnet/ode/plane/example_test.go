package plane_test

import (
	"fmt"
	"math"

	"continuousnet/cnet/ode/plane"
)

// A damped pendulum: every other equilibrium is a saddle.
func ExampleNewPortrait() {
	f := func(_ float64, x, dx []float64) { dx[0], dx[1] = x[1], -math.Sin(x[0])-0.5*x[1] }
	p, err := plane.NewPortrait(f, plane.Options{X: [2]float64{-4, 4}, Y: [2]float64{-3, 3}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range p.Equilibria {
		fmt.Println(e)
	}
	fmt.Println(len(p.Curves), "curves")
	// Output:
	// saddle at (-3.142, 0)
	// stable spiral at (0, 0)
	// saddle at (3.142, 0)
	// 16 curves
}
