package fmap

import (
	"slices"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"continuousnet/cnet/engine/native/call"
	"continuousnet/cnet/engine/native/ops"
)

// native is a map as [B, H, W, C], with the operations of package ops.
//
// Batch norm and ReLU are not applied to it: the map is x with a transform, and what reads the map computes
//
//	u = scale·(x − centre) + offset,  u = max(0, u)
//
// while it reads x, which saves a pass over the map, and the memory for u. Readers of the same map each compute that
// again.
type native struct {
	shape   ops.Map
	from    *source
	vectors []*Node // scale, centre and offset, [C] each; nil if there are none
	relu    bool

	plain *native // the result of applied, which several readers may ask for
}

// source is x of a map. A convolution is not built before it is used: it computes the statistics of its result on the
// way if the first user is a batch norm, and saves itself the trouble if not.
type source struct {
	conv           func(statistics bool) []*Node
	x              *Node
	mean, variance *Node // nil unless somebody has asked
}

func newNative(x *Node) *native {
	d := x.Shape().Dimensions
	return &native{shape: ops.Map{Batch: d[0], Height: d[1], Width: d[2], Channels: d[3]}, from: &source{x: x}}
}

// value returns x.
func (s *source) value() *Node {
	if s.x == nil {
		s.x = s.conv(false)[0]
	}
	return s.x
}

// moments returns mean and variance of x over the batch.
func (s *source) moments(shape ops.Map) (mean, variance *Node) {
	switch {
	case s.x == nil:
		outs := s.conv(true)
		s.x, s.mean, s.variance = outs[0], outs[1], outs[2]
	case s.mean == nil:
		outs := call.Op(ops.Moments{Map: shape}, s.x)
		s.mean, s.variance = outs[0], outs[1]
	}
	return s.mean, s.variance
}

func (m *native) pre() ops.Pre { return ops.Pre{Affine: m.vectors != nil, ReLU: m.relu} }

// inputs are those of an operation that reads the map: x, and the vectors of its transform.
func (m *native) inputs() []*Node { return append([]*Node{m.from.value()}, m.vectors...) }

// applied returns the map without a transform.
func (m *native) applied() *native {
	if m.pre() == (ops.Pre{}) {
		return m
	}
	if m.plain == nil {
		m.plain = newNative(call.Op(ops.Apply{Map: m.shape, Pre: m.pre()}, m.inputs()...)[0])
	}
	return m.plain
}

// linear returns the map without a ReLU in its transform.
func (m *native) linear() *native {
	if m.relu {
		return m.applied()
	}
	return m
}

// transformed returns the map with a transform in place of its own.
func (m *native) transformed(scale, centre, offset *Node) *native {
	return &native{shape: m.shape, from: m.from, vectors: []*Node{scale, centre, offset}}
}

func (m *native) zeros() *Node {
	g := m.from.value().Graph()
	return Zeros(g, shapes.Make(m.from.value().DType(), m.shape.Channels))
}

func (m *native) Dims() []int {
	return []int{m.shape.Batch, m.shape.Height, m.shape.Width, m.shape.Channels}
}

func (m *native) Pixels() int { return m.shape.Pixels() }

func (m *native) Conv(kernel, bias *Node, stride int, relu bool) Map {
	out, size := checkKernel(kernel, m.shape.Channels, stride)
	op := ops.Conv{
		In: m.shape, Out: out, Size: size, Stride: stride, Pre: m.pre(), Bias: bias != nil, ReLU: relu,
	}
	inputs := append(m.inputs(), kernel)
	if bias != nil {
		inputs = append(inputs, bias)
	}
	return &native{shape: op.Result(), from: &source{conv: func(statistics bool) []*Node {
		op.Stats = statistics
		return call.Op(op, inputs...)
	}}}
}

func (m *native) BatchNorm(scale, offset *Node, epsilon float64) (y Map, mean, variance *Node) {
	m = m.applied()
	mean, variance = m.from.moments(m.shape)
	a := call.Op(ops.Norm{Channels: m.shape.Channels, Epsilon: epsilon}, scale, variance)[0]
	return m.transformed(a, mean, offset), mean, variance
}

func (m *native) Affine(scale, offset *Node) Map {
	m = m.applied()
	return m.transformed(scale, m.zeros(), offset)
}

func (m *native) ReLU() Map {
	return &native{shape: m.shape, from: m.from, vectors: m.vectors, relu: true}
}

func (m *native) Scale(factor *Node) Map {
	m = m.linear()
	if m.vectors == nil {
		return m.transformed(BroadcastToDims(factor, m.shape.Channels), m.zeros(), m.zeros())
	}
	return m.transformed(Mul(m.vectors[0], factor), m.vectors[1], Mul(m.vectors[2], factor))
}

func (m *native) Mul(y Map) Map {
	return newNative(Mul(m.applied().from.value(), m.same(y).applied().from.value()))
}

// same returns y as a native map; it panics unless it has the shape of m.
func (m *native) same(y Map) *native {
	t, ok := y.(*native)
	if !ok || t.shape != m.shape {
		exceptions.Panicf("fmap: cannot combine maps of different shapes")
	}
	return t
}

func (m *native) Combine(coefficients []float64, terms []Map) Map {
	op := ops.Combine{Map: m.shape}
	var list []*native
	for i, term := range terms {
		t := m.same(term).linear()
		if coefficients[i] != 0 {
			op.Terms = append(op.Terms, ops.Term{Coefficient: coefficients[i], Affine: t.vectors != nil})
			list = append(list, t)
		}
	}
	if len(list) == 0 {
		return m
	}
	// A term's transform costs nothing, but the operation has none for x.
	if x := m.linear(); x.vectors != nil {
		if i := slices.Index(op.Terms, ops.Term{Coefficient: 1}); i >= 0 {
			m, list[i] = list[i], x
			op.Terms[i].Affine = true
		}
	}
	inputs := m.applied().inputs()
	for _, t := range list {
		inputs = append(inputs, t.inputs()...)
	}
	return newNative(call.Op(op, inputs...)[0])
}

func (m *native) MeanPool() *Node {
	return call.Op(ops.MeanPool{Map: m.shape, Pre: m.pre()}, m.inputs()...)[0]
}

func (m *native) Images() *Node { return m.applied().from.value() }

func (m *native) nodes() []*Node         { return []*Node{m.Images()} }
func (m *native) with(nodes []*Node) Map { return newNative(nodes[0]) }
