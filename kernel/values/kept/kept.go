// Package kept is what the second file of a cell's program calls: package values for the one session of the process,
// written however the cell ends. Its functions are not inlined and name few types of package values: for those the
// compiler takes longer than for all else of a small cell.
//
// A program that imports it must be linked with -ldflags=-checklinkname=0, as it uses the list of exit functions of
// Go's runtime, which is internal. Without the flag the linker says so.
package kept

import (
	"reflect"
	_ "unsafe" // for go:linkname

	"continuousnet/kernel/values"
)

// Var is a variable of the session.
type Var = values.Var

var session *values.Session

// hook is exithook.Hook.
type hook struct {
	f         func()
	onFailure bool // also run when the exit code is not 0
}

//go:linkname addHook internal/runtime/exithook.Add
func addHook(h hook)

// Open reads variables from the store in dir. [Write] is called when the process ends, also with os.Exit or log.Fatal,
// which run no deferred calls.
//
//go:noinline
func Open(dir string, vars ...Var) {
	Look(dir, vars...)
	addHook(hook{Write, true})
}

// Look reads variables that are not to be written.
//
//go:noinline
func Look(dir string, vars ...Var) { session = values.Open(dir, vars...) }

// Add adds variables that are not read.
//
//go:noinline
func Add(vars ...Var) { session.Add(vars...) }

// Write writes what has changed. Defer it in main, so that it is done after a panic as well. The second call does
// nothing. It does not return while a panic of another goroutine is ending the process.
//
//go:noinline
func Write() {
	session.Write()
	if panicked.Load() {
		select {} // or main could end the process first, as if nothing had happened
	}
}

// Register names a type that interfaces may hold, by a pointer to it.
//
//go:noinline
func Register(pointer any) { values.Register(reflect.TypeOf(pointer).Elem()) }

// Global names a variable of a package.
//
//go:noinline
func Global(name string, pointer any) { values.Global(name, pointer) }

// Function names a function of a package.
//
//go:noinline
func Function(name string, f any) { values.Function(name, f) }

// Use has the program contain a function, with the types of what it makes.
//
//go:noinline
func Use(any) {}
