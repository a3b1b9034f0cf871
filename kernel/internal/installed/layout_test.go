package installed

import (
	"errors"
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
		got, err := UserDataDir(c.goos, func(name string) string { return c.env[name] })
		if err != nil || got != c.want {
			t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
		}
	}
	if _, err := UserDataDir("linux", func(string) string { return "" }); err == nil {
		t.Error("no error without HOME")
	}
}

// An installed program must find the installation that it is part of, and name the command that repairs it.
func TestLayoutOfIsInverseOfResolve(t *testing.T) {
	t.Setenv("JUPYTER_DATA_DIR", "/home/ada/.local/share/jupyter")
	for _, c := range []struct {
		where   Location
		dir     string
		command string
	}{
		{Location{Prefix: "/venv"}, "/venv/share/jupyter/kernels/cnet", "go run ./kernel install --prefix /venv"},
		{
			Location{Prefix: "/my venv"}, "/my venv/share/jupyter/kernels/cnet",
			"go run ./kernel install --prefix '/my venv'",
		},
		{Location{User: true}, "/home/ada/.local/share/jupyter/kernels/cnet", "go run ./kernel install --user"},
		{Location{}, "/home/ada/.local/share/jupyter/kernels/cnet", "go run ./kernel install --user"},
		{Location{System: true}, "/usr/local/share/jupyter/kernels/cnet", "go run ./kernel install --system"},
	} {
		l, err := c.where.Resolve()
		if err != nil {
			t.Fatal(err)
		}
		if l.Dir != c.dir || l.InstallCommand() != c.command {
			t.Errorf("%+v: %s, %s", c.where, l.Dir, l.InstallCommand())
		}
		if back, ok := Of(l.Bin("kernel")); !ok || back != l {
			t.Errorf("%+v: back from the program: %+v, %v", c.where, back, ok)
		}
	}
	for _, path := range []string{
		"/usr/local/go/bin/go", "/tmp/go-build1/exe/kernel", filepath.FromSlash("kernels/cnet/kernel"),
	} {
		if l, ok := Of(path); ok {
			t.Errorf("%s is taken for an installed kernel: %+v", path, l)
		}
	}
}

func TestFlagsExcludeEachOther(t *testing.T) {
	for _, c := range []struct {
		where Location
		says  string
	}{
		{Location{Prefix: "/venv", User: true}, "--prefix and --user exclude"},
		{Location{Prefix: "/venv", System: true}, "--prefix and --system exclude"},
		{Location{User: true, System: true}, "--user and --system exclude"},
		{Location{Prefix: "/venv", User: true, System: true}, "--prefix and --user and --system exclude"},
	} {
		_, err := c.where.Resolve()
		if conflict := (ConflictError{}); !errors.As(err, &conflict) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v", c.where, err)
		}
	}
}
