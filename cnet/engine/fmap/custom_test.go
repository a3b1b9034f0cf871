package fmap

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// A function that is computed again in the backward pass has the same value and the same gradients, also nested.
func TestCustomRecomputes(t *testing.T) {
	for name, layout := range map[string]Layout{"planar": Planar, "standard": Standard, "native": Native} {
		for _, batch := range []int{2, 9} {
			compute := func(nest int) []*tensors.Tensor {
				exec, err := NewExec(backend(), func(images, kernel, bias *Node) []*Node {
					step := func(x Map) Map {
						k := x.Conv(kernel, bias, 1, true)
						k, _, _ = k.BatchNorm(bias, bias, 1e-5)
						return x.Combine([]float64{0.5}, []Map{k.Conv(kernel, nil, 1, false)})
					}
					weights := func() []*Node { return []*Node{kernel, bias} }
					again := func(f func(Map) Map) func(Map) Map {
						outputs := func(x Map) Outputs { return Outputs{Map: f(x)} }
						return func(x Map) Map {
							return Custom(x, outputs, weights, func(x Map, _, dy Outputs) (Map, []*Node) {
								_, dx, dw := Pullback(x, outputs, weights(), dy)
								return dx, dw
							}).Map
						}
					}
					if nest > 0 {
						step = again(step)
					}
					two := func(x Map) Map { return step(step(x)) }
					if nest > 1 {
						two = again(two)
					}
					y := two(newMap(layout, images)).ReLU().Images()
					loss := ReduceAllSum(Mul(y, Sin(y)))
					return append([]*Node{y}, Gradient(loss, images, kernel, bias)...)
				})
				if err != nil {
					t.Fatal(err)
				}
				results, err := exec.Call(values(1, batch, 5, 6, 3), values(2, 3, 3, 3, 3), values(3, 3))
				if err != nil {
					t.Fatal(err)
				}
				return results
			}
			want := compute(0)
			for nest := 1; nest <= 2; nest++ {
				for i, got := range compute(nest) {
					a, b := tensors.MustCopyFlatData[float64](got), tensors.MustCopyFlatData[float64](want[i])
					for j := range a {
						if math.Abs(a[j]-b[j]) > 1e-9*(1+math.Abs(b[j])) {
							t.Fatalf("%s, batch %d, nested %d: result %d[%d] is %g, want %g", name, batch, nest, i, j,
								a[j], b[j])
						}
					}
				}
			}
		}
	}
}
