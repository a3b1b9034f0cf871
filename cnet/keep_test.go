package cnet

import (
	"errors"
	"os"
	"path/filepath"
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

// A run keeps the name that it was opened by, as long as that means the same directory.
func TestKeepRunByItsName(t *testing.T) {
	t.Chdir(t.TempDir())
	r, err := Open("results/run", tiny())
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	absolute, err := filepath.Abs("results/run")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ cwd, want string }{{".", "results/run"}, {"results", absolute}} {
		t.Chdir(c.cwd)
		var again Run
		if err := again.UnmarshalBinary(b); err != nil || again.Dir() != c.want {
			t.Errorf("in %s: opened as %q, %v; want %q", c.cwd, again.Dir(), err, c.want)
		}
		if err := again.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A run whose rate is not registered when it comes back waits for that: what needs the net says so, and all works as
// soon as it is registered. A value that nobody uses comes back from what it was kept as, again and again.
func TestKeepRunWithOwnRate(t *testing.T) {
	dir := t.TempDir() + "/run"
	registerRate(t, mlpRate(3))
	c := tiny()
	c.Rate = "test_mlp"
	r := open(t, dir, c)
	before := r.String()
	r.state.Config.Rate = "test_late" // as it is for a process that has not registered the rate
	if err := r.save(); err != nil {
		t.Fatal(err)
	}
	b, err := r.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()

	var again Run
	if err := again.UnmarshalBinary(b); err != nil {
		t.Fatal(err)
	}
	_, e1 := again.Engine()
	_, e2 := again.Weights("stage1/ode/w")
	_, e3 := again.continuous("depth")
	_, e4 := again.Evaluate(t.Context())
	_, _, e5 := again.CompressTo(t.TempDir()+"/small", "chebyshev", 1)
	e6 := again.Export(t.TempDir() + "/net.safetensors")
	for i, err := range []error{again.Ready(), again.Refine(), e1, e2, e3, e4, e5, e6} {
		if err == nil || !strings.Contains(err.Error(), `its net has the rate "test_late"`) ||
			!strings.Contains(err.Error(), "each cell is a program of its own") {
			t.Errorf("%d: %v", i, err)
		}
	}
	if again.Config().Channels != c.Channels || again.Network() != nil ||
		again.String() != dir+": ContinuousNet, 0 epochs" {
		t.Error(again.String(), again.Config())
	}
	if kept, err := again.MarshalBinary(); err != nil || string(kept) != string(b) {
		t.Errorf("%s, %v; want %s", kept, err, b)
	}

	late := mlpRate(3)
	late.Name = "test_late"
	registerRate(t, late)
	if err := again.writable(); err != nil || strings.ReplaceAll(again.String(), "test_late", "test_mlp") != before {
		t.Errorf("%v, %v; it was %s", &again, err, before)
	}
	if _, err := OpenReadOnly(dir); err != nil {
		t.Error(err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
	open(t, dir).Close()
}
