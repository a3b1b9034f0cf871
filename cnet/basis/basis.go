package basis

import (
	"fmt"
	"math"
)

// Basis is a set of functions φ_k, k < K, of depth t in [0, 1]. It is identified by its name and K, which is all that
// configurations and saved networks hold of it.
//
// To add a basis, implement these methods and call Register. Jumps and exact times are handled in this package.
type Basis interface {
	// Name returns the name of the family, as in a configuration: "piecewise_constant".
	Name() string
	// NumBasis returns K.
	NumBasis() int
	// Check returns an error if there is no such basis, as with too few functions.
	Check() error
	// Cells returns the number of equal cells of [0, 1], on each of which every function is smooth. Functions may jump
	// or bend at the whole multiples of 1/Cells, and nowhere else.
	Cells() int
	// At returns φ_k(p) for all k: [K].
	At(p Point) []float64
	// Degree returns the degree of the functions as polynomials on a cell, for which quadrature is exact. For other
	// functions it is the degree of polynomials that agree with them up to rounding.
	Degree() int
	// Nodes returns the K points at which Interpolate compares functions.
	Nodes() []Point
	// Refined returns the basis with m >= 1 times as many cells, or functions if it has only one cell, that contains
	// this one.
	Refined(m int) Basis
}

// Point is a depth within a cell, t = (Cell + Fraction)/Cells(). The end of a cell and the beginning of the next are
// the same t but two points, fraction 1 and fraction 0, at which a function that jumps has different values.
type Point struct {
	Cell     int
	Fraction float64 // in [0, 1]
}

// Values returns φ_k(t) for all k, [K]; at a jump the values from the right, except at t = 1. It is for plots; networks
// use Stage. A t outside [0, 1] counts as the nearer end; for a NaN the values are NaN.
func Values(b Basis, t float64) []float64 { return Stage(b, 0, 1, t) }

// Stage returns φ_k for all k, [K], at the time c in [0, 1] within a step, where [0, 1] is divided into the given
// number of equal steps, counted from 0.
//
// A stage never sees beyond its own step: at a jump between two steps, c = 1 gives the value at the end of the first,
// and c = 0 the value at the beginning of the second. At a jump inside a step the value is the one from the right. The
// cells of a step are computed with integers, because truncating t·Cells in floating point picks a wrong cell, already
// for three of them, and at the end of a step the next cell. A stage less than a billionth of a cell before a jump
// counts as at it, as c may be a rounded 1/3.
//
// A step or a c outside its range counts as the nearest one inside; if c is NaN, the values are NaN.
func Stage(b Basis, step, steps int, c float64) []float64 {
	values := b.At(locate(b.Cells(), step, steps, c))
	if math.IsNaN(c) {
		for k := range values {
			values[k] = c
		}
	}
	return values
}

// locate returns the point at which a stage lies (see Stage).
func locate(cells, step, steps int, c float64) Point {
	steps = max(steps, 1)
	step = min(max(step, 0), steps-1)
	c = min(max(c, 0), 1)

	begin := step * cells // in units of 1/(cells·steps), of which a step has cells and a cell has steps
	first, last := begin/steps, (begin+cells-1)/steps
	at := (float64(begin%steps) + c*float64(cells)) / float64(steps) // in cells, from the beginning of the first
	cell := first
	if last > first {
		// The step spans several cells; c is a coefficient of a scheme, such as 1/3, and may be rounded down.
		const rounding = 1e-9
		cell = min(max(first+int(math.Floor(at+rounding)), first), last)
	}
	return Point{cell, min(max(at-float64(cell-first), 0), 1)}
}

// Constant returns the coefficients [K] of the function 1: all ones where coefficients are values of the function, and
// 1, 0, 0, ... for polynomials and waves.
func Constant(b Basis) ([]float64, error) {
	matrix, err := Interpolate(PiecewiseConstant{1}, b)
	if err != nil {
		return nil, err
	}
	return Apply(matrix, []float64{1}), nil
}

// most is the largest number of functions: matrices are dense, and no network is that deep.
const most = 1024

// checkFunctions refuses too few functions and too many.
func checkFunctions(b Basis, least int) error {
	switch k := b.NumBasis(); {
	case k < least:
		return fmt.Errorf("basis: the number of functions of %s must be at least %d, got %d", b.Name(), least, k)
	case k > most:
		return fmt.Errorf("basis: the number of functions of %s must be at most %d, got %d", b.Name(), most, k)
	}
	return nil
}

// check refuses bases that this package cannot compute with.
func check(bases ...Basis) error {
	for _, b := range bases {
		if b == nil {
			return fmt.Errorf("basis: got nil instead of a basis")
		}
		if err := b.Check(); err != nil {
			return err
		}
		k := b.NumBasis()
		cells, values, nodes := b.Cells(), len(b.At(Point{})), len(b.Nodes())
		if k < 1 || cells < 1 || values != k || nodes != k {
			return fmt.Errorf("basis: %s has %d functions on %d cells, but %d values at a point and %d nodes; "+
				"expected as many",
				b.Name(), k, cells, values, nodes)
		}
	}
	return nil
}

// zeros returns k zeros; fewer for a k that Check refuses, so that nothing panics or takes much memory.
func zeros(k int) []float64 { return make([]float64, min(max(k, 0), most)) }
