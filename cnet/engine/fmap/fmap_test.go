package fmap

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// backend runs one operation after another: with the default, calls of functions that are made side by side can wait
// for each other for ever, as products can (see newGoBackend of package engine).
var backend = sync.OnceValue(func() compute.Backend {
	b, err := gobackend.New("ops_sequential")
	if err != nil {
		panic(err)
	}
	return b
})

// values returns a tensor of normally distributed numbers, the same in every run.
func values(seed uint64, dims ...int) *tensors.Tensor {
	size := 1
	for _, d := range dims {
		size *= d
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	flat := make([]float64, size)
	for i := range flat {
		flat[i] = rng.NormFloat64()
	}
	return tensors.FromFlatDataAndDimensions(flat, dims...)
}

// newMap is New, but for float64 in the native layout: there, operations are the bodies of package call.
func newMap(layout Layout, images *Node) Map {
	if layout == Native {
		return newNative(images)
	}
	return New(layout, images)
}

// TestLayoutsAgree proves the hand-written layouts and all of their custom gradients by the plain one: the result of
// each operation, and the gradient of Σ result·random with respect to the images and every parameter.
func TestLayoutsAgree(t *testing.T) {
	const channels, out = 3, 5
	kernel3, kernel1 := values(1, out, 3, 3, channels), values(2, out, 1, 1, channels)
	bias, scale, offset := values(3, out), values(4, channels), values(5, channels)
	conv := func(stride int, hasBias, relu bool) func(m Map, p []*Node) Map {
		return func(m Map, p []*Node) Map {
			if hasBias {
				return m.Conv(p[0], p[1], stride, relu)
			}
			return m.Conv(p[0], nil, stride, relu)
		}
	}
	// A residual block as the networks build it: garbage on the border of an adjoint would show.
	block := func(m Map, p []*Node) Map {
		x := m.Conv(p[0], nil, 1, false)
		square := Concatenate([]*Node{p[0], p[0]}, 3)
		square = Slice(square, AxisRange(), AxisRange(), AxisRange(), AxisRange(0, out))
		for range 2 {
			k := x.Conv(square, p[1], 1, true)
			k, _, _ = k.BatchNorm(p[1], p[1], 1e-5)
			k = k.Conv(square, p[1], 1, false).ReLU()
			x = x.Combine([]float64{0.5, 0, 1}, []Map{k, k, k.Scale(Reshape(Slice(p[1], AxisElem(0))))})
		}
		return x.Conv(square, p[1], 2, true)
	}
	norm := func(m Map, p []*Node) Map { y, _, _ := m.BatchNorm(p[0], p[1], 1e-5); return y }
	// What the native layout carries to the readers of a map, in every one of them: batch norm, ReLU, both, a factor.
	carried := func(m Map, p []*Node) Map {
		x := m.Conv(p[2], p[1], 1, false)
		y := norm(x, p)
		relu := y.ReLU()
		factor := Reshape(Slice(p[0], AxisElem(0)))
		sum := y.Combine([]float64{1, -0.5, 0}, []Map{x, relu, m})                            // x takes the place of y
		sum = norm(sum, p).Combine([]float64{2, 1}, []Map{norm(m, p), y.Scale(factor)})       // y has more readers
		sum = relu.Combine([]float64{1, 1}, []Map{sum, x.ReLU().Scale(factor).Scale(factor)}) // ReLUs are applied
		sum = sum.Combine([]float64{1}, []Map{norm(norm(relu, p), p).Affine(p[1], p[0])})
		sum = sum.Combine([]float64{0}, []Map{y}).ReLU().ReLU()
		sum = sum.Combine([]float64{1}, []Map{y.Conv(p[2], nil, 1, false).Mul(relu)})
		return relu.Conv(p[2], nil, 1, true).Combine([]float64{1, 1}, []Map{x.ReLU().Conv(p[2], p[0], 1, false), sum})
	}
	cases := map[string]struct {
		params []*tensors.Tensor
		build  func(m Map, p []*Node) Map
	}{
		"3x3":                  {[]*tensors.Tensor{kernel3}, conv(1, false, false)},
		"3x3 bias":             {[]*tensors.Tensor{kernel3, bias}, conv(1, true, false)},
		"3x3 relu":             {[]*tensors.Tensor{kernel3}, conv(1, false, true)},
		"3x3 bias relu":        {[]*tensors.Tensor{kernel3, bias}, conv(1, true, true)},
		"3x3 bias relu stride": {[]*tensors.Tensor{kernel3, bias}, conv(2, true, true)},
		"3x3 bias stride":      {[]*tensors.Tensor{kernel3, bias}, conv(2, true, false)},
		"1x1":                  {[]*tensors.Tensor{kernel1}, conv(1, false, false)},
		"1x1 bias":             {[]*tensors.Tensor{kernel1, bias}, conv(1, true, false)},
		"1x1 stride":           {[]*tensors.Tensor{kernel1}, conv(2, false, false)},
		"1x1 relu stride":      {[]*tensors.Tensor{kernel1, bias}, conv(2, true, true)},
		"batch norm":           {[]*tensors.Tensor{scale, offset}, norm},
		"affine": {[]*tensors.Tensor{scale, offset},
			func(m Map, p []*Node) Map { return m.Affine(p[0], p[1]) }},
		"relu":    {nil, func(m Map, _ []*Node) Map { return m.ReLU() }},
		"product": {nil, func(m Map, _ []*Node) Map { return m.Mul(m.ReLU()) }},
		"block":   {[]*tensors.Tensor{kernel3, bias}, block},
		"carried": {[]*tensors.Tensor{scale, offset, values(8, channels, 3, 3, channels)}, carried},
	}
	for name, c := range cases {
		for i, size := range [][2]int{{8, 8}, {7, 7}, {6, 5}, {1, 3}} {
			batch := []int{2, 9, 8, 2}[i] // 8 and more are computed in two halves
			t.Run(fmt.Sprintf("%s/%dx%d", name, size[0], size[1]), func(t *testing.T) {
				images := values(6, batch, size[0], size[1], channels)
				args := append([]*tensors.Tensor{images}, c.params...)
				want := run(t, Standard, args, c.build)
				compare(t, run(t, Planar, args, c.build), want)
				compare(t, run(t, Native, args, c.build), want)
			})
		}
	}
}

// TestMixed: with convolutions in bfloat16, whose numbers have 8 bits, results and gradients are off by so much, but
// not by more.
func TestMixed(t *testing.T) {
	args := []*tensors.Tensor{values(1, 4, 6, 6, 8), values(2, 8, 3, 3, 8), values(3, 8), values(4, 8)}
	build := func(m Map, p []*Node) Map {
		// Without a ReLU, which a rounded number may pass.
		y, _, _ := m.Conv(p[0], p[1], 1, false).BatchNorm(p[2], p[1], 1e-5)
		return m.Combine([]float64{0.5}, []Map{y.Conv(p[0], nil, 1, false)})
	}
	want, got := run(t, Standard, args, build), run(t, Mixed, args, build)
	for i := range want {
		e := relativeError(tensors.MustCopyFlatData[float64](got[i]), tensors.MustCopyFlatData[float64](want[i]))
		if !(0x1p-14 < e && e < 0x1p-5) {
			t.Errorf("result %d is off by %g of the largest number", i, e)
		}
	}
}

// run returns the result of build, its mean over the pixels, and the gradients with respect to all args.
func run(t *testing.T, layout Layout, args []*tensors.Tensor, build func(m Map, p []*Node) Map) []*tensors.Tensor {
	t.Helper()
	exec, err := NewExec(backend(), func(in []*Node) []*Node {
		y := build(newMap(layout, in[0]), in[1:])
		images, pooled := y.Images(), y.MeanPool()
		weights := ConstTensor(images.Graph(), values(7, images.Shape().Dimensions...))
		loss := Add(ReduceAllSum(Mul(images, weights)), ReduceAllSum(Square(pooled)))
		return append([]*Node{images, pooled}, Gradient(loss, in...)...)
	})
	if err != nil {
		t.Fatal(err)
	}
	inputs := make([]any, len(args))
	for i, a := range args {
		inputs[i] = a
	}
	results, err := exec.Call(inputs...)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

func compare(t *testing.T, got, want []*tensors.Tensor) {
	t.Helper()
	for i := range want {
		if !got[i].Shape().Equal(want[i].Shape()) {
			t.Fatalf("result %d has shape %s, want %s", i, got[i].Shape(), want[i].Shape())
		}
		g, w := tensors.MustCopyFlatData[float64](got[i]), tensors.MustCopyFlatData[float64](want[i])
		for j := range w {
			if diff := math.Abs(g[j] - w[j]); !(diff <= 1e-9*(1+math.Abs(w[j]))) {
				t.Fatalf("result %d of %d differs at %d: %g, want %g", i, len(want), j, g[j], w[j])
			}
		}
	}
}
