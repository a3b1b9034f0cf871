package ops

import "continuousnet/cnet/engine/native/kernels"

// Apply computes what Pre postpones: x, Pre's vectors -> u.
type Apply struct {
	Map Map
	Pre Pre
}

// ApplyGrad is the gradient of Apply: du, x, Pre's vectors -> dx, the adjoints of Pre's vectors.
type ApplyGrad struct{ Apply }

// tiled returns the map as its tiles are cut: without vectors, all channels are alike.
func (op Apply) tiled() Map {
	if op.Pre.Affine {
		return op.Map
	}
	return op.Map.flat()
}

// Scratch implements Op.
func (op Apply) Scratch(*Workers) (each, shared int) {
	var l layout
	l.takePre(op.Pre, op.Map.Channels, nil)
	return 0, l.used
}

// Run implements Op.
func (op Apply) Run(w *Workers, in, out [][]float32) {
	m, l := op.tiled(), layout{memory: w.Shared}
	p, _ := l.takePre(op.Pre, m.Channels, in[1:])
	w.transform(m, p, in[0], out[0])
}

// InPlace implements InPlacer.
func (op Apply) InPlace(o int) int { return 0 }

// Scratch implements Op.
func (op ApplyGrad) Scratch(w *Workers) (each, shared int) { return op.Apply.Scratch(w) }

// Run implements Op.
func (op ApplyGrad) Run(w *Workers, in, out [][]float32) {
	m, l := op.tiled(), layout{memory: w.Shared}
	p, _ := l.takePre(op.Pre, m.Channels, in[2:])
	s := w.dots(m.numSums(m.strips()))
	w.eachTile(m, m.strips(), func(one *Worker, t tile) {
		one.dot = kernels.DotRow{
			Target: &out[0][t.at], Adjoint: &in[0][t.at], Source: &in[1][t.at],
			Scale: &p.scale[t.channel], Centre: &p.centre[t.channel], Offset: &p.offset[t.channel],
			Pixels: t.pixels, Channels: t.channels,
			TargetPixel: m.Channels, AdjointPixel: m.Channels, SourcePixel: m.Channels, ReLU: flag(p.ReLU),
		}
		s.add(w, one, t.sums)
	})
	if op.Pre.Affine {
		s.adjoints(1, in[2], out[1:])
	}
}

// InPlace implements InPlacer.
func (op ApplyGrad) InPlace(o int) int {
	if o == 0 {
		return 0
	}
	return -1
}
