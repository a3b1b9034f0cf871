package main

import (
	"os"
	"runtime/debug"
)

// spareMemory makes the garbage collector run when garbage is a twentieth of the memory in use, instead of as much:
// most of that memory is a few large arrays, the images and what a network keeps of them for its gradient, which the
// collector need not look through. GOGC overrules it.
func spareMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(5)
	}
}
