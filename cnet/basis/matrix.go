package basis

import "math"

// Apply multiplies the first axis of a tensor [K, ...] by a matrix [K'][K] and returns the tensor [K', ...]; both are
// given as their numbers in row-major order. It returns nil if the shapes do not fit.
func Apply(matrix [][]float64, values []float64) []float64 {
	if len(matrix) == 0 || len(matrix[0]) == 0 || len(values)%len(matrix[0]) != 0 {
		return nil
	}
	k := len(matrix[0])
	rest := len(values) / k
	result := make([]float64, len(matrix)*rest)
	for i, row := range matrix {
		if len(row) != k {
			return nil
		}
		for j, m := range row {
			if m == 0 {
				continue
			}
			for r := range rest {
				result[i*rest+r] += m * values[j*rest+r]
			}
		}
	}
	return result
}

func newMatrix(rows, columns int) [][]float64 {
	m := make([][]float64, rows)
	for i := range m {
		m[i] = make([]float64, columns)
	}
	return m
}

// solve overwrites B with the X of A·X = B, by Gaussian elimination with partial pivoting, and destroys A. It reports
// whether A is regular. A diagonal A costs one division an entry, and so one rounding.
func solve(a, b [][]float64) bool {
	n, columns := len(a), len(b[0])
	// Where B has a column of A at the same index, X has a unit vector: no rounding there.
	shared := make([]bool, min(n, columns))
	for j := range shared {
		shared[j] = true
		for i := range n {
			shared[j] = shared[j] && a[i][j] == b[i][j]
		}
	}
	var largest float64
	for _, row := range a {
		for _, v := range row {
			largest = max(largest, math.Abs(v))
		}
	}
	for p := range n {
		pivot := p
		for i := p + 1; i < n; i++ {
			if math.Abs(a[i][p]) > math.Abs(a[pivot][p]) {
				pivot = i
			}
		}
		a[p], a[pivot] = a[pivot], a[p]
		b[p], b[pivot] = b[pivot], b[p]
		if !(math.Abs(a[p][p]) > 1e-14*largest) { // NaN is not regular either
			return false
		}
		for i := p + 1; i < n; i++ {
			if factor := a[i][p] / a[p][p]; factor != 0 {
				subtract(a[i], factor, a[p])
				subtract(b[i], factor, b[p])
			}
		}
	}
	for p := n - 1; p >= 0; p-- {
		for i := p + 1; i < n; i++ {
			if a[p][i] != 0 {
				subtract(b[p], a[p][i], b[i])
			}
		}
		for j := range columns {
			b[p][j] /= a[p][p]
		}
	}
	for j, same := range shared {
		for i := range n {
			if same {
				b[i][j] = 0
				if i == j {
					b[i][j] = 1
				}
			}
		}
	}
	return true
}

// subtract takes factor times one row from another.
func subtract(row []float64, factor float64, other []float64) {
	for j, v := range other {
		row[j] -= factor * v
	}
}
