//go:build !purego

package kernels

// peaks returns the routine that does nothing but multiply and add, and how many operations it does each time.
func peaks(s *Set) (func(*int), int) {
	if s.Name == "AVX2" {
		return peakAVX2, 12 * 8 * 2
	}
	return peakAVX512, 12 * 16 * 2
}
