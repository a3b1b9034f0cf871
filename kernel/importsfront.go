package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"continuousnet/kernel/internal/hook"
	"continuousnet/kernel/internal/installed"
)

// importsFrontName is the name under which this program stands in front of goimports in a kernel session.
const importsFrontName = "goimports"

// importsFront runs in the place of goimports in a kernel session. GoNB has it look at each program, with all that
// cells have declared so far. Mostly nothing is to be imported, which the session finds out in a fraction of the time.
func importsFront(args []string) int {
	if len(args) == 2 && args[0] == "-w" && sameFile(filepath.Dir(args[1]), os.Getenv(envTempDir)) {
		reply, err := hook.Ask(hook.Request{Step: hook.Imports, Dir: filepath.Dir(args[1])})
		if err == nil && reply.Imported {
			return 0
		}
	}
	executable, err := os.Executable()
	if err == nil {
		l, _ := installed.Of(executable)
		err = syscall.Exec(l.Bin(importsFrontName), append([]string{importsFrontName}, args...), os.Environ())
	}
	fmt.Fprintf(os.Stderr, "kernel: cannot run goimports: %v; run: go run ./kernel install\n", err)
	return 1
}
