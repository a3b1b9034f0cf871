package main

import (
	"os"
	"path/filepath"

	"continuousnet/kernel/internal/hook"
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
	return runInstalled(importsFrontName, args)
}
