package ode

// esdirk5 is Kværnø's ESDIRK method: the first stage is explicit, all others have γ = 0.26 on the diagonal, so that
// stages are of order 2 and a step costs one real factorisation. Both methods of the pair are stiffly accurate: the
// last stage is the solution of order 5, which is L-stable, the one before it that of order 4 (Kværnø, Singly
// diagonally implicit Runge–Kutta methods with an explicit first stage, BIT 44, 2004).
var esdirk5 = func() Tableau {
	const gamma = 0.26
	tb := Tableau{
		Name: "kvaerno5", Order: 5,
		A: [][]float64{
			{},
			{gamma, gamma},
			{0.13, 0.84033320996790809, gamma},
			{0.22371961478320505, 0.47675532319799699, -0.06470895363112615, gamma},
			{0.16648564323248321, 0.10450018841591720, 0.03631482272098715, -0.13090704451073998, gamma},
			{0.13855640231268224, 0, -0.04245337201752043, 0.02446657898003141, 0.61943039072480676, gamma},
			{
				0.13659751177640291, 0, -0.05496908796538376, -0.04118626728321046, 0.62993304899016403,
				0.06962479448202728, gamma,
			},
		},
		C: []float64{0, 2 * gamma, 1.230333209967908, 0.8957659843500759, 0.43639360985864756, 1, 1},
		Note: "L-stable ESDIRK 5(4) pair for stiff problems, cheaper a step than radau5 where matrices are large; " +
			"Kvaerno (2004)",
	}
	tb.B = tb.A[6]
	for i, b := range tb.B {
		tb.Err = append(tb.Err, b-at(tb.A[5], i))
	}
	return tb
}()
