package ops

// observed are the moments of a map's channels, one running a block.
type observed []running

// centre returns what the sums of the next strip are to be taken around, in whole blocks.
func (s observed) centre(centre []float32) {
	for b := range s {
		s[b].centre((*[block]float32)(centre[b*block:]))
	}
}

// add takes in a strip: sums is [2][blocks of channels], around centre.
func (s observed) add(pixels int, centre, sums []float32) {
	for b := range s {
		from := b * block
		s[b].add(pixels, (*[block]float32)(centre[from:]), (*[block]float32)(sums[from:]),
			(*[block]float32)(sums[len(s)*block+from:]))
	}
}

// first takes in the first strip, around its own mean, which a first pass finds.
func (s observed) first(w *Workers, one *Worker, strip []float32, pixels, channels int, centre, sums []float32) {
	middle := pixels / 2 * channels
	copy(centre, strip[middle:middle+channels])
	s.sum(w, one, strip, pixels, channels, centre, sums)
	for c := range channels {
		centre[c] += sums[c] / float32(pixels)
	}
	s.sum(w, one, strip, pixels, channels, centre, sums)
	s.add(pixels, centre, sums)
}

// see takes in a strip.
func (s observed) see(w *Workers, one *Worker, strip []float32, pixels, channels int, centre, sums []float32) {
	if s[0].count == 0 {
		s.first(w, one, strip, pixels, channels, centre, sums)
		return
	}
	s.centre(centre)
	s.sum(w, one, strip, pixels, channels, centre, sums)
	s.add(pixels, centre, sums)
}

// sum sums up a strip around a centre.
func (s observed) sum(w *Workers, one *Worker, strip []float32, pixels, channels int, centre, sums []float32) {
	t := &one.moments
	t.Pixels, t.SourcePixel = pixels, channels
	clear(sums)
	for b := range s {
		c := b * block
		t.Channels = min(block, channels-c)
		t.Source, t.Centre = &strip[c], &centre[c]
		clear(one.sums[:])
		t.Sums = &one.sums[0]
		w.Kernels.Moments(t)
		copy(sums[c:], one.sums[:block])
		copy(sums[len(s)*block+c:], one.sums[block:2*block])
	}
}

// results merges the moments of chunks, one behind the other, in their order, and returns mean and variance.
func (s observed) results(chunks int, mean, variance []float32) {
	all := len(s) / chunks
	for b := range all {
		total := &s[b]
		for i := 1; i < chunks; i++ {
			total.merge(&s[i*all+b])
		}
		to := min(len(mean), (b+1)*block)
		total.results(mean[b*block:to], variance[b*block:to])
	}
}
