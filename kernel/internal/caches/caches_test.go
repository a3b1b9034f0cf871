package caches

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"continuousnet/kernel/internal/kerneltest"
)

// With a seeded cache the go command compiles nothing, and it can write to it.
func TestSeed(t *testing.T) {
	module, from, to := t.TempDir(), t.TempDir(), t.TempDir()
	kerneltest.Put(t, filepath.Join(module, "go.mod"), "module m\n\ngo 1.26\n", 0o600)
	kerneltest.Put(t, filepath.Join(module, "m.go"), "package m\n\nconst X = 1\n", 0o600)
	build := func(cache string) string {
		t.Helper()
		cmd := exec.Command("go", "build", "-x", ".")
		cmd.Dir = module
		cmd.Env = append(os.Environ(), "GOCACHE="+cache, "GOFLAGS=", "GOWORK=off", "GOEXPERIMENT=")
		output, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, output)
		}
		return string(output)
	}
	if log := build(from); !strings.Contains(log, "compile") {
		t.Fatalf("the first build compiles nothing:\n%s", log)
	}
	if err := Seed(from, to, "1"); err != nil {
		t.Fatal(err)
	}
	if log := build(to); strings.Contains(log, "/compile ") {
		t.Errorf("it compiles again:\n%s", log)
	}
	kerneltest.Put(t, filepath.Join(module, "m.go"), "package m\n\nconst X = 2\n", 0o600)
	if log := build(to); !strings.Contains(log, "/compile ") {
		t.Errorf("a change is not compiled:\n%s", log)
	}
	links := 0
	err := filepath.WalkDir(to, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.Type() == os.ModeSymlink {
			links++
			if !strings.HasSuffix(path, outputSuffix) {
				t.Errorf("%s is a link, which the go command would write through", path)
			}
		}
		return err
	})
	if err != nil || links == 0 {
		t.Errorf("%d links, %v", links, err)
	}
	broken := filepath.Join(to, "00", "gone-d")
	if err := os.Symlink(filepath.Join(from, "00", "gone-d"), broken); err != nil {
		t.Fatal(err)
	}
	if err := Seed(filepath.Join(from, "gone"), to, "1"); err != nil {
		t.Errorf("the same version again: %v, want nothing done", err)
	}
	if err := Seed(from, to, "2"); err != nil {
		t.Errorf("another version: %v", err)
	}
	if _, err := os.Lstat(broken); err == nil {
		t.Error("a link to what has gone stays")
	}
	if err := Seed(filepath.Join(from, "gone"), to, "3"); err == nil {
		t.Error("an installation without a cache: no error")
	}
}
