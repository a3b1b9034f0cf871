package main

import (
	"errors"
	"fmt"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestInstallLogos(t *testing.T) {
	l := layout{dir: t.TempDir()}
	if err := installLogos(l); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{32, 64} {
		file, err := os.Open(filepath.Join(l.dir, fmt.Sprintf("logo-%dx%d.png", size, size)))
		if err != nil {
			t.Fatal(err)
		}
		config, err := png.DecodeConfig(file)
		file.Close()
		if err != nil || config.Width != size || config.Height != size {
			t.Errorf("%d: %+v, %v", size, config, err)
		}
	}
	svg, err := os.ReadFile(filepath.Join(l.dir, "logo-svg.svg"))
	if err != nil || !strings.HasPrefix(string(svg), "<svg ") {
		t.Errorf("%.20s, %v", svg, err)
	}
}

// The program copies itself, also over an older installation, and the front is a link to it.
func TestInstallSelf(t *testing.T) {
	l := layout{dir: filepath.Join(t.TempDir(), "kernels", kernelName)}
	put(t, l.bin("kernel"), "old", 0o644)
	put(t, l.bin(goFrontName), "old", 0o644)
	for range 2 {
		if err := installSelf(l); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"kernel", goFrontName} {
			if info, err := os.Stat(l.bin(name)); err != nil || info.Size() < 1000 || !isExecutable(l.bin(name)) {
				t.Errorf("%s: %v, %v", name, info, err)
			}
		}
	}
	if entries, err := os.ReadDir(l.bin("")); err != nil || len(entries) != 2 {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestUninstall(t *testing.T) {
	prefix := t.TempDir()
	where := location{prefix: prefix}
	l, err := where.resolve()
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(filepath.Dir(l.dir), "python3", "kernel.json"), "{}", 0o644)
	put(t, l.bin("kernel"), "x", 0o755)
	if err := newSpec(l, "/project", "/go").write(l); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"removed", "nothing to do"} {
		var out strings.Builder
		if err := runUninstall(&out, where); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("%q, %v; want %q", out.String(), err, want)
		}
	}
	if entries, err := os.ReadDir(filepath.Dir(l.dir)); err != nil || len(entries) != 1 || entries[0].Name() != "python3" {
		t.Errorf("left: %v, %v", entries, err)
	}
}

func TestUninstallLeavesForeign(t *testing.T) {
	where := location{prefix: t.TempDir()}
	l, err := where.resolve()
	if err != nil {
		t.Fatal(err)
	}
	put(t, l.spec(), `{"argv": ["another"]}`, 0o644)
	if err := runUninstall(io.Discard, where); err == nil || !strings.Contains(err.Error(), l.dir) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(l.spec()); err != nil {
		t.Error(err)
	}
}

func TestSummary(t *testing.T) {
	failed := errors.New("exit status 1")
	if got := summary(nil, failed); got != "exit status 1" {
		t.Errorf("%q", got)
	}
	if got := summary([]byte("go: x: dial tcp: lookup p: no such host\n"), failed); !strings.HasPrefix(got, "a module could not be downloaded") {
		t.Errorf("%q", got)
	}
}
