//go:build goexperiment.simd && amd64

package engine

// builtSIMD reports whether GoMLX's matrix products in AVX2 and AVX-512 are in this build; they have the same
// constraint.
const builtSIMD = true
