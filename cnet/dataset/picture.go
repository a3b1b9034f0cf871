package dataset

// Picture returns normalised images, as Batches and Ordered write them, as bytes to look at; see Bytes.
func (s *Set) Picture(normalised []float32) []uint8 {
	low, high := s.shownSpan()
	out := make([]uint8, len(normalised))
	for i, x := range normalised {
		c := i % s.Channels
		out[i] = level((float64(x)*s.Std[c] + s.Mean[c] - low) / (high - low) * 255)
	}
	return out
}

// Select returns some of the images of a split, which have so many values each, in the order of the list.
func (s Split) Select(list []int, imageSize int) (out Split) {
	for _, i := range list {
		out.grow(s, i, imageSize)
	}
	return out
}
