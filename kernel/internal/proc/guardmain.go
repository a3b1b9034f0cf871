package proc

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
)

// RunGuard runs the guard process, "kernel guard DIR", and returns its exit status. It reads commands from stdin, a
// pipe from the supervisor, and answers with events on stdout, one JSON object a line:
//
//	{"command":"start","argv":[...],"env":[...],"dir":"..."}   {"event":"started","pid":7}, or
//	                                                           {"event":"failed","error":"..."}
//	{"command":"kill"}                                         {"event":"exit","pid":7,"status":"signal: killed"}
//
// An "exit" event also follows when GoNB ends by itself. It is sent when all descendants of GoNB have ended too. When
// stdin ends, because the supervisor has closed it or has ended in any way, the guard kills every descendant, removes
// the session's directory, ends what no other session shares any more, and ends. Signals other than SIGKILL do not end
// the guard; SIGKILL ends GoNB with it.
func RunGuard(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if err := runGuard(args, stdin, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "kernel guard:", err)
		return 1
	}
	return 0
}

func runGuard(args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	if len(args) != 1 || !filepath.IsAbs(args[0]) {
		return fmt.Errorf("expected the session's directory as the one argument, found %q; "+
			"the kernel starts the guard by itself", args)
	}
	dir := args[0]
	if _, err := os.Lstat(filepath.Join(dir, lockName)); err != nil {
		return fmt.Errorf("%s is not a session's directory: %w", dir, err)
	}
	// GoNB dies with the thread that started it, so the guard stays on this one.
	runtime.LockOSThread()
	// Caught, not ignored: a child would inherit that it ignores them. SIGPIPE is what writing to a supervisor that has
	// gone would otherwise end with.
	unwanted := make(chan os.Signal, 1)
	signal.Notify(unwanted, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE, syscall.SIGQUIT)
	childEnded := make(chan os.Signal, 1)
	signal.Notify(childEnded, syscall.SIGCHLD)
	if err := adoptOrphans(); err != nil {
		return err
	}
	g := guard{events: json.NewEncoder(stdout)}
	for commands := readCommands(stdin); ; {
		select {
		case <-unwanted:
		case <-childEnded:
			g.reap()
		case c, ok := <-commands:
			if !ok {
				// What gopls has started is no descendant, and would go on writing to the directory.
				return errors.Join(g.clear(), killSession(dir), os.RemoveAll(dir), EndUnused(filepath.Dir(dir)))
			}
			switch c.Command {
			case "start":
				g.start(c)
			case "kill":
				_ = g.clear() // as in reap
			}
		}
	}
}

// readCommands returns a channel with the supervisor's commands, which is closed when stdin ends.
func readCommands(stdin io.Reader) <-chan command {
	commands := make(chan command)
	go func() {
		defer close(commands)
		decoder := json.NewDecoder(stdin)
		for {
			var c command
			if err := decoder.Decode(&c); err != nil {
				return
			}
			commands <- c
		}
	}()
	return commands
}

// guard is the state of the guard process.
type guard struct {
	events *json.Encoder
	gonb   int                 // GoNB's process id, 0 when there is none
	status *syscall.WaitStatus // GoNB's exit status, from its end until the event is sent
}

func (g *guard) start(c command) {
	pid, err := g.fork(c)
	if err != nil {
		g.report(event{Event: "failed", Error: err.Error()})
		return
	}
	g.gonb = pid
	g.report(event{Event: "started", PID: pid})
}

// fork starts GoNB. It uses syscall.ForkExec and not os/exec, as the guard waits for all its children together.
func (g *guard) fork(c command) (int, error) {
	if g.gonb != 0 {
		return 0, fmt.Errorf("it still runs, as process %d", g.gonb)
	}
	if len(c.Argv) == 0 || !filepath.IsAbs(c.Argv[0]) {
		return 0, fmt.Errorf("its program must be an absolute path, found %q", c.Argv)
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	attr := &syscall.ProcAttr{
		Dir:   c.Dir,
		Env:   c.Env,
		Files: []uintptr{null.Fd(), uintptr(syscall.Stderr), uintptr(syscall.Stderr)},
		Sys:   &syscall.SysProcAttr{Setpgid: true},
	}
	dyingWithThread(attr.Sys)
	pid, err := syscall.ForkExec(c.Argv[0], c.Argv, attr)
	if err != nil {
		return 0, &os.PathError{Op: "start", Path: c.Argv[0], Err: err}
	}
	return pid, nil
}

// reap reaps the children that have ended. If GoNB is one of them, it kills the processes that GoNB leaves behind.
func (g *guard) reap() {
	if g.wait(); g.status != nil {
		// What cannot be killed is in the event.
		_ = g.clear()
	}
}

// clear kills GoNB and all processes that it started, and sends the event of GoNB's exit.
func (g *guard) clear() error {
	self := os.Getpid()
	// With adoptOrphans all of them descend from here; without, those of GoNB's process group are still found.
	err := killAll(func(p Process) bool { return p.PPID == self || g.gonb != 0 && p.PGID == g.gonb }, g.wait)
	if g.status != nil {
		exit := event{Event: "exit", PID: g.gonb, Status: describeStatus(*g.status)}
		if err != nil {
			exit.Error = err.Error()
		}
		g.gonb, g.status = 0, nil
		g.report(exit)
	}
	return err
}

// wait reaps every child that has ended, keeps GoNB's status, and reports whether there is no child left.
func (g *guard) wait() bool {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return true
		case pid == 0:
			return false
		case pid == g.gonb:
			g.status = &status
		}
	}
}

// report sends an event to the supervisor. An error means that the supervisor has ended, which stdin shows as well.
func (g *guard) report(e event) { _ = g.events.Encode(e) }

// describeStatus returns an exit status in the words of os.ProcessState.
func describeStatus(status syscall.WaitStatus) string {
	if status.Signaled() {
		return "signal: " + status.Signal().String()
	}
	return fmt.Sprintf("exit status %d", status.ExitStatus())
}
