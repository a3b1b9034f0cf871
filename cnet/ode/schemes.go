package ode

// The schemes of the original ContinuousNet, under its names.
func init() {
	for _, tb := range []Tableau{
		{
			Name: "euler", Order: 1,
			A: [][]float64{{}}, B: []float64{1},
			Note: "one residual block a step; Euler (1768)",
		},
		{
			Name: "midpoint", Order: 2,
			A: [][]float64{{}, {1. / 2}}, B: []float64{0, 1},
			Note: "Runge (1895); Hairer, Nørsett & Wanner I, eq. II.1.4",
		},
		{
			Name: "rk4", Order: 4,
			A:    [][]float64{{}, {1. / 3}, {-1. / 3, 1}, {1, -1, 1}},
			B:    []float64{1. / 8, 3. / 8, 3. / 8, 1. / 8},
			Note: "Kutta's 3/8 rule (1901); what the original calls rk4",
		},
		{
			Name: "rk4_classic", Order: 4,
			A:    [][]float64{{}, {1. / 2}, {0, 1. / 2}, {0, 0, 1}},
			B:    []float64{1. / 6, 1. / 3, 1. / 3, 1. / 6},
			Note: "the Runge–Kutta method; Kutta (1901)",
		},
	} {
		if err := Register(tb); err != nil {
			panic(err) // a mistake in the table above
		}
	}
}
