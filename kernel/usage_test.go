package main

import (
	"errors"
	"io"
	"strings"
	"testing"
)

// A wrong command line ends with 2 and one line that says what is wrong and where to look; a failure ends with 1.
func TestExitStatus(t *testing.T) {
	systemIsElsewhere(t)
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
