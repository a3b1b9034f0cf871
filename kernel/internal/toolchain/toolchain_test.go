package toolchain

import (
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"continuousnet/kernel/internal/installed"
	"continuousnet/kernel/internal/kerneltest"
)

func TestTooOld(t *testing.T) {
	for _, c := range []struct {
		have string
		want bool
	}{
		{"go1.26.5", false},
		{"go1.26.8-X:simd", false},
		{"go1.26.10", false},
		{"go1.27rc1", false},
		{"go2.0", false},
		{"devel go1.27-1234abcd Thu Jan 1 00:00:00 1970 +0000", false},
		{"go1.26.4", true},
		{"go1.26rc2", true},
		{"go1.26", true},
		{"go1.19.8", true},
		{"devel go1.25-1234abcd", true},
		{"something else", false}, // built from sources: believed
	} {
		if got := TooOld(c.have, "1.26.5"); got != c.want {
			t.Errorf("%s: %v", c.have, got)
		}
	}
}

func TestLanguage(t *testing.T) {
	for _, c := range []struct{ have, want string }{
		{"go1.26.5", "1.26"},
		{"go1.26.8-X:simd", "1.26"},
		{"go1.27rc1", "1.27"},
		{"devel go1.27-1234abcd Thu Jan 1 00:00:00 1970 +0000", "1.27"},
		{"something else", "something else"},
	} {
		if got := Language(c.have); got != c.want {
			t.Errorf("%s: %q, want %q", c.have, got, c.want)
		}
	}
}

func TestSIMDExperiment(t *testing.T) {
	for _, c := range []struct{ arch, users, want string }{
		{"amd64", "", "simd"},
		{"amd64", "jsonv2", "jsonv2,simd"},
		{"amd64", "simd", "simd"},
		{"amd64", "nosimd", "nosimd"},
		{"amd64", "none", "none"},
		{"arm64", "", ""},
		{"arm64", "jsonv2", "jsonv2"},
	} {
		if got := simdExperiment(c.arch, c.users); got != c.want {
			t.Errorf("%s %q: %q, want %q", c.arch, c.users, got, c.want)
		}
	}
}

// fakeGo is a go command that answers "go env"; it knows no experiments, as Go before simd.
const fakeGo = `#!/bin/sh
if [ -n "$GOEXPERIMENT" ]; then echo "go: unknown GOEXPERIMENT $GOEXPERIMENT" >&2; exit 2; fi
echo '{"GOVERSION": "go1.26.9", "GOROOT": "/nonexistent", "GOPROXY": "https://proxy.example", ` +
	`"CC": "no-such-cc", "CGO_ENABLED": "1"}'
`

func TestFindToolchain(t *testing.T) {
	t.Setenv("GOEXPERIMENT", "")
	dir := t.TempDir()
	inPath, recorded := filepath.Join(dir, "path", "go"), filepath.Join(dir, "recorded", "go")
	front := filepath.Join(dir, "share", "jupyter", "kernels", installed.Name, "bin", "go")
	for _, path := range []string{inPath, recorded, front} {
		kerneltest.Put(t, path, fakeGo, 0o755)
	}
	t.Setenv("PATH", strings.Join([]string{filepath.Dir(front), filepath.Dir(inPath), "/usr/bin", "/bin"}, ":"))

	for name, c := range map[string]struct{ recorded, want string }{
		"recorded":                {recorded, recorded},
		"recorded one has gone":   {filepath.Join(dir, "gone"), inPath},
		"never the one in front":  {"", inPath},
		"a directory is no match": {dir, inPath},
	} {
		tc, err := Find(dir, c.recorded)
		if err != nil || tc.Command != c.want {
			t.Errorf("%s: %q, %v", name, tc.Command, err)
		}
		if tc.Version != "go1.26.9" || tc.SIMD() || tc.CC != "" || tc.Proxy != "https://proxy.example" {
			t.Errorf("%s: %+v", name, tc)
		}
	}
	kerneltest.Put(t, inPath, "#!/bin/sh\necho 'go: broken' >&2; exit 1\n", 0o755)
	if _, err := Find(dir, ""); err == nil || !strings.Contains(err.Error(), "go: broken") {
		t.Errorf("a go that fails: %v", err)
	}
}

// What a user's environment holds must not reach a cell's build.
func TestCellEnv(t *testing.T) {
	tc := Toolchain{Command: "/opt/go/bin/go", Experiment: "simd"}
	env := tc.CellEnv([]string{
		"HOME=/home/ada", "PATH=/usr/bin", "GOFLAGS=-mod=mod", "GOWORK=off", "GOPROXY=https://proxy.example",
		"GOROOT=/old", "GOOS=js", "GOARCH=wasm", "GO111MODULE=off", "GOTOOLCHAIN=auto",
	})
	slices.Sort(env)
	want := []string{
		"GO111MODULE=on", "GOEXPERIMENT=simd", "GOFLAGS=" + cellFlags(false), "GOPROXY=off", "GOTOOLCHAIN=local",
		"GOWORK=auto", "HOME=/home/ada", "PATH=/opt/go/bin:/usr/bin",
	}
	if !slices.Equal(env, want) {
		t.Errorf("%s is\n%q, want\n%q", runtime.GOOS, env, want)
	}
}
