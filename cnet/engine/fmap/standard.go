package fmap

import (
	. "github.com/gomlx/gomlx/core/graph"
	timage "github.com/gomlx/gomlx/core/tensors/images"
	"github.com/gomlx/gomlx/support/exceptions"
)

// standard is a map as [B, H, W, C], with the backend's own operations and their default gradients.
type standard struct{ x *Node }

func (m standard) Channels() int   { return m.x.Shape().Dimensions[3] }
func (m standard) Pixels() int     { return m.x.Shape().Size() / m.Channels() }
func (m standard) Images() *Node   { return m.x }
func (m standard) MeanPool() *Node { return ReduceMean(m.x, 1, 2) }

func (m standard) Conv(kernel, bias *Node, stride int, relu bool) Map {
	_, size := checkKernel(kernel, m.Channels(), stride)
	conv := Convolve(m.x, TransposeAllAxes(kernel, 1, 2, 3, 0)).ChannelsAxis(timage.ChannelsLast).Strides(stride)
	r := size / 2
	y := standard{conv.PaddingPerDim([][2]int{{r, r}, {r, r}}).Done()}
	if bias != nil {
		y.x = Add(y.x, y.perChannel(bias))
	}
	if relu {
		return y.ReLU()
	}
	return y
}

func (m standard) BatchNorm(scale, offset *Node, epsilon float64) (y Map, mean, variance *Node) {
	mean = ReduceMean(m.x, 0, 1, 2)
	centred := standard{Sub(m.x, m.perChannel(mean))}
	variance = ReduceMean(Square(centred.x), 0, 1, 2)
	a := Div(scale, Sqrt(AddScalar(variance, epsilon)))
	return centred.Affine(a, offset), StopGradient(mean), StopGradient(variance)
}

func (m standard) Affine(scale, offset *Node) Map {
	return standard{Add(Mul(m.x, m.perChannel(scale)), m.perChannel(offset))}
}

// ReLU gives ties to the constant: the gradient at 0 is 0, as in PyTorch.
func (m standard) ReLU() Map { return standard{Max(ScalarZero(m.x.Graph(), m.x.DType()), m.x)} }

func (m standard) Scale(factor *Node) Map { return standard{Mul(m.x, factor)} }

func (m standard) Mul(y Map) Map { return standard{Mul(m.x, m.same(y).x)} }

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
	return standard{y}
}

func (m standard) perChannel(v *Node) *Node { return Reshape(v, 1, 1, 1, m.Channels()) }

func (m standard) nodes() []*Node         { return []*Node{m.x} }
func (m standard) with(nodes []*Node) Map { return standard{nodes[0]} }
