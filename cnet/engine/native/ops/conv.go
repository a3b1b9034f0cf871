package ops

import "continuousnet/cnet/engine/native/kernels"

const block = kernels.Block

// blocks returns the number of blocks of channels.
func blocks(channels int) int { return (channels + block - 1) / block }

// Conv is a convolution (cross-correlation) with zero padding Size/2, plus a bias, then a ReLU, and the batch's mean
// and biased variance of the result:
//
//	x [In], Pre's vectors, kernel [Out, Size, Size, In.Channels], bias [Out] if Bias  ->
//	y, and mean [Out], variance [Out] if Stats
type Conv struct {
	In           Map
	Out          int // channels
	Size, Stride int // Size 1 or 3, Stride 1 or 2
	Pre          Pre
	Bias, ReLU   bool
	Stats        bool
}

// Result returns the shape of the result.
func (c Conv) Result() Map {
	return Map{c.In.Batch, (c.In.Height + c.Stride - 1) / c.Stride, (c.In.Width + c.Stride - 1) / c.Stride, c.Out}
}

// packed returns the number of weights in the order of ConvTile, for windows of rows × run numbers.
func packed(out, rows, run int) int { return blocks(out) * block * rows * run }

// pack brings the kernel [Out, Size, Size, In.Channels] into the order of ConvTile, and transforms it if it is to be.
func (c Conv) pack(w *Workers, s convShared, kernel []float32) {
	n := c.Size * c.Size * c.In.Channels
	w.Each(blocks(c.Out), func(one *Worker, b int) {
		t := s.weights[b*n*block : (b+1)*n*block]
		for lane := range block {
			o := b*block + lane
			if o >= c.Out {
				for i := range n {
					t[i*block+lane] = 0
				}
				continue
			}
			for i, v := range kernel[o*n : (o+1)*n] {
				t[i*block+lane] = v
			}
		}
		if s.spread != nil {
			one.spreadKernel(w, s.spread, s.weights, b, blocks(c.Out), c.In.Channels)
		}
	})
}

type convShared struct {
	weights, bias []float32
	zeros, spread []float32 // of tiles: no bias, and the weights at each position
}

func (c Conv) shared(l *layout, in [][]float32) (convShared, pre, [][]float32) {
	p, in := l.takePre(c.Pre, c.In.Channels, in)
	s := convShared{weights: l.take(packed(c.Out, c.Size, c.Size*c.In.Channels))}
	if c.winograd() {
		s.zeros, s.spread = l.padded(nil, c.Out), l.take(positions*c.In.Channels*c.Out)
	}
	var bias []float32
	if c.Bias && l.memory != nil {
		bias = in[1]
	}
	s.bias = l.padded(bias, c.Out)
	return s, p, in
}

type convEach struct {
	source, centre, sums []float32
	tiles, products      group
}

func (c Conv) each(l *layout) convEach {
	var e convEach
	e.source = c.takeSource(l)
	e.centre, e.sums = l.take(blocks(c.Out)*block), l.take(2*blocks(c.Out)*block)
	if c.winograd() {
		t := c.tiled()
		e.tiles, e.products = t.take(l, c.In.Channels), t.take(l, c.Out)
	}
	return e
}

// Scratch implements Op.
func (c Conv) Scratch(*Workers) (each, shared int) {
	var e, s layout
	c.each(&e)
	c.shared(&s, nil)
	return e.used, s.used
}

// Run implements Op.
func (c Conv) Run(w *Workers, in, out [][]float32) {
	x, y := in[0], out[0]
	s, p, rest := c.shared(&layout{memory: w.Shared}, in[1:])
	c.pack(w, s, rest[0])
	result, st := c.Result(), c.strips()
	n := chunks(c.In.Batch)
	var stats observed
	if c.Stats {
		stats = w.observed(n * blocks(c.Out))
	}
	imageIn, imageOut := c.In.Size()/c.In.Batch, result.Size()/result.Batch
	w.Each(n, func(one *Worker, i int) {
		e := c.each(&layout{memory: one.Scratch})
		clear(e.source)
		_, width := c.windowSize(1)
		t := target{pixel: c.Out, row: result.Width * c.Out, width: result.Width, channels: c.Out,
			windowRows: c.Size, windowRun: c.Size * c.In.Channels, sourceRow: width * c.In.Channels, relu: c.ReLU}
		own := stats[i*len(stats)/n : (i+1)*len(stats)/n]
		first, last := part(c.In.Batch, n, i)
		if c.winograd() {
			c.runTiled(w, one, e, s, p, x, y, first, last, own)
			return
		}
		for image := first; image < last; image++ {
			for strip := range st.count {
				from, to := st.rowsOf(strip, result.Height)
				source := c.source(w, one, e.source, x[image*imageIn:(image+1)*imageIn], p, from, to)
				t.at, t.rows = y[image*imageOut+from*t.row:(image+1)*imageOut], to-from
				pixels := t.rows * t.width
				switch {
				case !c.Stats:
					one.tiles(w, source, s.weights, s.bias, nil, nil, t)
				case own[0].count == 0:
					one.tiles(w, source, s.weights, s.bias, nil, nil, t)
					own.first(w, one, t.at, pixels, c.Out, e.centre, e.sums)
				default:
					own.centre(e.centre)
					one.tiles(w, source, s.weights, s.bias, e.centre, e.sums, t)
					own.add(pixels, e.centre, e.sums)
				}
			}
		}
	})
	if c.Stats {
		stats.results(n, out[1], out[2])
	}
}
