package basis

import "fmt"

// PiecewiseConstant is the basis of K functions that are 1 on one of K equal cells of [0, 1] and 0 elsewhere, so that
// every cell has its own weights, as in the original.
type PiecewiseConstant struct{ K int }

func (b PiecewiseConstant) Name() string  { return "piecewise_constant" }
func (b PiecewiseConstant) NumBasis() int { return b.K }
func (b PiecewiseConstant) Check() error  { return checkFunctions(b, 1) }
func (b PiecewiseConstant) Cells() int    { return b.K }
func (b PiecewiseConstant) Degree() int   { return 0 }

// At returns 1 for the function of the point's cell, and 0 for the others.
func (b PiecewiseConstant) At(p Point) []float64 {
	values := zeros(b.K)
	if 0 <= p.Cell && p.Cell < len(values) {
		values[p.Cell] = 1
	}
	return values
}

// Nodes returns the midpoints of the cells.
func (b PiecewiseConstant) Nodes() []Point {
	nodes := make([]Point, len(zeros(b.K)))
	for i := range nodes {
		nodes[i] = Point{i, 0.5}
	}
	return nodes
}

// Refined cuts every cell into m.
func (b PiecewiseConstant) Refined(m int) Basis { return PiecewiseConstant{m * b.K} }

// PiecewiseLinear is the basis of functions that are linear on K/2 equal cells and may jump between them, as in the
// discontinuous Galerkin method. Function 2i falls from 1 to 0 on cell i, and function 2i+1 rises from 0 to 1 there: a
// coefficient is the value of θ at the left or the right end of a cell.
type PiecewiseLinear struct{ K int }

func (b PiecewiseLinear) Name() string  { return "piecewise_linear" }
func (b PiecewiseLinear) NumBasis() int { return b.K }
func (b PiecewiseLinear) Cells() int    { return b.K / 2 }
func (b PiecewiseLinear) Degree() int   { return 1 }

// Check refuses an odd number of functions, as each cell has two.
func (b PiecewiseLinear) Check() error {
	if err := checkFunctions(b, 2); err != nil {
		return err
	}
	if b.K%2 != 0 {
		return fmt.Errorf("basis: piecewise_linear has two functions a cell, so their number must be even: %d or %d, "+
			"got %d",
			b.K-1, b.K+1, b.K)
	}
	return nil
}

// At returns 1-s and s for the two functions of the point's cell, where s is its fraction, and 0 for the others.
func (b PiecewiseLinear) At(p Point) []float64 {
	values := zeros(b.K)
	if left := 2 * p.Cell; 0 <= left && left+1 < len(values) {
		values[left], values[left+1] = 1-p.Fraction, p.Fraction
	}
	return values
}

// Nodes returns both ends of every cell.
func (b PiecewiseLinear) Nodes() []Point {
	nodes := make([]Point, len(zeros(b.K)))
	for i := range nodes {
		nodes[i] = Point{i / 2, float64(i % 2)}
	}
	return nodes
}

// Refined cuts every cell into m.
func (b PiecewiseLinear) Refined(m int) Basis { return PiecewiseLinear{m * b.K} }

// Hat is the basis of the finite element method's hat functions: continuous, linear between K equispaced nodes from 0
// to 1, each 1 at one node and 0 at the others. A coefficient is the value of θ at a node. With K = 1 the function is
// the constant 1.
type Hat struct{ K int }

func (b Hat) Name() string  { return "hat" }
func (b Hat) NumBasis() int { return b.K }
func (b Hat) Check() error  { return checkFunctions(b, 1) }
func (b Hat) Cells() int    { return max(b.K-1, 1) }
func (b Hat) Degree() int   { return min(b.K-1, 1) }

// At returns 1-s and s for the hats at both ends of the point's cell, where s is its fraction, and 0 for the others.
func (b Hat) At(p Point) []float64 {
	values := zeros(b.K)
	if len(values) == 1 {
		values[0] = 1
	} else if left := p.Cell; 0 <= left && left+1 < len(values) {
		values[left], values[left+1] = 1-p.Fraction, p.Fraction
	}
	return values
}

// Nodes returns the ends of the cells, or the middle of [0, 1] for K = 1.
func (b Hat) Nodes() []Point {
	if b.K == 1 {
		return []Point{{0, 0.5}}
	}
	nodes := make([]Point, len(zeros(b.K)))
	for i := range nodes {
		nodes[i] = Point{i, 0}
		if i == b.K-1 {
			nodes[i] = Point{i - 1, 1}
		}
	}
	return nodes
}

// Refined cuts every cell into m: K nodes become m(K-1)+1. The constant becomes m nodes.
func (b Hat) Refined(m int) Basis {
	if b.K == 1 {
		return Hat{m}
	}
	return Hat{m*(b.K-1) + 1}
}
