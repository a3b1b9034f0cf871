package main

import (
	"os"
	"runtime/debug"

	"continuousnet/cnet"
)

// spareMemory makes the garbage collector run when garbage is a tenth of the memory in use, instead of as much. It is
// for adjoints that compute layers again to save memory. GOGC overrules it.
func spareMemory(c cnet.Config) {
	if c.Adjoint != "" && c.Adjoint != cnet.Backprop && os.Getenv("GOGC") == "" {
		debug.SetGCPercent(10)
	}
}
