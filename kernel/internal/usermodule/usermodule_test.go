package usermodule

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"continuousnet/kernel/internal/kerneltest"
)

// The nearest go.work counts before any go.mod, GOWORK before both; the checkout's own modules are left out.
func TestFind(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	at := func(parts ...string) string { return filepath.Join(append([]string{root}, parts...)...) }
	for path, text := range map[string]string{
		"checkout/go.mod": "module continuousnet\n", "checkout/kernel/tools/go.mod": "module tools\n",
		"checkout/notebooks/x.ipynb": "", "my own/go.mod": "module mine\n", "my own/notes/deep/x": "",
		"work/go.work": "go 1.26\n\nuse (\n\t./a\n\t\"../my own\"\n\t../checkout\n)\n\n" +
			"replace example.com/r => ./r\n\nreplace example.com/s v1.0.0 => example.com/t v1.2.0\n",
		"work/a/go.mod": "module a\n", "plain/x": "", "broken/go.work": "use (\n",
	} {
		kerneltest.Put(t, at(path), text, 0o644)
	}
	both := []string{at("my own"), at("work", "a")}
	for _, c := range []struct {
		dir, gowork string
		want        []string
	}{
		{"my own/notes/deep", "", []string{at("my own")}},
		{"my own", "auto", []string{at("my own")}},
		{"work", "", both},
		{"work/a", "", both},
		{"work/a", "off", []string{at("work", "a")}},
		{"my own", at("work", "go.work"), both},
		{"my own", at("work", "none"), []string{at("my own")}},
		{"plain", "", nil},
		{"checkout/notebooks", "", nil},
		{"checkout/kernel/tools", "", nil},
	} {
		found, err := Find(at(c.dir), c.gowork, at("checkout"))
		if err != nil || !slices.Equal(found.Modules, c.want) {
			t.Errorf("%s, GOWORK=%s: %q, %v; want %q", c.dir, c.gowork, found.Modules, err, c.want)
		}
		want := []string{"work", "edit", "-replace=example.com/r=" + at("work", "r"),
			"-replace=example.com/s@v1.0.0=example.com/t@v1.2.0"}
		if len(c.want) == 2 && !slices.Equal(found.Edit(), want) {
			t.Errorf("%q", found.Edit())
		}
	}
	if _, err := Find(at("broken"), "", ""); err == nil || !strings.Contains(err.Error(), at("broken", "go.work")) {
		t.Errorf("broken: %v", err)
	}
}

func TestFirstLine(t *testing.T) {
	for output, want := range map[string]string{
		"go: creating new go.mod: module cells\ngo: module a requires go >= 1.99\n\tmore\nrest\n": "" +
			"module a requires go >= 1.99 more",
		"/a b/c.go:5:8: x@v1: lookup disabled\n/d.go:1:1: y\n": "x@v1: lookup disabled",
		"go: creating new go.mod: module cells\n":              "exit status 1",
	} {
		if got := firstLine(output, errors.New("exit status 1")); got != want {
			t.Errorf("%q: %q, want %q", output, got, want)
		}
	}
}
