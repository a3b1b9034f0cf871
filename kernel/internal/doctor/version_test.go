package doctor

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"continuousnet/kernel/internal/installed"
	"continuousnet/kernel/internal/kerneltest"
	"continuousnet/kernel/internal/project"
)

func TestVersion(t *testing.T) {
	checkout := kerneltest.Checkout(t)
	goCommand := filepath.Join(t.TempDir(), "go")
	kerneltest.Put(t, goCommand,
		"#!/bin/sh\necho '{\"GOVERSION\": \"go1.26.9\", \"GOROOT\": \"/nonexistent\"}'\n", 0o755)
	t.Setenv("PATH", filepath.Dir(goCommand)+":/usr/bin:/bin")
	sources, err := project.SourceHash(checkout)
	if err != nil {
		t.Fatal(err)
	}
	where := installed.Location{Prefix: t.TempDir()}
	l, err := where.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	install := func() {
		self, err := os.Executable() // a program of Go's, by what it says about itself
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(l.Bin(""), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, tool := range project.Tools {
			if err := os.Symlink(self, l.Bin(tool.Name)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := installed.NewSpec(l, checkout, installed.Go{Command: goCommand}, sources).Write(l); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name, kernel, gonb string
		before             func()
	}{
		{"not installed", sources + " (not installed)", "v0.11.4 (not installed)", func() {}},
		{"installed", sources + " (" + l.Dir + ")", "(" + l.Bin("gonb") + ")", install},
	} {
		c.before()
		var out strings.Builder
		if err := Version(&out, where, checkout); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(lines) != 2+len(project.Tools) ||
			!strings.HasPrefix(lines[0], "kernel ") || !strings.HasSuffix(lines[0], c.kernel) ||
			!strings.HasPrefix(lines[1], "gonb ") || !strings.HasSuffix(lines[1], c.gonb) ||
			!strings.HasPrefix(lines[4], "go ") || !strings.Contains(lines[4], "go1.26.9") {
			t.Errorf("%s:\n%s", c.name, &out)
		}
	}
}
