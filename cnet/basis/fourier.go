package basis

import "math"

// Fourier is the basis of the first K of 1, cos 2πt, sin 2πt, cos 4πt, sin 4πt, ...: function k has frequency (k+1)/2,
// rounded down, and the last cosine has no sine if K is even. They are orthogonal; ∫ φ_k² dt is 1 for k = 0 and 1/2 for
// the others. All have equal values at t = 0 and t = 1, and θ(t) seldom has: expect ripples there.
type Fourier struct{ K int }

func (b Fourier) Name() string  { return "fourier" }
func (b Fourier) NumBasis() int { return b.K }
func (b Fourier) Check() error  { return checkFunctions(b, 1) }
func (b Fourier) Cells() int    { return 1 }

// Degree returns 4m + 36, where m is the largest frequency. The coefficient of T_n in the Chebyshev series of
// exp(2πimt) is 2·J_n(πm) in magnitude (NIST DLMF 10.12), which falls below 1e-16 before n reaches that.
func (b Fourier) Degree() int {
	if b.K == 1 {
		return 0
	}
	return 4*(b.K/2) + 36
}

// At returns the waves at a point.
func (b Fourier) At(p Point) []float64 {
	values := zeros(b.K)
	for k := range values {
		turns := float64((k+1)/2) * p.Fraction
		sin, cos := math.Sincos(2 * math.Pi * (turns - math.Floor(turns)))
		if values[k] = cos; k > 0 && k%2 == 0 {
			values[k] = sin
		}
	}
	return values
}

// Nodes returns t = 0, 1/K, ..., (K-1)/K: with them interpolation is the discrete Fourier transform. The cosine without
// a sine is ±1 there.
func (b Fourier) Nodes() []Point {
	nodes := make([]Point, len(zeros(b.K)))
	for i := range nodes {
		nodes[i] = Point{0, float64(i) / float64(b.K)}
	}
	return nodes
}

// Refined raises the number of functions m times; the new coefficients are zero.
func (b Fourier) Refined(m int) Basis { return Fourier{m * b.K} }
