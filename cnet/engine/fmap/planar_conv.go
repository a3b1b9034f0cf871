package fmap

import (
	"cmp"
	"slices"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// A tap is one term of a convolution: y[·, p] += kernel[·, index, ·] · sources[source][·, p + offset].
type tap struct{ source, offset, index int }

// conv is the convolution with a kernel [O, K·K, C], plus bias [O] or nil, then a ReLU if relu is set.
func (p part) conv(kernel, bias *Node, size, stride int, relu bool) part {
	c := planarConv{geometry: p.geometry, relu: relu}
	sources := []*Node{p.x}
	if stride == 1 {
		c.taps = window(size, p.geometry)
	} else {
		c.geometry = p.halved()
		c.taps, sources = p.stridedWindow(size)
	}
	// By falling offset, the order in which stack can lay them out.
	slices.SortStableFunc(c.taps, func(a, b tap) int { return cmp.Compare(b.offset, a.offset) })
	return part{c.apply(kernel, bias, sources), c.geometry}
}

// window lists the taps of a K×K kernel over one source.
func window(size int, g geometry) []tap {
	var taps []tap
	r := size / 2
	for dy := -r; dy <= r; dy++ {
		for dx := -r; dx <= r; dx++ {
			taps = append(taps, tap{0, dy*g.stride() + dx, len(taps)})
		}
	}
	return taps
}

// stridedWindow lists the taps of a K×K kernel of stride 2, and their sources: the even and odd rows and columns of the
// map make four maps of half the size, over which the taps are shifts by 0 or −1. Nothing is computed to be thrown
// away.
func (p part) stridedWindow(size int) ([]tap, []*Node) {
	half := p.halved()
	var taps []tap
	r := size / 2
	for dy := -r; dy <= r; dy++ {
		for dx := -r; dx <= r; dx++ {
			// Row 2i+dy is row i+(dy-odd)/2 among the even rows (odd = 0) or the odd ones (odd = 1).
			oddY, oddX := dy&1, dx&1
			offset := (dy-oddY)/2*half.stride() + (dx-oddX)/2
			taps = append(taps, tap{2*oddY + oddX, offset, len(taps)})
		}
	}
	phases := []*Node{p.phase(0, 0)}
	if size > 1 {
		phases = append(phases, p.phase(0, 1), p.phase(1, 0), p.phase(1, 1))
	}
	return taps, phases
}

// phase is the map of the pixels (2i+a, 2j+b).
func (p part) phase(a, b int) *Node {
	half, channels := p.halved(), p.channels()
	rows, columns := (p.height-a+1)/2, (p.width-b+1)/2
	if rows == 0 || columns == 0 { // an image one pixel high or wide has no odd rows or columns
		return p.filled(Zeros, channels, half.columns())
	}
	return withVJP([]*Node{p.x},
		func(in []*Node) *Node {
			x := Reshape(in[0], channels, p.batch, p.height+1, p.width+1)
			x = Slice(x, AxisRange(), AxisRange(), AxisRange(a, p.height).Stride(2), AxisRange(b, p.width).Stride(2))
			return addBorder(x, half)
		},
		func(_, dy *Node) []*Node {
			dy = Reshape(dy, channels, half.batch, half.height+1, half.width+1)
			dy = Slice(dy, AxisRange(), AxisRange(), AxisRange(0, rows), AxisRange(0, columns))
			spread := func(n, size, start int) PadAxis {
				return PadAxis{Start: start, End: size - start - (2*n - 1), Interior: 1}
			}
			dy = Pad(dy, ScalarZero(dy.Graph(), dy.DType()), PadAxis{}, PadAxis{},
				spread(rows, p.height+1, a), spread(columns, p.width+1, b))
			return []*Node{Reshape(dy, channels, p.columns())}
		})
}

// planarConv is a convolution between parts: what is fixed when the graph is built. geometry is the one of the
// sources and the result, taps are sorted by falling offset.
type planarConv struct {
	geometry
	taps []tap
	relu bool
}

// outside is what the pixels of the border get before a ReLU: far below anything a network computes, so that the border
// comes out as exactly zero. It costs one more row in the product, where a mask would cost a pass over the result.
const outside = -1e30

// apply returns the result [O, P] for a kernel [O, T, C], a bias [O] or nil, and sources [C, P].
func (c planarConv) apply(kernel, bias *Node, sources []*Node) *Node {
	inputs := append([]*Node{kernel}, sources...)
	if bias != nil {
		inputs = append(inputs, bias)
	}
	// A 1×1 kernel alone leaves a zero border zero.
	masked := !c.relu && (bias != nil || len(c.taps) > 1)
	return withVJP(inputs,
		func(in []*Node) *Node {
			kernel, sources := in[0], in[1:1+len(sources)]
			bias := bias
			if bias != nil {
				bias = in[len(in)-1]
			}
			y := c.product(kernel, bias, sources)
			if masked {
				return Mul(y, c.mask(y.Graph(), y.DType()))
			}
			return y
		},
		func(y, dy *Node) []*Node {
			switch {
			case c.relu:
				dy = Mul(dy, Sign(y))
			case masked:
				dy = Mul(dy, c.mask(y.Graph(), y.DType()))
			}
			return c.adjoints(kernel, bias, sources, dy)
		})
}

// product is the convolution as one matrix product, with anything on the border unless relu makes it zero.
func (c planarConv) product(kernel, bias *Node, sources []*Node) *Node {
	column := shapes.Make(kernel.DType(), kernel.Shape().Dimensions[0], 1)
	zeros := Zeros(kernel.Graph(), column)
	s := c.stack(sources, bias != nil)
	rows, weights := []*Node{s.rows}, []*Node{c.flatten(kernel)}
	switch {
	case bias != nil:
		weights = append([]*Node{ReshapeWithShape(bias, column)}, weights...)
	case s.before:
		weights = append([]*Node{zeros}, weights...)
	}
	if s.after {
		weights = append(weights, zeros)
	}
	if c.relu {
		border := OneMinus(c.mask(kernel.Graph(), kernel.DType()))
		rows = append(rows, border)
		weights = append(weights, AddScalar(zeros, outside))
	}
	y := Dot(concatenate(weights, 1), concatenate(rows, 0)).Product()
	if c.relu {
		y = MaxScalar(y, 0)
	}
	return y
}

// adjoints returns those of kernel, sources and bias, given that of the result with a zero border.
func (c planarConv) adjoints(kernel, bias *Node, sources []*Node, dy *Node) []*Node {
	d := kernel.Shape().Dimensions
	out, taps, channels := d[0], d[1], d[2]
	// The stack is the largest tensor by far. The barrier has it made again here instead of kept since the forward
	// pass.
	again := make([]*Node, len(sources))
	for i, x := range sources {
		again[i] = SchedulingBarrier(x, dy)
	}
	s := c.stack(again, bias != nil)
	dweights := DotGeneral(dy, []int{1}, nil, s.rows, []int{1}, nil)
	first := 0
	if s.before {
		first = 1
	}
	dkernel := Slice(dweights, AxisRange(), AxisRange(first, first+taps*channels))
	adjoints := []*Node{c.unflatten(dkernel, d)}
	transposed := TransposeAllAxes(kernel, 2, 1, 0)
	for i := range sources {
		// x[·, q] reaches y[·, q - offset] for every tap of its source.
		back := planarConv{geometry: c.geometry}
		for _, t := range slices.Backward(c.taps) {
			if t.source == i {
				back.taps = append(back.taps, tap{0, -t.offset, t.index})
			}
		}
		adjoints = append(adjoints, back.product(transposed, nil, []*Node{dy}))
	}
	if bias != nil {
		adjoints = append(adjoints, Reshape(Slice(dweights, AxisRange(), AxisElem(0)), out))
	}
	return adjoints
}

func concatenate(parts []*Node, axis int) *Node {
	if len(parts) == 1 {
		return parts[0]
	}
	return Concatenate(parts, axis)
}

// flatten is the kernel [O, *, C] as the columns [O, T·C] that match the rows of stack.
func (c planarConv) flatten(kernel *Node) *Node {
	parts := make([]*Node, len(c.taps))
	for i, t := range c.taps {
		parts[i] = Slice(kernel, AxisRange(), AxisElem(t.index), AxisRange())
	}
	d := kernel.Shape().Dimensions
	return Reshape(concatenate(parts, 1), d[0], len(c.taps)*d[2])
}

// unflatten is the inverse of flatten, for a kernel of the given dimensions with one entry per tap.
func (c planarConv) unflatten(flat *Node, dims []int) *Node {
	parts := make([]*Node, len(c.taps))
	for i, t := range c.taps {
		parts[t.index] = Slice(flat, AxisRange(), AxisRange(i*dims[2], (i+1)*dims[2]))
	}
	return Reshape(concatenate(parts, 1), dims...)
}

// stacked are the shifted copies of a convolution's sources, one below the other: [before + T·C + after, P].
type stacked struct {
	rows   *Node
	before bool // a first row that is 1 wherever there are pixels: the place of the bias
	after  bool // a last row that no weight may see
}

// stack lays out the source of each tap, shifted by its offset.
//
// It is one concatenation of flat vectors. To shift the C·P numbers of a source is to begin them that much earlier; the
// next tap, of smaller offset, begins later than a whole C·P after, and the gap is filled with zeros. What a shift
// moves across the end of a row comes from the border, or gets into it. The first source begins in a row of its own,
// and the last one may end in one.
func (c planarConv) stack(sources []*Node, bias bool) stacked {
	channels, columns := sources[0].Shape().Dimensions[0], c.columns()
	first, last := c.taps[0], c.taps[len(c.taps)-1]
	if len(c.taps) == 1 && first.offset == 0 && !bias {
		return stacked{rows: sources[first.source]}
	}
	g, dtype := sources[0].Graph(), sources[0].DType()
	parts := []*Node{Ones(g, shapes.Make(dtype, columns-first.offset))}
	previous := first.offset
	for _, t := range c.taps {
		if gap := previous - t.offset; gap > 0 {
			parts = append(parts, Zeros(g, shapes.Make(dtype, gap)))
		}
		parts = append(parts, Reshape(sources[t.source], channels*columns))
		previous = t.offset
	}
	s := stacked{before: true, after: last.offset != 0}
	rows := 1 + len(c.taps)*channels
	if s.after {
		parts = append(parts, Zeros(g, shapes.Make(dtype, columns+last.offset)))
		rows++
	}
	s.rows = Reshape(Concatenate(parts, 0), rows, columns)
	return s
}
