//go:build linux

package proc

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// ownSessions gives the test a TMPDIR of its own, short enough not to be replaced by /tmp.
func ownSessions(t *testing.T) (base string) {
	t.Helper()
	tmp, err := os.MkdirTemp("/tmp", "proc-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(tmp) })
	t.Setenv("TMPDIR", tmp)
	return BaseDir()
}

// guarded starts a session with a guard in this process.
func guarded(t *testing.T) (*Session, *Guard, *output) {
	t.Helper()
	ownSessions(t)
	session, err := NewSession()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { session.Close() })
	log := newOutput(t)
	guard, err := StartGuard(os.Args[0], session.Dir, log.file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := guard.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return session, guard, log
}

// startGoNB starts the stand-in with all its children.
func startGoNB(t *testing.T, guard *Guard, log *output, args ...string) int {
	t.Helper()
	pid, err := guard.Start(append([]string{os.Args[0], "gonb"}, args...), os.Environ(), "/")
	if err != nil {
		t.Fatal(err)
	}
	log.await(t, "ready") // the child's child
	log.await(t, "ready") // and a daemon
	if args[0] != "clean" {
		log.await(t, "ready")
	}
	return pid
}

func wantNone(t *testing.T, mark string) {
	t.Helper()
	if left := marked(mark); len(left) > 0 {
		t.Errorf("left behind: %s", describe(left))
	}
}

func wantGone(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("%s is still there (%v)", path, err)
	}
}

func TestStopLeavesNothing(t *testing.T) {
	session, guard, log := guarded(t)
	mark := newMark(t)
	startGoNB(t, guard, log, "all", mark)
	if err := guard.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	wantNone(t, mark)
	wantGone(t, session.Dir)
	if exit := receive(t, "exit", guard.Exited()); exit.Status != "signal: killed" || exit.GuardLost ||
		exit.Err != nil {
		t.Errorf("GoNB ended with %+v", exit)
	}
	if _, ok := <-guard.Exited(); ok {
		t.Error("a second exit")
	}
	if _, err := guard.Start([]string{os.Args[0], "meek", mark}, nil, "/"); err == nil {
		t.Error("a stopped guard starts GoNB")
	}
}

// What gopls has started lives on when gopls ends, and is no descendant of the guard.
func TestStopKillsWhatCarriesTheMark(t *testing.T) {
	session, guard, _ := guarded(t)
	other := again("meek", newMark(t))
	other.Env = append(os.Environ(), SessionEnv+"="+session.Dir)
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan string, 1)
	go func() {
		other.Wait()
		ended <- other.ProcessState.String()
	}()
	defer other.Process.Kill()
	if err := guard.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	if how := receive(t, "end", ended); how != "signal: killed" {
		t.Error(how)
	}
	wantGone(t, session.Dir)
}

func TestStopWithoutAnswer(t *testing.T) {
	session, guard, log := guarded(t)
	mark := newMark(t)
	startGoNB(t, guard, log, "clean", mark)
	kill(t, guard.PID(), syscall.SIGSTOP)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := guard.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	wantNone(t, mark)
	wantGone(t, session.Dir)
}

func TestGoNBKilled(t *testing.T) {
	session, guard, log := guarded(t)
	mark := newMark(t)
	first := startGoNB(t, guard, log, "all", mark)
	kill(t, first, syscall.SIGKILL)
	exit := receive(t, "exit", guard.Exited())
	if exit.PID != first || exit.Status != "signal: killed" || exit.GuardLost || exit.Err != nil {
		t.Errorf("GoNB, process %d, ended with %+v", first, exit)
	}
	wantNone(t, mark)

	second := startGoNB(t, guard, log, "all", mark)
	if second == first {
		t.Errorf("the second GoNB is the first, %d", first)
	}
	if _, err := guard.Start([]string{os.Args[0], "meek", mark}, nil, "/"); err == nil {
		t.Error("the guard starts a second GoNB beside the first")
	}
	if err := guard.Kill(); err != nil {
		t.Fatal(err)
	}
	if exit := receive(t, "exit", guard.Exited()); exit.PID != second {
		t.Errorf("process %d has ended, want %d", exit.PID, second)
	}
	wantNone(t, mark)
	if _, err := os.Stat(session.Dir); err != nil {
		t.Error(err)
	}
}

func TestGuardKilled(t *testing.T) {
	_, guard, log := guarded(t)
	mark := newMark(t)
	pid := startGoNB(t, guard, log, "clean", mark)
	kill(t, guard.PID(), syscall.SIGKILL)
	exit := receive(t, "exit", guard.Exited())
	if !exit.GuardLost || exit.PID != pid || exit.Err != nil || !strings.Contains(exit.Status, "killed") {
		t.Errorf("the guard's end was reported as %+v", exit)
	}
	wantNone(t, mark)
	if _, err := guard.Start([]string{os.Args[0], "meek", mark}, nil, "/"); err == nil {
		t.Error("a killed guard starts GoNB")
	}
}

// Whoever asks a guard that is just ending is told that it has ended, and not before all that it had started is gone.
func TestGuardGone(t *testing.T) {
	for range 20 {
		_, guard, _ := guarded(t)
		kill(t, guard.PID(), syscall.SIGKILL)
		for {
			_, err := guard.Start([]string{"/bin/true"}, nil, "/")
			if err == nil {
				continue // the pipe has taken it; nobody has read it
			}
			if !errors.Is(err, ErrGuardGone) || !guard.Gone() {
				t.Fatalf("%v; the guard has gone: %v", err, guard.Gone())
			}
			break
		}
	}
}

func TestGuardIgnoresSignals(t *testing.T) {
	_, guard, log := guarded(t)
	mark := newMark(t)
	pid, err := guard.Start([]string{os.Args[0], "meek", mark}, os.Environ(), "/")
	if err != nil {
		t.Fatal(err)
	}
	log.await(t, "ready")
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		kill(t, guard.PID(), sig)
	}
	// What GoNB starts must not have inherited that.
	kill(t, pid, syscall.SIGINT)
	if exit := receive(t, "exit", guard.Exited()); exit.GuardLost || exit.Status != "signal: interrupt" {
		t.Errorf("GoNB ended with %+v", exit)
	}
}

func TestGuardReportsWhatCannotStart(t *testing.T) {
	_, guard, _ := guarded(t)
	for _, argv := range [][]string{{"/nowhere/gonb"}, {"gonb"}, {}} {
		if pid, err := guard.Start(argv, nil, "/"); err == nil {
			t.Errorf("%q started as process %d", argv, pid)
		}
	}
	if _, err := guard.Start([]string{"/bin/sh", "-c", "exit 3"}, nil, "/"); err != nil {
		t.Fatal(err)
	}
	if exit := receive(t, "exit", guard.Exited()); exit.Status != "exit status 3" {
		t.Errorf("GoNB ended with %+v", exit)
	}
}

func TestGuardRefusesOtherDirectories(t *testing.T) {
	precious := t.TempDir()
	for _, args := range [][]string{nil, {"relative"}, {precious}} {
		if status := RunGuard(args, strings.NewReader(""), os.Stdout, newOutput(t).file); status == 0 {
			t.Errorf("the guard accepts %q", args)
		}
	}
	if _, err := os.Stat(precious); err != nil {
		t.Error(err)
	}
}

// supervised starts a kernel in a process of its own.
func supervised(t *testing.T, args ...string) (*exec.Cmd, started) {
	t.Helper()
	log := newOutput(t)
	supervisor := exec.Command(os.Args[0], append([]string{"supervisor"}, args...)...)
	supervisor.Stdout, supervisor.Stderr = log.file, log.file
	if err := supervisor.Start(); err != nil {
		t.Fatal(err)
	}
	var s started
	if err := json.Unmarshal([]byte(log.await(t, "started")), &s); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		supervisor.Process.Kill()
		supervisor.Wait()
		if err := killTree(s.Guard); err != nil {
			t.Error(err)
		}
	})
	eventually(t, "GoNB has started all its children", func() bool {
		return len(marked(last(args))) >= 5 // with the supervisor
	})
	return supervisor, s
}

func TestSupervisorKilled(t *testing.T) {
	ownSessions(t)
	mark := newMark(t)
	supervisor, s := supervised(t, "gonb", "all", mark)
	kill(t, supervisor.Process.Pid, syscall.SIGKILL)
	supervisor.Wait()
	eventually(t, "the guard has removed everything", func() bool {
		_, err := os.Lstat(s.Dir)
		return os.IsNotExist(err) && len(marked(mark)) == 0
	})
	eventually(t, "the guard has ended", func() bool { _, running := identityOf(s.Guard); return !running })
}

func TestSweepAfterBothWereKilled(t *testing.T) {
	base := ownSessions(t)
	live, err := NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer live.Close()
	mark := newMark(t)
	supervisor, s := supervised(t, "gonb", "clean", mark)
	if got := sessionAt(t, base, s.Dir); !got.Live || got.Supervisor != supervisor.Process.Pid ||
		got.Guard != s.Guard || got.GoNB != s.GoNB || got.Processes < 5 || got.Memory <= 0 || got.Created.IsZero() {
		t.Errorf("the running session is listed as %+v, want the processes %d, %+v", got, supervisor.Process.Pid, s)
	}

	// Neither can see the other go.
	kill(t, supervisor.Process.Pid, syscall.SIGSTOP)
	kill(t, s.Guard, syscall.SIGKILL)
	kill(t, supervisor.Process.Pid, syscall.SIGKILL)
	supervisor.Wait()
	if len(marked(mark)) == 0 {
		t.Fatal("nothing to sweep")
	}
	if got := sessionAt(t, base, s.Dir); got.Live || got.Supervisor != 0 {
		t.Errorf("the dead session is listed as %+v", got)
	}
	var log strings.Builder
	if removed := Sweep(base, &log); removed != 1 || !strings.Contains(log.String(), s.Dir) {
		t.Errorf("the sweep removed %d sessions, want 1, and says %q", removed, log.String())
	}
	wantNone(t, mark)
	wantGone(t, s.Dir)
	if got := sessionAt(t, base, live.Dir); !got.Live || got.Supervisor != os.Getpid() {
		t.Errorf("after the sweep the live session is listed as %+v", got)
	}
	if _, err := os.Stat(filepath.Join(live.Dir, lockName)); err != nil {
		t.Error(err)
	}
	if removed := Sweep(base, &log); removed != 0 {
		t.Errorf("a second sweep removed %d sessions", removed)
	}
}

func sessionAt(t *testing.T, base, dir string) SessionInfo {
	t.Helper()
	sessions, err := List(base)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sessions {
		if s.Dir == dir {
			return s
		}
	}
	t.Fatalf("%s is not listed", dir)
	panic("unreachable")
}
