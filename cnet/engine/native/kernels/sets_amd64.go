//go:build !purego

package kernels

import "golang.org/x/sys/cpu"

// assembly returns the sets in assembly that this processor runs, the fastest first.
func assembly() []*Set {
	var sets []*Set
	x := &cpu.X86
	if !x.HasAVX2 || !x.HasFMA || !x.HasBMI2 {
		return nil
	}
	if x.HasAVX512F && x.HasAVX512DQ && x.HasAVX512BW && x.HasAVX512VL {
		set := &Set{
			Name:   "AVX-512",
			Affine: affineAVX512, Adjoint: adjointAVX512, Dot: dotAVX512,
			Combine: combineAVX512, Moments: momentsAVX512, Update: updateAVX512,
			WinogradInput: winogradInputAVX512, WinogradOutput: winogradOutputAVX512,
			WinogradAdjoint: winogradAdjointAVX512,
			WinogradKernel:  winogradKernelAVX512, WinogradKernelAdjoint: winogradKernelAdjointAVX512,
		}
		sets = append(sets, set.tiles(&convsAVX512, &gradsAVX512))
	}
	set := &Set{
		Name:   "AVX2",
		Affine: affineAVX2, Adjoint: adjointAVX2, Dot: dotAVX2,
		Combine: combineAVX2, Moments: momentsAVX2, Update: updateAVX2,
		WinogradInput: winogradInputAVX2, WinogradOutput: winogradOutputAVX2,
		WinogradAdjoint: winogradAdjointAVX2,
		WinogradKernel:  winogradKernelAVX2, WinogradKernelAdjoint: winogradKernelAdjointAVX2,
	}
	return append(sets, set.tiles(&convsAVX2, &gradsAVX2))
}
