package wire

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"syscall"
)

// listenAt listens at the address of a port only. A socket in the file system is accessible to its user only.
func listenAt(c Connection, port int) (net.Listener, error) {
	address := c.Endpoint(port)
	if c.Transport != "ipc" {
		return net.Listen(c.Transport, address)
	}
	listener, err := net.Listen("unix", address)
	if errors.Is(err, syscall.EADDRINUSE) && abandoned(address) {
		if err := os.Remove(address); err != nil {
			return nil, err
		}
		listener, err = net.Listen("unix", address)
	}
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(address, 0o600); err != nil {
		listener.Close()
		return nil, err
	}
	return listener, nil
}

// abandoned reports whether path is a socket at which nobody listens, as a killed kernel leaves behind.
func abandoned(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Type() != fs.ModeSocket {
		return false
	}
	conn, err := net.Dial("unix", path)
	if err == nil {
		conn.Close()
	}
	return errors.Is(err, syscall.ECONNREFUSED)
}
