package proc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// SessionEnv marks the processes of a session: its value is the session's directory.
const SessionEnv = "CNET_KERNEL_SESSION"

// answerLimit bounds the time that the guard takes to start GoNB, which is that of starting a process.
const answerLimit = 10 * time.Second

// Guard is the supervisor's end of the guard process, which starts GoNB and cleans up behind it; see [RunGuard].
type Guard struct {
	dir     string
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	answers chan event // the events started and failed
	exits   chan Exit
	gone    chan struct{} // closed when the guard has ended and has been cleaned up after

	starting sync.Mutex // held by Start, so that one command waits for an answer at a time
	writing  sync.Mutex // held while a command is written
	mu       sync.Mutex // protects the fields below
	gonb     int        // GoNB's process id, 0 when it does not run
	stopping bool
}

// Exit describes the end of a GoNB process.
type Exit struct {
	PID       int    // GoNB's process id
	Status    string // "exit status 1", "signal: killed"
	GuardLost bool   // the guard ended unasked, and GoNB with it; a new guard is needed
	Err       error  // an error in cleaning up after it
}

// command is a line from the supervisor to the guard, event a line in the other direction.
type (
	command struct {
		Command string   `json:"command"` // start, kill
		Argv    []string `json:"argv,omitempty"`
		Env     []string `json:"env,omitempty"`
		Dir     string   `json:"dir,omitempty"`
	}
	event struct {
		Event  string `json:"event"` // started, failed, exit
		PID    int    `json:"pid,omitempty"`
		Status string `json:"status,omitempty"` // of exit
		Error  string `json:"error,omitempty"`  // of failed; of exit: an error in cleaning up
	}
)

// StartGuard starts "kernelProgram guard sessionDir", which must call [RunGuard]. log gets what the guard, GoNB and its
// build commands write to stdout and stderr.
func StartGuard(kernelProgram, sessionDir string, log io.Writer) (*Guard, error) {
	kernelProgram, err := filepath.Abs(kernelProgram) // the guard runs elsewhere
	if err != nil {
		return nil, fmt.Errorf("cannot start the guard: %w", err)
	}
	cmd := exec.Command(kernelProgram, "guard", sessionDir)
	cmd.Env = append(os.Environ(), SessionEnv+"="+sessionDir)
	cmd.Dir = "/" // it may outlive every directory but this one
	cmd.Stderr = log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // signals to the supervisor's process group must not reach it
	cmd.WaitDelay = time.Second                          // for log, if something that survived still holds it
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("cannot start the guard: %w", err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("cannot start the guard: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start the guard: %w", err)
	}
	g := &Guard{
		dir:     sessionDir,
		cmd:     cmd,
		stdin:   stdin,
		answers: make(chan event, 1),
		exits:   make(chan Exit, 16),
		gone:    make(chan struct{}),
	}
	go g.listen(stdout)
	return g, nil
}

// ErrGuardGone is the error of a guard that has ended: another one is needed.
var ErrGuardGone = errors.New("the guard has ended")

// Gone reports whether the guard has ended, so that another one is needed.
func (g *Guard) Gone() bool {
	select {
	case <-g.gone:
		return true
	default:
		return false
	}
}

// PID returns the guard's process id.
func (g *Guard) PID() int { return g.cmd.Process.Pid }

// Start starts GoNB with the command line argv in the directory dir, with env and [SessionEnv] as its environment.
// argv[0] must be an absolute path. Only one GoNB can run at a time.
func (g *Guard) Start(argv, env []string, dir string) (pid int, err error) {
	g.starting.Lock()
	defer g.starting.Unlock()
	g.mu.Lock()
	running := g.gonb
	g.mu.Unlock()
	if running != 0 {
		return 0, fmt.Errorf("cannot start GoNB: it still runs, as process %d", running)
	}
	select {
	case <-g.answers: // to a Start that gave up waiting
	default:
	}
	env = append(env[:len(env):len(env)], SessionEnv+"="+g.dir)
	if err := g.tell(command{Command: "start", Argv: argv, Env: env, Dir: dir}); err != nil {
		return 0, fmt.Errorf("cannot start GoNB: %w", err)
	}
	select {
	case answer := <-g.answers:
		if answer.Event != "started" {
			return 0, fmt.Errorf("cannot start GoNB: %s", answer.Error)
		}
		return answer.PID, nil
	case <-g.gone:
		return 0, fmt.Errorf("cannot start GoNB: %w", ErrGuardGone)
	case <-time.After(answerLimit):
		return 0, fmt.Errorf("cannot start GoNB: the guard, process %d, has not answered within %v", g.PID(),
			answerLimit)
	}
}

// Exited returns a channel that delivers one Exit for each GoNB that was started, when it and all its descendants have
// ended. The channel is closed when the guard has ended. It buffers 16 values; further ones are lost.
func (g *Guard) Exited() <-chan Exit { return g.exits }

// Kill kills GoNB and its descendants; an [Exit] follows. The guard stays, for the next Start.
func (g *Guard) Kill() error {
	if err := g.tell(command{Command: "kill"}); err != nil {
		return fmt.Errorf("cannot kill GoNB: %w", err)
	}
	return nil
}

// Stop has the guard kill GoNB and all its descendants, remove the session's directory and end; all of this is done
// when Stop returns nil. If ctx ends before that, Stop does it itself and kills the guard.
func (g *Guard) Stop(ctx context.Context) error {
	g.mu.Lock()
	g.stopping = true
	g.mu.Unlock()
	_ = g.stdin.Close() // it may be closed already, by an earlier Stop
	select {
	case <-g.gone:
	case <-ctx.Done():
		if err := errors.Join(killTree(g.PID()), killSession(g.dir)); err != nil {
			return fmt.Errorf("the guard, process %d, did not stop: %w", g.PID(), err)
		}
		<-g.gone
	}
	if err := os.RemoveAll(g.dir); err != nil {
		return fmt.Errorf("cannot remove the session's directory: %w", err)
	}
	return nil
}

func (g *Guard) tell(c command) error {
	line, err := json.Marshal(c)
	if err != nil {
		return err
	}
	select {
	case <-g.gone:
		return ErrGuardGone
	default:
	}
	g.writing.Lock()
	defer g.writing.Unlock()
	if _, err := g.stdin.Write(append(line, '\n')); err != nil {
		select { // what is left of it is being killed, and would take the next one along
		case <-g.gone:
			return ErrGuardGone
		case <-time.After(answerLimit):
			return fmt.Errorf("the guard cannot be reached: %w", err)
		}
	}
	return nil
}

// listen reads the guard's events until the guard has ended.
func (g *Guard) listen(stdout io.Reader) {
	decoder := json.NewDecoder(stdout)
	for {
		var e event
		if err := decoder.Decode(&e); err != nil {
			break
		}
		switch e.Event {
		case "started":
			g.setGoNB(e.PID)
			g.answer(e)
		case "failed":
			g.answer(e)
		case "exit":
			g.setGoNB(0)
			exit := Exit{PID: e.PID, Status: e.Status}
			if e.Error != "" {
				exit.Err = errors.New(e.Error)
			}
			g.exit(exit)
		}
	}
	waitErr := g.cmd.Wait()
	g.mu.Lock()
	lost, pid := !g.stopping, g.gonb
	g.gonb = 0
	g.mu.Unlock()
	if lost || waitErr != nil {
		// GoNB dies with the guard; what GoNB has started does not.
		err := killSession(g.dir)
		if lost {
			status := "guard: ended"
			if waitErr != nil {
				status = "guard: " + waitErr.Error()
			}
			g.exit(Exit{PID: pid, Status: status, GuardLost: true, Err: err})
		}
	}
	close(g.gone)
	close(g.exits)
}

func (g *Guard) setGoNB(pid int) {
	g.mu.Lock()
	g.gonb = pid
	g.mu.Unlock()
}

// answer and exit never wait, so that listen goes on even if nobody receives.
func (g *Guard) answer(e event) {
	select {
	case g.answers <- e:
	default:
	}
}

func (g *Guard) exit(e Exit) {
	select {
	case g.exits <- e:
	default:
	}
}
