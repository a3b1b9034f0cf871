package statedict

import (
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A full disk is one error, and the old file stays. A limit on the size of files fails a write as a full disk does, on
// the way; /dev/full fails every one.
func TestFullDisk(t *testing.T) {
	for _, ext := range []string{safetensors, npz} {
		path := filepath.Join(t.TempDir(), "w"+ext)
		put(t, path, []byte("old"))
		err := withLimit(t, 100_000, func() error { return Write(path, sample(), nil) })
		wantError(t, err, path, "file too large")
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("more than one error: %v", err)
		}
		onlyFile(t, path, []byte("old"))
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	for _, err := range []error{writeSafetensors(full, sample(), nil), writeNPZ(full, sample(), nil)} {
		if !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("error %v; expected %v", err, syscall.ENOSPC)
		}
	}
}

// withLimit calls f while no file may grow beyond the limit.
func withLimit(t *testing.T, limit uint64, f func() error) error {
	signal.Ignore(syscall.SIGXFSZ) // the default is to end the process
	defer signal.Reset(syscall.SIGXFSZ)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Skip(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: before.Max}); err != nil {
		t.Skip(err)
	}
	defer func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
			t.Fatal(err)
		}
	}()
	return f()
}
