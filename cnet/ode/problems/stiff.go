package problems

import (
	"math"

	"continuousnet/cnet/ode"
)

// Stiff is a stiff problem on which solvers are compared.
type Stiff struct {
	Name    string
	Problem ode.Problem // with its Jacobian
	ATol    float64     // the absolute tolerance that suits the problem, divided by the relative one
	Outputs []float64   // times at which to compare states, after T0; the last one is T1

	// Exact returns the solution at a time; nil if there is no closed form.
	Exact func(t float64) []float64
}

// Error returns the largest error of a component of x relative to its tolerance at 1: |x - exact| / (|exact| + ATol).
func (p Stiff) Error(x, exact []float64) float64 {
	largest := 0.0
	for i, v := range exact {
		largest = max(largest, math.Abs(x[i]-v)/(math.Abs(v)+p.ATol))
	}
	return largest
}

// AllStiff returns the stiff problems, all but the last two from Hairer & Wanner, Solving Ordinary Differential
// Equations II, sections IV.1 and IV.10.
func AllStiff() []Stiff {
	heat, heatExact := Heat(200)
	return []Stiff{
		{"robertson", Robertson(), 1e-6, powers(-1, 11), nil},
		{"hires", HIRES(), 1e-4, evenly(321.8122, 32), nil},
		{"oregonator", Oregonator(), 1e-6, evenly(360, 36), nil},
		{"van-der-pol-1e3", VanDerPol(1, 1e3), 1, evenly(2000, 40), nil},
		{"van-der-pol-1e-6", SingularVanDerPol(1e-6), 1, evenly(2, 40), nil},
		{"heat-200", heat, 1, evenly(heat.T1, 40), heatExact},
		{"prothero-robinson", ProtheroRobinson(1e6), 1, evenly(10, 40),
			func(t float64) []float64 { return []float64{math.Cos(t)} }},
	}
}

// evenly returns n equally spaced times, the last one of which is end.
func evenly(end float64, n int) []float64 {
	var times []float64
	for i := range n {
		times = append(times, end*(float64(i+1)/float64(n)))
	}
	return times
}

// powers returns the powers of 10 with the exponents from first to last.
func powers(first, last int) []float64 {
	var times []float64
	for e := first; e <= last; e++ {
		times = append(times, math.Pow10(e))
	}
	return times
}

// Robertson returns the reactions of Robertson (1966), A → B, 2B → B + C, B + C → A + C with rates of 0.04, 3·10⁷ and
// 10⁴, from A alone to t = 10¹¹.
func Robertson() ode.Problem {
	return ode.Problem{
		X0: []float64{1, 0, 0}, T1: 1e11,
		F: func(_ float64, x, dx []float64) {
			a, b, c := 0.04*x[0], 3e7*x[1]*x[1], 1e4*x[1]*x[2]
			dx[0], dx[1], dx[2] = c-a, a-b-c, b
		},
		Jacobian: func(_ float64, x, j []float64) {
			b, c1, c2 := 6e7*x[1], 1e4*x[2], 1e4*x[1]
			copy(j, []float64{-0.04, c1, c2, 0.04, -b - c1, -c2, 0, b, 0})
		},
	}
}

// HIRES returns a model of the high irradiance responses of plants, with eight substances, to t = 321.8122 (Schäfer,
// 1975).
func HIRES() ode.Problem {
	return ode.Problem{
		X0: []float64{1, 0, 0, 0, 0, 0, 0, 0.0057}, T1: 321.8122,
		F: func(_ float64, x, dx []float64) {
			reaction := 280 * x[5] * x[7]
			dx[0] = -1.71*x[0] + 0.43*x[1] + 8.32*x[2] + 0.0007
			dx[1] = 1.71*x[0] - 8.75*x[1]
			dx[2] = -10.03*x[2] + 0.43*x[3] + 0.035*x[4]
			dx[3] = 8.32*x[1] + 1.71*x[2] - 1.12*x[3]
			dx[4] = -1.745*x[4] + 0.43*x[5] + 0.43*x[6]
			dx[5] = -reaction + 0.69*x[3] + 1.71*x[4] - 0.43*x[5] + 0.69*x[6]
			dx[6] = reaction - 1.81*x[6]
			dx[7] = -dx[6]
		},
		Jacobian: func(_ float64, x, j []float64) {
			for _, e := range []struct {
				i, k int
				v    float64
			}{
				{0, 0, -1.71}, {0, 1, 0.43}, {0, 2, 8.32}, {1, 0, 1.71}, {1, 1, -8.75}, {2, 2, -10.03}, {2, 3, 0.43},
				{2, 4, 0.035}, {3, 1, 8.32}, {3, 2, 1.71}, {3, 3, -1.12}, {4, 4, -1.745}, {4, 5, 0.43}, {4, 6, 0.43},
				{5, 3, 0.69}, {5, 4, 1.71}, {5, 5, -280*x[7] - 0.43}, {5, 6, 0.69}, {5, 7, -280 * x[5]},
				{6, 5, 280 * x[7]}, {6, 6, -1.81}, {6, 7, 280 * x[5]},
				{7, 5, -280 * x[7]}, {7, 6, 1.81}, {7, 7, -280 * x[5]},
			} {
				j[e.i*8+e.k] = e.v
			}
		},
	}
}

// Oregonator returns the reaction of Belousov and Zhabotinsky in the model of Field and Noyes (1974), from (1, 2, 3)
// to t = 360. Its limit cycle changes within moments, over six decades.
func Oregonator() ode.Problem {
	const s, q, w = 77.27, 8.375e-6, 0.161
	return ode.Problem{
		X0: []float64{1, 2, 3}, T1: 360,
		F: func(_ float64, x, dx []float64) {
			dx[0] = s * (x[1] + x[0]*(1-q*x[0]-x[1]))
			dx[1] = (x[2] - (1+x[0])*x[1]) / s
			dx[2] = w * (x[0] - x[2])
		},
		Jacobian: func(_ float64, x, j []float64) {
			copy(j, []float64{
				s * (1 - 2*q*x[0] - x[1]), s * (1 - x[0]), 0,
				-x[1] / s, -(1 + x[0]) / s, 1 / s,
				w, 0, -w,
			})
		},
	}
}

// SingularVanDerPol returns Van der Pol's equation in the form of a singular perturbation, εx″ = (1-x²)x' - x, from
// (2, 0) to t = 2.
func SingularVanDerPol(epsilon float64) ode.Problem {
	return ode.Problem{
		X0: []float64{2, 0}, T1: 2,
		F: func(_ float64, x, dx []float64) {
			dx[0], dx[1] = x[1], ((1-x[0]*x[0])*x[1]-x[0])/epsilon
		},
		Jacobian: func(_ float64, x, j []float64) {
			copy(j, []float64{0, 1, (-2*x[0]*x[1] - 1) / epsilon, (1 - x[0]*x[0]) / epsilon})
		},
	}
}

// Heat returns the heat equation u_t = u_xx on n points inside (0, 1) with u = 0 at both ends, from 1 between 1/4 and
// 1/2 and 0 elsewhere to t = 0.2, and its exact solution: that of the differences in space, without their error.
func Heat(n int) (p ode.Problem, exact func(t float64) []float64) {
	m := float64(n + 1)
	p = ode.Problem{X0: make([]float64, n), T1: 0.2}
	for i := range p.X0 {
		if x := float64(i+1) / m; x >= 0.25 && x <= 0.5 {
			p.X0[i] = 1
		}
	}
	x0 := append([]float64(nil), p.X0...)
	p.F = func(_ float64, x, dx []float64) {
		for i, u := range x {
			left, right := 0.0, 0.0
			if i > 0 {
				left = x[i-1]
			}
			if i < n-1 {
				right = x[i+1]
			}
			dx[i] = m * m * (left - 2*u + right)
		}
	}
	p.Jacobian = func(_ float64, _, j []float64) {
		for i := range n {
			j[i*n+i] = -2 * m * m
			if i > 0 {
				j[i*n+i-1] = m * m
			}
			if i < n-1 {
				j[i*n+i+1] = m * m
			}
		}
	}
	return p, func(t float64) []float64 {
		u := make([]float64, n)
		for k := 1; k <= n; k++ { // the discrete sines are the eigenvectors
			mode := func(i int) float64 { return math.Sin(float64(k*(i+1)) * math.Pi / m) }
			c := 0.0
			for i, v := range x0 {
				c += 2 / m * v * mode(i)
			}
			s := math.Sin(float64(k) * math.Pi / (2 * m))
			c *= math.Exp(-4 * m * m * s * s * t)
			for i := range u {
				u[i] += c * mode(i)
			}
		}
		return u
	}
}

// ProtheroRobinson returns x' = -λ(x - cos t) - sin t, from x = 1 to t = 10, whose solution is cos t for every λ
// (Prothero & Robinson, 1974).
func ProtheroRobinson(lambda float64) ode.Problem {
	return ode.Problem{
		X0: []float64{1}, T1: 10,
		F:        func(t float64, x, dx []float64) { dx[0] = -lambda*(x[0]-math.Cos(t)) - math.Sin(t) },
		Jacobian: func(_ float64, _, j []float64) { j[0] = -lambda },
	}
}
