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

// pixelScale returns a normalizer that scales bytes to [0, 1] and does nothing else.
func pixelScale(channels int) normalizer {
	n := make(normalizer, channels)
	for c := range n {
		for x := range n[c] {
			n[c][x] = float32(x) / 255
		}
	}
	return n
}

// normalizeFloats makes pixels [..., C] normalised ones. Differences that are small beside the mean survive.
func normalizeFloats(pixels []float32, mean, std []float64) {
	for c := range mean {
		shift, scale := mean[c], 1/std[c]
		for i := c; i < len(pixels); i += len(mean) {
			pixels[i] = float32((float64(pixels[i]) - shift) * scale)
		}
	}
}

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
