package call

import (
	. "github.com/gomlx/gomlx/core/graph"

	"continuousnet/cnet/engine/native/ops"
)

// A tap is one number of a convolution's window, at row i and column j of Size.
type tap struct{ i, j int }

func taps(c ops.Conv) []tap {
	var list []tap
	for i := range c.Size {
		for j := range c.Size {
			list = append(list, tap{i, j})
		}
	}
	return list
}

// window is what a tap sees of a map with a border, one pixel for each of the result.
func (t tap) window(c ops.Conv, bordered *Node) *Node {
	r := c.Result()
	rows := AxisRange(t.i, t.i+(r.Height-1)*c.Stride+1).Stride(c.Stride)
	columns := AxisRange(t.j, t.j+(r.Width-1)*c.Stride+1).Stride(c.Stride)
	return Slice(bordered, AxisRange(), rows, columns, AxisRange())
}

// spread is the adjoint of window.
func (t tap) spread(c ops.Conv, d *Node) *Node {
	r, border := c.Result(), 2*(c.Size/2)
	axis := func(start, size, count int) PadAxis {
		return PadAxis{Start: start, End: size + border - start - ((count-1)*c.Stride + 1), Interior: c.Stride - 1}
	}
	return Pad(d, number(d, 0), PadAxis{}, axis(t.i, c.In.Height, r.Height), axis(t.j, c.In.Width, r.Width), PadAxis{})
}

// weights is the part [O, C] of a kernel that belongs to a tap.
func (t tap) weights(c ops.Conv, kernel *Node) *Node {
	return Reshape(Slice(kernel, AxisRange(), AxisElem(t.i), AxisElem(t.j), AxisRange()), c.Out, c.In.Channels)
}

// bordered is a map with a border of zeros.
func bordered(c ops.Conv, x *Node) *Node {
	if r := c.Size / 2; r > 0 {
		axis := PadAxis{Start: r, End: r}
		x = Pad(x, number(x, 0), PadAxis{}, axis, axis, PadAxis{})
	}
	return x
}

// sum adds up what f makes of each tap.
func sum(c ops.Conv, f func(t tap) *Node) *Node {
	var total *Node
	for _, t := range taps(c) {
		if y := f(t); total == nil {
			total = y
		} else {
			total = Add(total, y)
		}
	}
	return total
}

func conv(c ops.Conv, in []*Node) []*Node {
	x, in := in[0], in[1:]
	if c.Pre.Affine {
		x = apply(c.Pre, x, in)
		in = in[3:]
	} else {
		x = apply(c.Pre, x, nil)
	}
	x = bordered(c, x)
	y := sum(c, func(t tap) *Node {
		return DotGeneral(t.window(c, x), []int{3}, nil, t.weights(c, in[0]), []int{1}, nil)
	})
	if c.Bias {
		y = Add(y, perChannel(in[1]))
	}
	if c.ReLU {
		y = Max(y, number(y, 0))
	}
	if !c.Stats {
		return []*Node{y}
	}
	mean, variance := moments(y)
	return []*Node{y, mean, variance}
}

func convGrad(c ops.ConvGrad, in []*Node) []*Node {
	next := func() *Node {
		x := in[0]
		in = in[1:]
		return x
	}
	var dmean, dvariance, y, mean *Node
	z := next()
	if c.Stats {
		dmean, dvariance = next(), next()
	}
	if c.ReLU || c.Stats {
		y = next()
	}
	if c.Stats {
		mean = next()
		z = Add(z, momentsGrad(c.Result(), dmean, dvariance, y, mean))
	}
	if c.ReLU {
		z = whereOn(y, z)
	}
	x := next()
	var vectors []*Node
	if c.Pre.Affine {
		vectors = []*Node{next(), next(), next()}
	}
	kernel := next()

	var out []*Node
	if !c.NoDX {
		du := sum(c.Conv, func(t tap) *Node {
			return t.spread(c.Conv, DotGeneral(z, []int{3}, nil, t.weights(c.Conv, kernel), []int{0}, nil))
		})
		r := c.Size / 2
		du = Slice(du, AxisRange(), AxisRange(r, r+c.In.Height), AxisRange(r, r+c.In.Width), AxisRange())
		out = applyGrad(c.Pre, x, vectors, du)
	}
	u := bordered(c.Conv, apply(c.Pre, x, vectors))
	pixels := []int{0, 1, 2}
	var parts []*Node
	for _, t := range taps(c.Conv) {
		part := DotGeneral(z, pixels, nil, t.window(c.Conv, u), pixels, nil)
		parts = append(parts, Reshape(part, c.Out, 1, c.In.Channels))
	}
	out = append(out, Reshape(Concatenate(parts, 1), c.Out, c.Size, c.Size, c.In.Channels))
	if c.Bias {
		out = append(out, channelSums(z))
	}
	return out
}
