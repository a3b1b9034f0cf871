package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"continuousnet/kernel/internal/hook"
	"continuousnet/kernel/internal/kerneltest"
	"continuousnet/kernel/internal/toolchain"
)

func TestPlanGo(t *testing.T) {
	for _, c := range []struct {
		args     string
		there    bool
		want     goPlan
		whatItIs string
	}{
		{"get", true, goSkip, "GoNB before a cell"},
		{"get -t", true, goSkip, "GoNB before a test cell"},
		{"build -o /tmp/x/x", true, goPass, "GoNB's build"},
		{"get example.com/x@v1.0.0", true, goOnline, "typed by the user"},
		{"install example.com/x@latest", true, goOnline, "typed by the user"},
		{"get -u", true, goPass, "typed by the user, offline"},
		{"list -m all", true, goPass, "gopls"},
		{"mod tidy", true, goPass, "gopls"},
		{"", true, goPass, "help"},
		{"get", false, goMoved, "GoNB before a cell"},
		{"build -o /tmp/x/x", false, goMoved, "GoNB's build"},
		{"test -c -o /tmp/x/x", false, goMoved, "GoNB's build of a test cell"},
		{"mod init gonb_x", false, goPass, "GoNB's start, which must succeed for the message to be seen"},
	} {
		if got := planGo(strings.Fields(c.args), c.there); got != c.want {
			t.Errorf("go %s (%s, checkout there: %v): plan %d, want %d", c.args, c.whatItIs, c.there, got, c.want)
		}
	}
}

// The front as a process: what reaches the real go, and what the reader of a failed cell sees.
func TestGoFrontProcess(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	checkout, session := kerneltest.Checkout(t), t.TempDir()
	realGo := filepath.Join(t.TempDir(), "go")
	kerneltest.Put(t, realGo, "#!/bin/sh\necho \"real: $* proxy: $GOPROXY\"\n", 0o755)

	run := func(dir, checkout, args string) (string, error) {
		cmd := exec.Command(self)
		cmd.Args = append([]string{goFrontName}, strings.Fields(args)...)
		cmd.Dir = dir
		cmd.Env = toolchain.Setenv(os.Environ(), map[string]string{
			envGo: realGo, envCheckout: checkout, envProxy: "https://proxy.example", envTempDir: session,
			"GOPROXY": "off",
		})
		output, err := cmd.CombinedOutput()
		return strings.TrimSpace(string(output)), err
	}
	for _, c := range []struct{ name, dir, checkout, args, want string }{
		{"a cell's build", session, checkout, "build -o x", "real: build -ldflags=-s -checklinkname=0 -o x proxy: off"},
		{
			"a cell's build with the user's flags", session, checkout, "build -o x -ldflags=-w",
			"real: build -o x -ldflags=-w -checklinkname=0 proxy: off",
		},
		{"a cell's get", session, checkout, "get", ""},
		{
			"a user's get", session, checkout, "get example.com/x",
			"real: get example.com/x proxy: https://proxy.example",
		},
		{"outside of the session's directory", checkout, "/gone", "build", "real: build proxy: off"},
	} {
		if got, err := run(c.dir, c.checkout, c.args); err != nil || got != c.want {
			t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
		}
	}
	got, err := run(session, "/gone", "build")
	if err == nil || !strings.Contains(got, "/gone") || !strings.Contains(got, "go run ./kernel install") {
		t.Errorf("moved checkout: %q, %v", got, err)
	}
}

// A cell whose last expression turns out to have no value is built once more without showing it; other mistakes are the
// reader's.
func TestBuildWithoutValue(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	checkout, session := kerneltest.Checkout(t), t.TempDir()
	realGo := filepath.Join(t.TempDir(), "go")
	kerneltest.Put(t, realGo, `#!/bin/sh
if grep -q wrong main.go; then echo "./main.go:8:1: undefined: wrong" >&2; exit 1; fi
if grep -q "^cnetcell.Show" main.go; then echo "./main.go:8:1: f() (no value) used as value" >&2; exit 1; fi
echo built
`, 0o755)
	program := `package main

import cnetcell "continuousnet/kernel/cell"

func f() {}
func main() {
cnetcell.Show(
f(),
)
}
`
	for _, c := range []struct {
		name, program, want string
		fails               bool
	}{
		{"no value", program, "built", false},
		{"another mistake", strings.Replace(program, "f(),", "wrong(),", 1), "./main.go:8:1: undefined: wrong", true},
	} {
		kerneltest.Put(t, filepath.Join(session, "main.go"), c.program, 0o600)
		cmd := exec.Command(self)
		cmd.Args = []string{goFrontName, "build", "-o", "x"}
		cmd.Dir = session
		cmd.Env = toolchain.Setenv(os.Environ(), map[string]string{
			envGo: realGo, envCheckout: checkout, envTempDir: session,
		})
		output, err := cmd.CombinedOutput()
		if got := strings.TrimSpace(string(output)); got != c.want || (err != nil) != c.fails {
			t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
		}
	}
}

// GoNB's server is not started, everything else is passed on.
func TestGoplsFront(t *testing.T) {
	if status := goplsFront([]string{"-listen", "unix;/x"}); status != 0 {
		t.Errorf("status %d", status)
	}
	// The test's program is not installed, so there is no gopls beside it.
	if status := goplsFront([]string{"version"}); status != 1 {
		t.Errorf("status %d", status)
	}
}

func TestWithPlaces(t *testing.T) {
	places := []hook.Place{
		{Line: 2, File: "Cell [1]", At: 7}, {Line: 4, File: "main.go", At: 4}, {Line: 5, File: "Cell [1]", At: 8},
	}
	got := withPlaces("a\n\tb\nc\n\n  d\ne", places)
	if want := "a\n\t/*line Cell [1]:7*/b\nc\n/*line main.go:4*/\n  /*line Cell [1]:8*/d\ne"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for _, c := range []struct {
		file       string
		line, want int
	}{
		{"Cell [1]", 7, 2}, {"Cell [1]", 8, 5}, {"Cell [1]", 9, 6}, {"main.go", 4, 4}, {"main.go", 1, 1},
		{"other.go", 3, 3},
	} {
		if got := lineOf(c.file, c.line, places); got != c.want {
			t.Errorf("line %d of %s is line %d, want %d", c.line, c.file, got, c.want)
		}
	}
}
