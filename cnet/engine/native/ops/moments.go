package ops

// moments are the number, the mean and the sum of squared deviations of some values.
type moments struct{ n, mean, m2 float64 }

// add takes in count values of which Σ(x − centre) and Σ(x − centre)² are known.
func (m *moments) add(count, centre, sum, squares float64) {
	d := sum / count
	m.merge(moments{count, centre + d, squares - sum*d})
}

// merge takes in the values of another (Chan, Golub & LeVeque, 1983).
func (m *moments) merge(o moments) {
	if m.n == 0 {
		*m = o
		return
	}
	n := m.n + o.n
	d := o.mean - m.mean
	m.mean += d * (o.n / n)
	m.m2 += o.m2 + d*d*(m.n*o.n/n)
	m.n = n
}

// addSums takes in the values of a strip for each channel: sums is [2][blocks of channels], around centre.
func addSums(own []moments, pixels int, centre, sums []float32) {
	half := len(sums) / 2
	for o := range own {
		own[o].add(float64(pixels), float64(centre[o]), float64(sums[o]), float64(sums[half+o]))
	}
}

// firstMoments takes in the values of the first strip, around their own mean, which a first pass finds.
func (one *Worker) firstMoments(w *Workers, strip []float32, pixels, channels int, centre, sums []float32, own []moments) {
	middle := pixels / 2 * channels
	copy(centre, strip[middle:middle+channels])
	half := len(sums) / 2
	for pass := range 2 {
		clear(sums)
		t := &one.moments
		t.Pixels, t.SourcePixel = pixels, channels
		for c := 0; c < channels; c += block {
			t.Channels = min(block, channels-c)
			t.Source, t.Centre = &strip[c], &centre[c]
			clear(one.sums[:])
			t.Sums = &one.sums[0]
			w.Kernels.Moments(t)
			copy(sums[c:], one.sums[:block])
			copy(sums[half+c:], one.sums[block:2*block])
		}
		if pass == 0 {
			for c := range channels {
				centre[c] += sums[c] / float32(pixels)
			}
		}
	}
	addSums(own, pixels, centre, sums)
}
