package chart_test

import (
	"math"
	"testing"

	"continuousnet/cnet/chart"
)

// Numbers in text are written as those of charts.
func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 0.045: "0.045", 0.001: "0.001", 1e-5: "10⁻⁵", -2.5e-5: "−2.5·10⁻⁵", 9.94e-6: "9.9·10⁻⁶", 2: "2",
		-0.5: "−0.5", 16000: "16000", 1e6: "10⁶", math.Inf(1): "+Inf",
	} {
		if got := chart.Number(v, 2); got != want {
			t.Errorf("%g is written %s, want %s", v, got, want)
		}
	}
}
