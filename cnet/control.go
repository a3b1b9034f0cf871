package cnet

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"continuousnet/cnet/internal/atomicfile"
)

// While a run is trained, other processes of the user may send it commands, by a Unix socket. The path of a socket must
// be short, so that it is in a folder for temporary files; the file control of the run has the path.
const (
	controlFile    = "control"
	controlFolder  = "cnet-run-"      // the beginning of the name of the socket's folder
	controlTimeout = 10 * time.Second // to say what is wanted; it is done when the training gets to it
	controlMost    = 1 << 16          // bytes of a command
)

// Answer is what a training says of a command that it has done.
type Answer struct {
	Error  string `json:"error,omitempty"` // why it was not done; then the rest is empty
	Ended  bool   `json:"ended,omitempty"` // the error is ErrEnded
	PID    int    `json:"pid"`             // of the process that trains
	Before string `json:"before"`          // the network before it, "1-1-1 euler"
	Net    string `json:"net"`             // the network now
	Epoch  int    `json:"epoch"`           // complete epochs
	Batch  int    `json:"batch"`           // batches of the next one

	Changes string `json:"changes,omitempty"` // of the configuration, as in the history; "": none
}

// control is a socket that takes commands to a queue.
type control struct {
	listener net.Listener
	folder   string // of the socket
	file     string // that says where it is
}

// listen makes the socket of the run, which puts what it is sent into the queue until it is closed.
func (r *Run) listen(q *Queue) (*control, error) {
	folder, err := os.MkdirTemp("", controlFolder)
	if err != nil {
		return nil, err
	}
	c := &control{folder: folder, file: filepath.Join(r.dir, controlFile)}
	path := filepath.Join(folder, "s")
	if c.listener, err = net.Listen("unix", path); err == nil {
		err = atomicfile.WriteFile(c.file, []byte(path+"\n"))
	}
	if err != nil {
		c.close()
		return nil, err
	}
	go func() {
		for {
			conn, err := c.listener.Accept()
			if err != nil {
				return // it is closed
			}
			go serve(conn, q)
		}
	}()
	return c, nil
}

// controls guards the sockets of all runs: Abandon is called by other goroutines.
var controls struct {
	sync.Mutex
	closed bool // for good
}

// openControl opens the socket of the run.
func (r *Run) openControl(q *Queue) (err error) {
	controls.Lock()
	defer controls.Unlock()
	if !controls.closed {
		r.control, err = r.listen(q)
	}
	return err
}

// closeControl closes the socket of the run.
func (r *Run) closeControl() {
	controls.Lock()
	defer controls.Unlock()
	if r.control != nil {
		r.control.close()
		r.control = nil
	}
}

// Abandon is for a process that ends at once while another of its goroutines trains the run: it takes back what leads
// other processes to this one, and no run of the process takes commands any more. The run stays at its last save.
func (r *Run) Abandon() {
	controls.Lock()
	controls.closed = true
	controls.Unlock()
	r.closeControl()
}

func (c *control) close() {
	if c.listener != nil {
		c.listener.Close()
	}
	os.RemoveAll(c.folder)
	os.Remove(c.file)
}

// sweepControl removes the socket of a process that died while it trained the run in dir. The caller holds the lock.
func sweepControl(dir string) {
	file := filepath.Join(dir, controlFile)
	text, err := os.ReadFile(file)
	if err != nil {
		return
	}
	folder := filepath.Dir(strings.TrimSpace(string(text)))
	if strings.HasPrefix(filepath.Base(folder), controlFolder) {
		os.Remove(filepath.Join(folder, "s"))
		os.Remove(folder) // only if nothing else is in it
	}
	os.Remove(file)
}

// serve reads a command from a connection, and answers when it is done.
func serve(conn net.Conn, q *Queue) {
	defer conn.Close()
	var c Command
	_ = conn.SetReadDeadline(time.Now().Add(controlTimeout))
	line, err := bufio.NewReader(io.LimitReader(conn, controlMost)).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &c)
	}
	if err == nil {
		err = c.Check()
	}
	answer := Answer{PID: os.Getpid()}
	if err != nil {
		answer.Error = err.Error()
	} else {
		answer = q.answer(c)
	}
	_ = json.NewEncoder(conn).Encode(answer) // who asked may be gone
}

// answer does a command and says how that went.
func (q *Queue) answer(c Command) Answer {
	a := Answer{PID: os.Getpid()}
	o, done := c.order(), make(chan error, 1)
	do := o.do
	o.do = func(r *Run) error {
		a.Before = r.net.String()
		records := len(r.history)
		err := do(r)
		if n := len(r.history); err == nil && n > records {
			a.Changes = r.history[n-1].Changes
		}
		a.Net, a.Epoch, a.Batch = r.net.String(), r.Epoch(), r.Batch()
		return err
	}
	o.done = func(err error) { done <- err }
	err := ErrEnded
	if q.put(o) {
		err = <-done
	}
	if err != nil {
		return Answer{PID: a.PID, Error: err.Error(), Ended: errors.Is(err, ErrEnded)}
	}
	return a
}

// Ask sends a command to the process that trains the run in dir, and waits until that has done it, at the end of a
// batch. The error wraps ErrNotTrained if no process has the run open, ErrInUse if the one that has it open takes no
// commands, as it does not train or is suspended, and ErrEnded if the training ended before.
func Ask(ctx context.Context, dir string, c Command) (Answer, error) {
	fail := func(err error) (Answer, error) { return Answer{}, fmt.Errorf("run %s: %w", dir, err) }
	if err := c.Check(); err != nil {
		return fail(err)
	}
	path, err := os.ReadFile(filepath.Join(dir, controlFile))
	if err != nil && !held(dir) {
		return fail(fmt.Errorf("%w; cnet train --run %s does", ErrNotTrained, argument(dir)))
	}
	if err != nil {
		return fail(fmt.Errorf("%w and takes no commands, as it does not train it", ErrInUse))
	}
	if text, err := os.ReadFile(filepath.Join(dir, lockFile)); err == nil {
		if pid := strings.TrimSpace(string(text)); suspended(pid) && held(dir) {
			return fail(errSuspended(pid))
		}
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", strings.TrimSpace(string(path)))
	if err != nil {
		return fail(fmt.Errorf("%w and cannot be asked: %w", ErrInUse, err))
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if err := json.NewEncoder(conn).Encode(c); err != nil {
		return fail(fmt.Errorf("the command could not be sent: %w", err))
	}
	var a Answer
	switch err := json.NewDecoder(conn).Decode(&a); {
	case ctx.Err() != nil:
		return fail(fmt.Errorf("%w; the training may still do it", ctx.Err()))
	case err != nil:
		return fail(fmt.Errorf("%w", ErrEnded))
	case a.Ended:
		return fail(ErrEnded)
	case a.Error != "":
		return Answer{}, errors.New(a.Error)
	}
	return a, nil
}
