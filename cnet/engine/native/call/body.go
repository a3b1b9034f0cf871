package call

import (
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"continuousnet/cnet/engine/native/ops"
)

// body computes an operation with GoMLX's own, in the dtype of its inputs.
//
// GoMLX keeps one node of each scalar for a whole graph, and a node of one function must not be used in another.
// Whatever makes scalars by itself, such as Zeros or MulScalar, is therefore out of place here; see number.
//
// GoMLX's go backend compiles a function before it optimises the graph, which moves broadcasts and leaves the function
// behind with nodes that are not computed any more: no BroadcastToDims either.
func body(op ops.Op, in []*Node) []*Node {
	switch op := op.(type) {
	case ops.Conv:
		return conv(op, in)
	case ops.ConvGrad:
		return convGrad(op, in)
	case ops.Apply:
		return []*Node{apply(op.Pre, in[0], in[1:])}
	case ops.ApplyGrad:
		return applyGrad(op.Pre, in[1], in[2:], in[0])
	case ops.Combine:
		return []*Node{combine(op, in)}
	case ops.CombineGrad:
		return combineGrad(op, in)
	case ops.Moments:
		mean, variance := moments(in[0])
		return []*Node{mean, variance}
	case ops.MomentsGrad:
		return []*Node{momentsGrad(op.Map, in[0], in[1], in[2], in[3])}
	case ops.Norm:
		return []*Node{Mul(in[0], inverseDeviation(op, in[1]))}
	case ops.NormGrad:
		return normGrad(op, in[0], in[1], in[2])
	case ops.MeanPool:
		sums := ReduceSum(ReduceSum(apply(op.Pre, in[0], in[1:]), 2), 1)
		return []*Node{times(sums, 1/float64(op.Map.Height*op.Map.Width))}
	case ops.MeanPoolGrad:
		return meanPoolGrad(op, in)
	case ops.Split:
		return split(op, in[0])
	case ops.Stack:
		return []*Node{stack(in)}
	case ops.Mix:
		return []*Node{mix(op.Coefficients, in)}
	case ops.Identity:
		return in[:op.Outputs]
	case ops.Update:
		return update(op, in)
	}
	exceptions.Panicf("call: unknown operation %s", ops.Name(op))
	return nil
}

// number is a constant scalar that no other function sees.
func number(like *Node, v float64) *Node {
	return Const(like.Graph(), shapes.CastAsDType(v, like.DType()))
}

// times is c·x.
func times(x *Node, c float64) *Node { return Mul(x, number(x, c)) }

// perChannel is a vector [C] as an operand beside a map.
func perChannel(v *Node) *Node { return Reshape(v, 1, 1, 1, v.Shape().Dimensions[0]) }

// channelSums is the sum of each channel of a map, one axis after the other and the images in blocks, since a backend
// that adds one number after another loses as many digits as the sum is long.
func channelSums(x *Node) *Node { return sumBlocks(ReduceSum(ReduceSum(x, 2), 1)) }

// sumBlocks is the sum over the first axis.
func sumBlocks(x *Node) *Node {
	const block = 64
	d := x.Shape().Dimensions
	if d[0] <= block {
		return ReduceSum(x, 0)
	}
	blocks := d[0] / block
	sums := ReduceSum(Reshape(Slice(x, AxisRange(0, blocks*block)), blocks, block, d[1]), 1)
	if blocks*block < d[0] {
		sums = Concatenate([]*Node{sums, Reshape(ReduceSum(Slice(x, AxisRange(blocks*block)), 0), 1, d[1])}, 0)
	}
	return sumBlocks(sums)
}

// affine is scale·(x − centre) + offset.
func affine(x *Node, v []*Node) *Node {
	return Add(Mul(Sub(x, perChannel(v[1])), perChannel(v[0])), perChannel(v[2]))
}

// apply is Pre of x, with Pre's vectors.
func apply(p ops.Pre, x *Node, v []*Node) *Node {
	if p.Affine {
		x = affine(x, v)
	}
	if p.ReLU {
		x = Max(x, number(x, 0))
	}
	return x
}

// applyGrad returns the adjoints of x and of Pre's vectors, given that of Pre of x.
func applyGrad(p ops.Pre, x *Node, v []*Node, d *Node) []*Node {
	if p.ReLU {
		u := x
		if p.Affine {
			u = affine(x, v)
		}
		d = whereOn(u, d)
	}
	if !p.Affine {
		return []*Node{d}
	}
	sum := channelSums(d)
	dscale := channelSums(Mul(d, Sub(x, perChannel(v[1]))))
	return []*Node{Mul(d, perChannel(v[0])), dscale, Neg(Mul(v[0], sum)), sum}
}

// whereOn is d where a ReLU with the input or the result u lets it pass, 0 elsewhere.
func whereOn(u, d *Node) *Node { return Where(LessOrEqual(u, number(u, 0)), number(d, 0), d) }

func combine(op ops.Combine, in []*Node) *Node {
	y := in[0]
	in = in[1:]
	for _, t := range op.Terms {
		k := in[0]
		in = in[1:]
		if t.Affine {
			k = affine(k, in)
			in = in[3:]
		}
		y = Add(y, times(k, t.Coefficient))
	}
	return y
}

func combineGrad(op ops.CombineGrad, in []*Node) []*Node {
	dy := in[0]
	in = in[1:]
	var out []*Node
	for _, t := range op.Terms {
		d := times(dy, t.Coefficient)
		if !t.Affine {
			out = append(out, d)
			continue
		}
		out = append(out, applyGrad(ops.Pre{Affine: true}, in[0], in[1:4], d)...)
		in = in[4:]
	}
	return out
}

// moments returns mean and variance of each channel, in two passes: E[x²] − E[x]² loses a small variance beside a
// large mean. rest is what the rounding of the mean leaves.
func moments(x *Node) (mean, variance *Node) {
	d := x.Shape().Dimensions
	average := func(x *Node) *Node { return Div(channelSums(x), number(x, float64(d[0]*d[1]*d[2]))) }
	centre := average(x)
	centred := Sub(x, perChannel(centre))
	rest := average(centred)
	return Add(centre, rest), Sub(average(Mul(centred, centred)), Mul(rest, rest))
}

func momentsGrad(m ops.Map, dmean, dvariance, x, mean *Node) *Node {
	n := float64(m.Pixels())
	dx := Mul(Sub(x, perChannel(mean)), perChannel(times(dvariance, 2/n)))
	return Add(dx, perChannel(times(dmean, 1/n)))
}

// inverseDeviation is 1/√(variance + ε).
func inverseDeviation(op ops.Norm, variance *Node) *Node {
	return Div(number(variance, 1), Sqrt(Add(variance, number(variance, op.Epsilon))))
}

func normGrad(op ops.NormGrad, da, scale, variance *Node) []*Node {
	r := inverseDeviation(op.Norm, variance)
	dscale := Mul(da, r)
	return []*Node{dscale, times(Mul(Mul(dscale, scale), Mul(r, r)), -0.5)}
}

func meanPoolGrad(op ops.MeanPoolGrad, in []*Node) []*Node {
	m := op.Map
	d := Reshape(times(in[0], 1/float64(m.Height*m.Width)), m.Batch, 1, 1, m.Channels)
	zeros := times(Iota(d.Graph(), in[1].Shape(), 0), 0)
	return applyGrad(op.Pre, in[1], in[2:], Add(zeros, d))
}

func split(op ops.Split, x *Node) []*Node {
	d := x.Shape().Dimensions
	out := make([]*Node, op.Count)
	flat := Reshape(x, op.Count, op.Size)
	for i := range out {
		out[i] = Reshape(Slice(flat, AxisElem(i), AxisRange()), d[1:]...)
	}
	return out
}

func stack(in []*Node) *Node {
	d := in[0].Shape().Dimensions
	rows := make([]*Node, len(in))
	for i, x := range in {
		rows[i] = Reshape(x, 1, x.Shape().Size())
	}
	return Reshape(Concatenate(rows, 0), append([]int{len(in)}, d...)...)
}

func mix(coefficients []float64, in []*Node) *Node {
	y := times(in[0], coefficients[0])
	for i, c := range coefficients[1:] {
		y = Add(y, times(in[i+1], c))
	}
	return y
}

func update(op ops.Update, in []*Node) []*Node {
	rate, in := in[0], in[1:]
	var out []*Node
	for range op.Sizes {
		p, v := in[0], in[1]
		change := in[1]
		in = in[2:]
		if op.Momentum > 0 {
			change = in[0]
			in = in[1:]
		}
		if op.Decay > 0 {
			change = Add(change, times(p, op.Decay))
		}
		if op.Momentum > 0 {
			change = Add(times(v, op.Momentum), change)
			out = append(out, Sub(p, Mul(change, rate)), change)
		} else {
			out = append(out, Sub(p, Mul(change, rate)))
		}
	}
	return out
}
