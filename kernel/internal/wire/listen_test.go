package wire

import (
	"net"
	"os"
	"testing"
)

// A kernel that was killed leaves its sockets in the file system; they are not in the way of the next one.
func TestListenAfterKill(t *testing.T) {
	c := Connection{Transport: "ipc", IP: t.TempDir() + "/s"}
	left, err := net.Listen("unix", c.Endpoint(1))
	if err != nil {
		t.Fatal(err)
	}
	left.(*net.UnixListener).SetUnlinkOnClose(false)
	left.Close()
	l, err := listenAt(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	info, err := os.Stat(c.Endpoint(1))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if second, err := listenAt(c, 1); err == nil {
		second.Close()
		t.Error("two at one path")
	}
	if conn, err := net.Dial("unix", c.Endpoint(1)); err != nil {
		t.Errorf("the first one is gone: %v", err)
	} else {
		conn.Close()
	}
}

func TestListenAtFile(t *testing.T) {
	c := Connection{Transport: "ipc", IP: t.TempDir() + "/s"}
	if err := os.WriteFile(c.Endpoint(1), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if l, err := listenAt(c, 1); err == nil {
		l.Close()
		t.Error("listens")
	}
	if text, _ := os.ReadFile(c.Endpoint(1)); string(text) != "mine" {
		t.Errorf("the file is now %q", text)
	}
}
