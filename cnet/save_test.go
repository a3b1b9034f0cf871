package cnet

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
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

// A save of another version is refused, and neither changed nor set aside as damaged: one with another number, with
// fields of other types as well, and one that has a field more.
func TestOtherVersion(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"number": {
			fmt.Sprintf(`"version": %d`, stateVersion), `"version": 99`,
			fmt.Sprintf("version 99, this program reads version %d; open the run with the program that made it",
				stateVersion),
		},
		"types": {`"scheme": "euler"`, `"version": 98, "scheme": {"name": "euler"}`, "version 98, this program reads"},
		"field": {
			`"loss_sum"`, `"loss_kind": "huber", "loss_sum"`, `this program does not know its field "loss_kind"; ` +
				"open the run with the newer one that made it",
		},
		"field of the configuration": {`"seed"`, `"drop_path": 0.1, "seed"`, `does not know its field "drop_path"`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			open(t, dir, Config{Channels: 2, BatchSize: 60, TestBatchSize: 50}).Close()
			save := filepath.Join(dir, savesDir, saveName(1))
			path := filepath.Join(save, stateFile)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			other := bytes.ReplaceAll(text, []byte(c.old), []byte(c.new))
			if bytes.Equal(other, text) {
				t.Fatalf("the state has no %s:\n%s", c.old, text)
			}
			if err := os.WriteFile(path, other, 0o666); err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(filepath.Join(save, sumsFile)); err != nil {
				t.Fatal(err)
			}
			if err := seal(save); err != nil {
				t.Fatal(err)
			}
			for what, openAs := range map[string]func(string, ...Config) (*Run, error){
				"Open": Open, "OpenReadOnly": OpenReadOnly,
			} {
				if _, err := openAs(dir); err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%s: %v, want %s", what, err, c.want)
				}
			}
			if text, err := os.ReadFile(path); err != nil || !bytes.Equal(text, other) {
				t.Errorf("the save is not as it was: %v", err)
			}
		})
	}
}
