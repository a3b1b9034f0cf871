package dataset

// normalizer turns bytes into what networks take: (x/255 - mean) / std for
// each channel. A byte has 256 values, so the arithmetic is a table.
type normalizer [][256]float32

func newNormalizer(set *Set) normalizer {
	n := make(normalizer, set.Channels)
	for c := range n {
		for x := range n[c] {
			n[c][x] = float32((float64(x)/255 - set.Mean[c]) / set.Std[c])
		}
	}
	return n
}

// reader writes the images of a split as networks take them.
type reader struct {
	split     Split
	size      int // values in an image
	bytes     normalizer
	mean, std []float64 // of Values
}

func newReader(set *Set, split Split) reader {
	r := reader{split: split, size: set.ImageSize(), mean: set.Mean, std: set.Std}
	if split.Values == nil {
		r.bytes = newNormalizer(set)
	}
	return r
}

// read writes image i to out, [size].
func (r reader) read(out []float32, i int) {
	if r.split.Values == nil {
		r.bytes.apply(out, r.raw(i))
		return
	}
	for k, x := range r.split.Values[i*r.size:][:r.size] {
		c := k % len(r.mean)
		out[k] = float32((float64(x) - r.mean[c]) / r.std[c])
	}
}

// raw returns the bytes of image i.
func (r reader) raw(i int) []uint8 { return r.split.Images[i*r.size:][:r.size] }

// apply writes the values of the pixels of raw to out, both [..., C] and of the
// same length.
func (n normalizer) apply(out []float32, raw []uint8) {
	if len(n) == 3 { // colours: pixel by pixel takes half the time
		red, green, blue := &n[0], &n[1], &n[2]
		for len(raw) >= 3 && len(out) >= 3 {
			out[0], out[1], out[2] = red[raw[0]], green[raw[1]], blue[raw[2]]
			raw, out = raw[3:], out[3:]
		}
		return
	}
	for c := range n {
		table := &n[c]
		for i := c; i < len(raw) && i < len(out); i += len(n) {
			out[i] = table[raw[i]]
		}
	}
}

// applyMirrored is apply from the last pixel of raw to the first.
func (n normalizer) applyMirrored(out []float32, raw []uint8) {
	if len(n) == 3 {
		red, green, blue := &n[0], &n[1], &n[2]
		for last := len(raw) - 3; last >= 0 && len(out) >= 3; last -= 3 {
			pixel := raw[last : last+3 : last+3]
			out[0], out[1], out[2] = red[pixel[0]], green[pixel[1]], blue[pixel[2]]
			out = out[3:]
		}
		return
	}
	for c := range n {
		table := &n[c]
		for i, j := len(raw)-len(n)+c, c; i >= 0 && j < len(out); i, j = i-len(n), j+len(n) {
			out[j] = table[raw[i]]
		}
	}
}
