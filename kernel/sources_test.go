package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSourceHash(t *testing.T) {
	checkout := fakeCheckout(t)
	hash := func() string {
		t.Helper()
		got, err := sourceHash(checkout)
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
		{"cnet/net.go", "package cnet", false},
		{toolsModule, "module continuousnet/kernel/tools", true},
		{"go.mod", string(modFile) + "require example.com/other v1.0.0\n", false},
		{"go.mod", string(modFile) + "require github.com/janpfeifer/gonb v0.11.4\n", true},
		{"go.mod", string(modFile) + "require github.com/janpfeifer/gonb v0.11.5\n", true},
	} {
		put(t, filepath.Join(checkout, c.path), c.text, 0o644)
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
	if after, err := sourceHash(moved); err != nil || after != before {
		t.Errorf("moved: %s, before %s, %v", after, before, err)
	}
	if _, err := sourceHash(checkout); err == nil {
		t.Error("no error for a checkout that is gone")
	}
}

func TestStaleness(t *testing.T) {
	checkout := fakeCheckout(t)
	l, err := (location{prefix: t.TempDir()}).resolve()
	if err != nil {
		t.Fatal(err)
	}
	if got := staleness(l, checkout); got != "" {
		t.Errorf("not installed: %q", got)
	}
	sources, err := sourceHash(checkout)
	if err != nil {
		t.Fatal(err)
	}
	put(t, l.bin("kernel"), "x", 0o755)
	if _, err := newSpec(l, checkout, "/go", sources).write(l); err != nil {
		t.Fatal(err)
	}
	p := patient{layout: l, checkout: checkout}
	if got, f := staleness(l, checkout), p.checkSources(); got != "" || f.state != good {
		t.Errorf("up to date: %q, %+v", got, f)
	}
	put(t, filepath.Join(checkout, "kernel", "new.go"), "package main", 0o644)
	got := staleness(l, checkout)
	for _, part := range []string{checkout, l.installCommand(), "restart the kernel"} {
		if !strings.Contains(got, part) || strings.Contains(got, "\n") {
			t.Errorf("updated: %q does not say %q in one line", got, part)
		}
	}
	// Old, but it works: nothing is missing.
	if f := p.checkSources(); f.state != absent || !strings.Contains(f.fix, l.installCommand()) {
		t.Errorf("updated: %+v", f)
	}
	if err := os.RemoveAll(checkout); err != nil {
		t.Fatal(err)
	}
	if got, f := staleness(l, checkout), p.checkSources(); got != "" || f.state != absent {
		t.Errorf("gone: %q, %+v", got, f)
	}
}

// An installation from before it was recorded what it was built from is taken for an old one.
func TestStalenessOfOldInstallation(t *testing.T) {
	checkout := fakeCheckout(t)
	l := layout{dir: t.TempDir()}
	put(t, l.spec(), `{"argv": ["kernel", "run", "--checkout", "`+checkout+`"], "metadata": {"debugger": false}}`, 0o644)
	if got := staleness(l, checkout); got == "" {
		t.Error("taken for new")
	}
}

func BenchmarkSourceHash(b *testing.B) {
	checkout, err := findCheckout(".")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := sourceHash(checkout); err != nil {
			b.Fatal(err)
		}
	}
}
