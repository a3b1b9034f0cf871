package fmap

import (
	"slices"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	timage "github.com/gomlx/gomlx/core/tensors/images"
	"github.com/gomlx/gomlx/support/exceptions"
)

// standard is a map as [B, H, W, C], with the backend's own operations and their default gradients.
type standard struct {
	x     *Node
	mixed bool // convolutions are in bfloat16
}

// holding returns a map of another node, with convolutions as those of m.
func (m standard) holding(x *Node) standard { return standard{x, m.mixed} }

func (m standard) channels() int   { return m.x.Shape().Dimensions[3] }
func (m standard) Dims() []int     { return slices.Clone(m.x.Shape().Dimensions) }
func (m standard) Pixels() int     { return m.x.Shape().Size() / m.channels() }
func (m standard) Images() *Node   { return m.x }
func (m standard) MeanPool() *Node { return ReduceMean(m.x, 1, 2) }

func (m standard) Conv(kernel, bias *Node, stride int, relu bool) Map {
	_, size := checkKernel(kernel, m.channels(), stride)
	x, dtype := m.x, m.x.DType()
	if m.mixed {
		// The backend sums up in float32. What leaves the convolution, and its gradients, are rounded to bfloat16 once.
		x, kernel = ConvertDType(x, dtypes.BFloat16), ConvertDType(kernel, dtypes.BFloat16)
	}
	conv := Convolve(x, TransposeAllAxes(kernel, 1, 2, 3, 0)).ChannelsAxis(timage.ChannelsLast).Strides(stride)
	r := size / 2
	y := m.holding(ConvertDType(conv.PaddingPerDim([][2]int{{r, r}, {r, r}}).Done(), dtype))
	if bias != nil {
		y.x = withVJP([]*Node{bias, y.x},
			func(in []*Node) *Node { return Add(in[1], y.perChannel(in[0])) },
			func(_, dy *Node) []*Node { return []*Node{m.holding(dy).sum(), dy} })
	}
	if relu {
		return y.ReLU()
	}
	return y
}

func (m standard) BatchNorm(scale, offset *Node, epsilon float64) (y Map, mean, variance *Node) {
	// As in planar.BatchNorm.
	n := float64(m.Pixels())
	average := func(x *Node) *Node { return DivScalar(m.holding(x).sum(), n) }
	x := StopGradient(m.x)
	centre := average(x)
	centred := Sub(x, m.perChannel(centre))
	rest := average(centred)
	variance = Sub(average(Square(centred)), Square(rest))
	rstd := Inverse(Sqrt(AddScalar(variance, epsilon)))

	y = m.holding(withVJP([]*Node{scale, offset, m.x},
		func(in []*Node) *Node {
			a := Mul(in[0], rstd)
			return Add(Mul(centred, m.perChannel(a)), m.perChannel(Sub(in[1], Mul(a, rest))))
		},
		func(_, dy *Node) []*Node {
			a := Mul(scale, rstd)
			doffset := m.holding(dy).sum()
			dscale := Mul(Sub(m.holding(Mul(dy, centred)).sum(), Mul(rest, doffset)), rstd)
			byX := DivScalar(Neg(Mul(Mul(a, rstd), dscale)), n)
			byOne := Sub(Neg(DivScalar(Mul(a, doffset), n)), Mul(byX, rest))
			dx := Add(Add(Mul(dy, m.perChannel(a)), Mul(centred, m.perChannel(byX))), m.perChannel(byOne))
			return []*Node{dscale, doffset, dx}
		}))
	return y, StopGradient(Add(centre, rest)), StopGradient(variance)
}

func (m standard) Affine(scale, offset *Node) Map {
	return m.holding(withVJP([]*Node{scale, offset, m.x},
		func(in []*Node) *Node { return Add(Mul(in[2], m.perChannel(in[0])), m.perChannel(in[1])) },
		func(_, dy *Node) []*Node {
			return []*Node{m.holding(Mul(dy, m.x)).sum(), m.holding(dy).sum(), Mul(dy, m.perChannel(scale))}
		}))
}

// sum adds up each channel, [C], one axis after another and the images in blocks: a backend that adds one number after
// another to a float32 loses as many digits as the sum is long.
func (m standard) sum() *Node { return sumBlocks(ReduceSum(ReduceSum(m.x, 2), 1)) }

// sumBlocks is the sum over the first axis.
func sumBlocks(x *Node) *Node {
	const block = 64
	dims := x.Shape().Dimensions
	if dims[0] <= block {
		return ReduceSum(x, 0)
	}
	blocks := dims[0] / block
	sums := Slice(x, AxisRange(0, blocks*block))
	sums = ReduceSum(Reshape(sums, append([]int{blocks, block}, dims[1:]...)...), 1)
	if blocks*block < dims[0] {
		sums = Concatenate([]*Node{sums, ReduceAndKeep(Slice(x, AxisRange(blocks*block)), ReduceSum, 0)}, 0)
	}
	return sumBlocks(sums)
}

// ReLU gives ties to the constant: the gradient at 0 is 0, as in PyTorch.
func (m standard) ReLU() Map { return m.holding(Max(ScalarZero(m.x.Graph(), m.x.DType()), m.x)) }

func (m standard) Scale(factor *Node) Map {
	return m.holding(withVJP([]*Node{factor, m.x},
		func(in []*Node) *Node { return Mul(in[1], in[0]) },
		func(_, dy *Node) []*Node {
			return []*Node{ReduceAllSum(m.holding(Mul(dy, m.x)).sum()), Mul(dy, factor)}
		}))
}

func (m standard) Mul(y Map) Map { return m.holding(Mul(m.x, m.same(y).x)) }

// same is y as a standard map; it panics unless it has the shape of m.
func (m standard) same(y Map) standard {
	t, ok := y.(standard)
	if !ok || !t.x.Shape().Equal(m.x.Shape()) {
		exceptions.Panicf("fmap: cannot combine maps of different shapes")
	}
	return t
}

func (m standard) Combine(coefficients []float64, terms []Map) Map {
	y := m.x
	for i, term := range terms {
		y = addScaled(y, coefficients[i], m.same(term).x)
	}
	return m.holding(y)
}

func (m standard) perChannel(v *Node) *Node { return Reshape(v, 1, 1, 1, m.channels()) }

func (m standard) nodes() []*Node         { return []*Node{m.x} }
func (m standard) with(nodes []*Node) Map { return m.holding(nodes[0]) }
