// Package atexit writes a session's values when a cell ends with os.Exit or log.Fatal, which run no deferred calls.
//
// A program that imports it must be linked with -ldflags=-checklinkname=0, as it uses the list of exit functions of
// Go's runtime, which is internal. Without the flag the linker says so.
package atexit

import (
	_ "unsafe" // for go:linkname

	"continuousnet/kernel/values"
)

// hook is exithook.Hook.
type hook struct {
	f         func()
	onFailure bool // also run when the exit code is not 0
}

//go:linkname addHook internal/runtime/exithook.Add
func addHook(h hook)

// Write calls Write of the session when the process ends, unless it has been called before.
func Write(s *values.Session) { addHook(hook{s.Write, true}) }
