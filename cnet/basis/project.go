package basis

import (
	"fmt"
	"math"
)

// Project returns the matrix [K'][K] of the L2([0, 1]) projection between bases of K and K' functions: it maps the
// coefficients of θ(t) = Σ_k φ_k(t)·θ_k to those of the combination of the ψ_i that is closest to θ in the mean square
// over depth,
//
//	X = G⁻¹·B,   G_ij = ∫ ψ_i ψ_j dt,   B_ik = ∫ ψ_i φ_k dt.
//
// The integrals are exact up to rounding: Gauss quadrature on the pieces that the cells of both bases, aligned with
// integers, cut out of each other. With Fourier functions, which are no polynomials, enough points are used for errors
// of 1e-14. Between piecewise constants each entry is one correctly rounded quotient of whole numbers: 16 to 8 averages
// pairs with 0.5 and 0.5. A function that both bases have at the same index keeps its coefficient to the bit; so
// projecting to the same basis changes nothing.
//
// Positive functions may become negative; the package comment says where.
func Project(from, to Basis) ([][]float64, error) {
	if err := check(from, to); err != nil {
		return nil, err
	}
	gram, load := newMatrix(to.NumBasis(), to.NumBasis()), newMatrix(to.NumBasis(), from.NumBasis())
	addOuter := func(m [][]float64, weight float64, rows, columns []float64) {
		var support []int // of many cells, most functions are zero at a point
		for j, c := range columns {
			if c != 0 {
				support = append(support, j)
			}
		}
		for i, r := range rows {
			if r == 0 {
				continue
			}
			for _, j := range support {
				m[i][j] += weight * r * columns[j]
			}
		}
	}
	degree := to.Degree() + max(to.Degree(), from.Degree())
	quadrature(from, to, degree, func(weight float64, phi, psi []float64) {
		addOuter(gram, weight, psi, psi)
		addOuter(load, weight, psi, phi)
	})
	if !solve(gram, load) {
		return nil, fmt.Errorf("basis: cannot project to %s: its %d functions are linearly dependent", to.Name(),
			to.NumBasis())
	}
	return load, nil
}

// Distance returns the L2 distance of two functions of depth, the root of ∫ |θ(t) - η(t)|² dt, where |·|² sums the
// squares of all entries. θ has the coefficients x [K, ...] in a, and η has y [K', ...] in b. If y is the projection of
// x, it is the error of the compression; if y is zero, it is the norm of θ.
func Distance(a Basis, x []float64, b Basis, y []float64) (float64, error) {
	if err := check(a, b); err != nil {
		return 0, err
	}
	rest := len(x) / a.NumBasis()
	if len(x) != rest*a.NumBasis() || len(y) != rest*b.NumBasis() {
		return 0, fmt.Errorf("basis: %d coefficients of %d functions and %d of %d are not two functions of depth of "+
			"one shape",
			len(x), a.NumBasis(), len(y), b.NumBasis())
	}
	var sum float64
	quadrature(a, b, 2*max(a.Degree(), b.Degree()), func(weight float64, phi, psi []float64) {
		theta, eta := Apply([][]float64{phi}, x), Apply([][]float64{psi}, y)
		for r := range theta {
			sum += weight * (theta[r] - eta[r]) * (theta[r] - eta[r])
		}
	})
	return math.Sqrt(sum / float64(a.Cells()*b.Cells())), nil
}
