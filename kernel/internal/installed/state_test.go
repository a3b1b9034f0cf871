package installed

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"continuousnet/kernel/internal/kerneltest"
	"continuousnet/kernel/internal/project"
)

func TestStaleness(t *testing.T) {
	checkout := kerneltest.Checkout(t)
	l, err := (Location{Prefix: t.TempDir()}).Resolve()
	if err != nil {
		t.Fatal(err)
	}
	if got := Staleness(l, checkout); got != "" {
		t.Errorf("not installed: %q", got)
	}
	sources, err := project.SourceHash(checkout)
	if err != nil {
		t.Fatal(err)
	}
	kerneltest.Put(t, l.Bin("kernel"), "x", 0o755)
	if _, err := NewSpec(l, checkout, Go{Command: "/go"}, sources).Write(l); err != nil {
		t.Fatal(err)
	}
	if got := Staleness(l, checkout); got != "" {
		t.Errorf("up to date: %q", got)
	}
	kerneltest.Put(t, filepath.Join(checkout, "kernel", "new.go"), "package main", 0o644)
	got := Staleness(l, checkout)
	for _, part := range []string{checkout, l.InstallCommand(), "restart the kernel"} {
		if !strings.Contains(got, part) || strings.Contains(got, "\n") {
			t.Errorf("updated: %q does not say %q in one line", got, part)
		}
	}
	if err := os.RemoveAll(checkout); err != nil {
		t.Fatal(err)
	}
	if got := Staleness(l, checkout); got != "" {
		t.Errorf("gone: %q", got)
	}
}

// An installation from before it was recorded what it was built from is taken for an old one.
func TestStalenessOfOldInstallation(t *testing.T) {
	checkout := kerneltest.Checkout(t)
	l := Layout{Dir: t.TempDir()}
	kerneltest.Put(t, l.SpecFile(),
		`{"argv": ["kernel", "run", "--checkout", "`+checkout+`"], "metadata": {"debugger": false}}`, 0o644)
	if got := Staleness(l, checkout); got == "" {
		t.Error("taken for new")
	}
}

func TestMovedMessage(t *testing.T) {
	got := MovedMessage("/old/place", Layout{Dir: "/venv/share/jupyter/kernels/cnet", Prefix: "/venv"})
	for _, part := range []string{"/old/place", "go run ./kernel install --prefix /venv", "restart the kernel"} {
		if !strings.Contains(got, part) {
			t.Errorf("%q does not say %q", got, part)
		}
	}
	if strings.Contains(got, "\n") {
		t.Errorf("%q is not one line", got)
	}
}
