package cell

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"syscall"

	"continuousnet/kernel/internal/commlink"
)

// Comm is a connection between this process and an object in the front end, as ipywidgets and anywidget use it. It is
// closed when the process ends, however it does. The methods may be called from several goroutines.
type Comm struct {
	id      string
	receive func(CommMessage)
	opened  chan struct{} // closed when the session knows the comm
	done    chan struct{} // closed with the comm
	end     sync.Once
}

// CommMessage is what the front end sends: Data is JSON, and Buffers are the binary parts beside it.
type CommMessage struct {
	Data     json.RawMessage
	Metadata json.RawMessage
	Buffers  [][]byte
}

// ErrCommClosed is returned when something is sent over a comm that is closed, be it by the front end or because the
// kernel has gone.
var ErrCommClosed = errors.New("the comm is closed")

// OpenComm opens a comm with a target of the front end, "jupyter.widget" for widgets. Data and metadata are anything
// that encoding/json writes as an object, or nil. It returns when a display that follows will find the comm open; no
// front end is waited for.
//
// receive, if it is not nil, is called with each message of the front end, one after the other for all comms of the
// process, and what it prints is output of the cell. While it runs, messages wait; states of a widget that wait are
// merged, so that the last values always come. Of other messages the first 1,000 wait.
//
// Outside of a notebook the comm has nobody at the other end: what is sent is dropped and nothing comes.
func OpenComm(target string, data, metadata any, receive func(CommMessage), buffers ...[]byte) (*Comm, error) {
	c := &Comm{id: fmt.Sprintf("%016x%016x", rand.Uint64(), rand.Uint64()), receive: receive,
		opened: make(chan struct{}), done: make(chan struct{})}
	m, err := c.message(commlink.Open, data, metadata, buffers)
	if err != nil {
		return nil, err
	}
	m.Target = target
	if os.Getenv(commlink.SocketEnv) == "" {
		return c, nil
	}
	if err := session.connect(); err != nil {
		return nil, err
	}
	if err := session.add(c); err != nil {
		return nil, err
	}
	if err := session.write(m); err != nil {
		session.remove(c)
		return nil, err
	}
	select {
	case <-c.opened:
		return c, nil
	case <-c.done:
		return nil, ErrCommClosed
	}
}

// WidgetsVariable is the environment variable that answers for ShowsWidgets: "1" or "0".
const WidgetsVariable = "CNET_WIDGETS"

// ShowsWidgets reports whether somebody can see and move widgets: whether a front end that shows them, as JupyterLab
// does, has been connected to the session. It is false for programs that execute notebooks, on consoles, and outside of
// a notebook. Where a front end is not recognised, the environment variable CNET_WIDGETS=1 says that it is one; 0 says
// the opposite.
func ShowsWidgets() bool {
	if os.Getenv(commlink.SocketEnv) == "" {
		return false
	}
	switch os.Getenv(WidgetsVariable) {
	case "1":
		return true
	case "0":
		return false
	}
	if session.connect() != nil || session.write(commlink.Message{Kind: commlink.Present}) != nil {
		return false
	}
	return <-session.present
}

// ID returns the comm's id, which is the model_id of a widget's view.
func (c *Comm) ID() string { return c.id }

// Send sends a message to the front end. It waits while more is sent than a notebook can show, but for no front end.
func (c *Comm) Send(data any, buffers ...[]byte) error {
	return c.send(commlink.Msg, data, buffers)
}

// Leave sets what is shown in place of the outputs that show the comm's widget when the process has ended, however it
// does. Without it those are the other formats of these outputs.
func (c *Comm) Leave(value any) error {
	formats, err := Formats(value)
	if err != nil {
		return err
	}
	return c.send(commlink.Leave, formats, nil)
}

// Last sets a message for the front end that comes when the process has ended, however it has, in place of the comm's
// end. So a widget stays on a page that was loaded again, which gets no other outputs of the cell, and can say there
// that it is over. The last state of a widget is sent to pages that come later, too.
func (c *Comm) Last(data any, buffers ...[]byte) error { return c.send(commlink.Last, data, buffers) }

// Close closes the comm, which removes the widget from the page.
func (c *Comm) Close() error {
	err := c.send(commlink.Close, nil, nil)
	session.remove(c)
	if errors.Is(err, ErrCommClosed) {
		return nil
	}
	return err
}

// Done returns a channel that is closed when the comm is closed from either end.
func (c *Comm) Done() <-chan struct{} { return c.done }

func (c *Comm) send(kind commlink.Kind, data any, buffers [][]byte) error {
	select {
	case <-c.done:
		return ErrCommClosed
	default:
	}
	m, err := c.message(kind, data, nil, buffers)
	if err != nil || os.Getenv(commlink.SocketEnv) == "" {
		return err
	}
	return session.write(m)
}

// message returns a message of the comm; its data is a JSON object.
func (c *Comm) message(kind commlink.Kind, data, metadata any, buffers [][]byte) (commlink.Message, error) {
	m := commlink.Message{Kind: kind, ID: c.id, Buffers: buffers}
	for _, part := range []struct {
		name string
		from any
		to   *json.RawMessage
	}{{"data", data, &m.Data}, {"metadata", metadata, &m.Metadata}} {
		if part.from == nil {
			part.from = struct{}{}
		}
		text, err := json.Marshal(part.from)
		if err != nil {
			return m, fmt.Errorf("%s of a comm: %w", part.name, err)
		}
		if text[0] != '{' {
			return m, fmt.Errorf("%s of a comm: %T is not a JSON object; use a struct or a map", part.name, part.from)
		}
		*part.to = text
	}
	return m, nil
}

// connection is that of the process to the session. It is made with the first comm, without package net, which cells
// that have no comms would link as well.
type connection struct {
	once    sync.Once
	failure error
	file    *os.File
	arrived chan arrival
	present chan bool // answers to Present, in their order; closed with the connection

	mu    sync.Mutex
	ended bool
	comms map[string]*Comm

	writing sync.Mutex
}

type arrival struct {
	comm    *Comm
	message CommMessage
}

var session connection

func (l *connection) connect() error {
	l.once.Do(func() {
		syscall.ForkLock.RLock() // no command that the cell starts may inherit the connection
		fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
		if err == nil {
			syscall.CloseOnExec(fd)
		}
		syscall.ForkLock.RUnlock()
		if err == nil {
			err = syscall.Connect(fd, &syscall.SockaddrUnix{Name: os.Getenv(commlink.SocketEnv)})
		}
		if err != nil {
			l.failure = fmt.Errorf("the kernel does not answer: %w", err)
			return
		}
		l.file = os.NewFile(uintptr(fd), "comms")
		l.comms = map[string]*Comm{}
		l.arrived = make(chan arrival, 1) // the session sends the next message when this one has been handled
		l.present = make(chan bool, 1)
		l.failure = l.write(commlink.Message{Kind: commlink.Hello, Target: os.Getenv(TokenVariable)})
		if l.failure == nil {
			go l.read()
			go l.handle()
		}
	})
	return l.failure
}

func (l *connection) write(m commlink.Message) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	err := commlink.Write(l.file, m)
	if errors.Is(err, syscall.EPIPE) {
		return ErrCommClosed
	}
	return err
}

func (l *connection) add(c *Comm) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return ErrCommClosed
	}
	l.comms[c.id] = c
	return nil
}

func (l *connection) remove(c *Comm) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.comms, c.id)
	c.end.Do(func() { close(c.done) })
}

// read reads what the session sends. It never waits for a handler, which may open comms itself.
func (l *connection) read() {
	defer func() {
		close(l.present)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.ended = true
		for _, c := range l.comms {
			c.end.Do(func() { close(c.done) })
		}
	}()
	for {
		m, err := commlink.Read(l.file)
		if err != nil {
			return
		}
		l.mu.Lock()
		c := l.comms[m.ID]
		l.mu.Unlock()
		switch {
		case m.Kind == commlink.Msg:
			l.arrived <- arrival{c, CommMessage{m.Data, m.Metadata, m.Buffers}}
		case m.Kind == commlink.Present:
			l.present <- m.Target != ""
		case c == nil: // closed meanwhile
		case m.Kind == commlink.Opened:
			close(c.opened)
		case m.Kind == commlink.Close:
			l.remove(c)
		}
	}
}

// handle calls the handlers.
func (l *connection) handle() {
	for a := range l.arrived {
		if a.comm != nil && a.comm.receive != nil {
			a.comm.receive(a.message)
		}
		if l.write(commlink.Message{Kind: commlink.Handled}) != nil {
			return
		}
	}
}
