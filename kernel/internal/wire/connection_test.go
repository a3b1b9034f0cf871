package wire

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const goodConnection = `{"transport":"tcp","ip":"127.0.0.1","shell_port":1001,"control_port":1002,"stdin_port":1003,
	"iopub_port":1004,"hb_port":1005,"signature_scheme":"hmac-sha256","key":"k"}`

func TestReadConnection(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kernel-1.json")
	if err := os.WriteFile(file, []byte(goodConnection), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := ReadConnection(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Endpoint(c.ShellPort); got != "127.0.0.1:1001" {
		t.Error(got)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the file with the key has mode %v", info.Mode())
	}
}

func TestReadConnectionErrors(t *testing.T) {
	for change, want := range map[string]string{
		`"tcp">"udp"`:                 "tcp or ipc",
		`"127.0.0.1">""`:              "ip is missing",
		`1003>0`:                      "stdin_port is 0",
		`1005>70000`:                  "hb_port is 70000",
		`hmac-sha256>hmac-md5`:        "hmac-md5",
		`{"transport">["transport"`:   "is not what Jupyter writes",
		`"shell_port":1001>"a":"b"`:   "shell_port is 0",
		`"shell_port":1001>"key":[1]`: "is not what Jupyter writes",
	} {
		file := filepath.Join(t.TempDir(), "kernel-1.json")
		old, with, _ := strings.Cut(change, ">")
		if err := os.WriteFile(file, []byte(strings.Replace(goodConnection, old, with, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadConnection(file); err == nil || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v", change, err)
		}
	}
	if _, err := ReadConnection("/nowhere/kernel.json"); err == nil ||
		!strings.Contains(err.Error(), "/nowhere/kernel.json") {
		t.Errorf("%v", err)
	}
}

func TestEndpoint(t *testing.T) {
	for _, test := range []struct {
		c    Connection
		want string
	}{
		{Connection{Transport: "tcp", IP: "127.0.0.1"}, "127.0.0.1:7"},
		{Connection{Transport: "tcp", IP: "::1"}, "[::1]:7"},
		{Connection{Transport: "tcp", IP: "*"}, ":7"},
		{Connection{Transport: "ipc", IP: "/run/k"}, "/run/k-7"},
	} {
		if got := test.c.Endpoint(7); got != test.want {
			t.Errorf("%+v: %s, want %s", test.c, got, test.want)
		}
	}
}
