//go:build unix

package kernels

import "testing"

// channels is a number of channels of a block, all 16 half of the time.
func (t *trial) channels() int {
	if t.flag() == 1 {
		return Block
	}
	return 1 + t.IntN(Block)
}

// winograd is a row of tiles, for a set and for the reference, with a border of so many rows and columns.
func (t *trial) winograd(border int) (a, b WinogradRow) {
	a = WinogradRow{Tiles: t.IntN(9), Pixel: t.stride(Block), Tile: t.stride(Block), ReLU: t.flag()}
	columns := 2*a.Tiles + border
	a.Row, a.Position = t.stride((max(columns, 1)-1)*a.Pixel+Block), t.stride((max(a.Tiles, 1)-1)*a.Tile+Block)
	b = a
	t.numbers((1+border)*a.Row+(max(columns, 1)-1)*a.Pixel+Block, &a.Map, &b.Map)
	t.numbers(15*a.Position+(max(a.Tiles, 1)-1)*a.Tile+Block, &a.Tiled, &b.Tiled)
	t.numbers(Block, &a.Bias, &b.Bias)
	return a, b
}

// winogradKernel is the same with kernels.
func (t *trial) winogradKernel() (a, b WinogradRow) {
	a = WinogradRow{Tiles: t.IntN(9), Tile: t.stride(Block)}
	all := (max(a.Tiles, 1)-1)*a.Tile + Block
	a.Pixel, a.Position = t.stride(all), t.stride(all)
	a.Row = t.stride(2*a.Pixel + all)
	b = a
	t.numbers(2*a.Row+2*a.Pixel+all, &a.Map, &b.Map)
	t.numbers(15*a.Position+all, &a.Tiled, &b.Tiled)
	return a, b
}

// rowTrials run a random row of each kind on a set and on the reference, and compare.
var rowTrials = map[string]func(t *trial, s *Set){
	"Affine": func(t *trial, s *Set) {
		a := AffineRow{Pixels: t.IntN(21), Channels: t.channels(), ReLU: t.flag()}
		a.TargetPixel, a.SourcePixel = t.stride(a.Channels), t.stride(a.Channels)
		b := a
		t.numbers((max(a.Pixels, 1)-1)*a.TargetPixel+a.Channels, &a.Target, &b.Target)
		t.numbers((max(a.Pixels, 1)-1)*a.SourcePixel+a.Channels, &a.Source, &b.Source)
		t.numbers(Block, &a.Scale, &b.Scale)
		t.numbers(Block, &a.Centre, &b.Centre)
		t.numbers(Block, &a.Offset, &b.Offset)
		s.Affine(&a)
		Reference.Affine(&b)
		t.check(a)
	},
	"Adjoint": func(t *trial, s *Set) {
		a := AdjointRow{Pixels: t.IntN(21), Channels: t.channels(), ReLU: t.flag()}
		a.TargetPixel, a.AdjointPixel, a.ValuePixel = t.stride(Block), t.stride(a.Channels), t.stride(a.Channels)
		b := a
		t.numbers((max(a.Pixels, 1)-1)*a.TargetPixel+Block, &a.Target, &b.Target)
		t.numbers((max(a.Pixels, 1)-1)*a.AdjointPixel+a.Channels, &a.Adjoint, &b.Adjoint)
		if a.ReLU == 1 || t.flag() == 1 {
			t.numbers((max(a.Pixels, 1)-1)*a.ValuePixel+a.Channels, &a.Value, &b.Value)
		}
		t.numbers(Block, &a.Scale, &b.Scale)
		t.numbers(Block, &a.ByMean, &b.ByMean)
		t.numbers(Block, &a.ByVariance, &b.ByVariance)
		t.numbers(Block, &a.Centre, &b.Centre)
		t.numbers(Block, &a.Sums, &b.Sums)
		s.Adjoint(&a)
		Reference.Adjoint(&b)
		t.check(a)
	},
	"Dot": func(t *trial, s *Set) {
		a := DotRow{Pixels: t.IntN(21), Channels: t.channels(), ReLU: t.flag()}
		a.TargetPixel, a.AdjointPixel, a.SourcePixel = t.stride(a.Channels), t.stride(a.Channels), t.stride(a.Channels)
		b := a
		t.numbers((max(a.Pixels, 1)-1)*a.AdjointPixel+a.Channels, &a.Adjoint, &b.Adjoint)
		t.numbers((max(a.Pixels, 1)-1)*a.SourcePixel+a.Channels, &a.Source, &b.Source)
		target := (max(a.Pixels, 1)-1)*a.TargetPixel + a.Channels
		switch t.IntN(4) {
		case 0: // in place
			a.TargetPixel, b.TargetPixel = a.AdjointPixel, b.AdjointPixel
			a.Target, b.Target = a.Adjoint, b.Adjoint
			target = (max(a.Pixels, 1)-1)*a.TargetPixel + a.Channels
		case 1, 2:
			t.numbers(target, &a.Target, &b.Target)
		}
		if a.Target != nil && t.flag() == 1 {
			t.numbers(target, &a.Add, &b.Add)
		}
		t.numbers(Block, &a.Scale, &b.Scale)
		t.numbers(Block, &a.Centre, &b.Centre)
		t.numbers(Block, &a.Offset, &b.Offset)
		t.numbers(2*Block, &a.Sums, &b.Sums)
		s.Dot(&a)
		Reference.Dot(&b)
		t.check(a)
	},
	"Combine": func(t *trial, s *Set) {
		a := CombineRow{Count: t.IntN(5), Pixels: t.IntN(21), Channels: t.channels()}
		a.Pixel = t.stride(a.Channels)
		b := a
		n := (max(a.Pixels, 1)-1)*a.Pixel + a.Channels
		t.numbers(n, &a.Source, &b.Source)
		t.numbers(Block, &a.Offset, &b.Offset)
		terms, plain := make([]Term, a.Count), make([]Term, a.Count)
		for i := range terms {
			t.numbers(n, &terms[i].Source, &plain[i].Source)
			t.numbers(Block, &terms[i].Scale, &plain[i].Scale)
		}
		if a.Count > 0 {
			a.Terms, b.Terms = &terms[0], &plain[0]
		}
		switch place := t.IntN(4); {
		case place == 0:
			a.Target, b.Target = a.Source, b.Source
		case place == 1 && a.Count > 0:
			i := t.IntN(a.Count)
			a.Target, b.Target = terms[i].Source, plain[i].Source
		default:
			t.numbers(n, &a.Target, &b.Target)
		}
		s.Combine(&a)
		Reference.Combine(&b)
		t.check(a)
	},
	"Moments": func(t *trial, s *Set) {
		a := MomentsRow{Pixels: t.IntN(21), Channels: t.channels()}
		a.SourcePixel = t.stride(a.Channels)
		b := a
		t.numbers((max(a.Pixels, 1)-1)*a.SourcePixel+a.Channels, &a.Source, &b.Source)
		t.numbers(Block, &a.Centre, &b.Centre)
		t.numbers(2*Block, &a.Sums, &b.Sums)
		s.Moments(&a)
		Reference.Moments(&b)
		t.check(a)
	},
	"WinogradInput": func(t *trial, s *Set) {
		a, b := t.winograd(2)
		s.WinogradInput(&a)
		Reference.WinogradInput(&b)
		t.check(a)
	},
	"WinogradOutput": func(t *trial, s *Set) {
		a, b := t.winograd(0)
		s.WinogradOutput(&a)
		Reference.WinogradOutput(&b)
		t.check(a)
	},
	"WinogradAdjoint": func(t *trial, s *Set) {
		a, b := t.winograd(0)
		s.WinogradAdjoint(&a)
		Reference.WinogradAdjoint(&b)
		t.check(a)
	},
	"WinogradKernel": func(t *trial, s *Set) {
		a, b := t.winogradKernel()
		s.WinogradKernel(&a)
		Reference.WinogradKernel(&b)
		t.check(a)
	},
	"WinogradKernelAdjoint": func(t *trial, s *Set) {
		a, b := t.winogradKernel()
		s.WinogradKernelAdjoint(&a)
		Reference.WinogradKernelAdjoint(&b)
		t.check(a)
	},
	"Update": func(t *trial, s *Set) {
		a := UpdateRow{Count: t.IntN(70), Momentum: 0.9, Decay: float32(t.Float64()), Rate: float32(t.NormFloat64())}
		b := a
		t.numbers(a.Count, &a.Parameter, &b.Parameter)
		t.numbers(a.Count, &a.Velocity, &b.Velocity)
		t.numbers(a.Count, &a.Gradient, &b.Gradient)
		a.NewParameter, a.NewVelocity, b.NewParameter, b.NewVelocity = a.Parameter, a.Velocity, b.Parameter, b.Velocity
		if t.flag() == 1 {
			t.numbers(a.Count, &a.NewParameter, &b.NewParameter)
			t.numbers(a.Count, &a.NewVelocity, &b.NewVelocity)
		}
		s.Update(&a)
		Reference.Update(&b)
		t.check(a)
	},
}

// Every routine for rows has the bits of the reference, and touches nothing outside of its rows.
func TestRows(t *testing.T) {
	forSets(t, func(t *testing.T, s *Set) {
		m := newMemory(t)
		for name, trial := range rowTrials {
			t.Run(name, func(t *testing.T) {
				for seed := range uint64(400) {
					trial(m.trial(t, seed, seed%2 == 0, seed%3 == 0), s)
				}
			})
		}
	})
}

func FuzzRows(f *testing.F) {
	f.Add(uint64(1), true, false)
	m := newMemory(f)
	f.Fuzz(func(t *testing.T, seed uint64, atEnd, special bool) {
		for _, s := range Sets() {
			for _, trial := range rowTrials {
				trial(m.trial(t, seed, atEnd, special), s)
			}
		}
	})
}
