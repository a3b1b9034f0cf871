package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFindCheckout(t *testing.T) {
	checkout := fakeCheckout(t)
	inside := filepath.Join(checkout, "cnet", "ode")
	if err := os.MkdirAll(inside, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{checkout, inside, filepath.Join(checkout, "kernel", "tools")} {
		if got, err := findCheckout(dir); err != nil || got != checkout {
			t.Errorf("from %s: %q, %v", dir, got, err)
		}
	}
	elsewhere := t.TempDir()
	_, err := findCheckout(elsewhere)
	if err == nil || !strings.Contains(err.Error(), elsewhere) || !strings.Contains(err.Error(), "--checkout") {
		t.Errorf("outside: %v", err)
	}
}

func TestScanModFile(t *testing.T) {
	checkout := fakeCheckout(t)
	for key, want := range map[string]string{
		"github.com/janpfeifer/gonb": "v0.11.4",
		"golang.org/x/tools":         "v0.39.1",
		"golang.org/x/tools/gopls":   "v0.21.1",
	} {
		if got, err := pinnedVersion(checkout, key); err != nil || got != want {
			t.Errorf("%s: %q, %v", key, got, err)
		}
	}
	if got, err := goDirective(checkout); err != nil || got != "1.26.5" {
		t.Errorf("go directive: %q, %v", got, err)
	}
	if _, err := pinnedVersion(checkout, "example.com/none"); err == nil {
		t.Error("no error for a module that is not required")
	}
}

// The tools that install and doctor speak of are the ones that the real go.mod pins.
func TestToolsArePinned(t *testing.T) {
	checkout, err := findCheckout(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range tools {
		if v, err := pinnedVersion(checkout, tool.module); err != nil || !strings.HasPrefix(v, "v") {
			t.Errorf("%s: %q, %v", tool.module, v, err)
		}
	}
}

func TestMovedMessage(t *testing.T) {
	got := movedMessage("/old/place", layout{dir: "/venv/share/jupyter/kernels/cnet", prefix: "/venv"})
	for _, part := range []string{"/old/place", "go run ./kernel install --prefix /venv", "restart the kernel"} {
		if !strings.Contains(got, part) {
			t.Errorf("%q does not say %q", got, part)
		}
	}
	if strings.Contains(got, "\n") {
		t.Errorf("%q is not one line", got)
	}
}

func TestShellQuote(t *testing.T) {
	for in, want := range map[string]string{"/a/b-1.2": "/a/b-1.2", "/a b": "'/a b'", "it's": `'it'\''s'`, "": "''", "$x": "'$x'"} {
		if got := shellQuote(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}
