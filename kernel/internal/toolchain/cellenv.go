package toolchain

import (
	"cmp"
	"os"
	"path/filepath"
)

// cellFlags returns the flags that every cell is built with. noxla leaves XLA out of the link, which is half of its
// time; -s leaves out the symbol and debugger's tables, which stack traces do not need. A single cell can decide
// otherwise with "%goflags -tags=" (GoNB's own magic).
func cellFlags(xla bool) string {
	const always = "-ldflags=-s -buildvcs=false"
	if xla {
		return always
	}
	return "-tags=noxla " + always
}

// CellEnv returns base changed to the environment in which cells are compiled and run. Warming the build cache uses the
// same: a cell finds in the cache only what was compiled with its own flags.
//
// Each variable is set outright, also where its default would do: a user's shell or "go env -w" may hold something
// that breaks a cell, such as GOFLAGS=-mod=mod (refused in a workspace) or GOWORK=off.
func (t Toolchain) CellEnv(base []string) []string {
	path := filepath.Dir(t.Command) + string(filepath.ListSeparator) + pathOf(base)
	own := map[string]string{
		"PATH":    path,
		"GOFLAGS": cellFlags(t.XLA.Link),
		// Nothing is fetched behind the user's back; the go of a session has its own way for "!go get".
		"GOPROXY":      cmp.Or(t.Source, "off"),
		"GOWORK":       "auto",
		"GO111MODULE":  "on",
		"GOTOOLCHAIN":  "local", // the one found at installation; no other is fetched
		"GOEXPERIMENT": t.Experiment,
		"GOCACHE":      t.Cache, // a session without one has its own
		"GOMODCACHE":   t.Modules,
		"GOTMPDIR":     "", // TMPDIR does
		"GOROOT":       "", // the go command knows its own
		"GOOS":         "", // cells run here
		"GOARCH":       "",
	}
	return Setenv(base, own)
}

func pathOf(env []string) string {
	const prefix = "PATH="
	for i := len(env) - 1; i >= 0; i-- {
		if len(env[i]) >= len(prefix) && env[i][:len(prefix)] == prefix {
			return env[i][len(prefix):]
		}
	}
	return os.Getenv("PATH")
}
