//go:build !purego

package kernels

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/cpu"
)

// A stopwatch keeps the shortest of many runs: what the machine can do when nothing else disturbs it.
type stopwatch struct{ best time.Duration }

func (s *stopwatch) time(run func()) {
	start := time.Now()
	run()
	if d := time.Since(start); s.best == 0 || d < s.best {
		s.best = d
	}
}

// rate is how many of something were done per nanosecond: GFLOP/s, GB/s.
func (s *stopwatch) rate(amount int) float64 { return float64(amount) / float64(s.best.Nanoseconds()) }

// peaks returns the routine that does nothing but multiply and add, and how many operations it does each time.
func peaks(s *Set) (func(*int), int) {
	if s.Name == "AVX2" {
		return peakAVX2, peakSums * 8 * 2
	}
	return peakAVX512, peakSums * 16 * 2
}

// What the processor can do at most, in float32 and, where it has AVX512-BF16, with dot products of bfloat16.
func BenchmarkPeak(b *testing.B) {
	measure := func(name string, routine func(*int), operations int) {
		b.Run(name, func(b *testing.B) {
			var watch stopwatch
			count := 20000
			for b.Loop() {
				watch.time(func() { routine(&count) })
			}
			b.ReportMetric(watch.rate(operations*count), "GFLOP/s")
			b.ReportMetric(0, "ns/op")
		})
	}
	for _, s := range assembly() {
		routine, operations := peaks(s)
		measure(s.Name, routine, operations)
	}
	if cpu.X86.HasAVX512BF16 {
		measure("AVX512-BF16", peakBF16, peakSums*2*16*2)
	}
}

// benchmark runs work in turns with peak and reports the operations per second of both at their best.
func benchmark(b *testing.B, s *Set, operations int, work func()) {
	var own, peak stopwatch
	count := 2000
	routine, flop := peaks(s)
	for b.Loop() {
		own.time(work)
		peak.time(func() { routine(&count) })
	}
	b.ReportMetric(own.rate(operations), "GFLOP/s")
	b.ReportMetric(100*own.rate(operations)/peak.rate(flop*count), "%peak")
	b.ReportMetric(peak.rate(flop*count), "peak")
	b.ReportMetric(0, "ns/op")
}

// random returns n numbers that begin at a cache line.
func random(n int) []float32 {
	x := make([]float32, n+16)
	for uintptr(unsafe.Pointer(&x[0]))%64 != 0 {
		x = x[1:]
	}
	for i := range x {
		x[i] = float32(rand.NormFloat64())
	}
	return x[:n]
}

// cut calls tile for each of the pieces, of nearly equal size, of n things of which at most so many go into one.
func cut(n, most int, tile func(first, size int)) {
	pieces := (n + most - 1) / most
	for i := range pieces {
		first, end := n*i/pieces, n*(i+1)/pieces
		tile(first, end-first)
	}
}

// benchmarked are the maps of the networks: channels and width. A strip has 8 rows.
var benchmarked = []struct{ channels, width int }{{16, 32}, {32, 16}, {64, 8}, {64, 32}, {128, 16}, {256, 8}}

const stripRows = 8

func BenchmarkConv(b *testing.B) {
	eachShape(b, func(s *Set) [2]int { return s.MaxPixels }, benchmarkConv)
}

func BenchmarkGrad(b *testing.B) {
	eachShape(b, func(s *Set) [2]int { return s.MaxInputs }, benchmarkGrad)
}

// eachShape runs a benchmark for all sets in assembly, maps, and blocks of a tile.
func eachShape(b *testing.B, sizes func(*Set) [2]int,
	run func(b *testing.B, s *Set, channels, width, blocks, most int)) {
	for _, s := range assembly() {
		for _, shape := range benchmarked {
			for blocks := 1; blocks <= min(2, shape.channels/Block); blocks++ {
				if most := sizes(s)[blocks-1]; most > 0 {
					b.Run(fmt.Sprintf("%s/channels=%d/width=%d/blocks=%d", s.Name, shape.channels, shape.width, blocks),
						func(b *testing.B) { run(b, s, shape.channels, shape.width, blocks, most) })
				}
			}
		}
	}
}

// benchmarkConv convolves a strip with its border, 3×3, with ReLU and statistics.
func benchmarkConv(b *testing.B, s *Set, channels, width, blocks, most int) {
	source := random((stripRows + 2) * (width + 2) * channels)
	weights := random(9 * channels * channels)
	target := random(stripRows * width * channels)
	bias, centre, sums := random(channels), random(channels), random(2*channels)
	t := &ConvTile{Blocks: blocks, Channels: Block * blocks, Rows: 3, Run: 3 * channels,
		SourcePixel: channels, SourceRow: (width + 2) * channels, TargetPixel: channels, ReLU: 1}
	benchmark(b, s, 2*9*channels*channels*width*stripRows, func() {
		for o := 0; o < channels; o += Block * blocks {
			t.Weights, t.Bias, t.Centre, t.Sums = &weights[9*channels*o], &bias[o], &centre[o], &sums[2*o]
			for y := range stripRows {
				cut(width, most, func(x, size int) {
					t.Pixels = size
					t.Source = &source[(y*(width+2)+x)*channels]
					t.Target = &target[(y*width+x)*channels+o]
					s.Conv(t)
				})
			}
		}
	})
}

// benchmarkGrad adds up the gradient of the weights over a strip.
func benchmarkGrad(b *testing.B, s *Set, channels, width, blocks, most int) {
	source := random((stripRows + 2) * (width + 2) * channels)
	gradient := random(9 * channels * channels)
	adjoint := random(stripRows * width * channels)
	t := &GradTile{Blocks: blocks, Rows: stripRows, Pixels: width, TargetInput: channels,
		SourcePixel: channels, SourceRow: (width + 2) * channels,
		AdjointPixel: channels, AdjointRow: width * channels}
	benchmark(b, s, 2*9*channels*channels*width*stripRows, func() {
		for o := 0; o < channels; o += Block * blocks {
			t.Adjoint = &adjoint[o]
			for r := range 3 {
				cut(3*channels, most, func(i, size int) {
					t.Inputs = size
					t.Source = &source[r*(width+2)*channels+i]
					t.Target = &gradient[(r*3*channels+i)*channels+o]
					s.Grad(t)
				})
			}
		}
	})
}

// The routines for rows, on a strip of 8 rows of 32 pixels with 16 channels, and on one of 128 channels, block by
// block. GB/s count what is read and what is written.
func BenchmarkRows(b *testing.B) {
	for _, s := range assembly() {
		for _, channels := range []int{16, 128} {
			const pixels = stripRows * 32
			x, y := random(pixels*channels), random(pixels*channels)
			z, w := random(pixels*channels), random(pixels*channels)
			v := random(4 * channels)
			terms := []Term{{&y[0], &v[0]}, {&z[0], &v[0]}}
			for _, row := range []struct {
				name string
				maps int // that are read or written
				run  func(o int)
			}{
				{"Affine", 2, func(o int) {
					s.Affine(&AffineRow{Target: &w[o], Source: &x[o], Scale: &v[o], Centre: &v[o], Offset: &v[o],
						Pixels: pixels, Channels: Block, TargetPixel: channels, SourcePixel: channels, ReLU: 1})
				}},
				{"Adjoint", 3, func(o int) {
					s.Adjoint(&AdjointRow{Target: &w[o], Adjoint: &x[o], Value: &y[o], Scale: &v[o], ByMean: &v[o],
						ByVariance: &v[o], Centre: &v[o], Sums: &v[channels+o], Pixels: pixels, Channels: Block,
						TargetPixel: channels, AdjointPixel: channels, ValuePixel: channels, ReLU: 1})
				}},
				{"Dot", 4, func(o int) {
					s.Dot(&DotRow{Target: &w[o], Adjoint: &x[o], Source: &y[o], Add: &z[o], Scale: &v[o],
						Centre: &v[o], Offset: &v[o], Sums: &v[2*channels+2*o], Pixels: pixels, Channels: Block,
						TargetPixel: channels, AdjointPixel: channels, SourcePixel: channels, ReLU: 1})
				}},
				{"Combine", 4, func(o int) {
					terms[0].Source, terms[1].Source = &y[o], &z[o]
					s.Combine(&CombineRow{Target: &w[o], Source: &x[o], Offset: &v[o], Terms: &terms[0], Count: 2,
						Pixels: pixels, Channels: Block, Pixel: channels})
				}},
				{"Moments", 1, func(o int) {
					s.Moments(&MomentsRow{Source: &x[o], Centre: &v[o], Sums: &v[2*channels+2*o], Pixels: pixels,
						Channels: Block, SourcePixel: channels})
				}},
				{"Update", 5, func(o int) {
					n, first := pixels*Block, pixels*o
					s.Update(&UpdateRow{NewParameter: &w[first], NewVelocity: &z[first], Parameter: &w[first],
						Velocity: &z[first], Gradient: &x[first], Count: n, Momentum: 0.9, Decay: 5e-4, Rate: 0.1})
				}},
			} {
				b.Run(fmt.Sprintf("%s/%s/channels=%d", s.Name, row.name, channels), func(b *testing.B) {
					var watch stopwatch
					for b.Loop() {
						watch.time(func() {
							for o := 0; o < channels; o += Block {
								row.run(o)
							}
						})
					}
					b.ReportMetric(watch.rate(4*row.maps*pixels*channels), "GB/s")
					b.ReportMetric(0, "ns/op")
				})
			}
		}
	}
}
