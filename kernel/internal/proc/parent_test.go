//go:build linux

package proc

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

func TestKernelEndsWithJupyter(t *testing.T) {
	for _, between := range []string{"orphan", "launcher"} {
		mark, out := newMark(t), newOutput(t)
		jupyter := exec.Command(os.Args[0], "jupyter", between, mark)
		jupyter.Stdout = out.file
		if err := jupyter.Start(); err != nil {
			t.Fatal(err)
		}
		out.await(t, "ready")
		kill(t, jupyter.Process.Pid, syscall.SIGKILL)
		jupyter.Wait()
		eventually(t, "the kernel has ended", func() bool { return len(marked(mark)) == 0 })
	}
}

func TestParentStays(t *testing.T) {
	ppid := os.Getppid()
	other := exec.Command("sleep", "1000")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, named string
		ppid        int
		want        bool
	}{
		{"our parent", fmt.Sprint(ppid), ppid, true},
		{"nobody named", "", ppid, true},
		{"not a number", "jupyter", ppid, true},
		{"a number from another machine", "1073741824", ppid, true},
		{"a process that has nothing to do with us", fmt.Sprint(other.Process.Pid), ppid, true},
		{"another parent than at the start", "", ppid + 1, false},
	}
	for _, test := range tests {
		if got := parentStays(test.ppid, test.named)(); got != test.want {
			t.Errorf("%s: still there is %v", test.name, got)
		}
	}
	other.Process.Kill()
	other.Wait()
	if got := parentStays(ppid, fmt.Sprint(other.Process.Pid))(); !got {
		t.Error("the end of a process that has nothing to do with us counts")
	}
}

func TestWatch(t *testing.T) {
	tick, gone := make(chan time.Time), make(chan struct{})
	answers := []bool{true, true, false}
	go watch(context.Background(), func() bool { a := answers[0]; answers = answers[1:]; return a }, tick, gone)
	for range 3 {
		select {
		case <-gone:
			t.Fatal("gone too early")
		case tick <- time.Time{}:
		}
	}
	receive(t, "end", gone)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	watch(ctx, func() bool { return false }, nil, nil) // returns
}

func TestStartedChildDiesWithUs(t *testing.T) {
	mark, out := newMark(t), newOutput(t)
	us := exec.Command(os.Args[0], "starter", mark)
	us.Stdout, us.Stderr = out.file, out.file
	if err := us.Start(); err != nil {
		t.Fatal(err)
	}
	out.await(t, "ready")
	kill(t, us.Process.Pid, syscall.SIGKILL)
	us.Wait()
	eventually(t, "the child has ended", func() bool { return len(marked(mark)) == 0 })
}

func TestStartReportsWhatCannotStart(t *testing.T) {
	if err := Start(exec.Command("/nowhere/program")); err == nil {
		t.Error("a program that is not there starts")
	}
}
