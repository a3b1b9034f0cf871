package basis

import "math"

// Legendre is the basis of the polynomials P_k(2t-1), k < K: the Legendre polynomials shifted to [0, 1], in their usual
// normalisation P_k(1) = 1. They are orthogonal there, with ∫ φ_k² dt = 1/(2k+1), so projecting to fewer drops
// coefficients.
type Legendre struct{ K int }

func (b Legendre) Name() string  { return "legendre" }
func (b Legendre) NumBasis() int { return b.K }
func (b Legendre) Check() error  { return checkFunctions(b, 1) }
func (b Legendre) Cells() int    { return 1 }
func (b Legendre) Degree() int   { return b.K - 1 }

// At evaluates Bonnet's recurrence (NIST DLMF, table 18.9.1).
func (b Legendre) At(p Point) []float64 {
	values := zeros(b.K)
	legendre(2*p.Fraction-1, values)
	return values
}

// Nodes returns the K Gauss points, the zeros of P_K(2t-1).
func (b Legendre) Nodes() []Point {
	points, _ := gauss(len(zeros(b.K)))
	nodes := make([]Point, len(points))
	for i, t := range points {
		nodes[i] = Point{0, t}
	}
	return nodes
}

// Refined raises the number of functions m times; the new coefficients are zero.
func (b Legendre) Refined(m int) Basis { return Legendre{m * b.K} }

// legendre fills values with P_k(x), (k+1)·P_{k+1} = (2k+1)·x·P_k - k·P_{k-1}.
func legendre(x float64, values []float64) {
	recur(x, values, func(k int, last, before float64) float64 {
		n := float64(k)
		return ((2*n-1)*x*last - (n-1)*before) / n
	})
}

// recur fills values with polynomials that begin with 1 and x, and of which next returns the k-th, given the two
// before.
func recur(x float64, values []float64, next func(k int, last, before float64) float64) {
	for k := range values {
		switch k {
		case 0:
			values[k] = 1
		case 1:
			values[k] = x
		default:
			values[k] = next(k, values[k-1], values[k-2])
		}
	}
}

// Chebyshev is the basis of the polynomials T_k(2t-1), k < K: the Chebyshev polynomials of the first kind shifted to
// [0, 1], all between -1 and 1. They span the same functions as Legendre.
type Chebyshev struct{ K int }

func (b Chebyshev) Name() string  { return "chebyshev" }
func (b Chebyshev) NumBasis() int { return b.K }
func (b Chebyshev) Check() error  { return checkFunctions(b, 1) }
func (b Chebyshev) Cells() int    { return 1 }
func (b Chebyshev) Degree() int   { return b.K - 1 }

// At evaluates the recurrence T_{k+1} = 2x·T_k - T_{k-1} (NIST DLMF, table 18.9.1).
func (b Chebyshev) At(p Point) []float64 {
	x := 2*p.Fraction - 1
	values := zeros(b.K)
	recur(x, values, func(_ int, last, before float64) float64 { return 2*x*last - before })
	return values
}

// Nodes returns the K Chebyshev points of the first kind, the zeros of T_K(2t-1).
func (b Chebyshev) Nodes() []Point {
	nodes := make([]Point, len(zeros(b.K)))
	for i := range nodes {
		// sin² of half the angle is (1 - cos)/2 without cancellation at the ends.
		s := math.Sin(math.Pi * (float64(i) + 0.5) / float64(2*b.K))
		nodes[i] = Point{0, s * s}
	}
	return nodes
}

// Refined raises the number of functions m times; the new coefficients are zero.
func (b Chebyshev) Refined(m int) Basis { return Chebyshev{m * b.K} }
