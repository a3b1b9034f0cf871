package fmap

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// TestSinglePrecision: in float32 sums over all pixels of a large batch lose no more than a few roundings, though
// numbers have means far from zero. One sum after another loses some hundred times the bounds. Sums of adjoints alone
// are matrix products in the planar layout, which builds without SIMD sum less well. The native layout rounds the mean
// to float32, as PyTorch does; where adjoints have a mean, the gradient of the scale sees that once a pixel.
func TestSinglePrecision(t *testing.T) {
	bounds := []struct {
		name      string
		roundings float64 // of the largest number
	}{
		{"y", 16}, {"mean", 4}, {"variance", 16}, {"dx", 16}, {"dscale", 200}, {"doffset", 32},
		{"factor's gradient", 16}, {"bias's gradient", 32},
	}
	for _, size := range [][4]int{{32, 32, 32, 4}, {4099, 2, 1, 3}} {
		for name, layout := range map[string]Layout{"planar": Planar, "standard": Standard, "native": Native} {
			t.Run(fmt.Sprint(name, size), func(t *testing.T) {
				for seed := range uint64(2) {
					single, double := sums[float32](t, layout, size, seed), sums[float64](t, layout, size, seed)
					for i, b := range bounds {
						if name == "native" && b.name == "dscale" {
							b.roundings = 1000
						}
						if e := relativeError(single[i], double[i]); !(e <= b.roundings*0x1p-24) {
							t.Errorf("seed %d: %s is off by %.1f roundings, want at most %g", seed, b.name, e*0x1p24,
								b.roundings)
						}
					}
				}
			})
		}
	}
}

// relativeError is the largest difference, relative to the largest number.
func relativeError(got, want []float64) float64 {
	worst, largest := 0.0, 0.0
	for i, w := range want {
		worst, largest = max(worst, math.Abs(got[i]-w)), max(largest, math.Abs(w))
	}
	return worst / largest
}

// sums are the results of all operations that add up pixels, and of their gradients. Both number formats see the same
// numbers: a map whose mean is 10 times its deviation, and adjoints whose mean is 1.
func sums[T float32 | float64](t *testing.T, layout Layout, size [4]int, seed uint64) [][]float64 {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 2))
	normal := func(mean float64, dims ...int) *tensors.Tensor {
		n := 1
		for _, d := range dims {
			n *= d
		}
		list := make([]T, n)
		for i := range list {
			list[i] = T(float32(mean + rng.NormFloat64()))
		}
		return tensors.FromFlatDataAndDimensions(list, dims...)
	}
	c := size[3]
	exec, err := NewExec(backend(), func(in []*Node) []*Node {
		x, adjoint, kernel := newMap(layout, in[0]), in[1], in[2]
		y, mean, variance := x.BatchNorm(in[3], in[4], 1e-5)
		images := y.Images()
		gradients := Gradient(ReduceAllSum(Mul(images, adjoint)), in[0], in[3], in[4])
		factor := Reshape(Slice(in[4], AxisElem(0)))
		scaled := ReduceAllSum(Mul(x.Scale(factor).Images(), adjoint))
		biased := ReduceAllSum(Mul(x.Conv(kernel, in[4], 1, false).Images(), adjoint))
		gradients = append(gradients, Gradient(scaled, factor)[0], Gradient(biased, in[4])[0])
		return append([]*Node{images, mean, variance}, gradients...)
	})
	if err != nil {
		t.Fatal(err)
	}
	results, err := exec.Call(normal(10, size[:]...), normal(1, size[:]...), normal(0, c, 1, 1, c), normal(1, c),
		normal(0, c))
	if err != nil {
		t.Fatal(err)
	}
	lists := make([][]float64, len(results))
	for i, r := range results {
		for _, v := range tensors.MustCopyFlatData[T](r) {
			lists[i] = append(lists[i], float64(v))
		}
	}
	return lists
}
