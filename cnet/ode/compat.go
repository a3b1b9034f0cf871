package ode

import "math"

// largestRatio returns the largest ratio of the norms of the same group of two vectors, relative to the tolerances at
// x; groups without a number in either do not count.
func (m *norm) largestRatio(x, f []float64) float64 {
	largest, start := 0.0, 0
	for _, end := range m.ends {
		group := *m
		group.ends = []int{end - start}
		at := func(v []float64) []float64 { return v[start:end] }
		if m.rtols != nil {
			group.rtols = m.rtols[start:end]
		}
		if m.atols != nil {
			group.atols = m.atols[start:end]
		}
		if ratio := group.of(at(x), at(x), at(x)) / group.of(at(f), at(x), at(x)); !math.IsNaN(ratio) {
			largest = max(largest, ratio)
		}
		start = end
	}
	return largest
}
