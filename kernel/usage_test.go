package main

import (
	"errors"
	"io"
	"strings"
	"testing"

	"continuousnet/kernel/internal/installed"
	"continuousnet/kernel/internal/kerneltest"
)

// A wrong command line ends with 2 and one line that says what is wrong and where to look; a failure ends with 1.
func TestExitStatus(t *testing.T) {
	kerneltest.Set(t, &installed.SystemPrefix, t.TempDir())
	for line, c := range map[string]struct {
		status int
		says   string
	}{
		"":                               {0, ""},
		"help":                           {0, ""},
		"install --help":                 {0, ""},
		"instal":                         {2, `no such command: "instal" (perhaps install?)`},
		"xyzzy":                          {2, `no such command: "xyzzy"`},
		"--frobnicate":                   {2, "--frobnicate"},
		"install --frobnicate":           {2, "--frobnicate"},
		"install --prefix":               {2, "--prefix"},
		"install .venv":                  {2, `kernel install takes no arguments, not ".venv"`},
		"uninstall --user --system":      {2, "--user and --system exclude each other"},
		"doctor --prefix /p --user":      {2, "--prefix and --user exclude each other"},
		"install --prefix=/p --system":   {2, "--prefix and --system exclude each other"},
		"install --no-warm --background": {2, "--no-warm and --background exclude each other"},
		"install --checkout=/no/such":    {1, "/no/such is not inside the project"},
		"uninstall --prefix /dev/null/x": {1, "/dev/null/x"},
	} {
		command := newCommand()
		command.SetArgs(strings.Fields(line))
		command.SetOut(io.Discard)
		status, message := exitStatus(command.ExecuteContext(t.Context()))
		if status != c.status || !strings.Contains(message, c.says) || strings.Contains(message, "\n") {
			t.Errorf("kernel %s: %d, %q", line, status, message)
		}
		if strings.HasSuffix(message, "see: kernel help") != (status == 2) {
			t.Errorf("kernel %s: %q", line, message)
		}
	}
	if status, message := exitStatus(errors.New("failed")); status != 1 || message != "kernel: failed" {
		t.Errorf("%d, %q", status, message)
	}
}

// --version is what people type first.
func TestVersionFlag(t *testing.T) {
	t.Chdir(kerneltest.Checkout(t))
	t.Setenv("JUPYTER_DATA_DIR", t.TempDir())
	kerneltest.Set(t, &installed.SystemPrefix, t.TempDir())
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
