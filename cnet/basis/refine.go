package basis

import "fmt"

// Refine returns the basis of twice as many cells, or functions if it has but one cell, that contains b, and the matrix
// [K'][K] that gives the same function of depth in it:
//
//	piecewise_constant, piecewise_linear   K → 2K     every cell is halved
//	hat                                    K → 2K-1   every cell is halved; the constant, K = 1, becomes two hats
//	chebyshev, legendre, fourier           K → 2K     the new coefficients are zero
func Refine(b Basis) (Basis, [][]float64, error) { return refineBy(b, 2) }

// refineBy is Refine with m times as many cells or functions.
func refineBy(b Basis, m int) (Basis, [][]float64, error) {
	if err := check(b); err != nil {
		return nil, nil, err
	}
	if m < 1 || m > most {
		return nil, nil, fmt.Errorf("basis: the factor of a refinement must be from 1 to %d, got %d", most, m)
	}
	fine := b.Refined(m)
	matrix, err := Interpolate(b, fine) // exact, as the finer space contains b
	if err != nil {
		return nil, nil, err
	}
	return fine, matrix, nil
}
