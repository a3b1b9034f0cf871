package ops

import "continuousnet/cnet/engine/native/kernels"

// transform computes y = scale·(x − centre) + offset, and the ReLU of it. Both may have the same memory.
func (w *Workers) transform(m Map, p pre, x, y []float32) {
	w.eachTile(m, m.strips(), func(one *Worker, t tile) {
		one.affine = kernels.AffineRow{
			Target: &y[t.at], Source: &x[t.at],
			Scale: &p.scale[t.channel], Centre: &p.centre[t.channel], Offset: &p.offset[t.channel],
			Pixels: t.pixels, Channels: t.channels, TargetPixel: m.Channels, SourcePixel: m.Channels,
			ReLU: flag(p.ReLU),
		}
		w.Kernels.Affine(&one.affine)
	})
}

// dots are the sums that the adjoints of an affine transform's vectors are made of: for each block of channels in each
// span, Σ d and Σ d·(x − centre), [2][block].
type dots []float64

const dotFloats = 2 * block

// dots returns room for n blocks of sums. There is one such memory, for the operation that runs.
func (w *Workers) dots(n int) dots { return w.floats(n * dotFloats) }

// add runs the kernel Dot with the arguments that are in one.dot, and adds what it sums up to block i.
func (s dots) add(w *Workers, one *Worker, i int) {
	sums := (*[dotFloats]float32)(one.sums[:])
	*sums = [dotFloats]float32{}
	one.dot.Sums = &sums[0]
	w.Kernels.Dot(&one.dot)
	own := (*[dotFloats]float64)(s[i*dotFloats:])
	for c, sum := range sums {
		own[c] += float64(sum)
	}
}

// adjoints writes the adjoints of the vectors of u = factor·(scale·(x − centre) + offset), in this order, where d is
// the adjoint of u.
func (s dots) adjoints(factor float64, scale []float32, out [][]float32) {
	perSpan := blocks(len(scale)) * dotFloats
	for c := range scale {
		var sum, dot float64
		for i := c/block*dotFloats + c%block; i < len(s); i += perSpan {
			sum += s[i]
			dot += s[i+block]
		}
		sum *= factor
		out[0][c], out[1][c], out[2][c] = float32(factor*dot), float32(-sum*float64(scale[c])), float32(sum)
	}
}
