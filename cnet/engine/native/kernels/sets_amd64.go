//go:build !purego

package kernels

import "golang.org/x/sys/cpu"

//go:generate go run ./gen

// assembly returns the sets in assembly that this processor runs, the fastest first.
func assembly() []*Set {
	var sets []*Set
	x := &cpu.X86
	if !x.HasAVX2 || !x.HasFMA || !x.HasBMI2 {
		return nil
	}
	if x.HasAVX512F && x.HasAVX512DQ && x.HasAVX512BW && x.HasAVX512VL {
		sets = append(sets, &Set{
			Name:      "AVX-512",
			MaxPixels: sizes(&convsAVX512), MaxInputs: sizes(&gradsAVX512),
			Conv:   func(t *ConvTile) { convsAVX512[t.Blocks-1][t.Pixels-1](t) },
			Grad:   func(t *GradTile) { gradsAVX512[t.Blocks-1][t.Inputs-1](t) },
			Affine: affineAVX512, Adjoint: adjointAVX512, Dot: dotAVX512,
			Combine: combineAVX512, Moments: momentsAVX512, Update: updateAVX512,
		})
	}
	return append(sets, &Set{
		Name:      "AVX2",
		MaxPixels: sizes(&convsAVX2), MaxInputs: sizes(&gradsAVX2),
		Conv:   func(t *ConvTile) { convsAVX2[t.Blocks-1][t.Pixels-1](t) },
		Grad:   func(t *GradTile) { gradsAVX2[t.Blocks-1][t.Inputs-1](t) },
		Affine: affineAVX2, Adjoint: adjointAVX2, Dot: dotAVX2,
		Combine: combineAVX2, Moments: momentsAVX2, Update: updateAVX2,
	})
}

// sizes returns the largest tiles of a table of routines.
func sizes[T any](table *[2][]func(*T)) [2]int { return [2]int{len(table[0]), len(table[1])} }
