package ops

// stripPixels is about the number of pixels of the result that are computed at once: their window of the input lies in
// scratch memory that the first two caches hold.
const stripPixels = 512

// strips says how an image is cut into strips of rows.
type strips struct{ rows, count int }

func (c Conv) strips() strips {
	if c.winograd() {
		return c.tiled().strips
	}
	r := c.Result()
	rows := min(r.Height, max(1, stripPixels/r.Width))
	count := (r.Height + rows - 1) / rows
	return strips{(r.Height + count - 1) / count, count}
}

// rowsOf returns the rows of strip i of an image of the result: from (inclusive) and to (exclusive).
func (s strips) rowsOf(i, height int) (from, to int) { return i * s.rows, min(height, (i+1)*s.rows) }

// window is a part of a batch of maps in memory: rows of pixels, with strides in float32. It is a part of the map
// itself, or a copy of some rows of an image, transformed by Pre and with a border of zeros.
type window struct {
	at         []float32 // begins with the first pixel
	pixel, row int
}

// padding returns the width of the border.
func (c Conv) padding() int { return c.Size / 2 }

// direct reports whether the convolution can read its input where it is.
func (c Conv) direct() bool { return c.Size == 1 && c.Pre == Pre{} }

// takeSource returns memory for the copy of the input that a strip of the result needs.
func (c Conv) takeSource(l *layout) []float32 {
	if c.direct() {
		return nil
	}
	height, width := c.windowSize(c.strips().rows)
	return l.take(height * width * c.In.Channels)
}

// windowSize returns the height and width of the copy of the input for a number of rows of the result.
func (c Conv) windowSize(rows int) (height, width int) {
	return (rows-1)*c.Stride + c.Size, (c.Result().Width-1)*c.Stride + c.Size
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
