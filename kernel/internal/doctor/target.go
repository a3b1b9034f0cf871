package doctor

import (
	"os"
	"path/filepath"

	"continuousnet/kernel/internal/installed"
	"continuousnet/kernel/internal/project"
	"continuousnet/kernel/internal/toolchain"
)

// target is the installation that the checks look at, with the checkout and the Go that belong to it.
type target struct {
	layout    installed.Layout
	checkout  string // where the project is, empty if unknown
	toolchain toolchain.Toolchain
	goErr     error
}

// findTarget decides which installation to look at: the one that the flags name, or the one this program belongs to, or
// the one in the checkout's .venv, or the user's, or the machine's. Where there is none, it is the user's.
func findTarget(where installed.Location, checkout string) (target, error) {
	var t target
	start := checkout
	if start == "" {
		start = "."
	}
	if found, err := project.Find(start); err == nil {
		t.checkout = found
	} else if checkout != "" {
		return t, err
	}
	var candidates []installed.Layout
	if where != (installed.Location{}) {
		l, err := where.Resolve()
		if err != nil {
			return t, err
		}
		t.layout = l
	} else {
		if self, err := os.Executable(); err == nil {
			if l, ok := installed.Of(self); ok {
				candidates = append(candidates, l)
			}
		}
		if t.checkout != "" {
			if l, err := (installed.Location{Prefix: filepath.Join(t.checkout, ".venv")}).Resolve(); err == nil {
				candidates = append(candidates, l)
			}
		}
		for _, w := range []installed.Location{{User: true}, {System: true}} {
			if l, err := w.Resolve(); err == nil {
				candidates = append(candidates, l)
				if t.layout == (installed.Layout{}) {
					t.layout = l
				}
			}
		}
	}
	for _, l := range candidates {
		if _, err := os.Stat(l.SpecFile()); err == nil {
			t.layout = l
			break
		}
	}
	recorded := ""
	if spec, err := installed.ReadSpec(t.layout); err == nil {
		recorded = spec.Arg("--go")
		if t.checkout == "" {
			t.checkout = spec.Arg("--checkout")
		}
	}
	t.toolchain, t.goErr = toolchain.Find(t.checkout, recorded)
	return t, nil
}
