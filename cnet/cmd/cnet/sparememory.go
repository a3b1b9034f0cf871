package main

import (
	"os"
	"runtime/debug"

	"continuousnet/cnet"
)

// spareMemory collects garbage as soon as there is a tenth of it, instead of as much as there is memory in use, for
// those who have chosen to compute again rather than to keep. GOGC overrules it.
func spareMemory(c cnet.Config) {
	if c.Adjoint != "" && c.Adjoint != cnet.Backprop && os.Getenv("GOGC") == "" {
		debug.SetGCPercent(10)
	}
}
