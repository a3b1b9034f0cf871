package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestSpec(t *testing.T) {
	l := layout{dir: filepath.Join(t.TempDir(), "kernels", kernelName)}
	if err := os.MkdirAll(l.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, want := range []bool{true, false} {
		if changed, err := newSpec(l, "/my project", "/usr/local/go/bin/go", "1234").write(l); err != nil || changed != want {
			t.Fatalf("changed %v, %v; want %v", changed, err, want)
		}
	}
	text, err := os.ReadFile(l.spec())
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
	want := []string{l.bin("kernel"), "run", "--checkout", "/my project", "--go", "/usr/local/go/bin/go", "-f", "{connection_file}"}
	if !slices.Equal(raw.Argv, want) {
		t.Errorf("argv %q, want %q", raw.Argv, want)
	}
	if raw.DisplayName != "ContinuousNet (Go)" || raw.Language != "go" || raw.InterruptMode != "message" {
		t.Errorf("%+v", raw)
	}
	if raw.Metadata.Debugger == nil || *raw.Metadata.Debugger {
		t.Error("a front end would offer a debugger")
	}
	back, err := readSpec(l)
	if err != nil || back.Metadata.Own.Sources != "1234" || back.arg("--checkout") != "/my project" || back.arg("--go") != "/usr/local/go/bin/go" {
		t.Errorf("read back: %+v, %v", back, err)
	}
}

// The command line in kernel.json must be one that this program accepts.
func TestSpecMatchesRun(t *testing.T) {
	argv := newSpec(layout{dir: "/k"}, "/project", "/go", "1234").Argv
	run, _, err := newCommand().Find(argv[1:])
	if err != nil || run.Name() != "run" {
		t.Fatalf("%v, %v", run, err)
	}
	if err := run.ParseFlags(argv[2:]); err != nil {
		t.Error(err)
	}
}

func TestReadSpecRefusesForeign(t *testing.T) {
	for name, text := range map[string]string{
		"another kernel": `{"argv": ["python", "-m", "ipykernel"]}`,
		"half a file":    `{"argv": ["pyth`,
	} {
		l := layout{dir: t.TempDir()}
		put(t, l.spec(), text, 0o644)
		if _, err := readSpec(l); err == nil || !strings.Contains(err.Error(), l.spec()) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
