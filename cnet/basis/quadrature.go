package basis

import "math"

// gauss returns the points and weights of Gauss–Legendre quadrature on [0, 1], exact for polynomials of degree 2n-1
// (NIST DLMF 3.5(v)). The zeros of P_n are found by Newton's method from x_i ≈ cos(π(i+3/4)/(n+1/2)).
func gauss(n int) (points, weights []float64) {
	points, weights = make([]float64, n), make([]float64, n)
	p := make([]float64, n+1)
	for i := range n {
		x := -math.Cos(math.Pi * (float64(i) + 0.75) / (float64(n) + 0.5))
		var slope float64
		for range 8 { // convergence is quadratic: four are enough
			legendre(x, p)
			slope = float64(n) * (x*p[n] - p[n-1]) / (x*x - 1)
			x -= p[n] / slope
		}
		points[i] = (1 + x) / 2
		weights[i] = 1 / ((1 - x*x) * slope * slope)
	}
	return points, weights
}

// quadrature visits the points of an integral over [0, 1] of functions from both bases, exact for polynomials of the
// given degree on the cells that both have in common: Gauss points in each, with the values of both bases there. The
// weights sum to a.Cells()·b.Cells(); they are whole numbers for degree 0, so that averages of piecewise constants come
// out exactly.
func quadrature(a, b Basis, degree int, visit func(weight float64, atA, atB []float64)) {
	points, weights := gauss(max(degree, 0)/2 + 1)
	// In units of 1/(na·nb) all ends of cells are integers: a cell of a is nb long, and one of b is na.
	na, nb := a.Cells(), b.Cells()
	inside := func(width, begin int, offset float64) Point {
		return Point{begin / width, (float64(begin%width) + offset) / float64(width)}
	}
	for begin := 0; begin < na*nb; {
		end := min((begin/nb+1)*nb, (begin/na+1)*na)
		length := float64(end - begin)
		for i, s := range points {
			visit(length*weights[i], a.At(inside(nb, begin, length*s)), b.At(inside(na, begin, length*s)))
		}
		begin = end
	}
}
