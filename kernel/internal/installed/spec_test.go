package installed

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"continuousnet/kernel/internal/kerneltest"
)

func TestSpec(t *testing.T) {
	l := Layout{Dir: filepath.Join(t.TempDir(), "kernels", Name)}
	if err := os.MkdirAll(l.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, want := range []bool{true, false} {
		found := Go{Command: "/usr/local/go/bin/go", Modules: "/modules", Cache: "/cache"}
		changed, err := NewSpec(l, "/my project", found, "1234").Write(l)
		if err != nil || changed != want {
			t.Fatalf("changed %v, %v; want %v", changed, err, want)
		}
	}
	text, err := os.ReadFile(l.SpecFile())
	if err != nil {
		t.Fatal(err)
	}
	// As a front end reads it.
	var raw struct {
		Argv          []string `json:"argv"`
		DisplayName   string   `json:"display_name"`
		Language      string   `json:"language"`
		InterruptMode string   `json:"interrupt_mode"`
		Metadata      struct {
			Debugger *bool `json:"debugger"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal(text, &raw); err != nil {
		t.Fatal(err)
	}
	want := []string{
		l.Bin("kernel"), "run", "--checkout", "/my project", "--go", "/usr/local/go/bin/go",
		"--modules", "/modules", "--cache", "/cache", "-f", "{connection_file}",
	}
	if !slices.Equal(raw.Argv, want) {
		t.Errorf("argv %q, want %q", raw.Argv, want)
	}
	if raw.DisplayName != "ContinuousNet (Go)" || raw.Language != "go" || raw.InterruptMode != "message" {
		t.Errorf("%+v", raw)
	}
	if raw.Metadata.Debugger == nil || *raw.Metadata.Debugger {
		t.Error("a front end would offer a debugger")
	}
	back, err := ReadSpec(l)
	if err != nil || back.Metadata.Own.Sources != "1234" ||
		back.Arg("--checkout") != "/my project" || back.Arg("--go") != "/usr/local/go/bin/go" {
		t.Errorf("read back: %+v, %v", back, err)
	}
}

func TestReadSpecRefusesForeign(t *testing.T) {
	for name, text := range map[string]string{
		"another kernel": `{"argv": ["python", "-m", "ipykernel"]}`,
		"half a file":    `{"argv": ["pyth`,
	} {
		l := Layout{Dir: t.TempDir()}
		kerneltest.Put(t, l.SpecFile(), text, 0o644)
		if _, err := ReadSpec(l); err == nil || !strings.Contains(err.Error(), l.SpecFile()) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
