package wire

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
)

// Connection is the content of a connection file: the addresses at which the kernel listens, and the key with which
// messages are signed. See "Connection files" in jupyter-client's "Making kernels for Jupyter".
type Connection struct {
	Transport       string `json:"transport"` // tcp or ipc
	IP              string `json:"ip"`        // an address; for ipc the prefix of the sockets' paths
	ShellPort       int    `json:"shell_port"`
	ControlPort     int    `json:"control_port"`
	StdinPort       int    `json:"stdin_port"`
	IOPubPort       int    `json:"iopub_port"`
	HeartbeatPort   int    `json:"hb_port"`
	SignatureScheme string `json:"signature_scheme"`
	Key             string `json:"key"` // empty: messages are not signed
}

// ReadConnection reads a connection file. As the file holds the key, it is made private first if others can read it.
func ReadConnection(path string) (Connection, error) {
	var c Connection
	info, err := os.Stat(path)
	if err != nil {
		return c, fmt.Errorf("connection file: %w; Jupyter writes it and names it after -f", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		if err := os.Chmod(path, 0o600); err != nil {
			return c, fmt.Errorf("connection file %s can be read by others, and that cannot be changed: %w; "+
				"it holds the key, so run chmod 600 on it", path, err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return c, fmt.Errorf("connection file: %w", err)
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return c, fmt.Errorf("connection file %s is not what Jupyter writes: %w", path, err)
	}
	if err := c.check(); err != nil {
		return c, fmt.Errorf("connection file %s: %w", path, err)
	}
	return c, nil
}

func (c Connection) check() error {
	if c.Transport != "tcp" && c.Transport != "ipc" {
		return fmt.Errorf("transport is %q, expected tcp or ipc", c.Transport)
	}
	if c.IP == "" {
		return fmt.Errorf("ip is missing")
	}
	if c.Key != "" && c.SignatureScheme != "hmac-sha256" {
		return fmt.Errorf("signature_scheme is %q, expected hmac-sha256", c.SignatureScheme)
	}
	for name, port := range map[string]int{"shell_port": c.ShellPort, "control_port": c.ControlPort,
		"stdin_port": c.StdinPort, "iopub_port": c.IOPubPort, "hb_port": c.HeartbeatPort} {
		if port < 1 || port > 65535 {
			return fmt.Errorf("%s is %d, expected 1 to 65535", name, port)
		}
	}
	return nil
}

// Endpoint returns the ZeroMQ address of a port, without its transport: host:port, or a path.
func (c Connection) Endpoint(port int) string {
	if c.Transport == "ipc" {
		return fmt.Sprintf("%s-%d", c.IP, port)
	}
	ip := c.IP
	if ip == "*" {
		ip = "" // in ZeroMQ "*" stands for every address
	}
	return net.JoinHostPort(ip, strconv.Itoa(port))
}
