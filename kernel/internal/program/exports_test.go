package program

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"continuousnet/kernel/internal/kerneltest"
)

// A go command that compiles packages ends when nobody waits for it any more, and is asked again the next time.
func TestLoadInterrupted(t *testing.T) {
	dir := t.TempDir()
	began, command := filepath.Join(dir, "began"), filepath.Join(dir, "go")
	if err := syscall.Mkfifo(began, 0o600); err != nil {
		t.Skip(err)
	}
	kerneltest.Put(t, command, "#!/bin/sh\necho yes >"+began+"\nexec sleep 1000\n", 0o755)
	e := &Exports{Go: command, Env: os.Environ}
	for range 2 {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			_, err := e.Load(ctx, dir, []string{"a/b"})
			done <- err
		}()
		if _, err := os.ReadFile(began); err != nil {
			t.Error(err)
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}
