package fmap

import (
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

func (m planar) BatchNorm(scale, offset *Node, epsilon float64) (Map, *Node, *Node) {
	n := float64(m.Pixels())
	column := func(v *Node) *Node { return Reshape(v, m.channels(), 1) }

	// Two passes, since E[x²] − E[x]² loses a small variance beside a large mean. The mean is the centre, a float32,
	// and the rest that its rounding leaves: a sum over all pixels would see that once a pixel. The matrix products sum
	// in blocks of 128, so that float32 sums stay accurate over millions of pixels.
	one := Ones(m.parts[0].graph(), shapes.Make(m.parts[0].dtype(), m.channels(), 1))
	average := func(f func(p part) *Node) *Node {
		return column(DivScalar(m.sum(func(_ int,
			p part) *Node {
			return rowSums(f(part{StopGradient(p.x), p.geometry}))
		}), n))
	}
	centre := average(func(p part) *Node { return p.x })
	centred := func(p part) *Node { return p.affine(one, Neg(centre)) }
	rest := average(centred)
	variance := Sub(average(func(p part) *Node { return Square(centred(p)) }), Square(rest))
	rstd := Inverse(Sqrt(AddScalar(variance, epsilon)))

	inputs := []*Node{scale, offset}
	for _, p := range m.parts {
		inputs = append(inputs, p.x)
	}
	ys := withVJPs(inputs,
		func(in []*Node) []*Node {
			a := Mul(column(in[0]), rstd)
			b := Sub(column(in[1]), Mul(a, Add(centre, rest)))
			ys := make([]*Node, len(m.parts))
			for i, p := range m.parts {
				ys[i] = part{in[2+i], p.geometry}.affine(a, b)
			}
			return ys
		},
		func(_, dys []*Node) []*Node {
			// dx = a·(dy − mean(dy) − x̂·mean(dy·x̂)) with x̂ = (x − centre − rest)·rstd, collected by dy, x − centre
			// and 1.
			a := Mul(column(scale), rstd)
			xs := make([]*Node, len(m.parts))
			for i, p := range m.parts {
				// Computed again when dy is there, which is cheaper than keeping it.
				late := MulScalar(firstElement(dys[i]), 0)
				xs[i] = p.affine(one, Sub(late, centre))
			}
			doffset := column(m.sum(func(i int, p part) *Node { return maskedRowSums(dys[i], p) }))
			dot := column(m.sum(func(i int, _ part) *Node { return rowSums(Mul(dys[i], xs[i])) }))
			dscale := Mul(Sub(dot, Mul(rest, doffset)), rstd)
			byX := DivScalar(Neg(Mul(Mul(a, rstd), dscale)), n)
			byOne := Sub(Neg(DivScalar(Mul(a, doffset), n)), Mul(byX, rest))
			weights := Concatenate([]*Node{diagonal(a), diagonal(byX), byOne}, 1)
			adjoints := []*Node{Reshape(dscale, m.channels()), Reshape(doffset, m.channels())}
			for i, p := range m.parts {
				rows := Concatenate([]*Node{dys[i], xs[i], p.filled(Ones, 1, p.columns())}, 0)
				adjoints = append(adjoints, Dot(weights, rows).Product())
			}
			return adjoints
		})
	flat := func(v *Node) *Node { return StopGradient(Reshape(v, m.channels())) }
	return m.each(func(i int, _ part) *Node { return ys[i] }), flat(Add(centre, rest)), flat(variance)
}

// sum adds what f makes of each part.
func (m planar) sum(f func(i int, p part) *Node) *Node {
	var total *Node
	for i, p := range m.parts {
		if s := f(i, p); total == nil {
			total = s
		} else {
			total = Add(total, s)
		}
	}
	return total
}

func (m planar) Affine(scale, offset *Node) Map {
	channels := m.channels()
	return m.each(func(_ int, p part) *Node {
		return withVJP([]*Node{scale, offset, p.x},
			func(in []*Node) *Node {
				return part{in[2], p.geometry}.affine(Reshape(in[0], channels, 1), Reshape(in[1], channels, 1))
			},
			func(_, dy *Node) []*Node {
				dx := Dot(diagonal(Reshape(scale, channels, 1)), dy).Product()
				return []*Node{rowSums(Mul(dy, p.x)), maskedRowSums(dy, p), dx}
			})
	})
}

// affine is a·x + b inside the images for columns a and b: one matrix product, because broadcasting is slower.
func (p part) affine(a, b *Node) *Node {
	rows := Concatenate([]*Node{p.x, p.mask()}, 0)
	return Dot(Concatenate([]*Node{diagonal(a), b}, 1), rows).Product()
}

// rowSums is the sum of each row, [C].
func rowSums(x *Node) *Node {
	ones := OnesLike(Slice(x, AxisElem(0), AxisRange()))
	return Reshape(DotGeneral(ones, []int{1}, nil, x, []int{1}, nil), x.Shape().Dimensions[0])
}

// maskedRowSums is the sum of each row inside the images, [C].
func maskedRowSums(dy *Node, p part) *Node {
	return Reshape(DotGeneral(dy, []int{1}, nil, p.mask(), []int{1}, nil), p.channels())
}

// diagonal is the square matrix with the column v [C, 1] as its diagonal.
func diagonal(v *Node) *Node {
	n := v.Shape().Dimensions[0]
	return Mul(ConvertDType(Diagonal(v.Graph(), n), v.DType()), v)
}
