package problems

import (
	"math"
	"testing"
)

// The derivatives are those of the rates.
func TestDerivatives(t *testing.T) {
	for _, named := range All() {
		p := named.Build(2)
		x := []float64{0.7, -0.4, 1.3, 0.2}
		n := len(x)
		j, a, ax := make([]float64, n*n), []float64{1, -2, 0.5, 3}, make([]float64, n)
		p.Jacobian(0, x, j)
		p.VJP(0, x, a, ax, nil)
		above, below := make([]float64, n), make([]float64, n)
		for k := range x {
			const eps = 1e-6
			y := append([]float64(nil), x...)
			y[k] += eps
			p.F(0, y, above)
			y[k] -= 2 * eps
			p.F(0, y, below)
			product := 0.0
			for i := range n {
				d := (above[i] - below[i]) / (2 * eps)
				product += a[i] * d
				if math.Abs(j[i*n+k]-d) > 1e-7 {
					t.Errorf("%s: ∂f_%d/∂x_%d = %g, by finite differences %g", named.Name, i, k, j[i*n+k], d)
				}
			}
			if math.Abs(ax[k]-product) > 1e-6 {
				t.Errorf("%s: (aᵀJ)_%d = %g, by finite differences %g", named.Name, k, ax[k], product)
			}
		}
	}
}

// So are those of the stiff problems, at states that lie on the way.
func TestStiffDerivatives(t *testing.T) {
	for _, named := range AllStiff() {
		p := named.Problem
		n := len(p.X0)
		x, scale := make([]float64, n), 0.0
		for i := range x {
			x[i] = p.X0[i] + 0.1*float64(i%7+1)
			scale = math.Max(scale, math.Abs(x[i]))
		}
		j, above, below := make([]float64, n*n), make([]float64, n), make([]float64, n)
		p.Jacobian(0.3, x, j)
		for k := range x {
			const eps = 1e-4 // the rates are at most of second degree but for Van der Pol's
			y := append([]float64(nil), x...)
			y[k] += eps
			p.F(0.3, y, above)
			y[k] -= 2 * eps
			p.F(0.3, y, below)
			for i := range n {
				d := (above[i] - below[i]) / (2 * eps)
				size := math.Max(math.Abs(above[i]), 1)
				if math.Abs(j[i*n+k]-d) > 1e-7*(size+math.Abs(d)) {
					t.Errorf("%s: ∂f_%d/∂x_%d = %g, by finite differences %g", named.Name, i, k, j[i*n+k], d)
				}
			}
		}
		if last := named.Outputs[len(named.Outputs)-1]; last != p.T1 {
			t.Errorf("%s: the last output is at %g, the end at %g", named.Name, last, p.T1)
		}
	}
}

// The closed form of the heat equation satisfies the equation and the initial state.
func TestHeat(t *testing.T) {
	p, exact := Heat(40)
	for i, u := range exact(0) {
		if math.Abs(u-p.X0[i]) > 1e-12 {
			t.Errorf("u_%d(0) = %g, want %g", i, u, p.X0[i])
		}
	}
	const at, eps = 0.01, 1e-6
	rate := make([]float64, 40)
	p.F(at, exact(at), rate)
	before, after := exact(at-eps), exact(at+eps)
	for i, want := range rate {
		if d := (after[i] - before[i]) / (2 * eps); math.Abs(d-want) > 1e-5*(1+math.Abs(want)) {
			t.Errorf("u_%d' = %g, the rate is %g", i, d, want)
		}
	}
}
