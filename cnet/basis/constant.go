package basis

// New returns the basis of K piecewise constant functions. Named returns any basis.
func New(k int) (PiecewiseConstant, error) {
	b := PiecewiseConstant{k}
	return b, b.Check()
}

// Refine returns the basis of twice as many functions that contains this one, and the matrix [2K][K] that maps
// coefficients to it: each interval is cut in half, and both halves take its value.
func (b PiecewiseConstant) Refine() (PiecewiseConstant, [][]float64) {
	fine := PiecewiseConstant{2 * b.K}
	m := newMatrix(max(fine.K, 0), max(b.K, 0))
	for i := range m {
		m[i][i/2] = 1
	}
	return fine, m
}
