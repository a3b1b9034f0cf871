package ops

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"continuousnet/cnet/engine/native/kernels"
)

// A mapCase is an operation with inputs, the same in float64, and its gradient.
type mapCase struct {
	op   Op
	in   [][]float32
	slow func(in [][]float64) [][]float64

	grad Op
	back func(dout, out [][]float32) [][]float32 // the inputs of grad
	to   []int                                   // the inputs of op whose adjoints are the outputs of grad
}

func slowPre(p Pre, x []float64, vectors [][]float64) []float64 {
	u := slices.Clone(x)
	for i := range u {
		if p.Affine {
			c := i % len(vectors[0])
			u[i] = vectors[0][c]*(x[i]-vectors[1][c]) + vectors[2][c]
		}
		if p.ReLU && u[i] <= 0 {
			u[i] = 0
		}
	}
	return u
}

func slowMoments(x []float64, channels int) (mean, variance []float64) {
	n := float64(len(x) / channels)
	mean, variance = make([]float64, channels), make([]float64, channels)
	for i, v := range x {
		mean[i%channels] += v / n
	}
	for i, v := range x {
		d := v - mean[i%channels]
		variance[i%channels] += d * d / n
	}
	return mean, variance
}

// mapShapes are shapes of all kinds: with and without whole blocks, spans and strips.
func mapShapes() []Map {
	rng := rand.New(rand.NewPCG(1, 2))
	pick := func(list ...int) int { return list[rng.IntN(len(list))] }
	shapes := []Map{{17, 13, 11, 64}, {1, 63, 61, 17}, {2, 33, 31, 3}, {2, 19, 17, 160}, {1, 1, 1, 1}}
	for range 15 {
		channels := pick(1, 3, 5, 10, 16, 17, 32, 48)
		shapes = append(shapes, Map{pick(1, 2, 17), pick(1, 2, 7, 13), pick(1, 3, 8, 9), channels})
	}
	return shapes
}

// mapCases are all operations on maps.
func mapCases(shapes ...Map) []mapCase {
	rng := rand.New(rand.NewPCG(3, 4))
	var list []mapCase
	for _, m := range shapes {
		vectors := func() [][]float32 {
			return [][]float32{normal(rng, m.Channels), normal(rng, m.Channels), normal(rng, m.Channels)}
		}
		for _, p := range []Pre{{}, {ReLU: true}, {Affine: true}, {true, true}} {
			in, to := [][]float32{normal(rng, m.Size())}, []int{0}
			if p.Affine {
				in, to = append(in, vectors()...), []int{0, 1, 2, 3}
			}
			behind := func(dout, out [][]float32) [][]float32 { return append(dout, in...) }
			apply := Apply{m, p}
			list = append(list, mapCase{
				op: apply, in: in, grad: ApplyGrad{apply}, back: behind, to: to,
				slow: func(in [][]float64) [][]float64 { return [][]float64{slowPre(p, in[0], in[1:])} },
			})
			pool := MeanPool{m, p}
			list = append(list, mapCase{
				op: pool, in: in, grad: MeanPoolGrad{pool}, back: behind, to: to,
				slow: func(in [][]float64) [][]float64 {
					y, pixels := make([]float64, m.Batch*m.Channels), m.Height*m.Width
					for i, u := range slowPre(p, in[0], in[1:]) {
						y[i/(pixels*m.Channels)*m.Channels+i%m.Channels] += u / float64(pixels)
					}
					return [][]float64{y}
				},
			})
		}

		var terms []Term
		in, to := [][]float32{normal(rng, m.Size())}, []int{}
		var back [][]float32
		for range rng.IntN(4) * rng.IntN(7) { // more than a worker has room for, too
			terms = append(terms, Term{rng.NormFloat64(), rng.IntN(2) > 0})
			k := [][]float32{normal(rng, m.Size())}
			if terms[len(terms)-1].Affine {
				k = append(k, vectors()...)
				back = append(back, k...)
			}
			for _, v := range k {
				in, to = append(in, v), append(to, len(in))
			}
		}
		combine := Combine{m, terms}
		list = append(list, mapCase{
			op: combine, in: in, grad: CombineGrad{combine}, to: to,
			back: func(dout, out [][]float32) [][]float32 { return append(dout, back...) },
			slow: func(in [][]float64) [][]float64 {
				y, input := slices.Clone(in[0]), 1
				for _, term := range terms {
					u := slowPre(Pre{Affine: term.Affine}, in[input], in[input+1:])
					for i := range y {
						y[i] += term.Coefficient * u[i]
					}
					input += term.tensors()
				}
				return [][]float64{y}
			},
		})

		x := normal(rng, m.Size())
		list = append(list, mapCase{
			op: Moments{m}, in: [][]float32{x}, grad: MomentsGrad{m}, to: []int{0},
			back: func(dout, out [][]float32) [][]float32 { return append(dout, x, out[0]) },
			slow: func(in [][]float64) [][]float64 {
				mean, variance := slowMoments(in[0], m.Channels)
				return [][]float64{mean, variance}
			},
		})
		scale, variance := normal(rng, m.Channels), normal(rng, m.Channels)
		for c, v := range variance {
			variance[c] = v * v
		}
		norm := Norm{m.Channels, 0.01}
		list = append(list, mapCase{
			op: norm, in: [][]float32{scale, variance}, grad: NormGrad{norm}, to: []int{0, 1},
			back: func(dout, out [][]float32) [][]float32 { return append(dout, scale, variance) },
			slow: func(in [][]float64) [][]float64 {
				a := slices.Clone(in[0])
				for c := range a {
					a[c] /= math.Sqrt(in[1][c] + norm.Epsilon)
				}
				return [][]float64{a}
			},
		})
	}
	return list
}

func (c mapCase) outputs() (sizes []int) {
	for _, out := range c.slow(doubleAll(c.in)) {
		sizes = append(sizes, len(out))
	}
	return sizes
}

func (c mapCase) gradients() (sizes []int) {
	for _, i := range c.to {
		sizes = append(sizes, len(c.in[i]))
	}
	return sizes
}

func doubleAll(list [][]float32) (out [][]float64) {
	for _, x := range list {
		out = append(out, doubles(x))
	}
	return out
}

func normals(rng *rand.Rand, sizes []int) (list [][]float32) {
	for _, n := range sizes {
		list = append(list, normal(rng, n))
	}
	return list
}

// check runs an operation on several numbers of workers, with all kernels, and in place, and expects the same bits.
func check(t *testing.T, op Op, in [][]float32, sizes []int) [][]float32 {
	t.Helper()
	want := run(op, 1, in, sizes...)
	for _, set := range kernels.Sets() {
		for _, workers := range []int{1, 2, 3, 7} {
			if set != testSet && workers != 2 {
				continue
			}
			w := NewWorkers(set, workers)
			w.Reserve(op.Scratch(w))
			for i := range w.Shared { // what the operation before has left there
				w.Shared[i] = float32(math.NaN())
			}
			for _, one := range w.list {
				for i := range one.Scratch {
					one.Scratch[i] = float32(math.NaN())
				}
			}
			from, out := slices.Clone(in), make([][]float32, len(sizes))
			taken := map[int]bool{}
			for o, n := range sizes {
				out[o] = normal(rand.New(rand.NewPCG(3, 4)), n)
				if p, ok := op.(InPlacer); ok && workers == 2 && p.InPlace(o) >= 0 {
					if taken[p.InPlace(o)] {
						t.Fatalf("%s: two outputs in place of input %d", Name(op), p.InPlace(o))
					}
					taken[p.InPlace(o)] = true
					out[o] = slices.Clone(in[p.InPlace(o)])
					from[p.InPlace(o)] = out[o]
				}
			}
			op.Run(w, from, out)
			identical(t, want, out)
		}
	}
	return want
}

func TestMaps(t *testing.T) {
	for i, c := range mapCases(mapShapes()...) {
		t.Run(Name(c.op), func(t *testing.T) {
			sizes := c.outputs()
			out := check(t, c.op, c.in, sizes)
			for o, want := range c.slow(doubleAll(c.in)) {
				same(t, fmt.Sprintf("output %d", o), out[o], want, 3e-6)
			}

			// A derivative in one direction for each input, which all numbers of a gradient are part of.
			rng := rand.New(rand.NewPCG(5, uint64(i)))
			dout := normals(rng, sizes)
			grads := check(t, c.grad, c.back(slices.Clone(dout), out), c.gradients())
			for o, input := range c.to {
				const h = 1e-7
				moved := func(step float64) (sum float64) {
					rng, in := rand.New(rand.NewPCG(6, uint64(i))), doubleAll(c.in)
					for j := range in[input] {
						in[input][j] += step * float64(2*rng.IntN(2)-1)
					}
					for o, y := range c.slow(in) {
						for j := range y {
							sum += float64(dout[o][j]) * y[j]
						}
					}
					return sum
				}
				want, got, norm := (moved(h)-moved(-h))/(2*h), 0.0, 0.0
				rng := rand.New(rand.NewPCG(6, uint64(i)))
				for _, g := range grads[o] {
					got += float64(2*rng.IntN(2)-1) * float64(g)
					norm += float64(g) * float64(g)
				}
				if !(math.Abs(got-want) <= 1e-4*(1e-2+math.Sqrt(norm))) {
					t.Errorf("gradient %d, of length %g: %g in a direction where it is %g",
						o, math.Sqrt(norm), got, want)
				}
			}
		})
	}
}

// A loss that is not a number has to be seen, whatever is between it and the number that was none.
func TestMapsNonFinite(t *testing.T) {
	expect := func(op Op, in [][]float32, nans int, sizes []int) {
		in = slices.Clone(in)
		for i := range nans {
			in[i] = slices.Repeat([]float32{float32(math.NaN())}, len(in[i]))
		}
		for o, x := range run(op, 2, in, sizes...) {
			if !slices.ContainsFunc(x, func(v float32) bool { return v != v }) {
				t.Errorf("%s: output %d is a number everywhere", Name(op), o)
			}
		}
	}
	for _, c := range mapCases(Map{2, 19, 17, 5}) {
		sizes := c.outputs()
		expect(c.op, c.in, 1, sizes)
		dout := normals(rand.New(rand.NewPCG(7, 8)), sizes)
		expect(c.grad, c.back(dout, run(c.op, 2, c.in, sizes...)), len(dout), c.gradients())
	}
}

// Batch norm of channels whose variance is far below what the rounding of the mean's square leaves.
func TestMomentsBesideLargeMean(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for _, m := range mapShapes() {
		x := normal(rng, m.Size())
		for i := range x {
			x[i] = 1e4 + 1e-2*x[i]
		}
		out := check(t, Moments{m}, [][]float32{x}, []int{m.Channels, m.Channels})
		mean, variance := slowMoments(doubles(x), m.Channels)
		for c := range mean {
			if far(out[0][c], mean[c], 5e-4) || far(out[1][c], variance[c], 1e-5*variance[c]) { // half an ulp of 1e4
				t.Errorf("%v: channel %d has mean %g and variance %g, want %g and %g",
					m, c, out[0][c], out[1][c], mean[c], variance[c])
			}
		}
	}
}

// Closures are all that an operation may allocate, once memory is there.
func TestMapsAllocate(t *testing.T) {
	for _, c := range mapCases(Map{17, 13, 11, 32}) {
		sizes := c.outputs()
		w, out := NewWorkers(testSet, 1), normals(rand.New(rand.NewPCG(7, 8)), sizes)
		w.Reserve(c.op.Scratch(w))
		w.Reserve(c.grad.Scratch(w))
		c.op.Run(w, c.in, out)
		in, grads := c.back(slices.Clone(out), out), normals(rand.New(rand.NewPCG(7, 8)), c.gradients())
		for what, f := range map[string]func(){
			Name(c.op): func() { c.op.Run(w, c.in, out) }, Name(c.grad): func() { c.grad.Run(w, in, grads) },
		} {
			if n := testing.AllocsPerRun(10, f); n > 4 {
				t.Errorf("%s: %g allocations", what, n)
			}
		}
	}
}
