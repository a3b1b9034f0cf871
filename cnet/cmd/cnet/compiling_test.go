package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"continuousnet/cnet"
)

// An interrupt while the first batch is compiled ends the process at once: nothing has happened since the last save.
func TestInterruptWhileCompiling(t *testing.T) {
	t.Chdir(t.TempDir())
	tmp := t.TempDir()
	// The graph of so many steps takes longer to compile than anybody would wait for.
	cmd := command(t, "train", "--run", "first", "--steps", "1000", "--n-basis", "1", "--epochs", "2")
	cmd.Env = append(cmd.Env, "TMPDIR="+tmp)
	out, errText := start(t, cmd)
	waitFor(t, out, "epochs   2 in batches of ")
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for range out { // to the end
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != statusInterrupted ||
		!strings.Contains(errText.String(), "cnet: interrupted; saved after 0 epochs, of 2 epochs\n") ||
		strings.Contains(errText.String(), "after this batch") {
		t.Errorf("exit status %d, %s", code, errText.String())
	}
	if left, _ := filepath.Glob(filepath.Join(tmp, "cnet-run-*")); len(left) > 0 {
		t.Errorf("%q is left", left)
	}
	run, err := cnet.Open("results/first")
	if err != nil {
		t.Fatal(err)
	}
	if run.Epoch() != 0 || run.Batch() != 0 {
		t.Errorf("it is %s", run)
	}
	if err := run.Close(); err != nil {
		t.Error(err)
	}
}
