//go:build goexperiment.simd && amd64

package engine

// builtSIMD is whether GoMLX's matrix products in AVX2 and AVX-512 are compiled in; they have the same constraint.
const builtSIMD = true
