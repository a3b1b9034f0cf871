// Package problems provides initial value problems on which to test solvers, with Jacobians and vector–Jacobian
// products.
package problems

import (
	"math"

	"continuousnet/cnet/ode"
)

// Named is a problem with a name.
type Named struct {
	Name  string
	Build func(batch int) ode.Problem // returns the problem for a batch of equal states, [batch, 2]
}

// All returns the problems on which solvers are compared.
func All() []Named {
	return []Named{
		{"lotka-volterra", LotkaVolterra},
		{"pendulum", Pendulum},
		{"van-der-pol", func(batch int) ode.Problem { return VanDerPol(batch, 5) }},
	}
}

// pair returns a problem with two components, x' = f(x), which depends on neither time nor parameters.
func pair(batch int, x0 [2]float64, t1 float64, f func(x, y float64) (float64, float64),
	jacobian func(x, y float64) [4]float64) ode.Problem {
	p := ode.Problem{T1: t1, Samples: batch}
	for range batch {
		p.X0 = append(p.X0, x0[0], x0[1])
	}
	p.F = func(_ float64, x, dx []float64) {
		dx = dx[:len(x)]
		for i := 1; i < len(x); i += 2 {
			dx[i-1], dx[i] = f(x[i-1], x[i])
		}
	}
	p.Jacobian = func(_ float64, x, j []float64) {
		n := len(x)
		clear(j)
		for i := 0; i < n; i += 2 {
			d := jacobian(x[i], x[i+1])
			j[i*n+i], j[i*n+i+1], j[(i+1)*n+i], j[(i+1)*n+i+1] = d[0], d[1], d[2], d[3]
		}
	}
	p.VJP = func(_ float64, x, a, ax, _ []float64) {
		for i := 0; i < len(x); i += 2 {
			d := jacobian(x[i], x[i+1])
			ax[i] += a[i]*d[0] + a[i+1]*d[2]
			ax[i+1] += a[i]*d[1] + a[i+1]*d[3]
		}
	}
	return p
}

// LotkaVolterra returns the equations of prey and predators, x' = 1.5x - xy, y' = -3y + xy, from (1, 1) to t = 10.
func LotkaVolterra(batch int) ode.Problem {
	return pair(batch, [2]float64{1, 1}, 10,
		func(x, y float64) (float64, float64) { return 1.5*x - x*y, -3*y + x*y },
		func(x, y float64) [4]float64 { return [4]float64{1.5 - y, -x, y, x - 3} })
}

// Pendulum returns φ″ = -sin φ, from φ = 1.5 at rest to t = 20.
func Pendulum(batch int) ode.Problem {
	return pair(batch, [2]float64{1.5, 0}, 20,
		func(x, y float64) (float64, float64) { return y, -math.Sin(x) },
		func(x, y float64) [4]float64 { return [4]float64{0, 1, -math.Cos(x), 0} })
}

// VanDerPol returns x″ = μ(1-x²)x' - x, from (2, 0) to t = max(20, 2μ), which is stiff for large μ (Hairer & Wanner,
// Solving Ordinary Differential Equations II, section IV.1).
func VanDerPol(batch int, mu float64) ode.Problem {
	return pair(batch, [2]float64{2, 0}, max(20, 2*mu),
		func(x, y float64) (float64, float64) { return y, mu*(1-x*x)*y - x },
		func(x, y float64) [4]float64 { return [4]float64{0, 1, -2*mu*x*y - 1, mu * (1 - x*x)} })
}
