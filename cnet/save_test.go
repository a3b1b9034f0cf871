package cnet

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// What a killed process left half written goes when the run is opened to be changed; what is somebody else's stays.
func TestOpenSweeps(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run[1]")
	open(t, dir, tiny()).Close()
	left := []string{
		".partial-config.json-0123456789abcdef", ".partial-history.jsonl-0123456789abcdef",
		"saves/.partial-000002-0123456789abcdef/state.json", "saves/.partial-123/state.json",
	}
	others := []string{
		"config.json.partial", "history.jsonl.partial", ".partial-table.csv-0123456789abcdef", ".partial-config.json",
	}
	for _, name := range append(left, others...) {
		path := filepath.Join(dir, name)
		err := os.MkdirAll(filepath.Dir(path), 0o777)
		if err := errors.Join(err, os.WriteFile(path, []byte("mine"), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	r, err := OpenReadOnly(dir)
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	for _, name := range left {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Errorf("to look at a run changed it: %v", err)
		}
	}
	r = open(t, dir)
	if err := r.SetLearningRate(0.5); err != nil { // writes the copies
		t.Fatal(err)
	}
	r.Close()
	for _, name := range left {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s is still there", name)
		}
	}
	for _, name := range others {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(text) != "mine" {
			t.Errorf("%s holds %q, %v", name, text, err)
		}
	}
}

// A folder called ~ is one of that name, where the shell leaves it to the program.
func TestARunCalledTilde(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, dir := range []string{"~", "~/deep", "~nobody"} {
		r, err := Open(dir, tiny())
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		open(t, dir).Close()
		if _, err := os.Stat(filepath.Join(".", dir, savesDir)); err != nil {
			t.Error(err)
		}
	}
}
