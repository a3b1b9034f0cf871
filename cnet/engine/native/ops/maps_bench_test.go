package ops

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"continuousnet/cnet/engine/native/kernels"
)

// BenchmarkMaps measures what operations read and write of maps, beside a copy on as many workers.
func BenchmarkMaps(b *testing.B) {
	for _, m := range []Map{{32, 32, 32, 16}, {32, 16, 16, 32}, {32, 8, 8, 64}, {128, 32, 32, 16}, {128, 8, 8, 64}, {1, 32, 32, 16}} {
		rng := rand.New(rand.NewPCG(1, 2))
		x := make([][]float32, 6)
		for i := range x {
			x[i] = Aligned(m.Size())
			copy(x[i], normal(rng, m.Size()))
		}
		c, p := func() []float32 { return normal(rng, m.Channels) }, Pre{Affine: true}
		pooled := normal(rng, m.Batch*m.Channels)
		one, four := Combine{m, []Term{{0.5, true}}}, Combine{m, []Term{{0.5, true}, {0.5, true}, {0.5, true}, {0.5, true}}}
		for _, bench := range []struct {
			name    string
			op      Op
			maps    int // that are read and written
			in, out [][]float32
		}{
			{"Apply", Apply{m, Pre{true, true}}, 2, [][]float32{x[0], c(), c(), c()}, x[1:2]},
			{"ApplyGrad", ApplyGrad{Apply{m, Pre{true, true}}}, 3, [][]float32{x[0], x[1], c(), c(), c()},
				[][]float32{x[2], c(), c(), c()}},
			{"Combine1", one, 3, [][]float32{x[0], x[1], c(), c(), c()}, x[2:3]},
			{"Combine4", four, 6, [][]float32{x[0], x[1], c(), c(), c(), x[2], c(), c(), c(), x[3], c(), c(), c(), x[4], c(), c(), c()},
				x[5:]},
			{"CombineGrad1", CombineGrad{one}, 3, [][]float32{x[0], x[1], c(), c(), c()}, [][]float32{x[2], c(), c(), c()}},
			{"CombineGrad4", CombineGrad{four}, 9,
				[][]float32{x[0], x[1], c(), c(), c(), x[1], c(), c(), c(), x[1], c(), c(), c(), x[1], c(), c(), c()},
				[][]float32{x[2], c(), c(), c(), x[3], c(), c(), c(), x[4], c(), c(), c(), x[5], c(), c(), c()}},
			{"Moments", Moments{m}, 1, x[:1], [][]float32{c(), c()}},
			{"MomentsGrad", MomentsGrad{m}, 2, [][]float32{c(), c(), x[0], c()}, x[1:2]},
			{"MeanPool", MeanPool{m, p}, 1, [][]float32{x[0], c(), c(), c()}, [][]float32{pooled}},
			{"MeanPoolGrad", MeanPoolGrad{MeanPool{m, Pre{}}}, 1, [][]float32{pooled, x[0]}, x[1:2]},
		} {
			for _, set := range kernels.Sets() {
				if set == &kernels.Reference {
					continue
				}
				for _, workers := range []int{1, 2} {
					w := NewWorkers(set, workers)
					w.Reserve(bench.op.Scratch(w))
					name := fmt.Sprintf("%dx%dx%d/batch%d/%s/threads%d", m.Height, m.Width, m.Channels, m.Batch, set.Name, workers)
					rate := func(b *testing.B, maps int) {
						b.ReportMetric(4*float64(maps*m.Size()*b.N)/b.Elapsed().Seconds()/1e9, "GB/s")
					}
					if bench.name == "Apply" && set == kernels.Best() {
						b.Run("Copy/"+name, func(b *testing.B) {
							for b.Loop() {
								w.Each(mostSpans, func(_ *Worker, i int) {
									from, to := part(m.Size(), mostSpans, i)
									copy(x[1][from:to], x[0][from:to])
								})
							}
							rate(b, 2)
						})
					}
					b.Run(bench.name+"/"+name, func(b *testing.B) {
						for b.Loop() {
							bench.op.Run(w, bench.in, bench.out)
						}
						rate(b, bench.maps)
					})
				}
			}
		}
	}
}
