package basis

import "math"

// waves holds the coefficients of Σ a_n·cos nφ, which is the polynomial Σ a_n·T_n(x) where x = cos φ.
type waves []float64

// chebyshevSeries returns the matrix [degree+1, K] that makes the coefficients of waves of those of θ on a cell,
// with x = 2·fraction - 1, by interpolation at Chebyshev's points (Trefethen, Approximation Theory and Approximation
// Practice, chapter 3).
func chebyshevSeries(b Basis, cell int) [][]float64 {
	n := b.Degree() + 1
	points := make([][]float64, n)
	for i := range points {
		points[i] = b.At(Point{cell, (1 + math.Cos(math.Pi*(float64(i)+0.5)/float64(n))) / 2})
	}
	matrix := make([][]float64, n)
	for m := range matrix {
		matrix[m] = make([]float64, b.NumBasis())
		for i, values := range points {
			// The angle is reduced in integers: m·(2i+1)·π/(2n).
			c := 2 / float64(n) * math.Cos(math.Pi*float64(m*(2*i+1)%(4*n))/float64(2*n))
			if m == 0 {
				c /= 2
			}
			for k, v := range values {
				matrix[m][k] += c * v
			}
		}
	}
	return matrix
}

// at returns the value at an angle, by Clenshaw's recurrence.
func (a waves) at(phi float64) float64 {
	x := 2 * math.Cos(phi)
	b1, b2 := 0.0, 0.0
	for n := len(a) - 1; n > 0; n-- {
		b1, b2 = a[n]+x*b1-b2, b1
	}
	return a[0] + x/2*b1 - b2
}

// least returns a value of the function, and by how much the least one may be lower. Intervals of φ are halved as long
// as the least value in them may be lower: with |f″| ≤ M = Σ n²·|a_n|, f is above the parabola of curvature M through
// both ends of an interval.
func (a waves) least() (value, slack float64) {
	size, bend := 0.0, 0.0
	for n, c := range a[1:] {
		size += math.Abs(c)
		bend += float64((n+1)*(n+1)) * math.Abs(c)
	}
	slack = 1e-13*size + 64*0x1p-52*math.Abs(a[0])
	if !(size+math.Abs(a[0]) < math.Inf(1)) {
		return math.NaN(), 0
	}
	type interval struct{ from, to, left, right float64 }
	n := 2 * len(a)
	var open []interval
	value = a.at(0)
	for i, left := 0, value; i < n; i++ {
		from, to := math.Pi*float64(i)/float64(n), math.Pi*float64(i+1)/float64(n)
		right := a.at(to)
		open = append(open, interval{from, to, left, right})
		value, left = min(value, right), right
	}
	for len(open) > 0 {
		p := open[len(open)-1]
		open = open[:len(open)-1]
		width, rise := p.to-p.from, p.right-p.left
		bound := min(p.left, p.right)
		if fall := bend * width * width; math.Abs(rise) < fall/2 {
			bound = (p.left+p.right)/2 - fall/8 - rise*rise/(2*fall)
		}
		if bound >= value-slack {
			continue
		}
		at := (p.from + p.to) / 2
		middle := a.at(at)
		value = min(value, middle)
		open = append(open, interval{p.from, at, p.left, middle}, interval{at, p.to, middle, p.right})
	}
	return value, slack
}
