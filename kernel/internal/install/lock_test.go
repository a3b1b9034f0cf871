package install

import (
	"context"
	"errors"
	"io"
	"os"
	"testing"
)

// notified is a writer that tells when something was written to it.
type notified chan string

func (n notified) Write(p []byte) (int, error) {
	n <- string(p)
	return len(p), nil
}

func TestLock(t *testing.T) {
	dir := t.TempDir()
	unlock, err := lock(t.Context(), io.Discard, dir)
	if err != nil {
		t.Fatal(err)
	}
	// A second one says that it waits; it goes on when the first is done.
	waits, done := make(notified, 1), make(chan error)
	go func() {
		second, err := lock(t.Context(), waits, dir)
		if err == nil {
			second()
		}
		done <- err
	}()
	<-waits
	select {
	case err := <-done:
		t.Fatalf("did not wait: %v", err)
	default:
	}
	unlock()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestLockInterrupted(t *testing.T) {
	dir := t.TempDir()
	unlock, err := lock(t.Context(), io.Discard, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := lock(ctx, io.Discard, dir); !errors.Is(err, errInterrupted) {
		t.Errorf("%v", err)
	}
}
