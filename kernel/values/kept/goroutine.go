package kept

import (
	"runtime"
	"strings"
	"sync/atomic"
	_ "unsafe" // for go:linkname
)

// A panic that a goroutine does not recover from ends the process without any exit function. A goroutine of a cell
// therefore begins with
//
//	defer ended(begun())
//
// in the outermost of its functions, after all of whose other deferred calls the panic is about to end the process.

// panicked is set when a panic ends the process.
var panicked atomic.Bool

// panics is the number of panics for which deferred functions are being called.
//
//go:linkname panics runtime.runningPanicDefers
var panics uint32

// passesOn reports whether a function of a package runs one of its caller's in a goroutine, and leaves its panics
// alone.
func passesOn(name string) bool {
	switch name {
	case "sync.(*WaitGroup).Go.func1", "golang.org/x/sync/errgroup.(*Group).Go.func1",
		"golang.org/x/sync/errgroup.(*Group).TryGo.func1":
		return true
	}
	return false
}

// Begun reports whether a function is the outermost one of a goroutine. It is called by a function of its own, which
// the function calls.
//
//go:noinline
func Begun() bool {
	var pcs [3]uintptr // in the function, in the one that has called it, and so on; they defer, and are not inlined
	n := runtime.Callers(3, pcs[:])
	outer := 1
	if outer < n && passesOn(functionAt(pcs[outer])) {
		outer++
	}
	return outer >= n || functionAt(pcs[outer]) == "runtime.goexit"
}

// Ended writes what has changed if the function that defers its caller, the outermost one of a goroutine, ends with a
// panic.
//
//go:noinline
func Ended(outermost bool) {
	if !outermost || atomic.LoadUint32(&panics) == 0 {
		return
	}
	var pcs [4]uintptr
	for _, pc := range pcs[:runtime.Callers(3, pcs[:])] {
		switch name := functionAt(pc); {
		case name == "runtime.gopanic":
			panicked.Store(true)
			session.Write()
			return
		case !strings.Contains(name, ".deferwrap"):
			return // a panic of another goroutine
		}
	}
}

// functionAt returns the name of the function that a call in it returns to.
func functionAt(pc uintptr) string {
	if f := runtime.FuncForPC(pc - 1); f != nil {
		return f.Name()
	}
	return ""
}
