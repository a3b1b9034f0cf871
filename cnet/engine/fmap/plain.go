package fmap

import (
	"slices"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// plain is a map as [B, H, W, C] in GoMLX's operations alone, with GoMLX's gradients. The other layouts have gradients
// of their own, which themselves have no right gradient.
type plain struct{ x *Node }

func (m plain) channels() int   { return m.x.Shape().Dimensions[3] }
func (m plain) Dims() []int     { return slices.Clone(m.x.Shape().Dimensions) }
func (m plain) Pixels() int     { return m.x.Shape().Size() / m.channels() }
func (m plain) Images() *Node   { return m.x }
func (m plain) MeanPool() *Node { return ReduceMean(m.x, 1, 2) }

// Conv is a product of a matrix with the kernel, as the gradients of the backends' convolutions have none of their own.
// A row of the matrix holds the pixels under the kernel, for each pixel of the result. The stride must be 1.
func (m plain) Conv(kernel, bias *Node, stride int, relu bool) Map {
	out, size := checkKernel(kernel, m.channels(), stride)
	if stride != 1 {
		exceptions.Panicf("fmap: a convolution of a plain map has stride 1, got %d", stride)
	}
	pixels := m.x
	if size > 1 {
		pixels = patches(m.x, size)
	}
	y := plain{DotGeneral(pixels, []int{3}, nil, Reshape(kernel, out, size*size*m.channels()), []int{1}, nil)}
	if bias != nil {
		y.x = Add(y.x, y.perChannel(bias))
	}
	if relu {
		return y.ReLU()
	}
	return y
}

// patches returns the size×size pixels around each pixel of x [B, H, W, C], with zeros beyond the border, as [B, H, W,
// size·size·C]. It is linear, and its gradient is the transposed operation, whose gradient is patches again: GoMLX has
// no gradient for Pad, of which the gradient of Slice is made.
func patches(x *Node, size int) *Node {
	return withVJP([]*Node{x},
		func(in []*Node) *Node {
			padded := bordered(in[0], size/2)
			var list []*Node
			for k := range size * size {
				list = append(list, cut(padded, k/size, k%size, x.Shape().Dimensions))
			}
			return Concatenate(list, 3)
		},
		func(_, dy *Node) []*Node { return []*Node{gathered(dy, size)} })
}

// gathered is the transpose of patches: it adds up what each pixel gave to the patches around it.
func gathered(y *Node, size int) *Node {
	return withVJP([]*Node{y},
		func(in []*Node) *Node {
			d := y.Shape().Dimensions
			channels := d[3] / (size * size)
			dims := []int{d[0], d[1], d[2], channels}
			var sum *Node
			for k := range size * size {
				own := Slice(in[0], AxisRange(), AxisRange(), AxisRange(), AxisRange(k*channels, (k+1)*channels))
				own = cut(bordered(own, size/2), size-1-k/size, size-1-k%size, dims)
				if sum == nil {
					sum = own
				} else {
					sum = Add(sum, own)
				}
			}
			return sum
		},
		func(_, dx *Node) []*Node { return []*Node{patches(dx, size)} })
}

// bordered returns x [B, H, W, C] within a border of zeros.
func bordered(x *Node, width int) *Node {
	for axis := 1; axis <= 2; axis++ {
		dims := slices.Clone(x.Shape().Dimensions)
		dims[axis] = width
		zeros := Zeros(x.Graph(), shapes.Make(x.DType(), dims...))
		x = Concatenate([]*Node{zeros, x, zeros}, axis)
	}
	return x
}

// cut returns the part of x that begins at a row and a column and has these dimensions.
func cut(x *Node, row, column int, dims []int) *Node {
	return Slice(x, AxisRange(), AxisRange(row, row+dims[1]), AxisRange(column, column+dims[2]), AxisRange())
}

func (m plain) BatchNorm(scale, offset *Node, epsilon float64) (y Map, mean, variance *Node) {
	mean = m.average()
	centred := plain{Sub(m.x, m.perChannel(mean))}
	variance = plain{Square(centred.x)}.average()
	a := Div(scale, Sqrt(AddScalar(variance, epsilon)))
	return centred.Affine(a, offset), StopGradient(mean), StopGradient(variance)
}

// average returns the mean of each channel, [C], one axis after another; see standard.sum.
func (m plain) average() *Node { return ReduceMean(ReduceMean(ReduceMean(m.x, 2), 1), 0) }

func (m plain) Affine(scale, offset *Node) Map {
	return plain{Add(Mul(m.x, m.perChannel(scale)), m.perChannel(offset))}
}

// ReLU gives ties to the constant; see standard.ReLU.
func (m plain) ReLU() Map { return plain{Max(ScalarZero(m.x.Graph(), m.x.DType()), m.x)} }

func (m plain) Scale(factor *Node) Map { return plain{Mul(m.x, factor)} }
func (m plain) Mul(y Map) Map          { return plain{Mul(m.x, m.same(y).x)} }

// same is y as a plain map; it panics unless it has the shape of m.
func (m plain) same(y Map) plain {
	t, ok := y.(plain)
	if !ok || !t.x.Shape().Equal(m.x.Shape()) {
		exceptions.Panicf("fmap: cannot combine maps of different shapes")
	}
	return t
}

func (m plain) Combine(coefficients []float64, terms []Map) Map {
	y := m.x
	for i, term := range terms {
		y = addScaled(y, coefficients[i], m.same(term).x)
	}
	return plain{y}
}

func (m plain) perChannel(v *Node) *Node { return Reshape(v, 1, 1, 1, m.channels()) }

func (m plain) nodes() []*Node         { return []*Node{m.x} }
func (m plain) with(nodes []*Node) Map { return plain{nodes[0]} }
