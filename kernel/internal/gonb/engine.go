// Package gonb runs GoNB, which compiles and executes cells, as a child of the kernel: a process behind sockets that
// nobody else can reach, which is started again when it dies.
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

// Options say how GoNB is started.
type Options struct {
	Guard   *proc.Guard
	Dir     string                               // for the sockets; private
	Name    string                               // of the connection file: GoNB reads Jupyter's id of the kernel out of it
	Args    func(connectionFile string) []string // the command line
	Env     []string
	WorkDir string      // where cells run
	Handle  func(Event) // gets GoNB's messages, one after the other
}

// Channel is one of the sockets on which GoNB talks.
type Channel int

// The channels that GoNB listens to or publishes on; control is not needed.
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
	done    chan struct{} // closed when all that it had said has been handled as well
	exit    proc.Exit
}

const (
	// startTime bounds the wait for GoNB's sockets. It opens them within milliseconds of its start.
	startTime = 30 * time.Second
	// endTime bounds the wait for what a GoNB that has ended still had to say, and for the end of one that is killed.
	endTime = 5 * time.Second
)

// Start starts GoNB and connects to it.
func Start(ctx context.Context, o Options) (*Engine, error) {
	dir, err := os.MkdirTemp(o.Dir, "gonb-")
	if err != nil {
		return nil, fmt.Errorf("no directory for GoNB's sockets: %w", err)
	}
	// The directory is private, which a port of this machine would not be; so nothing is signed.
	connection := wire.Connection{
		Transport: "ipc", IP: filepath.Join(dir, "s"), ShellPort: 1, ControlPort: 2, StdinPort: 3, IOPubPort: 4, HeartbeatPort: 5,
		SignatureScheme: "hmac-sha256",
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

// waitFor notes the end of the process.
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

// run hands over GoNB's messages, also those that are on the way when it ends.
func (e *Engine) run(handle func(Event), cancel context.CancelFunc) {
	defer close(e.done)
	events := make(chan Event) // what is not handled yet stays in the sockets, which hold up GoNB and the cell
	var receivers sync.WaitGroup
	for channel, socket := range e.sockets {
		receivers.Go(func() { receive(Channel(channel), socket, events) })
	}
	go func() {
		<-e.ended // the sockets end with it
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
		// What is no message is what the ZeroMQ library itself says, such as a heartbeat.
		if m, err := wire.Decode(frames, nil); err == nil {
			events <- Event{channel, m}
		}
	}
}

// connect dials the sockets; iopub first, so that nothing is published before.
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

// await waits until GoNB has made a socket.
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

// Send sends GoNB a message with a header from NewHeader, whose id is the parent's in every answer.
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

// NewHeader is a header for Send.
func (e *Engine) NewHeader(msgType string) wire.Header { return wire.NewHeader(msgType, e.session) }

// Done is closed when the process has ended and all that it had said has been handled.
func (e *Engine) Done() <-chan struct{} { return e.done }

// Exit is how the process ended, after Done.
func (e *Engine) Exit() proc.Exit { return e.exit }
