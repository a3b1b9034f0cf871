// Package blame tells where a panic began.
package blame

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
)

// Place returns the file and line, "main.go:12", that panicked or did what the runtime panics for, or "" if there is
// no panic. A deferred function that recovers calls it.
func Place() string {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers)])
	panicking := false
	for {
		f, more := frames.Next()
		inRuntime := strings.HasPrefix(f.Function, "runtime.")
		switch {
		case f.Function == "runtime.gopanic":
			panicking = true
		case panicking && !inRuntime:
			return fmt.Sprintf("%s:%d", filepath.Base(f.File), f.Line)
		}
		if !more {
			return ""
		}
	}
}
