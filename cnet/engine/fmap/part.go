package fmap

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// part is some of the images of a planar map, as a matrix [C, P]: one row a channel, its P = B·(H+1)·(W+1) columns the
// pixels of all images, each image with one extra row below and one extra column to the right, which are zero.
//
// In this form a neighbour is a column at a fixed distance (1 to the right, W+1 below), the zero border of one image
// serves the next as padding, and the neighbourhoods of all pixels are made by laying copies of x one behind the other
// at the right distances: nothing but block copies. The convolution is then one product of a small matrix
// [O, 9C] with a wide one [9C, P], the form in which the go backend's SIMD kernel (4 rows × 32 columns) does best, and
// the gradient of the kernel, [O, P]·[9C, P]ᵀ, needs no transposition.
//
// Values always have zero borders. Adjoints may have anything there: every operation that takes an adjoint leaves its
// border out, through a product with a value that is zero there or an explicit mask. That saves a masking pass
// over the adjoint of nearly every convolution.
type part struct {
	x *Node // [C, P]
	geometry
}

// geometry is the shape of the images of a part.
type geometry struct{ batch, height, width int }

func (g geometry) columns() int { return g.batch * (g.height + 1) * (g.width + 1) }
func (g geometry) stride() int  { return g.width + 1 } // from a pixel to the one below

// halved is the geometry after a step with stride 2.
func (g geometry) halved() geometry {
	return geometry{g.batch, (g.height + 1) / 2, (g.width + 1) / 2}
}

// addBorder turns [C, B, H, W] into the rows of a part, with zeros below and to the right up to the size of g.
func addBorder(x *Node, g geometry) *Node {
	for i, size := range []int{g.height + 1, g.width + 1} {
		axis := 2 + i
		zeros := x.Shape().Clone()
		zeros.Dimensions[axis] = size - zeros.Dimensions[axis]
		x = Concatenate([]*Node{x, Zeros(x.Graph(), zeros)}, axis)
	}
	return Reshape(x, x.Shape().Dimensions[0], g.columns())
}

// withoutBorder is the inverse of addBorder: [C, B, H, W] from [C, P].
func withoutBorder(x *Node, g geometry) *Node {
	x = Reshape(x, -1, g.batch, g.height+1, g.width+1)
	return Slice(x, AxisRange(), AxisRange(), AxisRange(0, g.height), AxisRange(0, g.width))
}

// mask is the row [1, P] that is 1 inside the images and 0 on their borders.
func (g geometry) mask(gr *Graph, dtype dtypes.DType) *Node {
	inside := make([][]float64, g.height+1)
	for i := range inside {
		inside[i] = make([]float64, g.width+1)
		for j := range inside[i][:g.width] {
			if i < g.height {
				inside[i][j] = 1
			}
		}
	}
	one := Reshape(ConstAsDType(gr, dtype, inside), 1, (g.height+1)*(g.width+1))
	return Reshape(BroadcastToDims(one, g.batch, (g.height+1)*(g.width+1)), 1, g.columns())
}

func (p part) graph() *Graph       { return p.x.Graph() }
func (p part) dtype() dtypes.DType { return p.x.DType() }
func (p part) channels() int       { return p.x.Shape().Dimensions[0] }

func (p part) mask() *Node { return p.geometry.mask(p.graph(), p.dtype()) }

func (p part) filled(value func(*Graph, shapes.Shape) *Node, rows, columns int) *Node {
	return value(p.graph(), shapes.Make(p.dtype(), rows, columns))
}

func (p part) relu() *Node {
	return withVJP([]*Node{p.x},
		func(in []*Node) *Node { return MaxScalar(in[0], 0) },
		func(y, dy *Node) []*Node { return []*Node{Mul(dy, Sign(y))} })
}

// meanPool is the mean over the pixels of each image: [B, C].
func (p part) meanPool() *Node {
	perImage := (p.height + 1) * (p.width + 1)
	x := Reshape(p.x, p.channels()*p.batch, perImage)
	sums := DotGeneral(x, []int{1}, nil, p.filled(Ones, 1, perImage), []int{1}, nil)
	means := DivScalar(sums, float64(p.height*p.width))
	return Transpose(Reshape(means, p.channels(), p.batch), 0, 1)
}
