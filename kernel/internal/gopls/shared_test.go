package gopls

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// listenFake listens as a gopls that serves several clients.
func listenFake(t *testing.T, behaviour string) (socket string) {
	t.Helper()
	dir := t.TempDir()
	listener, err := net.Listen("unix", Socket(dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { connection.Close() })
			if behaviour != "hangs" {
				go fakeServer(behaviour, connection, connection)
			}
		}
	}()
	return Socket(dir)
}

func connectFake(t *testing.T, socket string) *Client {
	t.Helper()
	connection, err := Dial(testContext(t), socket, func() bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	c, err := Connect(Options{Dir: t.TempDir()}, connection)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// Each connection is a session of its own, and its end takes nothing from the others.
func TestClientsOfOneServer(t *testing.T) {
	t.Chdir(t.TempDir()) // the fake writes there
	socket := listenFake(t, "plain")
	first, second := connectFake(t, socket), connectFake(t, socket)
	ask := func(c *Client, want string) {
		t.Helper()
		got, err := c.Complete(testContext(t), "package main // answer is "+want, 0)
		if err != nil || len(got.Matches) != 1 || got.Matches[0].Text != want {
			t.Errorf("%v, %v, want %s", got, err, want)
		}
	}
	ask(first, "one")
	ask(second, "two")
	ask(first, "three")
	if !first.Answered() {
		t.Error("not answered after questions")
	}
	if err := first.Close(); err != nil || first.Alive() {
		t.Errorf("closed: %v, alive: %t", err, first.Alive())
	}
	ask(second, "four")
}

func TestDialWaitsForAServerThatStarts(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "socket")
	if _, err := Dial(testContext(t), socket, func() bool { return false }); !errors.Is(err, ErrEnded) {
		t.Errorf("nobody listens and nobody will: %v", err)
	}
	tries := 0
	connection, err := Dial(testContext(t), socket, func() bool {
		if tries++; tries == 3 {
			listener, err := net.Listen("unix", socket)
			if err != nil {
				t.Error(err)
			}
			t.Cleanup(func() { listener.Close() })
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	connection.Close()
}

// What hangs takes connections, by the system, and answers nothing.
func TestProbe(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := Probe(testContext(t), listenFake(t, "plain")); err != nil {
		t.Errorf("one that answers: %v", err)
	}
	hangs := listenFake(t, "hangs")
	over, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := Probe(over, hangs); err == nil {
		t.Error("one that hangs: no error")
	}
}

func TestSharedEnv(t *testing.T) {
	got := SharedEnv([]string{
		"HOME=/h", "PATH=/p", "GOFLAGS=-tags=noxla", "GOCACHE=/c", "CGO_CFLAGS=-O1", "GOGC=900", "GOMEMLIMIT=1",
		"JPY_PARENT_PID=7", "JPY_SESSION_NAME=a.ipynb", "TMPDIR=/t", "GONB_TMP_DIR=/g", "GOMLX_BACKEND=go", "X=y",
	}, "/checkout")
	for _, want := range []string{"HOME=/h", "PATH=/p", "GOFLAGS=-tags=noxla", "GOCACHE=/c", "CGO_CFLAGS=-O1",
		"GOGC=" + sharedGC, "GOMEMLIMIT=" + sharedMemory, "GO_TELEMETRY_CHILD=2"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is missing in %q", want, got)
		}
	}
	for _, v := range got {
		for _, no := range []string{"JPY", "TMPDIR", "GONB", "GOMLX", "X=", "GOGC=900"} {
			if strings.HasPrefix(v, no) {
				t.Errorf("%s differs from session to session", v)
			}
		}
	}
}
