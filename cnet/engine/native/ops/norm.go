package ops

import (
	"math"

	"continuousnet/cnet/engine/native/kernels"
)

// Moments are the mean and the biased variance of each channel of a batch: x -> mean [C], variance [C].
type Moments struct{ Map Map }

// MomentsGrad is the gradient of Moments: dmean, dvariance, x, mean -> dx.
type MomentsGrad struct{ Map Map }

// Norm is the factor of batch norm (Ioffe & Szegedy, 2015, algorithm 1): scale [C], variance [C] -> scale/√(variance +
// ε).
type Norm struct {
	Channels int
	Epsilon  float64
}

// NormGrad is the gradient of Norm: da, scale, variance -> dscale, dvariance.
type NormGrad struct{ Norm }

// Scratch implements Op.
func (op Moments) Scratch(*Workers) (each, shared int) { return block, 0 }

// firstPixels is how many pixels' mean is the first centre.
const firstPixels = 16

// Run implements Op.
func (op Moments) Run(w *Workers, in, out [][]float32) {
	m := op.Map
	all := w.observed(m.numSums(m.strips()))
	w.eachTile(m, m.strips(), func(one *Worker, t tile) {
		own, row := &all[t.sums], &one.moments
		centre, sums := (*[block]float32)(one.Scratch), one.sums[:2*block]
		own.centre(centre)
		*row = kernels.MomentsRow{
			Source: &in[0][t.at], Centre: &centre[0], Sums: &sums[0],
			Pixels: t.pixels, Channels: t.channels, SourcePixel: m.Channels,
		}
		if own.count == 0 {
			row.Pixels = min(t.pixels, firstPixels)
			clear(sums)
			w.Kernels.Moments(row)
			for c := range centre {
				centre[c] = sums[c] / float32(row.Pixels)
			}
			row.Pixels = t.pixels
		}
		clear(sums)
		w.Kernels.Moments(row)
		own.add(t.pixels, centre, (*[block]float32)(sums), (*[block]float32)(sums[block:]))
	})
	all.results(m.spans(m.strips()), out[0], out[1])
}

// Scratch implements Op.
func (op MomentsGrad) Scratch(*Workers) (each, shared int) {
	var l layout
	l.takePre(Pre{Affine: true}, op.Map.Channels, nil)
	return 0, l.used
}

// Run implements Op.
//
// dx is (dmean + 2·dvariance·(x − mean))/n, which is affine. The variance does not change with the mean alone.
func (op MomentsGrad) Run(w *Workers, in, out [][]float32) {
	m, l, n := op.Map, layout{memory: w.Shared}, float64(op.Map.Pixels())
	dmean, dvariance, x, mean := in[0], in[1], in[2], in[3]
	p := pre{Pre: Pre{Affine: true}}
	p.scale, p.centre, p.offset = l.padded(nil, m.Channels), l.padded(mean, m.Channels), l.padded(nil, m.Channels)
	for c := range m.Channels {
		p.scale[c] = float32(2 * float64(dvariance[c]) / n)
		p.offset[c] = float32(float64(dmean[c]) / n)
	}
	w.transform(m, p, x, out[0])
}

// InPlace implements InPlacer.
func (op MomentsGrad) InPlace(o int) int { return 2 }

// Scratch implements Op.
func (op Norm) Scratch(w *Workers) (each, shared int) { return 0, 0 }

// Run implements Op.
func (op Norm) Run(w *Workers, in, out [][]float32) {
	scale, variance := in[0], in[1]
	for c := range op.Channels {
		out[0][c] = float32(float64(scale[c]) / math.Sqrt(float64(variance[c])+op.Epsilon))
	}
}

// InPlace implements InPlacer.
func (op Norm) InPlace(o int) int { return 0 }

// InPlace implements InPlacer.
func (op NormGrad) InPlace(o int) int {
	if o == 0 {
		return 0
	}
	return -1
}

// Scratch implements Op.
func (op NormGrad) Scratch(w *Workers) (each, shared int) { return 0, 0 }

// Run implements Op.
func (op NormGrad) Run(w *Workers, in, out [][]float32) {
	da, scale, variance := in[0], in[1], in[2]
	for c := range op.Channels {
		d, v := float64(da[c]), float64(variance[c])+op.Epsilon
		out[0][c], out[1][c] = float32(d/math.Sqrt(v)), float32(-0.5*d*float64(scale[c])/(v*math.Sqrt(v)))
	}
}
