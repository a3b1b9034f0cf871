package ops

// ConvGrad is the gradient of Conv:
//
//	dy, dmean and dvariance if Stats, y if ReLU or Stats, mean if Stats, x, Pre's vectors, kernel  ->
//	dx unless NoDX, the adjoints of Pre's vectors, dkernel, dbias if Bias
//
// Strip by strip it makes dz, the adjoint of the sum before the ReLU; dz and the window of the input give the gradient
// of the kernel, a convolution of dz with the kernel gives dx.
type ConvGrad struct {
	Conv
	NoDX bool // the images' own gradient is not wanted; Pre must be empty
}

// Omit implements Omitter: the gradient of a network's images costs as much as another convolution.
func (c ConvGrad) Omit() (Op, bool) {
	if c.NoDX || c.Pre != (Pre{}) {
		return nil, false
	}
	c.NoDX = true
	return c, true
}

// phase is a part of dx that is a convolution of dz of stride 1: the rows row, row + Stride, … and columns alike.
type phase struct {
	row, column   int
	rows, columns []int // the kernel's taps that reach it; see taps
	weights       []float32
}

// taps returns the kernel's taps along an axis that reach the pixels offset, offset + stride, … of dx, in the order of
// the pixels of dz that they come from: these are neighbours.
func (c ConvGrad) taps(offset int) []int {
	switch {
	case c.Size == 1 && offset == 0:
		return []int{0}
	case c.Size == 1:
		return nil
	case c.Stride == 1:
		return []int{2, 1, 0}
	case offset == 0:
		return []int{1}
	}
	return []int{2, 0}
}

// border returns the number of border rows of dz above and below a strip.
func (c ConvGrad) border() (before, after int) {
	if c.Size == 1 || c.NoDX {
		return 0, 0
	}
	if c.Stride == 1 {
		return 1, 1
	}
	return 0, 1
}

// lanes returns the number of channels of dz, in whole blocks.
func (c ConvGrad) lanes() int { return blocks(c.Out) * block }

func (c ConvGrad) dzWidth() int {
	before, after := c.border()
	return before + c.Result().Width + after
}

// weights returns the number of weights of an output channel.
func (c ConvGrad) weights() int { return c.Size * c.Size * c.In.Channels }

// kernelFloats is the memory of a chunk's gradient of the kernel, [weights][lanes]; that of tiles is larger before it
// is done.
func (c ConvGrad) kernelFloats() int {
	if c.winograd() {
		return positions * c.In.Channels * c.Out
	}
	return c.weights() * c.lanes()
}

type gradShared struct {
	phases                           []phase
	byMean, byVariance, centre, ones []float32
	zeros                            []float32
	kernel                           []float32 // gradients of the chunks, see kernelFloats
	spread                           []float32 // the weights of dx at each position
}

// gradInputs are ConvGrad's inputs by name.
type gradInputs struct {
	dy, dmean, dvariance, y, mean, x, kernel []float32
}

func (c ConvGrad) shared(l *layout, in [][]float32) (s gradShared, p pre, i gradInputs) {
	next := func(there bool) []float32 {
		if !there || l.memory == nil {
			return nil
		}
		v := in[0]
		in = in[1:]
		return v
	}
	i.dy, i.dmean, i.dvariance = next(true), next(c.Stats), next(c.Stats)
	i.y, i.mean, i.x = next(c.ReLU || c.Stats), next(c.Stats), next(true)
	p, in = l.takePre(c.Pre, c.In.Channels, in)
	i.kernel = next(true)
	s.byMean, s.byVariance = l.padded(nil, c.Out), l.padded(nil, c.Out)
	s.centre, s.ones = l.padded(i.mean, c.Out), l.padded(nil, c.Out)
	s.zeros = l.padded(nil, max(c.Out, c.In.Channels))
	s.kernel = l.take(chunks(c.In.Batch) * c.kernelFloats())
	if !c.NoDX {
		for row := range c.Stride {
			for column := range c.Stride {
				ph := phase{row: row, column: column, rows: c.taps(row), columns: c.taps(column)}
				if c.winograd() {
					s.spread = l.take(positions * c.In.Channels * c.Out)
				}
				if len(ph.rows) > 0 && len(ph.columns) > 0 {
					ph.weights = l.take(packed(c.In.Channels, len(ph.rows), len(ph.columns)*c.lanes()))
					s.phases = append(s.phases, ph)
				}
			}
		}
	}
	return s, p, i
}

type gradEach struct {
	source, dz, sums         []float32
	tiles, adjoint, bordered group // of the input, of dz, and of dz with its border
}

func (c ConvGrad) each(l *layout) gradEach {
	e := gradEach{source: c.takeSource(l)}
	if c.winograd() {
		t := c.tiled()
		e.tiles, e.adjoint, e.bordered = t.take(l, c.In.Channels), t.take(l, c.Out), t.take(l, c.Out)
	}
	before, after := c.border()
	e.dz = l.take((before + c.strips().rows + after) * c.dzWidth() * c.lanes())
	e.sums = l.take(c.lanes())
	return e
}

// Scratch implements Op.
func (c ConvGrad) Scratch(*Workers) (each, shared int) {
	var e, s layout
	c.each(&e)
	c.shared(&s, nil)
	return e.used, s.used
}

// packBack brings the kernel into the order of ConvTile for a phase of dx, and transforms it to spread if it is to be.
func (c ConvGrad) packBack(w *Workers, ph phase, spread, kernel []float32) {
	in, lanes := c.In.Channels, c.lanes()
	run := len(ph.columns) * lanes
	w.Each(blocks(in), func(one *Worker, b int) {
		t := ph.weights[b*len(ph.rows)*run*block:]
		channels := min(block, in-b*block)
		for r, ky := range ph.rows {
			for q, kx := range ph.columns {
				for o := range lanes {
					to := t[(r*run+q*lanes+o)*block:][:block]
					if o >= c.Out {
						clear(to)
						continue
					}
					clear(to[copy(to, kernel[((o*c.Size+ky)*c.Size+kx)*in+b*block:][:channels]):])
				}
			}
		}
		if spread != nil {
			one.spreadKernel(w, spread, ph.weights, b, blocks(in), lanes)
		}
	})
}

// Run implements Op.
func (c ConvGrad) Run(w *Workers, in, out [][]float32) {
	s, p, i := c.shared(&layout{memory: w.Shared}, in)
	var dx []float32
	if !c.NoDX {
		dx, out = out[0], out[1:]
		for _, ph := range s.phases {
			c.packBack(w, ph, s.spread, i.kernel)
		}
	}
	result, st := c.Result(), c.strips()
	pixels := float64(result.Pixels())
	for o := range s.ones {
		s.ones[o] = 1
	}
	if c.Stats {
		for o := range c.Out {
			s.byMean[o] = float32(float64(i.dmean[o]) / pixels)
			s.byVariance[o] = float32(2 * float64(i.dvariance[o]) / pixels)
		}
	}
	n, each := chunks(c.In.Batch), c.kernelFloats()
	perChunk := blocks(c.In.Channels)
	sums := w.floats(n * (perChunk*dotFloats + c.Out))
	vectors, bias := dots(sums[:n*perChunk*dotFloats]), sums[n*perChunk*dotFloats:]
	imageIn, imageOut := c.In.Size()/c.In.Batch, result.Size()/result.Batch
	w.Each(n, func(one *Worker, k int) {
		e := c.each(&layout{memory: one.Scratch})
		clear(e.source)
		clear(e.dz)
		kernel := s.kernel[k*each : (k+1)*each]
		clear(kernel)
		first, last := part(c.In.Batch, n, k)
		if c.winograd() {
			g := tiledGrad{c, w, one, e, s, p, i, dx, bias[k*c.Out : (k+1)*c.Out], vectors, k * perChunk}
			g.run(kernel, first, last)
			return
		}
		for image := first; image < last; image++ {
			xs := i.x[image*imageIn : (image+1)*imageIn]
			dys := i.dy[image*imageOut : (image+1)*imageOut]
			var ys []float32
			if i.y != nil {
				ys = i.y[image*imageOut : (image+1)*imageOut]
			}
			for strip := range st.count {
				from, to := st.rowsOf(strip, result.Height)
				dz := c.adjoint(w, one, e, s, dys, ys, from, to, bias[k*c.Out:(k+1)*c.Out])
				c.addKernel(w, one, kernel, c.source(w, one, e.source, xs, p, from, to), dz, to-from)
				if dx != nil {
					c.dx(w, one, e, s, p, dx[image*imageIn:(image+1)*imageIn], xs, from, to, vectors, k*perChunk)
				}
			}
		}
	})
	if c.Pre.Affine {
		vectors.adjoints(1, p.scale[:c.In.Channels], out)
		out = out[3:]
	}
	c.sumKernels(w, out[0], s.kernel, n)
	if c.Bias {
		for o := range c.Out {
			var sum float64
			for k := range n {
				sum += bias[k*c.Out+o]
			}
			out[1][o] = float32(sum)
		}
	}
}

// adjoint fills the scratch memory with dz of the result's rows from … to of an image and those around them, and adds
// to the gradient of the bias. It returns the window of the rows themselves.
func (c ConvGrad) adjoint(
	w *Workers, one *Worker, e gradEach, s gradShared, dy, y []float32, from, to int, bias []float64,
) window {
	result := c.Result()
	before, after := c.border()
	lanes, width := c.lanes(), c.dzWidth()
	t := &one.adjoint
	t.Pixels, t.TargetPixel, t.AdjointPixel, t.ValuePixel = result.Width, lanes, c.Out, c.Out
	t.ReLU = flag(c.ReLU)
	clear(e.sums)
	for r := from - before; r < to+after; r++ {
		row := e.dz[(r-from+before)*width*lanes:][:width*lanes]
		if r < 0 || r >= result.Height {
			clear(row)
			continue
		}
		at := r * result.Width * c.Out
		sums := e.sums
		if r < from || r >= to {
			sums = one.sums[:] // another strip's
		}
		for b := 0; b < lanes; b += block {
			t.Channels = min(block, c.Out-b)
			t.Target, t.Adjoint, t.Value = &row[before*lanes+b], &dy[at+b], nil
			if y != nil {
				t.Value = &y[at+b]
			}
			t.Scale, t.Centre = &s.ones[b], &s.centre[b]
			t.ByMean, t.ByVariance = &s.byMean[b], &s.byVariance[b]
			t.Sums = &sums[min(b, len(sums)-block)]
			w.Kernels.Adjoint(t)
		}
	}
	for o := range bias {
		bias[o] += float64(e.sums[o])
	}
	return window{e.dz[(before*width+before)*lanes:], lanes, width * lanes}
}

// addKernel adds to the gradient of the kernel, [Size·Size·In.Channels][lanes].
func (c ConvGrad) addKernel(w *Workers, one *Worker, kernel []float32, source, dz window, rows int) {
	_, width := c.windowSize(1)
	lanes, run := c.lanes(), c.Size*c.In.Channels
	at := source.at
	for ky := range c.Size {
		source.at = at[ky*width*c.In.Channels:]
		one.addGradient(w, kernel[ky*run*lanes:], source, dz, rows, c.Result().Width, run, lanes)
	}
}

// dx computes the rows of an image's dx that belong to the result's rows from … to, from dz in scratch memory, and adds
// to the sums of Pre's vectors, from block first on.
func (c ConvGrad) dx(
	w *Workers, one *Worker, e gradEach, s gradShared, p pre, dx, x []float32, from, to int, vectors dots, first int,
) {
	channels, lanes, width := c.In.Channels, c.lanes(), c.dzWidth()
	top, bottom := from*c.Stride, min(to*c.Stride, c.In.Height)
	strip := dx[top*c.In.Width*channels : bottom*c.In.Width*channels]
	if len(s.phases) < c.Stride*c.Stride {
		clear(strip)
	}
	for _, ph := range s.phases {
		t := target{
			pixel: c.Stride * channels, row: c.Stride * c.In.Width * channels,
			rows:     (bottom - top - ph.row + c.Stride - 1) / c.Stride,
			width:    (c.In.Width - ph.column + c.Stride - 1) / c.Stride,
			channels: channels, windowRows: len(ph.rows), windowRun: len(ph.columns) * lanes, sourceRow: width * lanes,
		}
		if t.rows == 0 || t.width == 0 {
			continue
		}
		t.at = strip[(ph.row*c.In.Width+ph.column)*channels:]
		one.tiles(w, window{e.dz, lanes, width * lanes}, ph.weights, s.zeros, nil, nil, t)
	}
	c.throughPre(w, one, p, strip, x[top*c.In.Width*channels:], vectors, first)
}

// throughPre makes the adjoint of the input, in place, of that of Pre's result, and adds to the sums of Pre's vectors,
// from block first on.
func (c ConvGrad) throughPre(w *Workers, one *Worker, p pre, strip, x []float32, vectors dots, first int) {
	if c.Pre == (Pre{}) {
		return
	}
	channels := c.In.Channels
	d := &one.dot
	d.Pixels, d.TargetPixel, d.AdjointPixel, d.SourcePixel = len(strip)/channels, channels, channels, channels
	d.ReLU, d.Add = flag(p.ReLU), nil
	for b := 0; b < channels; b += block {
		d.Channels = min(block, channels-b)
		d.Target, d.Adjoint, d.Source = &strip[b], &strip[b], &x[b]
		d.Scale, d.Centre, d.Offset = &p.scale[b], &p.centre[b], &p.offset[b]
		vectors.add(w, one, first+b/block)
	}
}

// sumKernels adds up the chunks' gradients, in their order, and brings them into the order of the kernel.
func (c ConvGrad) sumKernels(w *Workers, target, chunks []float32, n int) {
	weights, lanes, each := c.weights(), c.lanes(), c.kernelFloats()
	w.Each((weights+block-1)/block, func(one *Worker, b int) {
		first, last := b*block, min(weights, (b+1)*block)
		sum := chunks[first*lanes : last*lanes]
		for k := 1; k < n; k++ {
			addRow(w, one, sum, sum, chunks[k*each+first*lanes:k*each+last*lanes], false)
		}
		for o := range c.Out {
			to := target[o*weights+first : o*weights+last]
			for i := range to {
				to[i] = sum[i*lanes+o]
			}
		}
	})
}
