package project

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"continuousnet/kernel/internal/kerneltest"
)

func TestSourceHash(t *testing.T) {
	checkout := kerneltest.Checkout(t)
	hash := func() string {
		t.Helper()
		got, err := SourceHash(checkout)
		if err != nil || len(got) != 16 {
			t.Fatalf("%q, %v", got, err)
		}
		return got
	}
	modFile, err := os.ReadFile(filepath.Join(checkout, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	before := hash()
	for _, c := range []struct {
		path, text string
		differs    bool
	}{
		{"kernel/main.go", "package main", true},
		{"kernel/main.go", "package main // changed", true},
		{"kernel/internal/wire/wire.go", "package wire", true},
		{"kernel/internal/wire/wire.go", "package wire", false},
		{"kernel/internal/wire/wire_test.go", "package wire", false},
		{"kernel/internal/wire/testdata/x.go", "package x", false},
		{"kernel/.main.go.swp", "package main", false},
		{"kernel/.cache/x.go", "package x", false},
		{"kernel/README.md", "# The kernel", false},
		{"internal/xlaplugin/xlaplugin.go", "package xlaplugin // changed", true},
		{"internal/other/other.go", "package other", false},
		{"cnet/net.go", "package cnet", false},
		{ToolsModule, "module continuousnet/kernel/tools", true},
		{"go.mod", string(modFile) + "require example.com/other v1.0.0\n", false},
		{"go.mod", string(modFile) + "require github.com/janpfeifer/gonb v0.11.4\n", true},
		{"go.mod", string(modFile) + "require github.com/janpfeifer/gonb v0.11.5\n", true},
	} {
		kerneltest.Put(t, filepath.Join(checkout, c.path), c.text, 0o644)
		after := hash()
		if (after != before) != c.differs {
			t.Errorf("%s: %s, before %s", c.path, after, before)
		}
		before = after
	}
	// Where the checkout is does not matter.
	moved := filepath.Join(t.TempDir(), "moved")
	if err := os.Rename(checkout, moved); err != nil {
		t.Fatal(err)
	}
	if after, err := SourceHash(moved); err != nil || after != before {
		t.Errorf("moved: %s, before %s, %v", after, before, err)
	}
	if _, err := SourceHash(checkout); err == nil {
		t.Error("no error for a checkout that is gone")
	}
}

// What the kernel is built from is what is hashed, and it imports nothing of the library.
func TestSourceDirs(t *testing.T) {
	checkout, err := Find(".")
	if err != nil {
		t.Fatal(err)
	}
	list := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./kernel")
	list.Dir = checkout
	output, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	own := 0
	for path := range strings.FieldsSeq(string(output)) {
		dir, ok := strings.CutPrefix(path, "continuousnet/")
		if !ok {
			continue
		}
		own++
		if !slices.ContainsFunc(sourceDirs, func(source string) bool {
			return strings.HasPrefix(dir+"/", filepath.ToSlash(source)+"/")
		}) {
			t.Errorf("the kernel is built from %s as well, which is not hashed", path)
		}
	}
	if own < 10 {
		t.Errorf("%d packages of its own", own)
	}
}

func BenchmarkSourceHash(b *testing.B) {
	checkout, err := Find(".")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := SourceHash(checkout); err != nil {
			b.Fatal(err)
		}
	}
}
