package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"syscall"
	"testing"
)

// lost is standard output that takes nothing, for a reason.
type lost struct{ why error }

func (l lost) Write([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: "/dev/stdout", Err: l.why}
}

// Whoever reads no further, as head does, is told nothing; a full disk is told, in the same words by all commands.
func TestStandardOutputIsLost(t *testing.T) {
	flags := workplace(t)
	mustRun(t, append(flags, "--run", "first", "--epochs", "1")...)
	for _, line := range []string{
		"schemes", "schemes rk4", "schemes --json", "info", "info first", "info first --json", "info first --csv",
		"data list", "data list --json", "data show moons", "engines", "engines --json", "version", "train --help",
		"eval first", "eval first --json", "eval first --per-class", "manifest first --steps 1 --schemes euler",
		"bench all --list", "convergence first --images 1 --steps 1,2 --schemes euler",
	} {
		for why, want := range map[error]string{
			syscall.EPIPE: "", syscall.ENOSPC: "cnet: standard output: write /dev/stdout: no space left on device\n",
		} {
			var text bytes.Buffer
			status := execute(context.Background(), strings.Fields(line), lost{why}, &text)
			if failed := status != 0; text.String() != want || failed != (want != "") {
				t.Errorf("%s, %v: status %d\n%swant\n%s", line, why, status, &text, want)
			}
		}
	}
}
