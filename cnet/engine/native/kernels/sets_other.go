//go:build (!amd64 && !arm64) || purego

package kernels

// assembly returns the sets in assembly that this processor runs: there are none for it.
func assembly() []*Set { return nil }
