//go:build !purego

package kernels

// assembly returns the set in assembly. Every processor for arm64 has NEON.
func assembly() []*Set {
	set := &Set{
		Name:   "NEON",
		Affine: affineNEON, Adjoint: adjointNEON, Dot: dotNEON,
		Combine: combineNEON, Moments: momentsNEON,
		WinogradInput: winogradInputNEON, WinogradOutput: winogradOutputNEON, WinogradAdjoint: winogradAdjointNEON,
		WinogradKernel: winogradKernelNEON, WinogradKernelAdjoint: winogradKernelAdjointNEON,
		Update: func(t *UpdateRow) {
			updateNEON(t)
			if whole := t.Count &^ 3; whole < t.Count { // the routine leaves less than 4 numbers
				rest := *t
				rest.NewParameter, rest.NewVelocity = at(t.NewParameter, whole), at(t.NewVelocity, whole)
				rest.Parameter, rest.Velocity = at(t.Parameter, whole), at(t.Velocity, whole)
				rest.Gradient, rest.Count = at(t.Gradient, whole), t.Count-whole
				update(&rest)
			}
		},
	}
	return []*Set{set.tiles(&convsNEON, &gradsNEON)}
}
