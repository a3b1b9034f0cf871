package server

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"continuousnet/kernel/internal/words"
)

// Variables of the go command that a cell sets for the cells that follow.

// settled says, for variables that decide how cells are built and that no cell can set, what does it instead.
var settled = map[string]string{
	"GOFLAGS": "the flags of go build are set by %goflags",
	"GOWORK":  "modules are added by `!*go work use DIR`",
	"GOROOT": "cells are built with the Go that the kernel was installed with; for another, install the kernel again " +
		"with that in PATH",
	"GOTOOLCHAIN": "cells are built with the Go that the kernel was installed with; for another, install the kernel " +
		"again with that in PATH",
	"GO111MODULE": "cells are built with modules",
}

// rebuilt are the variables with which other packages are compiled than those in the build cache.
var rebuilt = []string{"GOEXPERIMENT", "GOAMD64", "GOARM64", "CGO_CFLAGS", "CGO_LDFLAGS"}

// checkGoVariable returns why a variable is not to be set, and what is to be said if it is.
func (s *server) checkGoVariable(name, value string) (advice string, err error) {
	machine := map[string]string{"GOOS": runtime.GOOS, "GOARCH": runtime.GOARCH}
	own, isMachine := machine[name]
	instead, isSettled := settled[name]
	switch {
	case isMachine && value != own:
		return "", fmt.Errorf("cells run on this machine, %s/%s, and a program for %s=%s would not; to make one, put "+
			"it before the command: `!%s=%s go build ...`", runtime.GOOS, runtime.GOARCH, name, value, name, value)
	case isSettled:
		return "", fmt.Errorf("cells do not depend on %s: %s", name, instead)
	case !strings.HasPrefix(name, "GO") && !strings.HasPrefix(name, "CGO_"):
		return "", nil
	}
	cmd := exec.Command(s.o.GoCommand, "env", "GOVERSION")
	cmd.Dir, cmd.Env = filepath.Dir(s.processes.Dir), append(s.goEnvironment(), name+"="+value)
	if _, err := cmd.Output(); err != nil {
		return "", fmt.Errorf("with %s=%s the go command does not run: %s", name, value, words.CommandError(err))
	}
	if !slices.Contains(rebuilt, name) {
		return "", nil
	}
	first, _ := valueIn(s.environment(), name)
	if first == value {
		return "", nil
	}
	return fmt.Sprintf("with another %s, the packages that cells import are compiled anew, which can take minutes; "+
		"%%env %s=%s takes it back\n", name, name, first), nil
}

// valueIn returns the value of a variable in an environment, and whether it is there.
func valueIn(env []string, name string) (value string, ok bool) {
	for _, variable := range env {
		if own, value, _ := strings.Cut(variable, "="); own == name {
			return value, true
		}
	}
	return "", false
}

// goEnvironment returns the environment of the go command that builds cells, with what cells have set.
func (s *server) goEnvironment() []string {
	env := s.environment()
	for _, setting := range s.engine.kept() {
		if name, value, ok := envSetting(setting); ok && name != "PATH" {
			env = slices.DeleteFunc(env, func(variable string) bool { return strings.HasPrefix(variable, name+"=") })
			env = append(env, name+"="+value)
		}
	}
	return env
}
