//go:build linux

package proc

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

// served runs a program as GoNB runs a cell and returns the stand-in for GoNB. It has no guard: this test is its
// parent.
func served(t *testing.T, program ...string) (gonb int, out *output) {
	t.Helper()
	out = newOutput(t)
	cmd := exec.Command(os.Args[0], append([]string{"serve"}, program...)...)
	cmd.Stdout, cmd.Stderr = out.file, out.file
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := killTree(cmd.Process.Pid); err != nil {
			t.Error(err)
		}
		cmd.Wait()
	})
	return cmd.Process.Pid, out
}

// named returns this program under another name.
func named(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.Symlink(os.Args[0], path); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestInterruptNothing(t *testing.T) {
	gonb, out := served(t, "true")
	out.await(t, "cell ended")
	i := Interrupter{GoNB: gonb}
	if got, err := i.Interrupt(); err != nil || got.Activity != Idle || got.Killed || len(got.Processes) > 0 {
		t.Errorf("interrupting nothing did %+v, %v", got, err)
	}
}

func TestInterruptEndsCell(t *testing.T) {
	mark := newMark(t)
	gonb, out := served(t, os.Args[0], "meek", mark)
	out.await(t, "ready")
	i := Interrupter{GoNB: gonb, Grace: time.Hour}
	got, err := i.Interrupt()
	if err != nil || got.Activity != Running || got.Killed || got.Grace != time.Hour ||
		len(got.Processes) != 1 {
		t.Errorf("the interrupt did %+v, %v", got, err)
	}
	out.await(t, "cell ended")
	if got, err := i.Interrupt(); err != nil || got.Activity != Idle {
		t.Errorf("interrupting the cell that has ended did %+v, %v", got, err)
	}
	if _, running := identityOf(gonb); !running {
		t.Error("GoNB was interrupted as well")
	}
}

func TestInterruptKillsCellAfterGrace(t *testing.T) {
	mark := newMark(t)
	gonb, out := served(t, os.Args[0], "family", mark)
	out.await(t, "ready")
	i := Interrupter{GoNB: gonb, Grace: time.Millisecond, buildGrace: time.Hour}
	if got, err := i.Interrupt(); err != nil || got.Activity != Running || len(got.Processes) != 2 {
		t.Errorf("the interrupt did %+v, %v", got, err)
	}
	out.await(t, "cell ended")
}

func TestSecondInterruptKills(t *testing.T) {
	mark := newMark(t)
	gonb, out := served(t, os.Args[0], "family", mark)
	out.await(t, "ready")
	i := Interrupter{GoNB: gonb}
	if got, err := i.Interrupt(); err != nil || got.Killed || got.Grace != DefaultGrace {
		t.Errorf("the first interrupt did %+v, %v", got, err)
	}
	if got, err := i.Interrupt(); err != nil || !got.Killed || got.Activity != Running {
		t.Errorf("the second interrupt did %+v, %v", got, err)
	}
	out.await(t, "cell ended")
}

func TestInterruptCompilation(t *testing.T) {
	for _, name := range compilers {
		mark := newMark(t)
		gonb, out := served(t, named(t, name), "family", mark)
		out.await(t, "ready")
		i := Interrupter{GoNB: gonb, Grace: time.Hour, buildGrace: time.Millisecond}
		if got, err := i.Interrupt(); err != nil || got.Activity != Compiling || len(got.Processes) != 2 {
			t.Errorf("%s: the interrupt did %+v, %v", name, got, err)
		}
		out.await(t, "cell ended")
	}
}

// GoNB waits for whatever holds the cell's output, also when the cell's shell has long gone.
func TestInterruptBackgroundCommand(t *testing.T) {
	mark := newMark(t)
	_, guard, log := guarded(t)
	gonb, err := guard.Start([]string{os.Args[0], "serve", os.Args[0], "daemons", "marked", mark}, os.Environ(), "/")
	if err != nil {
		t.Fatal(err)
	}
	log.await(t, "ready")
	eventually(t, "the daemon has lost its parent", func() bool {
		return slices.ContainsFunc(table(), func(p Process) bool { return p.PPID == guard.PID() && p.PID != gonb })
	})
	i := Interrupter{GoNB: gonb}
	for n := range 2 {
		if got, err := i.Interrupt(); err != nil || got.Activity != Running || got.Killed != (n == 1) {
			t.Errorf("interrupt %d did %+v, %v", n, got, err)
		}
	}
	log.await(t, "cell ended")
}

func TestGoplsIsNotInterrupted(t *testing.T) {
	mark := newMark(t)
	gonb, out := served(t, named(t, "gopls"), "meek", mark)
	out.await(t, "ready")
	i := Interrupter{GoNB: gonb}
	if got, err := i.Interrupt(); err != nil || got.Activity != Idle {
		t.Errorf("the interrupt did %+v, %v", got, err)
	}
}

// A process id that was given to another process must not be signalled.
func TestReusedIDIsLeftAlone(t *testing.T) {
	mark := newMark(t)
	out := newOutput(t)
	cmd := exec.Command(os.Args[0], "meek", mark)
	cmd.Stdout = out.file
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	out.await(t, "ready")
	id, ok := identityOf(cmd.Process.Pid)
	if !ok {
		t.Fatal("not found")
	}
	former := Process{PID: id.PID, Start: id.Start - 1}
	if former.identity().alive() {
		t.Error("a former process with the same id is alive")
	}
	if err := signalAll([]Process{former}, syscall.SIGKILL); err != nil {
		t.Error(err)
	}
	if !id.alive() {
		t.Error("the signal to a former process with the same id hit the present one")
	}
	if err := signalAll([]Process{{PID: id.PID, Start: id.Start}}, syscall.SIGKILL); err != nil {
		t.Error(err)
	}
	cmd.Wait()
	if id.alive() {
		t.Error("alive after SIGKILL and Wait")
	}
}
