package ops

import (
	"math"

	"continuousnet/cnet/engine/native/kernels"
)

// Elementwise is an operation on each number of one tensor or two. The operands may be smaller than the result, or be
// read in another order.
//
//	z[i, j, …] = Kind(x[i·X[0] + j·X[1] + …], y[i·Y[0] + j·Y[1] + …])
//
// A stride of 0 repeats an operand along an axis. It is not called by name: graphs have operations for it.
type Elementwise struct {
	Kind ElementKind
	Dims []int // of the result; at least one
	X, Y []int // strides of the operands, in numbers; Y is empty if there is one operand
}

// ElementKind is what an Elementwise computes.
type ElementKind int

const (
	Copy ElementKind = iota
	Neg
	Abs
	Sqrt
	Add
	Sub
	Mul
	Div
	Max
	Min
)

// piece is the number of results that a worker computes at once. Less than that is not worth a second worker.
const piece = 1 << 14

// NewElementwise returns an operation with as few axes as do the same: axes of length 1 are left out, and those are
// joined that both operands walk through as one. The last strides must be 0 or 1, except that of a Copy.
func NewElementwise(kind ElementKind, dims, x, y []int) *Elementwise {
	op := &Elementwise{Kind: kind}
	for a, d := range dims {
		if d == 1 {
			continue
		}
		last := len(op.Dims) - 1
		joins := func(list, strides []int) bool { return len(list) == 0 || list[last] == strides[a]*d }
		if last >= 0 && joins(op.X, x) && joins(op.Y, y) {
			op.Dims[last] *= d
		} else {
			op.Dims, op.X = append(op.Dims, d), append(op.X, 0)
			if y != nil {
				op.Y = append(op.Y, 0)
			}
			last++
		}
		op.X[last] = x[a]
		if y != nil {
			op.Y[last] = y[a]
		}
	}
	if len(op.Dims) == 0 {
		op.Dims, op.X = []int{1}, []int{0}
		if y != nil {
			op.Y = []int{0}
		}
	}
	return op
}

// Whole reports whether the result may take the place of an operand: each of its numbers is read for the same number of
// the result.
func (op *Elementwise) Whole(operand int) bool {
	strides := op.X
	if operand == 1 {
		strides = op.Y
	}
	if len(strides) == 0 {
		return false
	}
	n := 1
	for a := len(op.Dims) - 1; a >= 0; a-- {
		if strides[a] != n && op.Dims[a] != 1 {
			return false
		}
		n *= op.Dims[a]
	}
	return true
}

// Scratch implements Op.
func (op *Elementwise) Scratch(*Workers) (each, shared int) { return 0, 0 }

// Run implements Op.
func (op *Elementwise) Run(w *Workers, in, out [][]float32) {
	z := out[0]
	if len(z) == 0 {
		return
	}
	var y []float32
	if len(op.Y) > 0 {
		y = in[1]
	}
	axis := len(op.Dims) - 1
	row := op.Dims[axis]
	rows := len(z) / row
	if len(z) <= piece {
		op.rows(w, nil, z, in[0], y, 0, rows)
		return
	}
	if rows == 1 {
		x, sx, sy := in[0], op.X[0], 0
		if y != nil {
			sy = op.Y[0]
		}
		w.Each((row+piece-1)/piece, func(one *Worker, i int) {
			from, to := i*piece, min((i+1)*piece, row)
			op.row(w, one, z[from:to], x[from*sx:], y[min(from*sy, len(y)):], sx, sy)
		})
		return
	}
	x, some := in[0], max(1, piece/row)
	w.Each((rows+some-1)/some, func(one *Worker, i int) { op.rows(w, one, z, x, y, i*some, min((i+1)*some, rows)) })
}

// rows computes some rows of the last axis.
func (op *Elementwise) rows(w *Workers, one *Worker, z, x, y []float32, from, to int) {
	axis := len(op.Dims) - 1
	n, sx, sy := op.Dims[axis], op.X[axis], 0
	if y != nil {
		sy = op.Y[axis]
	}
	for r := from; r < to; r++ {
		fromX, fromY, rest := 0, 0, r
		for a := axis - 1; a >= 0; a-- {
			i := rest % op.Dims[a]
			rest /= op.Dims[a]
			fromX += i * op.X[a]
			if y != nil {
				fromY += i * op.Y[a]
			}
		}
		op.row(w, one, z[r*n:(r+1)*n], x[fromX:], y[fromY:], sx, sy)
	}
}

// row computes z from x and y with strides sx and sy.
func (op *Elementwise) row(w *Workers, one *Worker, z, x, y []float32, sx, sy int) {
	if y == nil {
		op.unary(z, x, sx)
		return
	}
	switch {
	case sx == 1 && sy == 1:
		if one != nil && (op.Kind == Add || op.Kind == Sub) {
			n := len(z) / block * block
			addRow(w, one, z[:n], x, y, op.Kind == Sub)
			z, x, y = z[n:], x[n:], y[n:]
		}
		pairs(op.Kind, z, x[:len(z)], y[:len(z)])
	case sx == 1:
		right(op.Kind, z, x[:len(z)], y[0])
	case sy == 1:
		left(op.Kind, z, x[0], y[:len(z)])
	default:
		pairs(op.Kind, z[:1], x[:1], y[:1])
		fill(z, z[0])
	}
}

var (
	noOffset [block]float32
	plusOne  = filled(1)
	minusOne = filled(-1)
)

func filled(v float32) (x [block]float32) {
	fill(x[:], v)
	return x
}

// addRow computes z = x ± y, a multiple of block numbers, by a kernel.
func addRow(w *Workers, one *Worker, z, x, y []float32, subtract bool) {
	if len(z) == 0 {
		return
	}
	scale := &plusOne
	if subtract {
		scale = &minusOne
	}
	one.terms[0] = kernels.Term{Source: &y[0], Scale: &scale[0]}
	one.combine = kernels.CombineRow{
		Target: &z[0], Source: &x[0], Offset: &noOffset[0], Terms: &one.terms[0], Count: 1,
		Pixels: len(z) / block, Channels: block, Pixel: block,
	}
	w.Kernels.Combine(&one.combine)
}

func fill(z []float32, v float32) {
	for i := range z {
		z[i] = v
	}
}

func (op *Elementwise) unary(z, x []float32, stride int) {
	if stride == 0 {
		op.unary(z[:1], x, 1)
		fill(z, z[0])
		return
	}
	if stride != 1 { // only a Copy has that
		for i := range z {
			z[i] = x[i*stride]
		}
		return
	}
	x = x[:len(z)]
	switch op.Kind {
	case Copy:
		copy(z, x)
	case Neg:
		for i, v := range x {
			z[i] = -v
		}
	case Abs:
		for i, v := range x {
			z[i] = math.Float32frombits(math.Float32bits(v) &^ (1 << 31))
		}
	case Sqrt:
		for i, v := range x {
			z[i] = float32(math.Sqrt(float64(v)))
		}
	default:
		panic("ops: unknown element-wise operation")
	}
}

// pairs computes z[i] from x[i] and y[i].
func pairs(kind ElementKind, z, x, y []float32) {
	switch kind {
	case Add:
		for i := range z {
			z[i] = x[i] + y[i]
		}
	case Sub:
		for i := range z {
			z[i] = x[i] - y[i]
		}
	case Mul:
		for i := range z {
			z[i] = x[i] * y[i]
		}
	case Div:
		for i := range z {
			z[i] = x[i] / y[i]
		}
	case Max:
		for i := range z {
			z[i] = max(x[i], y[i])
		}
	case Min:
		for i := range z {
			z[i] = min(x[i], y[i])
		}
	default:
		panic("ops: unknown element-wise operation")
	}
}

// right computes z[i] from x[i] and y.
func right(kind ElementKind, z, x []float32, y float32) {
	switch kind {
	case Add:
		for i := range z {
			z[i] = x[i] + y
		}
	case Sub:
		for i := range z {
			z[i] = x[i] - y
		}
	case Mul:
		for i := range z {
			z[i] = x[i] * y
		}
	case Div:
		for i := range z {
			z[i] = x[i] / y
		}
	case Max:
		for i := range z {
			z[i] = max(x[i], y)
		}
	case Min:
		for i := range z {
			z[i] = min(x[i], y)
		}
	default:
		panic("ops: unknown element-wise operation")
	}
}

// left computes z[i] from x and y[i].
func left(kind ElementKind, z []float32, x float32, y []float32) {
	switch kind {
	case Sub:
		for i := range z {
			z[i] = x - y[i]
		}
	case Div:
		for i := range z {
			z[i] = x / y[i]
		}
	default:
		right(kind, z, y, x)
	}
}
