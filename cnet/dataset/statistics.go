package dataset

import "math"

// measure sets Mean and Std to those of the training images. They are computed from the counts of the 256 values, so
// that they do not depend on the order of the images.
func (s *Set) measure() {
	if s.Regression() {
		s.TargetMean, s.TargetStd = floatStatistics(s.Train.Targets, len(s.Targets))
	}
	if s.Floats() {
		s.Mean, s.Std = floatStatistics(s.Train.Floats, s.Channels)
		return
	}
	s.Mean, s.Std = statistics(s.Train.Images, s.Channels)
}

// statistics returns the mean and the standard deviation of each channel of images [..., channels], with pixels scaled
// to [0, 1]. A channel that is the same everywhere gets a deviation of 1, so that one can divide by it.
func statistics(images []uint8, channels int) (mean, std []float64) {
	counts := make([][256]int, channels)
	for at := 0; at+channels <= len(images); at += channels {
		for c := range counts {
			counts[c][images[at+c]]++
		}
	}
	mean, std = make([]float64, channels), make([]float64, channels)
	for c := range counts {
		var n, sum, squares float64
		for x, count := range counts[c] {
			n += float64(count)
			sum += float64(count) * float64(x)
			squares += float64(count) * float64(x) * float64(x)
		}
		std[c] = 1
		if n == 0 {
			continue
		}
		mean[c] = sum / n / 255
		if variance := squares/n - sum/n*(sum/n); variance > 1e-9 {
			std[c] = math.Sqrt(variance) / 255
		}
	}
	return mean, std
}
