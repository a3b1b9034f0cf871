// Package gonb runs GoNB, the program that compiles and executes cells, as a child process of the kernel, and talks to
// it over sockets that no other user can reach. It does not restart a GoNB that has ended; package server does.
package gonb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/go-zeromq/zmq4"

	"continuousnet/kernel/internal/proc"
	"continuousnet/kernel/internal/wire"
)

// Options are the settings with which GoNB is started.
type Options struct {
	Guard   *proc.Guard
	Dir     string                               // the private directory in which the sockets are made
	Name    string                               // of the connection file; it contains Jupyter's id of the kernel
	Args    func(connectionFile string) []string // returns GoNB's command line
	Env     []string
	WorkDir string      // the directory in which cells run
	Handle  func(Event) // is called with GoNB's messages, one at a time
}

// PageComm is the comm with which the kernel stands in for a page of GoNB's widgets. GoNB is built to take the messages
// of this comm in any state.
const PageComm = "cnet-page"

// Channel is one of the sockets of GoNB.
type Channel int

// The channels that the kernel uses; control is not needed.
const (
	Shell Channel = iota
	Stdin
	IOPub
)

// Event is a message from GoNB.
type Event struct {
	Channel Channel
	Message *wire.Message
}

// Engine is one GoNB process.
type Engine struct {
	PID     int
	sockets [3]*wire.Socket // by Channel
	session string
	ended   chan struct{} // closed when the process has ended
	done    chan struct{} // closed when, in addition, all of its messages have been handled
	exit    proc.Exit
}

const (
	// startTime bounds the wait for GoNB's sockets, which it opens within milliseconds of its start.
	startTime = 30 * time.Second
	// endTime bounds the wait for the last messages of a GoNB that has ended, and for the end of one that is killed.
	endTime = 5 * time.Second
)

// Start starts GoNB and connects to it.
func Start(ctx context.Context, o Options) (*Engine, error) {
	dir, err := os.MkdirTemp(o.Dir, "gonb-")
	if err != nil {
		return nil, fmt.Errorf("no directory for GoNB's sockets: %w", err)
	}
	// The directory is private, which a TCP port would not be, so messages need not be signed.
	connection := wire.Connection{
		Transport: "ipc", IP: filepath.Join(dir, "s"), SignatureScheme: "hmac-sha256",
		ShellPort: 1, ControlPort: 2, StdinPort: 3, IOPubPort: 4, HeartbeatPort: 5,
	}
	text, err := json.Marshal(connection)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, o.Name)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, fmt.Errorf("GoNB's connection file: %w", err)
	}
	pid, err := o.Guard.Start(o.Args(file), o.Env, o.WorkDir)
	if err != nil {
		return nil, fmt.Errorf("GoNB does not start: %w", err)
	}
	life, cancel := context.WithCancel(context.Background())
	e := &Engine{PID: pid, session: wire.NewID(), ended: make(chan struct{}), done: make(chan struct{})}
	go e.waitFor(o.Guard)
	starting, stop := context.WithTimeout(ctx, startTime)
	defer stop()
	if err := e.connect(starting, life, connection); err != nil {
		cancel()
		// A GoNB that cannot be reached would be in the way of the next one.
		return nil, errors.Join(err, e.kill(o.Guard))
	}
	go e.run(o.Handle, cancel)
	return e, nil
}

// waitFor waits for the end of the process and stores how it ended.
func (e *Engine) waitFor(guard *proc.Guard) {
	defer close(e.ended)
	for exit := range guard.Exited() {
		if exit.PID == e.PID || exit.GuardLost {
			e.exit = exit
			return
		}
	}
	e.exit = proc.Exit{PID: e.PID, Status: "its guard was killed", GuardLost: true}
}

func (e *Engine) kill(guard *proc.Guard) error {
	select {
	case <-e.ended:
		return nil
	default:
	}
	if err := guard.Kill(); err != nil {
		return err
	}
	select {
	case <-e.ended:
		return nil
	case <-time.After(endTime):
		return fmt.Errorf("GoNB, process %d, cannot be killed", e.PID)
	}
}

// run passes GoNB's messages to handle, including those that are under way when GoNB ends.
func (e *Engine) run(handle func(Event), cancel context.CancelFunc) {
	defer close(e.done)
	events := make(chan Event) // unbuffered: messages that wait stay in the sockets, and block GoNB and the cell
	var receivers sync.WaitGroup
	for channel, socket := range e.sockets {
		receivers.Go(func() { receive(Channel(channel), socket, events) })
	}
	go func() {
		<-e.ended // the sockets end with the process
		giveUp := time.AfterFunc(endTime, cancel)
		receivers.Wait()
		giveUp.Stop()
		cancel()
		close(events)
	}()
	for event := range events {
		handle(event)
	}
}

func receive(channel Channel, socket *wire.Socket, events chan<- Event) {
	for {
		frames, err := socket.Recv()
		if err != nil {
			return
		}
		// Frames that are not a Jupyter message come from the ZeroMQ library itself, such as a heartbeat.
		if m, err := wire.Decode(frames, nil); err == nil {
			events <- Event{channel, m}
		}
	}
}

// connect dials the sockets, iopub first so that no output is missed.
func (e *Engine) connect(ctx, life context.Context, c wire.Connection) error {
	for _, port := range []int{c.IOPubPort, c.ShellPort, c.ControlPort, c.StdinPort, c.HeartbeatPort} {
		if err := e.await(ctx, c.Endpoint(port)); err != nil {
			return err
		}
	}
	var err error
	if e.sockets[IOPub], err = wire.Subscribe(life, c, c.IOPubPort); err != nil {
		return fmt.Errorf("GoNB's iopub socket: %w", err)
	}
	// One identity on both: GoNB asks for input under the identity of the shell request.
	if e.sockets[Shell], err = wire.Dial(life, zmq4.NewDealer, c, c.ShellPort, e.session); err != nil {
		return fmt.Errorf("GoNB's shell socket: %w", err)
	}
	if e.sockets[Stdin], err = wire.Dial(life, zmq4.NewDealer, c, c.StdinPort, e.session); err != nil {
		return fmt.Errorf("GoNB's stdin socket: %w", err)
	}
	return nil
}

// await waits until GoNB has made the socket at path.
func (e *Engine) await(ctx context.Context, path string) error {
	for {
		if _, err := os.Stat(path); err == nil {
			return nil
		}
		select {
		case <-e.ended:
			return fmt.Errorf("GoNB ended before it was ready (%s); Jupyter's console has what it said", e.exit.Status)
		case <-ctx.Done():
			return errors.New("GoNB does not answer; Jupyter's console has what it said")
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// Send sends GoNB a message. Its header must be from NewHeader; every answer has its id as the parent's id.
func (e *Engine) Send(channel Channel, m *wire.Message) error {
	frames, err := m.Encode(nil)
	if err != nil {
		return err
	}
	select {
	case <-e.ended:
		return errors.New("GoNB has ended")
	default:
	}
	return e.sockets[channel].Send(frames)
}

// NewHeader returns a header for Send.
func (e *Engine) NewHeader(msgType string) wire.Header { return wire.NewHeader(msgType, e.session) }

// Done returns a channel that is closed when the process has ended and all of its messages have been handled.
func (e *Engine) Done() <-chan struct{} { return e.done }

// Exit returns how the process ended. It may be called once Done is closed.
func (e *Engine) Exit() proc.Exit { return e.exit }
