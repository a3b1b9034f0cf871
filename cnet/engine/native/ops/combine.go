package ops

import (
	"slices"

	"continuousnet/cnet/engine/native/kernels"
)

// Combine is x + Σ Terms[i].Coefficient·u_i, the sums of states and rates that schemes make:
//
//	x, and for each term k_i and its Pre's vectors  ->  y
type Combine struct {
	Map   Map
	Terms []Term
}

// Term is a term of a Combine. Its Pre has no ReLU.
type Term struct {
	Coefficient float64
	Affine      bool
}

// CombineGrad is the gradient of Combine but for x, whose adjoint is dy:
//
//	dy, and for each term with Affine k_i and its vectors  ->
//	for each term dk_i, and the adjoints of its vectors if Affine
type CombineGrad struct{ Combine }

// tensors returns how many inputs a term has in a Combine, and how many outputs in its gradient.
func (t Term) tensors() int {
	if t.Affine {
		return 4
	}
	return 1
}

// tiled returns the map as its tiles are cut: without vectors, all channels are alike.
func (op Combine) tiled() Map {
	if slices.ContainsFunc(op.Terms, func(t Term) bool { return t.Affine }) {
		return op.Map
	}
	return op.Map.flat()
}

// combined are the vectors of a Combine: of each term the scale times the coefficient, one behind the other in whole
// blocks, and what all terms add to each pixel.
type combined struct{ scale, offset, zeros []float32 }

// combined returns the vectors with room for them.
func (op Combine) combined(l *layout) combined {
	n := blocks(op.tiled().Channels) * block
	return combined{l.take(len(op.Terms) * n), l.padded(nil, n), l.padded(nil, n)}
}

// Scratch implements Op.
func (op Combine) Scratch(*Workers) (each, shared int) {
	var l layout
	op.combined(&l)
	return 0, l.used
}

// Run implements Op.
//
// A worker has room for some terms. If there are more, the sum so far is the source of the next pass over the tile.
func (op Combine) Run(w *Workers, in, out [][]float32) {
	m := op.tiled()
	channels, lanes := m.Channels, blocks(m.Channels)*block
	v := op.combined(&layout{memory: w.Shared})
	clear(v.scale)
	for c := range channels {
		sum, input := 0.0, 1
		for i, term := range op.Terms {
			scale := term.Coefficient
			if term.Affine {
				scale *= float64(in[input+1][c])
				sum += term.Coefficient*float64(in[input+3][c]) - scale*float64(in[input+2][c])
			}
			v.scale[i*lanes+c] = float32(scale)
			input += term.tensors()
		}
		v.offset[c] = float32(sum)
	}

	w.eachTile(m, m.strips(), func(one *Worker, t tile) {
		row, input := &one.combine, 1
		*row = kernels.CombineRow{
			Target: &out[0][t.at], Source: &in[0][t.at], Offset: &v.offset[t.channel], Terms: &one.terms[0],
			Pixels: t.pixels, Channels: t.channels, Pixel: channels,
		}
		for i, term := range op.Terms {
			if row.Count == len(one.terms) {
				w.Kernels.Combine(row)
				row.Source, row.Offset, row.Count = row.Target, &v.zeros[t.channel], 0
			}
			one.terms[row.Count] = kernels.Term{Source: &in[input][t.at], Scale: &v.scale[i*lanes+t.channel]}
			row.Count++
			input += term.tensors()
		}
		w.Kernels.Combine(row)
	})
}

// InPlace implements InPlacer.
func (op Combine) InPlace(o int) int { return 0 }

// combinedGrad are the vectors of a CombineGrad: of each term the scale times the coefficient and the centre, one
// behind the other in whole blocks.
type combinedGrad struct{ scale, centre, zeros []float32 }

// combinedGrad returns the vectors with room for them.
func (op CombineGrad) combinedGrad(l *layout) combinedGrad {
	n := blocks(op.tiled().Channels) * block
	return combinedGrad{l.take(len(op.Terms) * n), l.take(len(op.Terms) * n), l.padded(nil, n)}
}

// Scratch implements Op.
func (op CombineGrad) Scratch(*Workers) (each, shared int) {
	var l layout
	op.combinedGrad(&l)
	return 0, l.used
}

// Run implements Op.
//
// All terms take a tile of dy while it is in the cache. The first comes last, since dk may have the memory of dy.
func (op CombineGrad) Run(w *Workers, in, out [][]float32) {
	m := op.tiled()
	channels, lanes := m.Channels, blocks(m.Channels)*block
	v := op.combinedGrad(&layout{memory: w.Shared})
	clear(v.scale)
	clear(v.centre)
	affine, input := 0, 1
	for i, term := range op.Terms {
		scale, centre := v.scale[i*lanes:][:channels], v.centre[i*lanes:]
		for c := range scale {
			scale[c] = float32(term.Coefficient)
		}
		if term.Affine {
			for c, s := range in[input+1] {
				scale[c] = float32(term.Coefficient * float64(s))
			}
			copy(centre, in[input+2])
			input += term.tensors()
			affine++
		}
	}
	numSums := m.numSums(m.strips())
	all := w.dots(affine * numSums)

	w.eachTile(m, m.strips(), func(one *Worker, t tile) {
		input, output, sums := len(in), len(out), affine*numSums
		for i := len(op.Terms) - 1; i >= 0; i-- {
			term, c := op.Terms[i], i*lanes+t.channel
			output -= term.tensors()
			if !term.Affine {
				one.affine = kernels.AffineRow{
					Target: &out[output][t.at], Source: &in[0][t.at],
					Scale: &v.scale[c], Centre: &v.zeros[t.channel], Offset: &v.zeros[t.channel],
					Pixels: t.pixels, Channels: t.channels, TargetPixel: channels, SourcePixel: channels,
				}
				w.Kernels.Affine(&one.affine)
				continue
			}
			input -= term.tensors()
			sums -= numSums
			one.dot = kernels.DotRow{
				Target: &out[output][t.at], Adjoint: &in[0][t.at], Source: &in[input][t.at],
				Scale: &v.scale[c], Centre: &v.centre[c], Offset: &v.zeros[t.channel],
				Pixels: t.pixels, Channels: t.channels,
				TargetPixel: channels, AdjointPixel: channels, SourcePixel: channels,
			}
			all.add(w, one, sums+t.sums)
		}
	})

	input, output := 1, 0
	for _, term := range op.Terms {
		if term.Affine {
			n := numSums * dotFloats
			all[:n].adjoints(term.Coefficient, in[input+1], out[output+1:])
			all, input = all[n:], input+term.tensors()
		}
		output += term.tensors()
	}
}

// InPlace implements InPlacer.
func (op CombineGrad) InPlace(o int) int {
	if o == 0 {
		return 0
	}
	return -1
}
