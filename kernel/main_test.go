package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestMain lets the test binary stand in for bin/go: goFront replaces its process, so a test needs one to spare.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == goFrontName {
		os.Exit(goFront(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// fakeCheckout makes a directory that passes for the project.
func fakeCheckout(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "go.mod"), "module continuousnet\n\ngo 1.26.5\n", 0o644)
	put(t, filepath.Join(dir, toolsModule), `module continuousnet/kernel/tools

require github.com/janpfeifer/gonb v0.11.4 // indirect

require (
	golang.org/x/tools v0.39.1 // indirect
	golang.org/x/tools/gopls v0.21.1 // indirect
)
`, 0o644)
	return dir
}

// systemIsElsewhere gives a test a machine-wide prefix of its own.
func systemIsElsewhere(t *testing.T) {
	t.Helper()
	former := systemPrefix
	systemPrefix = t.TempDir()
	t.Cleanup(func() { systemPrefix = former })
}

func put(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}
