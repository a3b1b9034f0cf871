package native

import (
	"github.com/gomlx/compute/shapes"

	"continuousnet/cnet/engine/native/ops"
)

// The operations of graphs that need no segment: simple ones on float32. Those that only look at a tensor in another
// way cost nothing, and a broadcast is left to the operation that reads it.

var binary = map[string]ops.ElementKind{
	"Add": ops.Add, "Sub": ops.Sub, "Mul": ops.Mul, "Div": ops.Div, "Max": ops.Max, "Min": ops.Min,
}

var unary = map[string]ops.ElementKind{"Neg": ops.Neg, "Abs": ops.Abs, "Sqrt": ops.Sqrt}

// isGlue reports whether an operation needs no segment.
func (n *node) isGlue() bool {
	if n.op != nil || len(n.out) == 0 || !n.out[0].isFloat32() {
		return false
	}
	switch n.kind {
	case "SchedulingBarrier": // what is waited for may have any type
		return true
	case "Identity", "OptimizationBarrier", "Concatenate":
		for _, v := range n.in {
			if !v.isFloat32() {
				return false
			}
		}
		return true
	case "Reshape", "Slice", "Transpose", "BroadcastInDim":
		return true
	case "ReduceSum":
		_, ok := sumOf(n.in[0].shape, n.args[0].([]int))
		return ok
	}
	_, isUnary := unary[n.kind]
	_, isBinary := binary[n.kind]
	return isUnary || isBinary
}

// emit adds the steps of an operation that isGlue, whose inputs are there.
func (s *schedule) emit(n *node) {
	out := n.out[0]
	switch n.kind {
	case "SchedulingBarrier":
		s.view(out, n.in[0], 0)
	case "Identity", "OptimizationBarrier":
		for i, v := range n.out {
			s.view(v, n.in[i], 0)
		}
	case "Reshape":
		s.view(out, n.in[0], 0)
	case "Slice":
		s.slice(n)
	case "Transpose":
		x := s.stored(n.in[0])
		strides := x.shape.Strides()
		axes := n.args[0].([]int)
		permuted := make([]int, len(axes))
		for i, a := range axes {
			permuted[i] = strides[a]
		}
		s.add(n.kind, ops.NewElementwise(ops.Copy, out.shape.Dimensions, permuted, nil), []*value{x}, out)
	case "BroadcastInDim":
		s.broadcast(n)
	case "Concatenate":
		op := &ops.Join{Outer: 1}
		axis := n.args[0].(int)
		for _, d := range out.shape.Dimensions[:axis] {
			op.Outer *= d
		}
		in := make([]*value, len(n.in))
		for i, v := range n.in {
			in[i] = s.stored(v)
			op.Sizes = append(op.Sizes, v.shape.Size()/max(1, op.Outer))
		}
		s.add(n.kind, op, in, out)
	case "ReduceSum":
		op, _ := sumOf(n.in[0].shape, n.args[0].([]int))
		s.add(n.kind, op, []*value{s.stored(n.in[0])}, out)
	default:
		s.elementwise(n)
	}
}

// elementwise adds the step of an operation on each number.
func (s *schedule) elementwise(n *node) {
	out := n.out[0]
	dims := out.shape.Dimensions
	x, strides := operand(n.in[0], dims)
	if kind, ok := unary[n.kind]; ok {
		s.add(n.kind, ops.NewElementwise(kind, dims, strides, nil), []*value{x}, out)
		return
	}
	y, stridesY := operand(n.in[1], dims)
	s.add(n.kind, ops.NewElementwise(binary[n.kind], dims, strides, stridesY), []*value{x, y}, out)
}

// operand returns what is read for an operand of a result with those dimensions, and the strides.
func operand(v *value, dims []int) (source *value, strides []int) {
	source, strides = v, v.shape.Strides()
	if v.lazy != nil {
		source, strides = v.lazy.source, v.lazy.strides
	}
	all := make([]int, len(dims))
	if v.shape.Rank() == len(dims) {
		for a, d := range dims {
			if v.shape.Dimensions[a] == d {
				all[a] = strides[a]
			}
		}
	}
	return source, all
}

// slice adds what is needed for a part of a tensor: nothing if it is in one piece.
func (s *schedule) slice(n *node) {
	x, out := s.stored(n.in[0]), n.out[0]
	starts, steps := n.args[0].([]int), n.args[2].([]int)
	strides := x.shape.Strides()
	offset, walked, inOne := 0, 1, true
	own := make([]int, len(strides))
	for a := len(strides) - 1; a >= 0; a-- {
		own[a] = strides[a]
		if len(steps) > 0 {
			own[a] *= steps[a]
		}
		offset += starts[a] * strides[a]
		if d := out.shape.Dimensions[a]; d != 1 {
			inOne = inOne && own[a] == walked
			walked *= d
		}
	}
	if inOne {
		s.view(out, x, offset)
		return
	}
	part := &value{shape: out.shape, node: n}
	s.view(part, x, offset)
	part.size = x.shape.Size() - offset
	s.add(n.kind, ops.NewElementwise(ops.Copy, out.shape.Dimensions, own, nil), []*value{part}, out)
}

// broadcast notes how a tensor is repeated. Who needs it in memory asks for it with stored.
func (s *schedule) broadcast(n *node) {
	v, out := n.in[0], n.out[0]
	source, strides := operand(v, v.shape.Dimensions)
	all := make([]int, out.shape.Rank())
	for i, a := range n.args[1].([]int) {
		if v.shape.Dimensions[i] == out.shape.Dimensions[a] {
			all[a] = strides[i]
		}
	}
	out.lazy = &lazy{source, all}
}

// sumOf returns a sum over axes, if they are neighbours.
func sumOf(shape shapes.Shape, axes []int) (*ops.Sum, bool) {
	reduced := make([]bool, shape.Rank())
	for _, a := range axes {
		reduced[a] = true
	}
	for i := range reduced {
		reduced[i] = reduced[i] || len(axes) == 0
	}
	op := &ops.Sum{Outer: 1, Count: 1, Inner: 1}
	for a, d := range shape.Dimensions {
		switch {
		case d == 1:
		case reduced[a] && op.Inner > 1:
			return nil, false
		case reduced[a]:
			op.Count *= d
		case op.Count > 1:
			op.Inner *= d
		default:
			op.Outer *= d
		}
	}
	return op, shape.Size() > 0
}
