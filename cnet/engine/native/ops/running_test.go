package ops

import (
	"math"
	"math/rand/v2"
	"testing"

	"continuousnet/cnet/engine/native/kernels"
)

// strip returns the sums of a strip, [pixels][Block], as the kernels make them.
func strip(x []float32, centre *[kernels.Block]float32) (sums [2][kernels.Block]float32) {
	row := kernels.MomentsRow{
		Source: &x[0], Centre: &centre[0], Sums: &sums[0][0],
		Pixels: len(x) / kernels.Block, Channels: kernels.Block, SourcePixel: kernels.Block,
	}
	kernels.Reference.Moments(&row)
	return sums
}

// seen returns what strips of a number of pixels add up to.
func seen(x []float32, pixels int) *running {
	r := new(running)
	for len(x) > 0 {
		n := min(pixels*kernels.Block, len(x))
		centre := [kernels.Block]float32(x[:kernels.Block])
		if r.count > 0 {
			r.centre(&centre)
		}
		sums := strip(x[:n], &centre)
		r.add(n/kernels.Block, &centre, &sums[0], &sums[1])
		x = x[n:]
	}
	return r
}

// moments64 are the mean and the biased variance of lane c in float64, in two passes.
func moments64(x []float32, c int) (mean, variance float64) {
	n := float64(len(x) / kernels.Block)
	for i := c; i < len(x); i += kernels.Block {
		mean += float64(x[i]) / n
	}
	for i := c; i < len(x); i += kernels.Block {
		variance += (float64(x[i]) - mean) * (float64(x[i]) - mean) / n
	}
	return mean, variance
}

// The data drift, jump and stand still, so that the centre is not that of the next strip.
func TestRunning(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	data := map[string]func(i int) float64{
		"standard":             func(int) float64 { return random.NormFloat64() },
		"large mean":           func(int) float64 { return 1e4 + 1e-2*random.NormFloat64() },
		"larger mean":          func(int) float64 { return -3e7 + 8*random.NormFloat64() },
		"constant":             func(int) float64 { return 0.1 },
		"drift":                func(i int) float64 { return float64(i) + random.NormFloat64() },
		"jump after the first": func(i int) float64 { return float64(min(1, i/64))*1e4 + 1e-2*random.NormFloat64() },
		"jump at the end":      func(i int) float64 { return float64(i/1983)*1e4 + 1e-2*random.NormFloat64() },
	}
	for name, value := range data {
		x := make([]float32, 2000*kernels.Block)
		for i := range x {
			x[i] = float32(value(i / kernels.Block))
		}
		half := 777 * kernels.Block
		merged := new(running)
		merged.merge(seen(x[:half], 256))
		merged.merge(new(running)) // a chunk without images
		merged.merge(seen(x[half:], 100))
		for how, r := range map[string]*running{
			"long strips": seen(x, 256), "strips": seen(x, 64), "odd strips": seen(x, 97), "pixels": seen(x, 1),
			"merged": merged,
		} {
			var mean, variance [kernels.Block]float32
			r.results(mean[:], variance[:])
			for c := range mean {
				wantMean, wantVariance := moments64(x, c)
				// A float32 rounds by 6e-8 of it; the squares of a strip by some of that each.
				if far(mean[c], wantMean, 1e-7*math.Abs(wantMean)+1e-6*math.Sqrt(wantVariance)) ||
					far(variance[c], wantVariance, 2e-5*wantVariance+1e-14*wantMean*wantMean) {
					t.Fatalf("%s, %s: channel %d has mean %g and variance %g, want %g and %g",
						name, how, c, mean[c], variance[c], wantMean, wantVariance)
				}
			}
		}
	}
}

func TestRunningNonFinite(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		for _, at := range []int{0, 70, 199} { // in the first strip, in another, last
			x := make([]float32, 200*kernels.Block)
			x[at*kernels.Block+3] = float32(bad)
			var mean, variance [kernels.Block]float32
			seen(x, 64).results(mean[:], variance[:])
			if d := mean[3] - mean[3]; d == d || variance[3]-variance[3] == 0 {
				t.Errorf("%g in pixel %d: mean %g, variance %g", bad, at, mean[3], variance[3])
			}
			if mean[2] != 0 || variance[4] != 0 {
				t.Errorf("%g in pixel %d has reached other channels", bad, at)
			}
		}
	}
}

// far reports whether a result is further from what it should be than a tolerance, or not a number.
func far(got float32, want, tolerance float64) bool {
	return !(math.Abs(float64(got)-want) <= tolerance)
}
