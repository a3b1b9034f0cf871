package toolchain

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"continuousnet/kernel/internal/kerneltest"
)

func TestWritable(t *testing.T) {
	dir := t.TempDir()
	kerneltest.Put(t, filepath.Join(dir, "file"), "", 0o644)
	for path, want := range map[string]bool{
		dir: true, filepath.Join(dir, "new", "one"): true, filepath.Join(dir, "file"): false,
		filepath.Join(dir, "file", "below"): false, "": false, "off": false, "/proc/no/such": false,
	} {
		if got := Writable(path); got != want {
			t.Errorf("%q: %v", path, got)
		}
	}
	if entries, err := os.ReadDir(filepath.Join(dir, "new", "one")); err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestUseModules(t *testing.T) {
	dir := t.TempDir()
	full, other, empty := filepath.Join(dir, "[full]*"), filepath.Join(dir, "other"), filepath.Join(dir, "empty")
	for _, cache := range []string{full, other} {
		kerneltest.Put(t, filepath.Join(cache, "github.com", "janpfeifer", "gonb@v1.2.3", "go.mod"), "", 0o644)
	}
	for _, c := range []struct{ own, recorded, want string }{
		{full, other, full}, {other, full, other}, {empty, full, full}, {"", full, full}, {empty, "", empty},
		{empty, empty, empty}, {"", "", ""}, {full, "", full},
	} {
		tc := Toolchain{Modules: c.own}
		if tc.UseModules(c.recorded); tc.Modules != c.want {
			t.Errorf("%q, recorded %q: %q", c.own, c.recorded, tc.Modules)
		}
	}
}

// Cells fetch nothing, unless their modules may come from another place of the machine.
func TestFileProxy(t *testing.T) {
	source := FileProxy("/opt/a b/modules")
	if source != "file:///opt/a%20b/modules/cache/download" {
		t.Error(source)
	}
	for proxy, tc := range map[string]Toolchain{"off": {}, source: {Source: source}} {
		if env := tc.CellEnv(nil); !slices.Contains(env, "GOPROXY="+proxy) {
			t.Errorf("%q: want GOPROXY=%s", env, proxy)
		}
	}
}

func TestUseCache(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	kerneltest.Put(t, file, "", 0o644)
	for _, c := range []struct{ own, recorded, want string }{
		{"/own", dir, "/own"}, {"", dir, dir}, {"", file, ""}, {"", filepath.Join(dir, "missing"), ""}, {"", "", ""},
	} {
		tc := Toolchain{Cache: c.own}
		if tc.UseCache(c.recorded); tc.Cache != c.want {
			t.Errorf("%q, recorded %q: %q", c.own, c.recorded, tc.Cache)
		}
	}
	if os.Geteuid() == 0 {
		if err := os.Chown(dir, 65534, 65534); err != nil {
			t.Fatal(err)
		}
		tc := Toolchain{}
		if tc.UseCache(dir); tc.Cache != "" {
			t.Error("another user's cache is used")
		}
	}
}

// Settings with which no go command runs do not keep a session from starting.
func TestFindWithBadSettings(t *testing.T) {
	for name, value := range map[string]string{
		"GOTOOLCHAIN": "go1.2.3-none", "GO111MODULE": "perhaps", "GOFLAGS": "nonsense", "GOWORK": "relative",
		"GOROOT": "/nonexistent", "GOEXPERIMENT": "nonsense", "GOOS": "nonsense", "GOCACHE": "off", "HOME": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			if name == "HOME" {
				t.Setenv("XDG_CACHE_HOME", "")
			}
			tc, err := Find(".", "")
			if err != nil || tc.Version == "" {
				t.Fatalf("%+v, %v", tc, err)
			}
			if name == "GOCACHE" && tc.Cache != "" {
				t.Errorf("cache %q", tc.Cache)
			}
			env := tc.CellEnv([]string{name + "=" + value})
			if name != "HOME" && slices.Contains(env, name+"="+value) {
				t.Error("it reaches cells")
			}
			if again, err := Find(".", tc.Command); err != nil || again.Command != tc.Command {
				t.Errorf("recorded: %+v, %v", again, err)
			}
		})
	}
}
