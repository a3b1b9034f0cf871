package ode

import "math"

// number is what the matrices of implicit methods consist of.
type number interface{ float64 | complex128 }

// matrix is a square matrix that is factorised with partial pivoting (Golub & Van Loan, algorithms 3.4.1 and 4.3.1). It
// uses the band in which the matrix lies: with l diagonals below the main one and u above it, a factorisation takes
// O(n·l·(l+u)) operations and a solution O(n·(2l+u)).
type matrix[T number] struct {
	n       int
	a       []T   // row-major; L below the diagonal, U on it and above
	pivot   []int // the row that was exchanged with row k
	first   []int // the first column of each row of L that is not zero
	last    []int // the last column of each row of U that is not zero
	inverse []T   // of the diagonal of U
	size    func(T) float64
}

func newMatrix[T number](n int, size func(T) float64) *matrix[T] {
	return &matrix[T]{
		n: n, a: make([]T, n*n), pivot: make([]int, n), first: make([]int, n), last: make([]int, n),
		inverse: make([]T, n), size: size,
	}
}

// size1 is a norm of complex numbers that costs no root.
func size1(z complex128) float64 { return math.Abs(real(z)) + math.Abs(imag(z)) }

// band is the number of diagonals below and above the main one that are not zero.
type band struct{ lower, upper int }

// bandOf returns the band of a matrix of n rows.
func bandOf(a []float64, n int) band {
	var b band
	for i := range n {
		row := a[i*n : (i+1)*n]
		for j := 0; j < i-b.lower; j++ {
			if row[j] != 0 {
				b.lower = i - j
			}
		}
		for j := n - 1; j > i+b.upper; j-- {
			if row[j] != 0 {
				b.upper = j - i
			}
		}
	}
	return b
}

// shifted sets the matrix to shift·I - J, where J has the given band and convert is applied to its numbers, and
// factorises it. It reports whether the matrix is regular.
func (m *matrix[T]) shifted(shift T, j []float64, b band, convert func(float64) T) bool {
	n := m.n
	clear(m.a)
	for i := range n {
		low, high := max(0, i-b.lower), min(n, i+b.upper+1)
		row, from := m.a[i*n+low:i*n+high], j[i*n+low:i*n+high]
		for k, v := range from {
			row[k] = convert(-v)
		}
		row[i-low] += shift
		m.first[i], m.last[i] = low, min(n-1, i+b.lower+b.upper)
	}
	return m.factorise(b.lower)
}

// factorise overwrites the matrix by its factors.
func (m *matrix[T]) factorise(lower int) bool {
	n, a := m.n, m.a
	for k := range n {
		end := min(n, k+lower+1)
		p, largest := k, m.size(a[k*n+k])
		for i := k + 1; i < end; i++ {
			if s := m.size(a[i*n+k]); s > largest {
				p, largest = i, s
			}
		}
		if largest == 0 || !finite(largest) {
			return false
		}
		m.pivot[k] = p
		high := m.last[k] + 1
		if p != k {
			low := min(m.first[k], m.first[p])
			x, y := a[k*n+low:k*n+high], a[p*n+low:p*n+high]
			for j := range x {
				x[j], y[j] = y[j], x[j]
			}
			m.first[k], m.first[p] = m.first[p], m.first[k]
		}
		inverse := 1 / a[k*n+k]
		m.inverse[k] = inverse
		x := a[k*n+k+1 : k*n+high]
		for i := k + 1; i < end; i++ {
			l := a[i*n+k]
			if l == 0 {
				continue
			}
			l *= inverse
			a[i*n+k] = l
			y := a[i*n+k+1 : i*n+high]
			y = y[:len(x)]
			for j, v := range x {
				y[j] -= l * v
			}
		}
	}
	return true
}

// solve overwrites b by the solution.
func (m *matrix[T]) solve(b []T) {
	n, a := m.n, m.a
	for k, p := range m.pivot {
		b[k], b[p] = b[p], b[k]
	}
	for i := range n {
		low := m.first[i]
		row, x := a[i*n+low:i*n+i], b[low:i]
		sum := b[i]
		for j, v := range row {
			sum -= v * x[j]
		}
		b[i] = sum
	}
	for i := n - 1; i >= 0; i-- {
		high := m.last[i] + 1
		row, x := a[i*n+i+1:i*n+high], b[i+1:high]
		sum := b[i]
		for j, v := range row {
			sum -= v * x[j]
		}
		b[i] = sum * m.inverse[i]
	}
}
