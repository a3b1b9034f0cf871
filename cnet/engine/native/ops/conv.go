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

// stripPixels is about the number of pixels of the result that are computed at once: their window of the input lies in
// scratch memory that the first two caches hold.
const stripPixels = 512

// strips says how an image is cut into strips of rows.
type strips struct{ rows, count int }

func (c Conv) strips() strips {
	r := c.Result()
	rows := min(r.Height, max(1, stripPixels/r.Width))
	count := (r.Height + rows - 1) / rows
	return strips{(r.Height + count - 1) / count, count}
}

// rowsOf returns the rows of strip i of an image of the result: from (inclusive) and to (exclusive).
func (s strips) rowsOf(i, height int) (from, to int) { return i * s.rows, min(height, (i+1)*s.rows) }

// window is a part of a batch of maps in memory: Rows of pixels, with strides in float32. It is a part of the map itself,
// or a copy of some rows of an image, transformed by Pre and with a border of zeros.
type window struct {
	at         []float32 // begins with the first pixel
	pixel, row int
}

// padding returns the width of the border.
func (c Conv) padding() int { return c.Size / 2 }

// direct reports whether the convolution can read its input where it is.
func (c Conv) direct() bool { return c.Size == 1 && c.Pre == Pre{} }

// windowSize returns the height and width of the copy of the input for a number of rows of the result.
func (c Conv) windowSize(rows int) (height, width int) {
	return (rows-1)*c.Stride + c.Size, (c.Result().Width-1)*c.Stride + c.Size
}

// pre is Pre with its vectors, in whole blocks.
type pre struct {
	Pre
	scale, centre, offset []float32
}

// takePre takes Pre's vectors from the inputs, and returns the inputs behind them.
func (l *layout) takePre(p Pre, channels int, in [][]float32) (pre, [][]float32) {
	t := pre{Pre: p}
	if !p.Affine {
		in = append([][]float32{nil, nil, nil}, in...)
	}
	if l.memory == nil {
		in = make([][]float32, 3)
	}
	t.scale, t.centre, t.offset = l.padded(in[0], channels), l.padded(in[1], channels), l.padded(in[2], channels)
	if !p.Affine {
		for i := range t.scale {
			t.scale[i] = 1
		}
	}
	return t, in[3:]
}

// source returns the window of the input for the result's rows from … to of an image: the image itself, or a copy in
// scratch memory, whose border must be zero already at the left and right.
func (c Conv) source(w *Workers, one *Worker, scratch, image []float32, p pre, from, to int) window {
	channels := c.In.Channels
	if c.direct() {
		return window{image[from*c.Stride*c.In.Width*channels:], c.Stride * channels, c.Stride * c.In.Width * channels}
	}
	height, width := c.windowSize(to - from)
	pad := c.padding()
	inner := min(c.In.Width, width-pad)
	for r := range height {
		row := scratch[r*width*channels : (r+1)*width*channels]
		y := from*c.Stride - pad + r
		if y < 0 || y >= c.In.Height {
			clear(row)
			continue
		}
		pixels := image[y*c.In.Width*channels:]
		if c.Pre == (Pre{}) {
			copy(row[pad*channels:], pixels[:inner*channels])
			continue
		}
		one.apply(w, p, row[pad*channels:], pixels, inner, channels)
	}
	return window{scratch, c.Stride * channels, c.Stride * width * channels}
}

// apply transforms a number of neighbouring pixels.
func (one *Worker) apply(w *Workers, p pre, target, source []float32, pixels, channels int) {
	t := &one.affine
	t.Pixels, t.TargetPixel, t.SourcePixel, t.ReLU = pixels, channels, channels, flag(p.ReLU)
	for c := 0; c < channels; c += block {
		t.Channels = min(block, channels-c)
		t.Target, t.Source = &target[c], &source[c]
		t.Scale, t.Centre, t.Offset = &p.scale[c], &p.centre[c], &p.offset[c]
		w.Kernels.Affine(t)
	}
}

func flag(on bool) int {
	if on {
		return 1
	}
	return 0
}

// packed returns the number of weights in the order of ConvTile, for windows of rows × run numbers.
func packed(out, rows, run int) int { return blocks(out) * block * rows * run }

// pack brings the kernel [Out, Size, Size, In.Channels] into the order of ConvTile.
func (c Conv) pack(w *Workers, target, kernel []float32) {
	n := c.Size * c.Size * c.In.Channels
	w.Each(blocks(c.Out), func(_ *Worker, b int) {
		t := target[b*n*block : (b+1)*n*block]
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
	})
}

// tiles runs the convolution's tiles over rows × width pixels of a result with that many channels. The target's pixels
// and rows lie that far apart. If sums is not nil, Σ(y−centre) and Σ(y−centre)² are added to it, [2][blocks of channels].
func (one *Worker) tiles(w *Workers, s window, weights, bias, centre, sums []float32, t target) {
	k, a := w.Kernels, &one.conv
	a.Rows, a.Run, a.SourcePixel, a.SourceRow = t.windowRows, t.windowRun, s.pixel, t.sourceRow
	a.TargetPixel, a.ReLU = t.pixel, flag(t.relu)
	a.Add, a.Sums = nil, nil
	perBlock := t.windowRows * t.windowRun * block
	all := blocks(t.channels)
	for b := 0; b < all; b += a.Blocks {
		a.Blocks = 1
		if k.MaxPixels[1] > 0 && b+1 < all {
			a.Blocks = 2
		}
		a.Channels = min(a.Blocks*block, t.channels-b*block)
		a.Weights, a.Bias = &weights[b*perBlock], &bias[b*block]
		if sums != nil {
			// The tile's sums are [2][16·Blocks].
			clear(one.sums[:])
			a.Centre, a.Sums = &centre[b*block], &one.sums[0]
		}
		most := k.MaxPixels[a.Blocks-1]
		count := (t.width + most - 1) / most
		for y := range t.rows {
			from := 0
			for i := range count {
				to := t.width * (i + 1) / count
				a.Pixels = to - from
				a.Source = &s.at[y*s.row+from*s.pixel]
				a.Target = &t.at[y*t.row+from*t.pixel+b*block]
				k.Conv(a)
				from = to
			}
		}
		if sums != nil {
			n := a.Blocks * block
			copy(sums[b*block:], one.sums[:n])
			copy(sums[all*block+b*block:], one.sums[n:2*n])
		}
	}
}

// target is where the tiles of a convolution go, and the shape of its window.
type target struct {
	at                    []float32
	pixel, row            int
	rows, width, channels int
	windowRows, windowRun int
	sourceRow             int // from one row of the window to the next
	relu                  bool
}

type convShared struct{ weights, bias []float32 }

func (c Conv) shared(l *layout, in [][]float32) (convShared, pre, [][]float32) {
	p, in := l.takePre(c.Pre, c.In.Channels, in)
	s := convShared{weights: l.take(packed(c.Out, c.Size, c.Size*c.In.Channels))}
	var bias []float32
	if c.Bias && l.memory != nil {
		bias = in[1]
	}
	s.bias = l.padded(bias, c.Out)
	return s, p, in
}

type convEach struct{ source, centre, sums []float32 }

func (c Conv) each(l *layout) convEach {
	var e convEach
	if !c.direct() {
		height, width := c.windowSize(c.strips().rows)
		e.source = l.take(height * width * c.In.Channels)
	}
	e.centre, e.sums = l.take(blocks(c.Out)*block), l.take(2*blocks(c.Out)*block)
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
	c.pack(w, s.weights, rest[0])
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
