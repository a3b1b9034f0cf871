// Package plane looks at equations dx/dt = f(t, x) with two components: their vector field, equilibria, nullclines and
// solutions in a window of the plane.
//
//	f := func(_ float64, x, dx []float64) { dx[0], dx[1] = x[1], -math.Sin(x[0]) } // a pendulum
//	p, err := plane.NewPortrait(f, plane.Options{X: [2]float64{-7, 7}, Y: [2]float64{-3, 3}})
//	fmt.Println(p.Equilibria)
//
// Package figures draws what it returns, and package notebook shows it in a cell.
package plane
