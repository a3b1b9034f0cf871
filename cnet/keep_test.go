package cnet

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// TestKeepRun checks that a run comes back from what MarshalBinary writes: open as it was, at its last save.
func TestKeepRun(t *testing.T) {
	dir := t.TempDir() + "/run"
	r, err := Open(dir, tiny())
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var again Run
	if err := again.UnmarshalBinary(b); !errors.Is(err, ErrInUse) {
		t.Errorf("opened twice: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := again.UnmarshalBinary(b); err != nil {
		t.Fatal(err)
	}
	if again.Dir() != dir || again.Config().Scheme != r.Config().Scheme || again.writable() != nil {
		t.Error(again.Dir(), again.Config())
	}

	taken, err := Open(dir) // while "again" has it
	if err != nil {
		t.Fatal(err)
	}
	if again.writable() == nil {
		t.Error("two runs have one directory open")
	}
	if b, err = again.MarshalBinary(); err != nil {
		t.Fatal(err)
	}
	var closed Run
	if err := closed.UnmarshalBinary(b); err != nil || !closed.closed {
		t.Errorf("a closed run: %v", err)
	}
	if err := taken.Close(); err != nil {
		t.Fatal(err)
	}

	look, err := OpenReadOnly(dir)
	if err != nil {
		t.Fatal(err)
	}
	if b, err = look.MarshalBinary(); err != nil {
		t.Fatal(err)
	}
	if err := again.UnmarshalBinary(b); err != nil || again.lock != nil || again.closed {
		t.Errorf("read-only: %v", err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	err = again.UnmarshalBinary(b)
	if err == nil || !strings.Contains(err.Error(), "it is not there any more") {
		t.Error(err)
	}
	if err := again.UnmarshalBinary([]byte("{")); err == nil {
		t.Error("garbage became a run")
	}
	if _, err := new(Run).MarshalBinary(); err == nil {
		t.Error("a run that was never opened was kept")
	}
}
