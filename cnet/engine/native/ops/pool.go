package ops

import "continuousnet/cnet/engine/native/kernels"

// MeanPool is the mean over the pixels of each image: x, Pre's vectors -> [B, C].
type MeanPool struct {
	Map Map
	Pre Pre
}

// MeanPoolGrad is the gradient of MeanPool: dp [B, C], x, Pre's vectors -> dx, the adjoints of Pre's vectors.
type MeanPoolGrad struct{ MeanPool }

// Scratch implements Op.
func (op MeanPool) Scratch(*Workers) (each, shared int) {
	var l layout
	l.takePre(op.Pre, op.Map.Channels, nil)
	l.padded(nil, op.Map.Channels)
	return tilePixels * block, l.used
}

// Run implements Op.
//
// Without a ReLU, the transform can as well be applied to the mean.
func (op MeanPool) Run(w *Workers, in, out [][]float32) {
	m, channels, l := op.Map, op.Map.Channels, layout{memory: w.Shared}
	p, _ := l.takePre(op.Pre, channels, in[1:])
	zeros := l.padded(nil, channels)
	w.eachTile(m, m.Batch, func(one *Worker, t tile) {
		var total [block]float64
		for from := 0; from < t.pixels; from += tilePixels {
			row := &one.moments
			*row = kernels.MomentsRow{
				Source: &in[0][t.at+from*channels], Centre: &p.centre[t.channel], Sums: &one.sums[0],
				Pixels: min(tilePixels, t.pixels-from), Channels: t.channels, SourcePixel: channels,
			}
			if p.ReLU {
				u := &one.Scratch[0]
				one.affine = kernels.AffineRow{
					Target: u, Source: row.Source,
					Scale: &p.scale[t.channel], Centre: &p.centre[t.channel], Offset: &p.offset[t.channel],
					Pixels: row.Pixels, Channels: t.channels, TargetPixel: block, SourcePixel: channels, ReLU: 1,
				}
				w.Kernels.Affine(&one.affine)
				row.Source, row.SourcePixel, row.Centre = u, block, &zeros[t.channel]
			}
			clear(one.sums[:])
			w.Kernels.Moments(row)
			for c := range total {
				total[c] += float64(one.sums[c])
			}
		}
		means := out[0][t.image*channels+t.channel:]
		for c := range t.channels {
			mean := total[c] / float64(t.pixels)
			if !p.ReLU {
				mean = float64(p.scale[t.channel+c])*mean + float64(p.offset[t.channel+c])
			}
			means[c] = float32(mean)
		}
	})
}

// Scratch implements Op.
func (op MeanPoolGrad) Scratch(w *Workers) (each, shared int) {
	_, shared = op.MeanPool.Scratch(w)
	return block, shared
}

// Run implements Op.
//
// The adjoint is the same for all pixels of an image: the kernels read one row of it again and again.
func (op MeanPoolGrad) Run(w *Workers, in, out [][]float32) {
	m, channels, l := op.Map, op.Map.Channels, layout{memory: w.Shared}
	p, _ := l.takePre(op.Pre, channels, in[2:])
	s := w.dots(m.numSums(m.imageStrips()))
	w.eachTile(m, m.imageStrips(), func(one *Worker, t tile) {
		adjoint := one.Scratch[:block]
		for c, d := range in[0][t.image*channels+t.channel:][:t.channels] {
			adjoint[c] = float32(float64(d) / float64(m.Height*m.Width))
		}
		if op.Pre == (Pre{}) { // then x need not be read
			one.affine = kernels.AffineRow{
				Target: &out[0][t.at], Source: &adjoint[0],
				Scale: &p.scale[t.channel], Centre: &p.centre[t.channel], Offset: &p.offset[t.channel],
				Pixels: t.pixels, Channels: t.channels, TargetPixel: channels,
			}
			w.Kernels.Affine(&one.affine)
			return
		}
		one.dot = kernels.DotRow{
			Target: &out[0][t.at], Adjoint: &adjoint[0], Source: &in[1][t.at],
			Scale: &p.scale[t.channel], Centre: &p.centre[t.channel], Offset: &p.offset[t.channel],
			Pixels: t.pixels, Channels: t.channels, TargetPixel: channels, SourcePixel: channels, ReLU: flag(p.ReLU),
		}
		s.add(w, one, t.sums)
	})
	if op.Pre.Affine {
		s.adjoints(1, in[2], out[1:])
	}
}
