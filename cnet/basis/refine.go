package basis

import "fmt"

// Refine returns the basis of twice as many cells, or functions if it has but one cell, and the matrix [K'][K] that maps
// coefficients to it. See RefineBy.
func Refine(b Basis) (Basis, [][]float64, error) { return RefineBy(b, 2) }

// RefineBy returns the basis of m times as many cells, or functions, that contains b, and the matrix [K'][K] that gives
// the same function of depth in it:
//
//	piecewise_constant, piecewise_linear   K → mK       every cell is cut into m equal ones
//	hat                                    K → m(K-1)+1 likewise; the constant, K = 1, → m
//	chebyshev, legendre, fourier           K → mK       the new coefficients are zero
func RefineBy(b Basis, m int) (Basis, [][]float64, error) {
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
