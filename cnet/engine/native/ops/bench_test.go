package ops

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"

	"continuousnet/cnet/engine/native/kernels"
)

// The convolutions of ContinuousNet with 16, 32 and 64 channels, and those of a wide one.
var layersOf = []Conv{
	{In: Map{32, 32, 32, 3}, Out: 16, Size: 3, Stride: 1, Bias: true, Stats: true},
	{In: Map{32, 32, 32, 16}, Out: 16, Size: 3, Stride: 1, Bias: true, ReLU: true, Stats: true, Pre: Pre{Affine: true}},
	{In: Map{32, 32, 32, 16}, Out: 32, Size: 3, Stride: 2, Bias: true, ReLU: true, Stats: true},
	{In: Map{32, 32, 32, 16}, Out: 32, Size: 1, Stride: 2},
	{In: Map{32, 16, 16, 32}, Out: 32, Size: 3, Stride: 1, Bias: true, ReLU: true, Stats: true, Pre: Pre{Affine: true}},
	{In: Map{32, 16, 16, 32}, Out: 64, Size: 3, Stride: 2, Bias: true, ReLU: true, Stats: true},
	{In: Map{32, 8, 8, 64}, Out: 64, Size: 3, Stride: 1, Bias: true, ReLU: true, Stats: true, Pre: Pre{Affine: true}},
	{In: Map{32, 8, 8, 256}, Out: 256, Size: 3, Stride: 1, Bias: true, ReLU: true, Stats: true, Pre: Pre{Affine: true}},
}

// flops returns the multiplications and additions of one convolution.
func (c Conv) flops() float64 {
	return 2 * float64(c.Result().Pixels()*c.Out*c.Size*c.Size*c.In.Channels)
}

// report reports the speed of b.N operations by the clock, and by the time of the processors, which other programs
// beside it change less.
func report(b *testing.B, flops, start float64) {
	b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
	b.ReportMetric(flops*float64(b.N)/(cpuSeconds()-start)/1e9, "GFLOP/CPU-s")
}

// cpuSeconds returns the time that this process has computed, on all processors.
func cpuSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}

func BenchmarkConv(b *testing.B) {
	for _, c := range layersOf {
		g := ConvGrad{Conv: c, NoDX: c.In.Channels == 3}
		r, ch := c.Result(), c.In.Channels
		rng := rand.New(rand.NewPCG(1, 2))
		in, back := [][]float32{normal(rng, c.In.Size())}, [][]float32{normal(rng, r.Size())}
		out, gradients := [][]float32{Aligned(r.Size())}, [][]float32{}
		if c.Stats {
			back = append(back, normal(rng, c.Out), normal(rng, c.Out))
			out = append(out, Aligned(c.Out), Aligned(c.Out))
		}
		if c.Stats || c.ReLU {
			back = append(back, normal(rng, r.Size()))
		}
		if c.Stats {
			back = append(back, normal(rng, c.Out))
		}
		back = append(back, in[0])
		if !g.NoDX {
			gradients = append(gradients, Aligned(c.In.Size()))
		}
		if c.Pre.Affine {
			for range 3 {
				v := normal(rng, ch)
				in, back, gradients = append(in, v), append(back, v), append(gradients, Aligned(ch))
			}
		}
		kernel := normal(rng, c.Out*c.Size*c.Size*ch)
		in, back, gradients = append(in, kernel), append(back, kernel), append(gradients, Aligned(len(kernel)))
		if c.Bias {
			in, gradients = append(in, normal(rng, c.Out)), append(gradients, Aligned(c.Out))
		}
		for _, set := range kernels.Sets() {
			for _, threads := range []int{1, 2} {
				w := NewWorkers(set, threads)
				w.Reserve(c.Scratch(w))
				w.Reserve(g.Scratch(w))
				name := fmt.Sprintf("%dx%d/%d-%d/stride%d/%s/threads%d",
					c.Size, c.Size, ch, c.Out, c.Stride, set.Name, threads)
				b.Run("forward/"+name, func(b *testing.B) {
					start := cpuSeconds()
					for b.Loop() {
						c.Run(w, in, out)
					}
					report(b, c.flops(), start)
				})
				b.Run("backward/"+name, func(b *testing.B) {
					start := cpuSeconds()
					for b.Loop() {
						g.Run(w, back, gradients)
					}
					times := 2.
					if g.NoDX {
						times = 1
					}
					report(b, times*c.flops(), start)
				})
			}
		}
	}
}
