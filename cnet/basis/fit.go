package basis

import "fmt"

// Fit returns the matrix [K][n] of the least-squares fit: multiplied by the values of a function at n points, it gives
// the K coefficients of the closest function of depth. phi holds the basis at these points, [n][K], as Stage returns
// it. If several functions are equally close, as with fewer points than functions, the one with the smallest
// coefficients is taken.
func Fit(phi [][]float64) ([][]float64, error) {
	if len(phi) == 0 || len(phi[0]) == 0 {
		return nil, fmt.Errorf("basis: a fit needs at least one point and one function")
	}
	columns := transposed(phi)
	if len(phi) < len(columns) {
		if right := transposed(columns); solve(gram(phi, 0), right) { // Φᵀ·(ΦΦᵀ)⁻¹
			return transposed(right), nil
		}
	} else if right := transposed(phi); solve(gram(columns, 0), right) { // (ΦᵀΦ)⁻¹·Φᵀ
		return right, nil
	}
	var largest float64
	for i, row := range gram(columns, 0) {
		largest = max(largest, row[i])
	}
	// Points that coincide: Tikhonov's regularisation, far above the rounding of float64 and far below that of float32.
	if solve(gram(columns, 1e-10*largest), columns) {
		return columns, nil
	}
	return nil, fmt.Errorf("basis: cannot fit %d functions through %d points: their values are not finite, or all 0",
		len(phi[0]), len(phi))
}

// gram returns the products of all pairs of rows, with a ridge added to the diagonal.
func gram(rows [][]float64, ridge float64) [][]float64 {
	m := newMatrix(len(rows), len(rows))
	for i, a := range rows {
		for j, b := range rows {
			for r := range a {
				m[i][j] += a[r] * b[r]
			}
		}
		m[i][i] += ridge
	}
	return m
}

func transposed(rows [][]float64) [][]float64 {
	m := newMatrix(len(rows[0]), len(rows))
	for i, row := range rows {
		for j, v := range row {
			m[j][i] = v
		}
	}
	return m
}
