package main

import (
	"strings"
	"testing"
)

func TestVersion(t *testing.T) {
	i := newInstaller(t, location{prefix: t.TempDir()})
	sources, err := sourceHash(i.checkout)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, kernel, gonb string }{
		{"before", sources + " (not installed)", "v0.11.4 (not installed)"},
		{"after", sources + " (" + i.layout.dir + ")", "(" + i.layout.bin("gonb") + ")"},
	} {
		var out strings.Builder
		if err := runVersion(&out, i.where, i.checkout); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(lines) != 2+len(tools) || !strings.HasPrefix(lines[0], "kernel ") || !strings.HasSuffix(lines[0], c.kernel) ||
			!strings.HasPrefix(lines[1], "gonb ") || !strings.HasSuffix(lines[1], c.gonb) ||
			!strings.HasPrefix(lines[4], "go ") || !strings.Contains(lines[4], "go1.26.9") {
			t.Errorf("%s:\n%s", c.name, &out)
		}
		if text, err := i.install(t.Context()); err != nil {
			t.Fatal(text, err)
		}
	}
}

// --version is what people type first.
func TestVersionFlag(t *testing.T) {
	i := newInstaller(t, location{prefix: t.TempDir()})
	t.Chdir(i.checkout)
	t.Setenv("JUPYTER_DATA_DIR", t.TempDir())
	systemIsElsewhere(t)
	for _, word := range []string{"--version", "version"} {
		var out strings.Builder
		command := newCommand()
		command.SetArgs([]string{word})
		command.SetOut(&out)
		if err := command.ExecuteContext(t.Context()); err != nil || !strings.Contains(out.String(), "gopls") {
			t.Errorf("%s: %v\n%s", word, err, &out)
		}
	}
}
