package ops

import "unsafe"

// lineFloats is the number of float32 in a cache line, to which memory is aligned: a vector across two lines takes two
// loads.
const lineFloats = 16

// Aligned returns n zeros that begin at a cache line.
func Aligned(n int) []float32 {
	x := make([]float32, n+lineFloats)
	skip := 0
	if rest := uintptr(unsafe.Pointer(&x[0])) % (4 * lineFloats); rest != 0 {
		skip = lineFloats - int(rest/4)
	}
	return x[skip : skip+n : skip+n]
}

// RoundUp returns n rounded up to a multiple of a cache line, in float32.
func RoundUp(n int) int { return (n + lineFloats - 1) / lineFloats * lineFloats }
