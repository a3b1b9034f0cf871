package fmap

import (
	. "github.com/gomlx/gomlx/core/graph"
)

func (m planar) BatchNorm(scale, offset *Node, epsilon float64) (Map, *Node, *Node) {
	n := float64(m.Pixels())
	column := func(v *Node) *Node { return Reshape(v, m.Channels(), 1) }

	// One pass for both moments, x and x² being zero on the border. The matrix products sum in blocks of 128, so that
	// float32 sums stay accurate over millions of pixels.
	x := StopGradient(m.x)
	mean := column(DivScalar(rowSums(x), n))
	variance := MaxScalar(Sub(column(DivScalar(rowSums(Square(x)), n)), Square(mean)), 0)
	rstd := Inverse(Sqrt(AddScalar(variance, epsilon)))

	result := withVJP([]*Node{scale, offset, m.x},
		func(in []*Node) *Node {
			a := Mul(column(in[0]), rstd)
			return planar{in[2], m.geometry}.affine(a, Sub(column(in[1]), Mul(a, mean)))
		},
		func(_, dy *Node) []*Node {
			// dx = a·(dy − mean(dy) − x̂·mean(dy·x̂)) with x̂ = (x − mean)·rstd, collected by dy, x and 1.
			a := Mul(column(scale), rstd)
			doffset := column(DotGeneral(dy, []int{1}, nil, m.mask(m.graph(), m.dtype()), []int{1}, nil))
			dscale := Mul(Sub(column(rowSums(Mul(dy, m.x))), Mul(mean, doffset)), rstd)
			byX := DivScalar(Neg(Mul(Mul(a, rstd), dscale)), n)
			byOne := Sub(Neg(DivScalar(Mul(a, doffset), n)), Mul(byX, mean))
			weights := Concatenate([]*Node{diagonal(a), diagonal(byX), byOne}, 1)
			dx := Dot(weights, Concatenate([]*Node{dy, m.x, m.ones(1, m.columns())}, 0)).Product()
			return []*Node{Reshape(dscale, m.Channels()), Reshape(doffset, m.Channels()), dx}
		})
	flat := func(v *Node) *Node { return StopGradient(Reshape(v, m.Channels())) }
	return planar{result, m.geometry}, flat(mean), flat(variance)
}

func (m planar) Affine(scale, offset *Node) Map {
	channels := m.Channels()
	y := withVJP([]*Node{scale, offset, m.x},
		func(in []*Node) *Node {
			return planar{in[2], m.geometry}.affine(Reshape(in[0], channels, 1), Reshape(in[1], channels, 1))
		},
		func(_, dy *Node) []*Node {
			dscale := rowSums(Mul(dy, m.x))
			doffset := DotGeneral(dy, []int{1}, nil, m.mask(m.graph(), m.dtype()), []int{1}, nil)
			dx := Dot(diagonal(Reshape(scale, channels, 1)), dy).Product()
			return []*Node{dscale, Reshape(doffset, channels), dx}
		})
	return planar{y, m.geometry}
}

// affine is a·x + b inside the images for columns a and b: one matrix product, because broadcasting is slower.
func (m planar) affine(a, b *Node) *Node {
	rows := Concatenate([]*Node{m.x, m.mask(m.graph(), m.dtype())}, 0)
	return Dot(Concatenate([]*Node{diagonal(a), b}, 1), rows).Product()
}

// rowSums is the sum of each row, [C].
func rowSums(x *Node) *Node {
	ones := OnesLike(Slice(x, AxisElem(0), AxisRange()))
	return Reshape(DotGeneral(ones, []int{1}, nil, x, []int{1}, nil), x.Shape().Dimensions[0])
}

// diagonal is the square matrix with the column v [C, 1] as its diagonal.
func diagonal(v *Node) *Node {
	n := v.Shape().Dimensions[0]
	return Mul(ConvertDType(Diagonal(v.Graph(), n), v.DType()), v)
}
