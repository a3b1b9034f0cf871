package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestUserDataDir(t *testing.T) {
	for _, c := range []struct {
		name, goos string
		env        map[string]string
		want       string
	}{
		{"linux", "linux", map[string]string{"HOME": "/home/ada"}, "/home/ada/.local/share/jupyter"},
		{"xdg", "linux", map[string]string{"HOME": "/home/ada", "XDG_DATA_HOME": "/data"}, "/data/jupyter"},
		{"mac", "darwin", map[string]string{"HOME": "/Users/ada"}, "/Users/ada/Library/Jupyter"},
		{"jupyter's own", "linux", map[string]string{"HOME": "/home/ada", "JUPYTER_DATA_DIR": "/j"}, "/j"},
	} {
		got, err := userDataDir(c.goos, func(name string) string { return c.env[name] })
		if err != nil || got != c.want {
			t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
		}
	}
	if _, err := userDataDir("linux", func(string) string { return "" }); err == nil {
		t.Error("no error without HOME")
	}
}

// An installed program must find the installation that it is part of, and name the command that repairs it.
func TestLayoutOfIsInverseOfResolve(t *testing.T) {
	t.Setenv("JUPYTER_DATA_DIR", "/home/ada/.local/share/jupyter")
	for _, c := range []struct {
		where   location
		dir     string
		command string
	}{
		{location{prefix: "/venv"}, "/venv/share/jupyter/kernels/cnet", "go run ./kernel install --prefix /venv"},
		{location{prefix: "/my venv"}, "/my venv/share/jupyter/kernels/cnet", "go run ./kernel install --prefix '/my venv'"},
		{location{user: true}, "/home/ada/.local/share/jupyter/kernels/cnet", "go run ./kernel install --user"},
		{location{}, "/home/ada/.local/share/jupyter/kernels/cnet", "go run ./kernel install --user"},
		{location{system: true}, "/usr/local/share/jupyter/kernels/cnet", "go run ./kernel install --system"},
	} {
		l, err := c.where.resolve()
		if err != nil {
			t.Fatal(err)
		}
		if l.dir != c.dir || l.installCommand() != c.command {
			t.Errorf("%+v: %s, %s", c.where, l.dir, l.installCommand())
		}
		if back, ok := layoutOf(l.bin("kernel")); !ok || back != l {
			t.Errorf("%+v: back from the program: %+v, %v", c.where, back, ok)
		}
	}
	for _, path := range []string{"/usr/local/go/bin/go", "/tmp/go-build1/exe/kernel", filepath.FromSlash("kernels/cnet/kernel")} {
		if l, ok := layoutOf(path); ok {
			t.Errorf("%s is taken for an installed kernel: %+v", path, l)
		}
	}
}

func TestFlagsExcludeEachOther(t *testing.T) {
	for _, c := range []struct {
		where location
		says  string
	}{
		{location{prefix: "/venv", user: true}, "--prefix and --user exclude"},
		{location{prefix: "/venv", system: true}, "--prefix and --system exclude"},
		{location{user: true, system: true}, "--user and --system exclude"},
		{location{prefix: "/venv", user: true, system: true}, "--prefix and --user and --system exclude"},
	} {
		_, err := c.where.resolve()
		if status, message := exitStatus(err); status != 2 || !strings.Contains(message, c.says) {
			t.Errorf("%+v: %d, %q", c.where, status, message)
		}
	}
}
