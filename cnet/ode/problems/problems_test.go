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
