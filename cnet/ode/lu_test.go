package ode

import (
	"math"
	"math/cmplx"
	"math/rand/v2"
	"testing"
)

// Real and complex systems are solved, of any band: where rows must be exchanged, and where the matrix is singular.
func TestMatrix(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		n := 1 + rng.IntN(12)
		want := band{rng.IntN(n), rng.IntN(n)}
		j := make([]float64, n*n)
		for i := range n {
			for k := range n {
				if i-k <= want.lower && k-i <= want.upper {
					j[i*n+k] = rng.NormFloat64()
				}
			}
			j[i*n+i] *= 1e-3 // so that rows are exchanged
		}
		got := bandOf(j, n)
		if got != want {
			t.Fatalf("the band of a matrix of %d rows is %v, want %v", n, got, want)
		}
		shift := complex(rng.NormFloat64()*0.1, rng.NormFloat64()*0.1)
		m, r := newMatrix[complex128](n, size1), newMatrix[float64](n, math.Abs)
		if !m.shifted(shift, j, got, func(x float64) complex128 { return complex(x, 0) }) ||
			!r.shifted(real(shift), j, got, func(x float64) float64 { return x }) {
			t.Fatal("a regular matrix counts as singular")
		}
		b, x, y := make([]complex128, n), make([]complex128, n), make([]float64, n)
		for i := range b {
			b[i] = complex(rng.NormFloat64(), rng.NormFloat64())
			x[i], y[i] = b[i], real(b[i])
		}
		m.solve(x)
		r.solve(y)
		for i := range n {
			left, leftReal, size, sizeReal := shift*x[i], real(shift)*y[i], 0.0, 0.0
			for k := range n {
				left -= complex(j[i*n+k], 0) * x[k]
				leftReal -= j[i*n+k] * y[k]
				size, sizeReal = max(size, cmplx.Abs(x[k])), max(sizeReal, math.Abs(y[k]))
			}
			if cmplx.Abs(left-b[i]) > 1e-11*(1+size) || math.Abs(leftReal-real(b[i])) > 1e-11*(1+sizeReal) {
				t.Fatalf("row %d of %d with band %v: residuals %.1e and %.1e", i, n, want, cmplx.Abs(left-b[i]),
					math.Abs(leftReal-real(b[i])))
			}
		}
	}
	same := func(x float64) float64 { return x }
	for name, j := range map[string][]float64{
		"singular": {1, 2, 2, 4}, "NaN": {math.NaN(), 1, 0, 1}, "infinite": {math.Inf(1), 0, 0, 1},
	} {
		if newMatrix[float64](2, math.Abs).shifted(0, j, bandOf(j, 2), same) {
			t.Errorf("a matrix that is %s was factorised", name)
		}
	}
}
