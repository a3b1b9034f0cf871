//go:build unix

package kernels

import "testing"

// forSets runs a test on every set of this processor. The reference is compared with itself, so that it, too, touches
// nothing outside of its buffers.
func forSets(t *testing.T, test func(t *testing.T, s *Set)) {
	for _, s := range Sets() {
		t.Run(s.Name, func(t *testing.T) { test(t, s) })
	}
}

// convTrial runs a random ConvTile of so many blocks and pixels on a set and on the reference, and compares.
func convTrial(t *trial, s *Set, blocks, pixels int) {
	a := ConvTile{Blocks: blocks, Pixels: pixels, Channels: 1 + t.IntN(Block*blocks), Rows: 1 + t.IntN(3),
		Run: 1 + t.IntN(13), ReLU: t.flag()}
	if t.flag() == 1 {
		a.Channels = Block * blocks
	}
	a.SourcePixel = 1 + t.IntN(9)
	a.SourceRow = (a.Pixels-1)*a.SourcePixel + t.stride(a.Run)
	a.TargetPixel = t.stride(a.Channels)
	b := a

	target := (a.Pixels-1)*a.TargetPixel + a.Channels
	t.numbers(target, &a.Target, &b.Target)
	t.numbers((a.Rows-1)*a.SourceRow+(a.Pixels-1)*a.SourcePixel+a.Run, &a.Source, &b.Source)
	t.numbers(Block*blocks*a.Rows*a.Run, &a.Weights, &b.Weights)
	t.numbers(Block*blocks, &a.Bias, &b.Bias)
	if t.flag() == 1 {
		t.numbers(target, &a.Add, &b.Add)
	}
	if t.flag() == 1 {
		t.numbers(Block*blocks, &a.Centre, &b.Centre)
		t.numbers(2*Block*blocks, &a.Sums, &b.Sums)
	}
	s.Conv(&a)
	Reference.Conv(&b)
	t.check(a)
}

// gradTrial does the same for a GradTile.
func gradTrial(t *trial, s *Set, blocks, inputs int) {
	a := GradTile{Blocks: blocks, Inputs: inputs, Rows: 1 + t.IntN(3), Pixels: 1 + t.IntN(9)}
	a.TargetInput = t.stride(Block * blocks)
	a.SourcePixel = 1 + t.IntN(9)
	a.SourceRow = (a.Pixels-1)*a.SourcePixel + t.stride(a.Inputs)
	a.AdjointPixel = t.stride(Block * blocks)
	a.AdjointRow = (a.Pixels-1)*a.AdjointPixel + t.stride(Block*blocks)
	b := a

	t.numbers((a.Inputs-1)*a.TargetInput+Block*blocks, &a.Target, &b.Target)
	t.numbers((a.Rows-1)*a.SourceRow+(a.Pixels-1)*a.SourcePixel+a.Inputs, &a.Source, &b.Source)
	t.numbers((a.Rows-1)*a.AdjointRow+(a.Pixels-1)*a.AdjointPixel+Block*blocks, &a.Adjoint, &b.Adjoint)
	s.Grad(&a)
	Reference.Grad(&b)
	t.check(a)
}

// Every routine for a tile has the bits of the reference, and touches nothing outside of the tile.
func TestTiles(t *testing.T) {
	forSets(t, func(t *testing.T, s *Set) {
		m := newMemory(t)
		for _, kind := range []struct {
			name  string
			trial func(t *trial, s *Set, blocks, size int)
			most  [2]int
		}{{"Conv", convTrial, s.MaxPixels}, {"Grad", gradTrial, s.MaxInputs}} {
			t.Run(kind.name, func(t *testing.T) {
				for b, most := range kind.most {
					for size := 1; size <= most; size++ {
						for seed := range uint64(12) {
							kind.trial(m.trial(t, seed, seed%2 == 0, seed%3 == 0), s, b+1, size)
						}
					}
				}
			})
		}
	})
}

func FuzzConv(f *testing.F) { fuzzTile(f, convTrial, func(s *Set) [2]int { return s.MaxPixels }) }

func FuzzGrad(f *testing.F) { fuzzTile(f, gradTrial, func(s *Set) [2]int { return s.MaxInputs }) }

func fuzzTile(f *testing.F, trial func(t *trial, s *Set, blocks, size int), sizes func(s *Set) [2]int) {
	f.Add(uint64(1), uint8(7), true, true, false)
	m := newMemory(f)
	f.Fuzz(func(t *testing.T, seed uint64, size uint8, two, atEnd, special bool) {
		for _, s := range Sets() {
			blocks, most := 1, sizes(s)
			if two && most[1] > 0 {
				blocks = 2
			}
			trial(m.trial(t, seed, atEnd, special), s, blocks, 1+int(size)%most[blocks-1])
		}
	})
}
