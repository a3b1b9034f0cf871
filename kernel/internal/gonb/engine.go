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
	WorkDir string // where cells run
}

// Channel is one of the sockets on which GoNB talks.
type Channel int

// The channels that GoNB listens to or publishes on.
const (
	Shell Channel = iota
	Control
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
	iopub   *wire.Socket
	session string
	events  chan Event
	done    chan struct{} // closed when the process has ended
	cancel  context.CancelFunc
	exit    proc.Exit
}

// startTime bounds the wait for GoNB's sockets. It opens them within milliseconds of its start.
const startTime = 30 * time.Second

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
	e := &Engine{PID: pid, session: wire.NewID(), events: make(chan Event, 64), done: make(chan struct{}), cancel: cancel}
	go func() {
		exit, ok := <-o.Guard.Exited()
		if !ok {
			exit = proc.Exit{Status: "its guard was killed", GuardLost: true}
		}
		e.exit = exit
		close(e.done)
		cancel()
	}()
	starting, stop := context.WithTimeout(ctx, startTime)
	defer stop()
	if err := e.connect(starting, life, connection); err != nil {
		cancel()
		return nil, err
	}
	for channel, socket := range e.sockets {
		go e.receive(Channel(channel), socket)
	}
	go e.receive(IOPub, e.iopub)
	return e, nil
}

// connect dials the sockets; iopub first, so that nothing is published before.
func (e *Engine) connect(ctx, life context.Context, c wire.Connection) error {
	for _, port := range []int{c.IOPubPort, c.ShellPort, c.ControlPort, c.StdinPort, c.HeartbeatPort} {
		if err := e.await(ctx, c.Endpoint(port)); err != nil {
			return err
		}
	}
	var err error
	if e.iopub, err = wire.Subscribe(life, c, c.IOPubPort); err != nil {
		return fmt.Errorf("GoNB's iopub socket: %w", err)
	}
	for channel, port := range []int{c.ShellPort, c.ControlPort, c.StdinPort} {
		// One identity on all of them: GoNB asks for input under the identity of the shell request.
		if e.sockets[channel], err = wire.Dial(life, zmq4.NewDealer, c, port, e.session); err != nil {
			return fmt.Errorf("GoNB's socket %d: %w", channel, err)
		}
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
		case <-e.done:
			return fmt.Errorf("GoNB ended before it was ready (%s); Jupyter's console has what it said", e.exit.Status)
		case <-ctx.Done():
			return errors.New("GoNB does not answer; Jupyter's console has what it said")
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (e *Engine) receive(channel Channel, socket *wire.Socket) {
	for {
		frames, err := socket.Recv()
		if err != nil {
			return
		}
		m, err := wire.Decode(frames, nil)
		if err != nil {
			continue // what the ZeroMQ library itself says, such as a heartbeat
		}
		select {
		case e.events <- Event{channel, m}:
		case <-e.done:
			return
		}
	}
}

// Send sends a message of the kernel's own to GoNB and returns its id, which is the parent's in every answer.
func (e *Engine) Send(channel Channel, msgType string, content any) (id string, err error) {
	header := wire.NewHeader(msgType, e.session)
	return header.MsgID, e.SendAs(channel, header, content)
}

// SendAs is Send with a header that the caller made.
func (e *Engine) SendAs(channel Channel, header wire.Header, content any) error {
	body, err := json.Marshal(content)
	if err != nil {
		return err
	}
	m := wire.Message{Header: header, Content: body}
	frames, err := m.Encode(nil)
	if err != nil {
		return err
	}
	select {
	case <-e.done:
		return errors.New("GoNB has ended")
	default:
	}
	return e.sockets[channel].Send(frames)
}

// NewHeader is a header for SendAs.
func (e *Engine) NewHeader(msgType string) wire.Header { return wire.NewHeader(msgType, e.session) }

// Events are GoNB's messages.
func (e *Engine) Events() <-chan Event { return e.events }

// Done is closed when the process has ended.
func (e *Engine) Done() <-chan struct{} { return e.done }

// Exit is how the process ended, after Done.
func (e *Engine) Exit() proc.Exit { return e.exit }
