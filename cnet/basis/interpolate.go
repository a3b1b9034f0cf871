package basis

import "fmt"

// Interpolate returns the matrix [K'][K] that maps the coefficients of a function in the first basis to those of the
// function in the second with the same values at the second's nodes: midpoints of cells for piecewise_constant, ends of
// cells for piecewise_linear and hat, Gauss points for legendre, Chebyshev points for chebyshev, and equally spaced
// points for fourier.
//
// At a jump between two cells of the second basis, each cell takes the value on its own side; at a jump inside a cell
// it is the value from the right. So from 16 to 8 piecewise constants every other one is kept: to compress, use
// Project.
func Interpolate(from, to Basis) ([][]float64, error) {
	if err := check(from, to); err != nil {
		return nil, err
	}
	var there, wanted [][]float64
	for _, node := range to.Nodes() {
		there = append(there, to.At(node))
		wanted = append(wanted, Stage(from, node.Cell, to.Cells(), node.Fraction))
	}
	if !solve(there, wanted) {
		return nil, fmt.Errorf("basis: cannot interpolate with %s: its %d functions are linearly dependent at its "+
			"nodes",
			to.Name(), to.NumBasis())
	}
	return wanted, nil
}
