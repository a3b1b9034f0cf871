package ode

import "slices"

// init registers the schemes of this package, under the names that torchdiffeq and the original use. Their order
// conditions are checked in the tests, not every time a program starts.
func init() {
	for _, m := range [][]Method{
		fixedSchemes, adaptiveSchemes, implicitSchemes, stiffMethods, multistepMethods, splittings,
	} {
		for _, m := range m {
			if tb, ok := m.(Tableau); ok {
				m = tb.normalised()
			}
			add(m)
			builtIn[methodName(m)] = m
		}
	}
}

var fixedSchemes = []Method{
	Tableau{
		Name: "euler", Order: 1,
		A: [][]float64{{}}, B: []float64{1},
		Note: "one residual block a step; Euler (1768)",
	},
	Tableau{
		Name: "midpoint", Order: 2,
		A: [][]float64{{}, {1. / 2}}, B: []float64{0, 1},
		Note: "Runge (1895); HNW I, eq. II.1.4",
	},
	Tableau{
		Name: "heun2", Order: 2,
		A: [][]float64{{}, {1}}, B: []float64{1. / 2, 1. / 2},
		Note: "the explicit trapezoidal rule; also the strong-stability-preserving SSPRK(2,2)",
	},
	Tableau{
		Name: "ralston", Order: 2,
		A: [][]float64{{}, {2. / 3}}, B: []float64{1. / 4, 3. / 4},
		Note: "the second-order scheme with the smallest error bound; Ralston (1962)",
	},
	Tableau{
		Name: "heun3", Order: 3,
		A: [][]float64{{}, {1. / 3}, {0, 2. / 3}}, B: []float64{1. / 4, 0, 3. / 4},
		Note: "Heun (1900); HNW I, table II.1.1",
	},
	Tableau{
		Name: "ssprk3", Order: 3,
		A: [][]float64{{}, {1}, {1. / 4, 1. / 4}}, B: []float64{1. / 6, 1. / 6, 2. / 3},
		Note: "strong stability preserving, three convex combinations of Euler steps; Shu & Osher (1988)",
	},
	Tableau{
		Name: "rk4", Order: 4,
		A:    [][]float64{{}, {1. / 3}, {-1. / 3, 1}, {1, -1, 1}},
		C:    []float64{0, 1. / 3, 2. / 3, 1},
		B:    []float64{1. / 8, 3. / 8, 3. / 8, 1. / 8},
		Note: "Kutta's 3/8 rule (1901); what torchdiffeq calls rk4",
	},
	Tableau{
		Name: "rk4_classic", Order: 4,
		A:    [][]float64{{}, {1. / 2}, {0, 1. / 2}, {0, 0, 1}},
		B:    []float64{1. / 6, 1. / 3, 1. / 3, 1. / 6},
		Note: "the Runge–Kutta method; Kutta (1901)",
	},
}

var adaptiveSchemes = []Method{
	Tableau{
		Name: "adaptive_heun", Order: 2,
		A: [][]float64{{}, {1}}, B: []float64{1. / 2, 1. / 2},
		Err:  []float64{-1. / 2, 1. / 2},
		Note: "Heun's scheme with Euler's embedded",
	},
	Tableau{
		Name: "fehlberg2", Order: 2,
		A: [][]float64{{}, {1. / 2}, {1. / 256, 255. / 256}}, B: []float64{1. / 512, 255. / 256, 1. / 512},
		C:    []float64{0, 1. / 2, 1},
		Err:  []float64{-1. / 512, 0, 1. / 512},
		Note: "RK1(2), stepping with the second-order solution; Fehlberg (1969)",
	},
	Tableau{
		Name: "bosh3", Order: 3,
		A: [][]float64{{}, {1. / 2}, {0, 3. / 4}, {2. / 9, 1. / 3, 4. / 9}}, B: []float64{2. / 9, 1. / 3, 4. / 9, 0},
		C:    []float64{0, 1. / 2, 3. / 4, 1},
		Err:  []float64{2./9 - 7./24, 1./3 - 1./4, 4./9 - 1./3, -1. / 8},
		Note: "3(2) pair for loose tolerances; Bogacki & Shampine (1989)",
	},
	Tableau{
		Name: "dopri5", Order: 5,
		A: [][]float64{
			{},
			{1. / 5},
			{3. / 40, 9. / 40},
			{44. / 45, -56. / 15, 32. / 9},
			{19372. / 6561, -25360. / 2187, 64448. / 6561, -212. / 729},
			{9017. / 3168, -355. / 33, 46732. / 5247, 49. / 176, -5103. / 18656},
			{35. / 384, 0, 500. / 1113, 125. / 192, -2187. / 6784, 11. / 84},
		},
		C: []float64{0, 1. / 5, 3. / 10, 4. / 5, 8. / 9, 1, 1},
		B: []float64{35. / 384, 0, 500. / 1113, 125. / 192, -2187. / 6784, 11. / 84, 0},
		Err: []float64{
			35./384 - 1951./21600, 0, 500./1113 - 22642./50085, 125./192 - 451./720, -2187./6784 + 12231./42400,
			11./84 - 649./6300, -1. / 60,
		},
		Mid: []float64{
			6025192743. / 30085553152 / 2, 0, 51252292925. / 65400821598 / 2, -2691868925. / 45128329728 / 2,
			187940372067. / 1594534317056 / 2, -1776094331. / 19743644256 / 2, 11237099. / 235043384 / 2,
		},
		Note: "5(4) pair, the usual choice; Dormand & Prince (1980), dense output by Shampine (1986)",
	},
	tsit5,
	dopri8,
}

// tsit5 is given by its author to 16 digits (Tsitouras, Runge–Kutta pairs of order 5(4) satisfying only the first
// column simplifying assumption, 2011). Its dense output b_i(θ) is a quartic that joins values and rates at both ends,
// and so is known by its value in the middle.
var tsit5 = Tableau{
	Name: "tsit5", Order: 5,
	A: [][]float64{
		{},
		{0.161},
		{-0.008480655492356989, 0.335480655492357},
		{2.8971530571054935, -6.359448489975075, 4.3622954328695815},
		{5.325864828439257, -11.748883564062828, 7.4955393428898365, -0.09249506636175525},
		{5.86145544294642, -12.92096931784711, 8.159367898576159, -0.071584973281401, -0.028269050394068383},
		{0.09646076681806523, 0.01, 0.4798896504144996, 1.379008574103742, -3.290069515436081, 2.324710524099774},
	},
	B: []float64{0.09646076681806523, 0.01, 0.4798896504144996, 1.379008574103742, -3.290069515436081,
		2.324710524099774, 0},
	C: []float64{0, 0.161, 0.327, 0.9, 0.9800255409045097, 1, 1},
	Err: []float64{
		-0.00178001105222577714, -0.0008164344596567469, 0.007880878010261995, -0.1447110071732629, 0.5823571654525552,
		-0.45808210592918697, 1. / 66,
	},
	Mid: func() []float64 {
		const x = 1. / 2
		return []float64{
			-1.0530884977290216 * x * (x - 1.3299890189751412) * (x*x - 1.4364028541716351*x + 0.7139816917074209),
			0.1017 * x * x * (x*x - 2.1966568338249754*x + 1.2949852507374631),
			2.490627285651252793 * x * x * (x*x - 2.38535645472061657*x + 1.57803468208092486),
			-16.54810288924490272 * (x - 1.21712927295533244) * (x - 0.61620406037800089) * x * x,
			47.37952196281928122 * (x - 1.203071208372362603) * (x - 0.658047292653547382) * x * x,
			-34.87065786149660974 * (x - 1.2) * (x - 2./3) * x * x,
			2.5 * (x - 1) * (x - 0.6) * x * x,
		}
	}(),
	Note: "5(4) pair, a little more accurate than dopri5; Tsitouras (2011)",
}

// dopri8 is RK8(7)13M of Prince & Dormand, High order embedded Runge–Kutta formulae (1981), whose fractions are rounded
// by the authors, with the rate at the end of the step as a fourteenth stage for the dense output.
var dopri8 = func() Tableau {
	b := []float64{
		14005451. / 335480064, 0, 0, 0, 0, -59238493. / 1068277825, 181606767. / 758867731, 561292985. / 797845732,
		-1041891430. / 1371343529, 760417239. / 1151165299, 118820643. / 751138087, -528747749. / 2220607170, 1. / 4,
	}
	embedded := []float64{
		13451932. / 455176623, 0, 0, 0, 0, -808719846. / 976000145, 1757004468. / 5645159321, 656045339. / 265891186,
		-3867574721. / 1518517206, 465885868. / 322736535, 53011238. / 667516719, 2. / 45, 0,
	}
	tb := Tableau{
		Name: "dopri8", Order: 8,
		A: [][]float64{
			{},
			{1. / 18},
			{1. / 48, 1. / 16},
			{1. / 32, 0, 3. / 32},
			{5. / 16, 0, -75. / 64, 75. / 64},
			{3. / 80, 0, 0, 3. / 16, 3. / 20},
			{29443841. / 614563906, 0, 0, 77736538. / 692538347, -28693883. / 1125000000, 23124283. / 1800000000},
			{
				16016141. / 946692911, 0, 0, 61564180. / 158732637, 22789713. / 633445777, 545815736. / 2771057229,
				-180193667. / 1043307555,
			},
			{
				39632708. / 573591083, 0, 0, -433636366. / 683701615, -421739975. / 2616292301, 100302831. / 723423059,
				790204164. / 839813087, 800635310. / 3783071287,
			},
			{
				246121993. / 1340847787, 0, 0, -37695042795. / 15268766246, -309121744. / 1061227803,
				-12992083. / 490766935,
				6005943493. / 2108947869, 393006217. / 1396673457, 123872331. / 1001029789,
			},
			{
				-1028468189. / 846180014, 0, 0, 8478235783. / 508512852, 1311729495. / 1432422823,
				-10304129995. / 1701304382,
				-48777925059. / 3047939560, 15336726248. / 1032824649, -45442868181. / 3398467696,
				3065993473. / 597172653,
			},
			{
				185892177. / 718116043, 0, 0, -3185094517. / 667107341, -477755414. / 1098053517,
				-703635378. / 230739211,
				5731566787. / 1027545527, 5232866602. / 850066563, -4093664535. / 808688257, 3962137247. / 1805957418,
				65686358. / 487910083,
			},
			{
				403863854. / 491063109, 0, 0, -5068492393. / 434740067, -411421997. / 543043805, 652783627. / 914296604,
				11173962825. / 925320556, -13158990841. / 6184727034, 3936647629. / 1978049680, -160528059. / 685178525,
				248638103. / 1413531060, 0,
			},
			b,
		},
		B: append(slices.Clone(b), 0),
		C: []float64{
			0, 1. / 18, 1. / 12, 1. / 8, 5. / 16, 3. / 8, 59. / 400, 93. / 200, 5490023248. / 9719169821, 13. / 20,
			1201146811. / 1299019798, 1, 1, 1,
		},
		Note: "8(7) pair with 13 stages, for tight tolerances; Prince & Dormand (1981)",
	}
	for i, x := range b {
		tb.Err = append(tb.Err, x-embedded[i])
	}
	tb.Err = append(tb.Err, 0)

	tb.dense = &dopri8Dense

	// The state in the middle of the step, for graphs. The weights b_i(θ)·θ of a continuous extension of order 5, by
	// falling power of θ from 5 to 0, at θ = 1/2.
	extension := map[int][6]float64{
		0: {-6.3448349392860401388, 22.1396504998094068976, -30.0610568289666450593, 19.9990069333683970610,
			-6.6910181737837595697, 1},
		5: {-39.6107919852202505218, 116.4422149550342161651, -121.4999627731334642623, 52.2273532792945524050,
			-7.6142658045872677172},
		6: {20.3761213808791436958, -67.1451318825957197185, 83.1721004639847717481, -46.8919164181093621583,
			10.7281392630428866124},
		7: {7.3347098826795362023, -16.5672243527496524646, 9.5724507555993664382, -0.1890893225010595467,
			0.5526637063753648783},
		8: {32.8801774352459155182, -89.9916014847245016028, 87.8406057677205645007, -35.7075975946222072821,
			4.2186562625665153803},
		9: {-10.1588990526426760954, 22.6237489648532849093, -17.4152107770762969005, 6.2736448083240352160,
			-0.6627209125361597559},
		10: {-12.5401268098782561200, 32.2362340167355370113, -28.5903289514790976966, 10.3160881272450748458,
			-1.2636789001135462218},
		11: {29.5553001484516038033, -82.1020315488359848644, 81.6630950584341412934, -34.7650769866611817349,
			5.4106037898590422230},
		12: {-41.7923486424390588923, 116.2662185791119533462, -114.9375291377009418170, 47.7457971078225540396,
			-7.0321379067945741781},
		13: {20.3006925822100825485, -53.9020777466385396792, 50.2558364226176017553, -19.0082099341608028453,
			2.3537586759714983486},
	}
	tb.Mid = make([]float64, len(tb.B))
	for i, c := range extension {
		value := 0.0
		for _, x := range c {
			value = value/2 + x
		}
		tb.Mid[i] = value / 2
	}
	return tb
}()

// stiffMethods are those of order 5 for stiff problems.
var stiffMethods = []Method{
	esdirk5, RadauIIA{Name: "radau5"}, Switching{Name: "auto", Explicit: tsit5},
}

var implicitSchemes = []Method{
	Tableau{
		Name: "implicit_euler", Order: 1,
		A: [][]float64{{1}}, B: []float64{1},
		Note: "L-stable, first order: damps everything",
	},
	Tableau{
		Name: "implicit_midpoint", Order: 2,
		A: [][]float64{{1. / 2}}, B: []float64{1},
		Note: "A-stable and symplectic, keeps quadratic invariants; the Gauss method of order 2",
	},
	Tableau{
		Name: "sdirk4", Order: 4,
		A: [][]float64{
			{1. / 4},
			{1. / 2, 1. / 4},
			{17. / 50, -1. / 25, 1. / 4},
			{371. / 1360, -137. / 2720, 15. / 544, 1. / 4},
			{25. / 24, -49. / 48, 125. / 16, -85. / 12, 1. / 4},
		},
		C:   []float64{1. / 4, 3. / 4, 11. / 20, 1. / 2, 1},
		B:   []float64{25. / 24, -49. / 48, 125. / 16, -85. / 12, 1. / 4},
		Err: []float64{25./24 - 59./48, -49./48 + 17./96, 125./16 - 225./32, 0, 1. / 4},
		Note: "L-stable 4(3) pair for stiff problems; Hairer & Wanner, Solving Ordinary Differential Equations II, " +
			"table IV.6.5",
	},
	Tableau{
		Name: "trapezoid", Order: 2,
		A: [][]float64{{}, {1. / 2, 1. / 2}}, B: []float64{1. / 2, 1. / 2},
		Note: "the implicit trapezoidal rule: A-stable, does not damp stiff components; Crank & Nicolson (1947)",
	},
	Tableau{
		Name: "adaptive_implicit_euler", Order: 1,
		A: [][]float64{{}, {0, 1}}, B: []float64{0, 1},
		Err:  []float64{-1. / 2, 1. / 2},
		Note: "L-stable implicit Euler, with the trapezoidal rule of the same stage as the better method",
	},
	Tableau{
		Name: "adaptive_trapezoid", Order: 2,
		A: [][]float64{{}, {1. / 4, 1. / 4}, {1. / 4, 1. / 2, 1. / 4}}, B: []float64{1. / 4, 1. / 2, 1. / 4},
		Err: []float64{1./4 - 1./6, 1./2 - 2./3, 1./4 - 1./6},
		Note: "two trapezoidal half steps, with Simpson's rule over their stages as the better method; " +
			"TRX2 of Hosea & Shampine (1996)",
	},
}
