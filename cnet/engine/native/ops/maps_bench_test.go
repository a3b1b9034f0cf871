package ops

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"continuousnet/cnet/engine/native/kernels"
)

// copied is a copy by the standard library, to compare with.
type copied struct{ Map Map }

func (op copied) Scratch(*Workers) (each, shared int) { return 0, 0 }

func (op copied) Run(w *Workers, in, out [][]float32) {
	w.Each(mostSpans, func(_ *Worker, i int) {
		from, to := part(op.Map.Size(), mostSpans, i)
		copy(out[0][from:to], in[0][from:to])
	})
}

// BenchmarkMaps measures how fast the operations on maps read and write, beside a copy.
func BenchmarkMaps(b *testing.B) {
	for _, m := range []Map{
		{32, 32, 32, 16}, {32, 16, 16, 32}, {32, 8, 8, 64}, {128, 32, 32, 16}, {128, 8, 8, 64}, {1, 32, 32, 16},
	} {
		benchmarkMap(b, m)
	}
}

func benchmarkMap(b *testing.B, m Map) {
	rng := rand.New(rand.NewPCG(1, 2))
	var maps [][]float32
	for range 6 {
		maps = append(maps, Aligned(m.Size()))
		copy(maps[len(maps)-1], normal(rng, m.Size()))
	}
	channel, pooled := normal(rng, m.Channels), [][]float32{normal(rng, m.Batch*m.Channels)}
	pre, term := Pre{Affine: true, ReLU: true}, Term{0.5, true}
	one, four := Combine{m, []Term{term}}, Combine{m, []Term{term, term, term, term}}
	// with returns maps, each with three vectors behind it.
	with := func(maps ...[]float32) (list [][]float32) {
		for _, x := range maps {
			list = append(list, x, channel, channel, channel)
		}
		return list
	}
	behind := func(x []float32, list [][]float32) [][]float32 { return append([][]float32{x}, list...) }

	for _, bench := range []struct {
		op      Op
		name    string
		maps    int // that are read and written
		in, out [][]float32
	}{
		{copied{m}, "Copy", 2, maps[:1], maps[1:]},
		{Apply{m, pre}, "Apply", 2, with(maps[0]), maps[1:]},
		{ApplyGrad{Apply{m, pre}}, "ApplyGrad", 3, behind(maps[0], with(maps[1])), with(maps[2])},
		{one, "Combine1", 3, behind(maps[0], with(maps[1])), maps[2:]},
		{four, "Combine4", 6, behind(maps[0], with(maps[1:5]...)), maps[5:]},
		{CombineGrad{one}, "CombineGrad1", 3, behind(maps[0], with(maps[1])), with(maps[2])},
		{
			CombineGrad{four}, "CombineGrad4", 9,
			behind(maps[0], with(slices.Repeat(maps[1:2], 4)...)), with(maps[2:]...),
		},
		{Moments{m}, "Moments", 1, maps, [][]float32{channel, channel}},
		{MomentsGrad{m}, "MomentsGrad", 2, [][]float32{channel, channel, maps[0], channel}, maps[1:]},
		{MeanPool{m, pre}, "MeanPool", 1, with(maps[0]), pooled},
		{MeanPoolGrad{MeanPool{Map: m}}, "MeanPoolGrad", 1, behind(pooled[0], maps[:1]), maps[1:]},
	} {
		for _, set := range kernels.Sets() {
			for _, workers := range []int{1, 2} {
				w := NewWorkers(set, workers)
				w.Reserve(bench.op.Scratch(w))
				shape := fmt.Sprintf("%dx%dx%d/batch%d", m.Height, m.Width, m.Channels, m.Batch)
				b.Run(fmt.Sprintf("%s/%s/%s/threads%d", bench.name, shape, set.Name, workers), func(b *testing.B) {
					for b.Loop() {
						bench.op.Run(w, bench.in, bench.out)
					}
					b.ReportMetric(4*float64(bench.maps*m.Size()*b.N)/b.Elapsed().Seconds()/1e9, "GB/s")
				})
			}
		}
	}
}
