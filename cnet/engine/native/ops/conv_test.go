package ops

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"continuousnet/cnet/engine/native/kernels"
)

// run runs an operation on fresh memory with that many workers.
func run(op Op, workers int, in [][]float32, sizes ...int) [][]float32 {
	w := NewWorkers(testSet, workers)
	w.Reserve(op.Scratch(w))
	out := make([][]float32, len(sizes))
	for i, n := range sizes {
		out[i] = normal(rand.New(rand.NewPCG(9, 9)), n) // anything
	}
	op.Run(w, in, out)
	return out
}

func normal(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// slow is a convolution and its gradient in float64, pixel by pixel.
type slow struct {
	Conv
	x, kernel, y []float64 // x is transformed
}

// each calls f for every product of the convolution: indices of y, x and kernel.
func (s slow) each(f func(y, x, k int)) {
	r, c := s.Result(), s.In.Channels
	for b := range r.Batch {
		for i := range r.Height {
			for j := range r.Width {
				for o := range s.Out {
					for ky := range s.Size {
						for kx := range s.Size {
							yy, xx := i*s.Stride+ky-s.Size/2, j*s.Stride+kx-s.Size/2
							if yy < 0 || xx < 0 || yy >= s.In.Height || xx >= s.In.Width {
								continue
							}
							for ch := range c {
								f(((b*r.Height+i)*r.Width+j)*s.Out+o, ((b*s.In.Height+yy)*s.In.Width+xx)*c+ch,
									((o*s.Size+ky)*s.Size+kx)*c+ch)
							}
						}
					}
				}
			}
		}
	}
}

func doubles(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// same reports the largest difference relative to the largest number.
func same(t *testing.T, name string, got []float32, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", name, len(got), len(want))
	}
	var most, difference float64
	for i, v := range want {
		most, difference = max(most, math.Abs(v)), max(difference, math.Abs(v-float64(got[i])))
	}
	if !(difference <= tolerance*(most+1e-3)) {
		t.Errorf("%s: off by %g where the largest number is %g", name, difference, most)
	}
}

// convs are convolutions of all kinds.
func convs() []Conv {
	rng := rand.New(rand.NewPCG(1, 2))
	pick := func(list ...int) int { return list[rng.IntN(len(list))] }
	var list []Conv
	for range 60 {
		list = append(list, Conv{
			In: Map{
				pick(1, 2, 3, 9), pick(1, 2, 5, 7, 8), pick(1, 2, 4, 7, 8, 17), pick(1, 3, 5, 10, 16, 17, 32, 40),
			},
			Out:  pick(1, 4, 10, 16, 17, 32, 33),
			Size: pick(1, 3), Stride: pick(1, 2), Pre: Pre{rng.IntN(2) > 0, rng.IntN(2) > 0},
			Bias: rng.IntN(2) > 0, ReLU: rng.IntN(2) > 0, Stats: rng.IntN(2) > 0,
		})
	}
	for range 20 { // in tiles
		list = append(list, Conv{
			In:  Map{pick(1, 2, 9), pick(2, 4, 8, 26), pick(2, 4, 8, 20), pick(32, 48, 64)},
			Out: pick(32, 64, 80), Size: 3, Stride: 1, Pre: Pre{rng.IntN(2) > 0, rng.IntN(2) > 0},
			Bias: rng.IntN(2) > 0, ReLU: rng.IntN(2) > 0, Stats: rng.IntN(2) > 0,
		})
	}
	return append(list,
		Conv{In: Map{2, 33, 32, 4}, Out: 5, Size: 3, Stride: 1, Stats: true, ReLU: true, Pre: Pre{true, true}},
		Conv{In: Map{1, 80, 32, 4}, Out: 5, Size: 3, Stride: 2, Stats: true, Bias: true, Pre: Pre{Affine: true}})
}

func TestConv(t *testing.T) {
	for i, c := range convs() {
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(3, uint64(i)))
			r, ch := c.Result(), c.In.Channels
			x, kernel := normal(rng, c.In.Size()), normal(rng, c.Out*c.Size*c.Size*ch)
			scale, centre, offset, bias := normal(rng, ch), normal(rng, ch), normal(rng, ch), normal(rng, c.Out)
			s := slow{Conv: c, kernel: doubles(kernel), x: make([]float64, len(x)), y: make([]float64, r.Size())}
			passed := make([]float64, len(x)) // 1 where Pre's ReLU lets through
			for i, v := range x {
				u := float64(v)
				if c.Pre.Affine {
					u = float64(scale[i%ch])*(u-float64(centre[i%ch])) + float64(offset[i%ch])
				}
				passed[i] = 1
				if c.Pre.ReLU && u <= 0 {
					u, passed[i] = 0, 0
				}
				s.x[i] = u
			}
			in, vectors := [][]float32{x}, [][]float32{}
			if c.Pre.Affine {
				vectors = [][]float32{scale, centre, offset}
			}
			in = append(append(in, vectors...), kernel)
			if c.Bias {
				in = append(in, bias)
				for i := range s.y {
					s.y[i] = float64(bias[i%c.Out])
				}
			}
			s.each(func(y, x, k int) { s.y[y] += s.x[x] * s.kernel[k] })
			n := float64(r.Pixels())
			mean, variance := make([]float64, c.Out), make([]float64, c.Out)
			for i, v := range s.y {
				if c.ReLU {
					s.y[i] = max(v, 0)
				}
				mean[i%c.Out] += s.y[i] / n
			}
			for i, v := range s.y {
				variance[i%c.Out] += (v - mean[i%c.Out]) * (v - mean[i%c.Out]) / n
			}
			sizes := []int{r.Size()}
			if c.Stats {
				sizes = append(sizes, c.Out, c.Out)
			}
			out := run(c, 1, in, sizes...)
			same(t, "y", out[0], s.y, 1e-5)
			if c.Stats {
				same(t, "mean", out[1], mean, 1e-5)
				same(t, "variance", out[2], variance, 1e-5)
			}
			for _, workers := range []int{2, 3, 7} {
				identical(t, out, run(c, workers, in, sizes...))
			}

			g := ConvGrad{Conv: c, NoDX: c.Pre == Pre{} && i%2 == 0}
			dy, dmean, dvariance := normal(rng, r.Size()), normal(rng, c.Out), normal(rng, c.Out)
			back := [][]float32{dy}
			if c.Stats {
				back = append(back, dmean, dvariance)
			}
			if c.Stats || c.ReLU {
				back = append(back, out[0])
			}
			if c.Stats {
				back = append(back, out[1])
			}
			back = append(append(append(back, x), vectors...), kernel)
			dz := make([]float64, r.Size())
			dbias := make([]float64, c.Out)
			for i := range dz {
				dz[i] = float64(dy[i])
				if c.Stats {
					dz[i] += float64(dmean[i%c.Out])/n + 2*float64(dvariance[i%c.Out])*(s.y[i]-mean[i%c.Out])/n
				}
				if c.ReLU && s.y[i] <= 0 {
					dz[i] = 0
				}
				dbias[i%c.Out] += dz[i]
			}
			du, dkernel := make([]float64, len(x)), make([]float64, len(kernel))
			s.each(func(y, x, k int) {
				du[x] += dz[y] * s.kernel[k]
				dkernel[k] += dz[y] * s.x[x]
			})
			dscale, dcentre, doffset := make([]float64, ch), make([]float64, ch), make([]float64, ch)
			dx := make([]float64, len(x))
			for i := range du {
				d, a := du[i]*passed[i], 1.
				if c.Pre.Affine {
					a = float64(scale[i%ch])
					dscale[i%ch] += d * (float64(x[i]) - float64(centre[i%ch]))
					doffset[i%ch] += d
					dcentre[i%ch] -= d * a
				}
				dx[i] = a * d
			}
			var want [][]float64
			var names []string
			if !g.NoDX {
				want, names = append(want, dx), append(names, "dx")
			}
			if c.Pre.Affine {
				want = append(want, dscale, dcentre, doffset)
				names = append(names, "dscale", "dcentre", "doffset")
			}
			want, names = append(want, dkernel), append(names, "dkernel")
			if c.Bias {
				want, names = append(want, dbias), append(names, "dbias")
			}
			sizes = nil
			for _, v := range want {
				sizes = append(sizes, len(v))
			}
			grads := run(g, 1, back, sizes...)
			for i, v := range want {
				same(t, names[i], grads[i], v, 3e-5)
			}
			for _, workers := range []int{2, 3, 7} {
				identical(t, grads, run(g, workers, back, sizes...))
			}
		})
	}
}

func identical(t *testing.T, a, b [][]float32) {
	t.Helper()
	for i := range a {
		for j := range a[i] {
			if math.Float32bits(a[i][j]) != math.Float32bits(b[i][j]) {
				t.Fatalf("output %d: number %d is %g with one worker and %g with several", i, j, a[i][j], b[i][j])
			}
		}
	}
}

// testSet is the set of kernels that tests use.
var testSet = kernels.Best()
