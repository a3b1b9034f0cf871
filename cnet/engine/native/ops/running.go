package ops

import "continuousnet/cnet/engine/native/kernels"

// running is the mean of each channel of a block, and the sum of squared deviations from it, over the pixels seen so
// far. The zero value has seen none.
//
// The kernels sum x − centre and its square in float32 over short strips. Around the mean of what has been seen, these
// are about as small as they can be, so that a small variance beside a large mean is not lost. The strips are put
// together in float64 (Chan, Golub & LeVeque, "Algorithms for computing the sample variance", 1983, formulas 1.5a, b).
type running struct {
	count         float64
	mean, squares [kernels.Block]float64
}

// centre returns what the sums of the next strip are to be taken around: the mean so far, rounded. Before the first
// strip that is zero, which does not do: use the mean of some pixels of it.
func (r *running) centre(centre *[kernels.Block]float32) {
	for c := range centre {
		centre[c] = float32(r.mean[c])
	}
}

// add takes a strip in, given its sums of x − centre and of (x − centre)².
func (r *running) add(pixels int, centre, sums, squares *[kernels.Block]float32) {
	n := float64(pixels)
	count := r.count + n
	part, cross, each := n/count, r.count*n/count, 1/n
	for c := range sums {
		shift := float64(sums[c]) * each
		// Rounding may make the difference negative; NaN stays.
		deviations := max(0, float64(squares[c])-float64(sums[c])*shift)
		r.put(c, part, cross, float64(centre[c])+shift, deviations)
	}
	r.count = count
}

// merge takes in the pixels that another has seen.
func (r *running) merge(other *running) {
	if other.count == 0 {
		return
	}
	count := r.count + other.count
	part, cross := other.count/count, r.count*other.count/count
	for c := range r.mean {
		r.put(c, part, cross, other.mean[c], other.squares[c])
	}
	r.count = count
}

// put joins the moments of channel c with those of more pixels: their part of all, and the product of the counts by
// their sum.
func (r *running) put(c int, part, cross, mean, squares float64) {
	delta := mean - r.mean[c]
	r.mean[c] += delta * part
	r.squares[c] += squares + delta*delta*cross
}

// results returns the mean and the biased variance of the first channels.
func (r *running) results(mean, variance []float32) {
	for c := range mean {
		mean[c], variance[c] = float32(r.mean[c]), float32(r.squares[c]/r.count)
	}
}
