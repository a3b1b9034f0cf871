package fmap

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// planar is a map in two halves: the go backend runs independent operations side by side, and copies and element-wise
// operations use one core each, so that two halves keep two cores busy where one whole would not. See part for the
// layout.
type planar struct{ parts []part }

// splitFrom is the smallest batch that is worth two halves.
const splitFrom = 8

func newPlanar(images *Node) planar {
	d := images.Shape().Dimensions
	x := TransposeAllAxes(images, 3, 0, 1, 2)
	batches := []int{d[0]}
	if d[0] >= splitFrom {
		batches = []int{d[0] - d[0]/2, d[0] / 2}
	}
	var m planar
	start := 0
	for _, b := range batches {
		g := geometry{b, d[1], d[2]}
		m.parts = append(m.parts, part{addBorder(Slice(x, AxisRange(), AxisRange(start, start+b)), g), g})
		start += b
	}
	return m
}

// each applies f to every part; the result has the parts' own geometry.
func (m planar) each(f func(i int, p part) *Node) planar {
	result := planar{make([]part, len(m.parts))}
	for i, p := range m.parts {
		result.parts[i] = part{f(i, p), p.geometry}
	}
	return result
}

// concatenated joins what f makes of the parts along the axis of the images.
func (m planar) concatenated(f func(p part) *Node) *Node {
	results := make([]*Node, len(m.parts))
	for i, p := range m.parts {
		results[i] = f(p)
	}
	return concatenate(results, 0)
}

func (m planar) channels() int { return m.parts[0].channels() }

func (m planar) Dims() []int {
	batch := 0
	for _, p := range m.parts {
		batch += p.batch
	}
	return []int{batch, m.parts[0].height, m.parts[0].width, m.channels()}
}

func (m planar) Pixels() int {
	n := 0
	for _, p := range m.parts {
		n += p.batch * p.height * p.width
	}
	return n
}

func (m planar) Conv(kernel, bias *Node, stride int, relu bool) Map {
	out, size := checkKernel(kernel, m.channels(), stride)
	kernel = Reshape(kernel, out, size*size, m.channels())
	result := planar{make([]part, len(m.parts))}
	for i, p := range m.parts {
		result.parts[i] = p.conv(kernel, bias, size, stride, relu)
	}
	return result
}

func (m planar) ReLU() Map { return m.each(func(_ int, p part) *Node { return p.relu() }) }

func (m planar) Scale(factor *Node) Map {
	return m.each(func(_ int, p part) *Node {
		return withVJP([]*Node{factor, p.x},
			func(in []*Node) *Node { return Mul(in[1], in[0]) },
			func(_, dy *Node) []*Node { return []*Node{ReduceAllSum(rowSums(Mul(dy, p.x))), Mul(dy, factor)} })
	})
}

func (m planar) Mul(y Map) Map {
	return m.each(func(i int, p part) *Node { return Mul(p.x, m.same(y, i)) })
}

// same is part i of y; it panics unless y has the shape of m.
func (m planar) same(y Map, i int) *Node {
	t, ok := y.(planar)
	if !ok || len(t.parts) != len(m.parts) || t.parts[i].geometry != m.parts[i].geometry ||
		t.channels() != m.channels() {
		exceptions.Panicf("fmap: cannot combine maps of different shapes")
	}
	return t.parts[i].x
}

func (m planar) Combine(coefficients []float64, terms []Map) Map {
	return m.each(func(i int, p part) *Node {
		y := p.x
		for j, term := range terms {
			y = addScaled(y, coefficients[j], m.same(term, i))
		}
		return y
	})
}

// addScaled is x + c·y for both layouts.
func addScaled(x *Node, c float64, y *Node) *Node {
	switch c {
	case 0:
		return x
	case 1:
		return Add(x, y)
	}
	return Add(x, MulScalar(y, c))
}

func (m planar) MeanPool() *Node { return m.concatenated(part.meanPool) }

func (m planar) Images() *Node {
	return m.concatenated(func(p part) *Node { return TransposeAllAxes(withoutBorder(p.x, p.geometry), 1, 2, 3, 0) })
}

func (m planar) nodes() []*Node {
	list := make([]*Node, len(m.parts))
	for i, p := range m.parts {
		list[i] = p.x
	}
	return list
}

func (m planar) with(nodes []*Node) Map { return m.each(func(i int, _ part) *Node { return nodes[i] }) }
