// Package kerneltest has what the tests of several packages need: files, a directory that passes for the project,
// variables that get their value back.
package kerneltest

import (
	"os"
	"path/filepath"
	"testing"
)

// Checkout makes a directory that passes for the project.
func Checkout(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	Put(t, filepath.Join(dir, "go.mod"), "module continuousnet\n\ngo 1.26.5\n", 0o644)
	Put(t, filepath.Join(dir, "kernel", "tools", "go.mod"), `module continuousnet/kernel/tools

require github.com/janpfeifer/gonb v0.11.4 // indirect

require (
	golang.org/x/tools v0.39.1 // indirect
	golang.org/x/tools/gopls v0.21.1 // indirect
)
`, 0o644)
	Put(t, filepath.Join(dir, "kernel", "tools", "go.sum"), "", 0o644)
	Put(t, filepath.Join(dir, "internal", "xlaplugin", "xlaplugin.go"), "package xlaplugin\n", 0o644)
	return dir
}

// Set gives a variable another value for the time of a test.
func Set[T any](t *testing.T, variable *T, value T) {
	t.Helper()
	former := *variable
	*variable = value
	t.Cleanup(func() { *variable = former })
}

// Put writes a file and makes the directories above it.
func Put(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}
