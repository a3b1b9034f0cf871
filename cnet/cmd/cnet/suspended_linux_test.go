package main

import (
	"runtime"
	"strings"
	"syscall"
	"testing"

	"continuousnet/cnet/internal/machine"
)

// A training that stands still, as after Ctrl-Z, is told of at once instead of waited for; it goes on as if nothing
// had been asked.
func TestTellSuspended(t *testing.T) {
	cmd := command(t, append(endless(t), "--epochs", "100000")...)
	out, errText := start(t, cmd)
	waitFor(t, out, "/100000 ")
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for !machine.Suspended(cmd.Process.Pid) {
		runtime.Gosched()
	}
	for _, args := range []string{"refine first", "tell first stop", "train --run first --epochs 2"} {
		_, text, status := cnetRun(t, strings.Fields(args)...)
		if status != 1 || !strings.Contains(text, "which is suspended; end its suspension with fg ") {
			t.Errorf("%s: status %d, %s", args, status, text)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if told, _ := mustRun(t, "refine", "first"); !strings.HasPrefix(told, "1-1-1 euler → 2-2-2 euler\nprocess ") {
		t.Errorf("refine: %s", told)
	}
	mustRun(t, "tell", "first", "stop")
	for range out { // to the end
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit status %d, %s", code, errText)
	}
}
