package project

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"continuousnet/kernel/internal/kerneltest"
)

func TestFindCheckout(t *testing.T) {
	checkout := kerneltest.Checkout(t)
	inside := filepath.Join(checkout, "cnet", "ode")
	if err := os.MkdirAll(inside, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{checkout, inside, filepath.Join(checkout, "kernel", "tools")} {
		if got, err := Find(dir); err != nil || got != checkout {
			t.Errorf("from %s: %q, %v", dir, got, err)
		}
	}
	elsewhere := t.TempDir()
	_, err := Find(elsewhere)
	if err == nil || !strings.Contains(err.Error(), elsewhere) || !strings.Contains(err.Error(), "--checkout") {
		t.Errorf("outside: %v", err)
	}
}

func TestScanModFile(t *testing.T) {
	checkout := kerneltest.Checkout(t)
	for key, want := range map[string]string{
		"github.com/janpfeifer/gonb": "v0.11.4",
		"golang.org/x/tools":         "v0.39.1",
		"golang.org/x/tools/gopls":   "v0.21.1",
	} {
		if got, err := PinnedVersion(checkout, key); err != nil || got != want {
			t.Errorf("%s: %q, %v", key, got, err)
		}
	}
	if got, err := GoVersion(checkout); err != nil || got != "1.26.5" {
		t.Errorf("go directive: %q, %v", got, err)
	}
	if _, err := PinnedVersion(checkout, "example.com/none"); err == nil {
		t.Error("no error for a module that is not required")
	}
}

// The tools that install and doctor speak of are the ones that the real go.mod pins.
func TestToolsArePinned(t *testing.T) {
	checkout, err := Find(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range Tools {
		if v, err := PinnedVersion(checkout, tool.Module); err != nil || !strings.HasPrefix(v, "v") {
			t.Errorf("%s: %q, %v", tool.Module, v, err)
		}
	}
}
