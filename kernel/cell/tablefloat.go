package cell

import (
	"math"
	"strconv"
	"strings"
)

// columnDigits is the number of significant digits that the floats of a column have at least, where they have so many.
const columnDigits = 6

// decimalsOf returns the number of decimals with which a column of floats is written, so that their points stand below
// each other. It reports false for numbers too large or too small for that; they are written each in its own way.
func decimalsOf(floats []float64) (decimals int, ok bool) {
	for _, x := range floats {
		size := math.Abs(x)
		switch {
		case x == 0, math.IsInf(x, 0), math.IsNaN(x):
			continue
		case size < 1e-4 || size >= 1e12:
			return 0, false
		}
		rounded, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'g', columnDigits, 64), 64)
		_, fraction, _ := strings.Cut(strconv.FormatFloat(rounded, 'f', -1, 64), ".")
		decimals = max(decimals, min(len(fraction), columnDigits))
	}
	return decimals, len(floats) > 0
}

func fixed(x float64, decimals int) string {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	return strconv.FormatFloat(x, 'f', decimals, 64)
}
