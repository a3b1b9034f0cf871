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

// apply writes the values of the pixels of raw to out, both [..., C].
func (n normalizer) apply(out []float32, raw []uint8) {
	for c := range n {
		table := &n[c]
		for i := c; i < len(raw) && i < len(out); i += len(n) {
			out[i] = table[raw[i]]
		}
	}
}
