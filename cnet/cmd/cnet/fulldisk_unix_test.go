//go:build unix

package main

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
)

// A disk that takes no more is a failure, not a mistake on the command line, and the run is as it was. A limit on the
// size of files stands for the disk.
func TestGoingOnWhereNothingCanBeSaved(t *testing.T) {
	flags := append(workplace(t), "--run", "first")
	mustRun(t, append(flags, "--epochs", "1")...)
	before, _ := mustRun(t, "info", "first")
	for _, more := range [][]string{{"--epochs", "9"}, {"--epochs", "1", "--batch_size", "30"}, {"--lr", "0.01"}} {
		inner := command(t, append([]string{"train", "--run", "first"}, more...)...)
		cmd := exec.Command("sh", append([]string{"-c", `ulimit -f 0 && exec "$0" "$@"`}, inner.Args...)...)
		cmd.Env = inner.Env
		text, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != statusError ||
			!strings.Contains(string(text), "could not save: ") || strings.Count(string(text), "cnet: ") != 1 {
			t.Errorf("%q: %v, want status %d\n%s", more, err, statusError, text)
		}
	}
	if after, _ := mustRun(t, "info", "first"); after != before {
		t.Errorf("the run was\n%sand is\n%s", before, after)
	}
}
