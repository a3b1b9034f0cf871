package ops

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"continuousnet/cnet/engine/native/kernels"
)

// gaussian returns n random numbers.
func gaussian(n int) []float32 {
	rng := rand.New(rand.NewPCG(uint64(n), 3))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// TestElementwise compares the operations on each number with their definition, for all ways to walk through operands.
func TestElementwise(t *testing.T) {
	kinds := map[ElementKind]func(x, y float32) float32{
		Copy: func(x, _ float32) float32 { return x },
		Neg:  func(x, _ float32) float32 { return -x },
		Abs:  func(x, _ float32) float32 { return float32(math.Abs(float64(x))) },
		Sqrt: func(x, _ float32) float32 { return float32(math.Sqrt(float64(x))) },
		Add:  func(x, y float32) float32 { return x + y },
		Sub:  func(x, y float32) float32 { return x - y },
		Mul:  func(x, y float32) float32 { return x * y },
		Div:  func(x, y float32) float32 { return x / y },
		Max:  func(x, y float32) float32 { return max(x, y) },
		Min:  func(x, y float32) float32 { return min(x, y) },
	}
	for _, walk := range []struct{ dims, x, y []int }{
		{[]int{}, []int{}, []int{}},
		{[]int{1, 1}, []int{1, 1}, []int{0, 0}},
		{[]int{37}, []int{1}, []int{0}},
		{[]int{5, 7}, []int{7, 1}, []int{0, 1}},
		{[]int{5, 7}, []int{1, 0}, []int{7, 1}},
		{[]int{5, 1, 7}, []int{0, 0, 0}, []int{0, 3, 0}},
		{[]int{3, 4, 5}, []int{20, 5, 1}, []int{5, 0, 1}},
		{[]int{20, 30, 40}, []int{1200, 40, 1}, []int{1200, 40, 1}}, // for several workers
		{[]int{20, 30, 40}, []int{1200, 40, 1}, []int{0, 1, 0}},
		{[]int{20, 30, 40}, []int{0, 0, 0}, []int{0, 0, 1}},
		{[]int{50001}, []int{0}, []int{1}},
		{[]int{50001}, []int{1}, []int{1}},
	} {
		n := 1
		for _, d := range walk.dims {
			n *= d
		}
		x, y := gaussian(n), gaussian(n + 1)[1:] // not aligned
		for kind, f := range kinds {
			strides := walk.y
			if kind < Add {
				strides = nil
			}
			op := NewElementwise(kind, walk.dims, walk.x, strides)
			w := NewWorkers(kernels.Best(), 3)
			z := make([]float32, n)
			op.Run(w, [][]float32{x, y}, [][]float32{z})
			for i := range z {
				ix, iy, rest := 0, 0, i
				for a := len(walk.dims) - 1; a >= 0; a-- {
					ix, iy = ix+rest%walk.dims[a]*walk.x[a], iy+rest%walk.dims[a]*walk.y[a]
					rest /= walk.dims[a]
				}
				if want := f(x[ix], y[iy]); z[i] != want && (z[i] == z[i] || want == want) {
					t.Fatalf("%d on %v: %v at %d, want %v", kind, walk, z[i], i, want)
				}
			}
			for operand, strides := range [][]int{walk.x, strides} {
				whole := n == 1 || n > 1 && fmt.Sprint(strides) == fmt.Sprint(rowMajor(walk.dims))
				if strides != nil && op.Whole(operand) != whole {
					t.Errorf("operand %d of %v is whole: %v", operand, walk, !whole)
				}
			}
		}
	}
	transposed := NewElementwise(Copy, []int{2, 3}, []int{1, 2}, nil)
	z := make([]float32, 6)
	transposed.Run(NewWorkers(kernels.Best(), 1), [][]float32{{0, 1, 2, 3, 4, 5}}, [][]float32{z})
	if fmt.Sprint(z) != "[0 2 4 1 3 5]" || transposed.Whole(0) {
		t.Errorf("transposed: %v", z)
	}
}

func rowMajor(dims []int) []int {
	strides := make([]int, len(dims))
	n := 1
	for a := len(dims) - 1; a >= 0; a-- {
		strides[a] = n
		n *= dims[a]
	}
	return strides
}

// TestSum compares sums with those in float64, and their bits for some numbers of workers.
func TestSum(t *testing.T) {
	for _, op := range []*Sum{
		{1, 1, 1}, {1, 0, 3}, {3, 5, 7}, {1, 100001, 1}, {2, 30000, 3}, {1, 1000, 100}, {3000, 20, 1}, {40, 30, 70},
	} {
		x := gaussian(op.Outer * op.Count * op.Inner)
		var first []float32
		for _, workers := range []int{1, 2, 5} {
			y := make([]float32, op.Outer*op.Inner)
			op.Run(NewWorkers(kernels.Best(), workers), [][]float32{x}, [][]float32{y})
			if first == nil {
				first = y
			}
			for i, v := range y {
				var want float64
				for k := range op.Count {
					want += float64(x[i/op.Inner*op.Count*op.Inner+k*op.Inner+i%op.Inner])
				}
				if math.Abs(float64(v)-want) > 1e-6*(1+math.Abs(want)) || v != first[i] {
					t.Fatalf("%v with %d workers: %v at %d, want %v", *op, workers, v, i, want)
				}
			}
		}
	}
}

// TestDepth checks the operations on variables over depth, also as views.
func TestDepth(t *testing.T) {
	w := NewWorkers(kernels.Best(), 2)
	const n = 3 * piece / 2
	theta := gaussian(2 * n)
	parts := [][]float32{make([]float32, n), make([]float32, n)}
	Split{2, n}.Run(w, [][]float32{theta}, parts)
	stacked, joined := make([]float32, 2*n), make([]float32, 2*n)
	Stack{2, n}.Run(w, parts, [][]float32{stacked})
	(&Join{Outer: 2, Sizes: []int{1, n - 1}}).Run(w, [][]float32{theta[:2], theta[2:]}, [][]float32{joined})
	mixed := make([]float32, n)
	Mix{n, []float64{0.25, -2}}.Run(w, parts, [][]float32{mixed})
	for i, x := range theta {
		o, rest := i/n, i%n
		input, offset := Split{2, n}.View(o)
		if input != 0 || parts[o][rest] != x || offset+rest != i || stacked[i] != x {
			t.Fatalf("number %d is not in its place", i)
		}
		if want := float32(0.25*theta[rest]) + float32(-2*theta[n+rest]); mixed[rest] != want {
			t.Fatalf("mixed %v at %d, want %v", mixed[rest], rest, want)
		}
		want := theta[o] // the first of a row, then the others
		if rest > 0 {
			want = theta[2+o*(n-1)+rest-1]
		}
		if joined[i] != want {
			t.Fatalf("joined %v at %d, want %v", joined[i], i, want)
		}
	}
	out := [][]float32{make([]float32, n)}
	Identity{Inputs: 2, Outputs: 1}.Run(w, parts, out)
	if out[0][n-1] != parts[0][n-1] {
		t.Error("an identity changes its input")
	}
}

// TestUpdate compares a step of gradient descent with its formula, in place and not, for all sets of kernels.
func TestUpdate(t *testing.T) {
	sizes := []int{5, 2*piece + 3, 1}
	for _, set := range kernels.Sets() {
		for _, momentum := range []float64{0, 0.9} {
			for _, inPlace := range []bool{false, true} {
				op := Update{Sizes: sizes, Momentum: momentum, Decay: 0.01}
				in, out := [][]float32{{0.1}}, [][]float32(nil)
				var want [][]float64
				for i, n := range sizes {
					p, v, g := gaussian(n + i)[i:], gaussian(n + 10 + i)[10+i:], gaussian(n + 20)[20:]
					newP, newV := make([]float64, n), make([]float64, n)
					for k := range n {
						if newV[k] = float64(g[k]) + 0.01*float64(p[k]); momentum != 0 {
							newV[k] += momentum * float64(v[k])
						}
						newP[k] = float64(p[k]) - 0.1*newV[k]
					}
					if momentum == 0 {
						in, want = append(in, p, g), append(want, newP)
					} else {
						in, want = append(in, p, v, g), append(want, newP, newV)
					}
				}
				for o := range want {
					out = append(out, make([]float32, len(want[o])))
					if inPlace {
						out[o] = in[op.InPlace(o)]
					}
				}
				w := NewWorkers(set, 2)
				w.Reserve(op.Scratch(w))
				op.Run(w, in, out)
				for o := range want {
					for k, x := range want[o] {
						if math.Abs(float64(out[o][k])-x) > 1e-6*(1+math.Abs(x)) {
							t.Fatalf("%s, momentum %g, in place %v: result %d is %v at %d, want %v",
								set.Name, momentum, inPlace, o, out[o][k], k, x)
						}
					}
				}
			}
		}
	}
}
