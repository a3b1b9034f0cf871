package ode

import "math"

// centralShift is the cube root of rounding: the error δ² of a central difference is then as large as its noise ε/δ.
const centralShift = 6e-6

// nudges returns by how much each component of x moves for central differences where no tolerance says what its size
// is: in proportion to itself, or to a thousandth of the largest one if that is more.
func nudges(x []float64) []float64 {
	largest := 0.0
	for _, v := range x {
		if v = math.Abs(v); finite(v) {
			largest = max(largest, v)
		}
	}
	if largest == 0 {
		largest = 1 // nothing has a size here
	}
	d := make([]float64, len(x))
	for i, v := range x {
		d[i] = centralShift * max(math.Abs(v), 1e-3*largest)
	}
	return d
}

// centralJacobian writes the central differences of f over the given changes of x to j[i·n+k] ≈ ∂f_i/∂x_k.
func centralJacobian(f Func, t float64, x, delta, j []float64) {
	n := len(x)
	at, above, below := append([]float64(nil), x...), make([]float64, n), make([]float64, n)
	for k, d := range delta {
		at[k] = x[k] + d
		high := at[k]
		f(t, at, above)
		at[k] = x[k] - d
		length := high - at[k]
		f(t, at, below)
		at[k] = x[k]
		for i := range n {
			j[i*n+k] = (above[i] - below[i]) / length
		}
	}
}
