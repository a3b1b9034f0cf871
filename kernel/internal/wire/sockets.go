package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"sync"
	"time"

	"github.com/go-zeromq/zmq4"
	"github.com/go-zeromq/zmq4/transport"
)

// Socket is one of the kernel's sockets. Send is safe for concurrent use.
type Socket struct {
	socket zmq4.Socket
	mu     sync.Mutex
	guard  *guardedListener // set for a socket that listens
	routes bool             // the first frame of a sent message is the identity of its receiver
}

// Recv returns the frames of the next message, the sender's identity first.
func (s *Socket) Recv() ([][]byte, error) {
	msg, err := s.socket.Recv()
	return msg.Frames, err
}

// Send sends a message. If the peer is not connected, the message is dropped.
func (s *Socket) Send(frames [][]byte) error {
	// The library would wait for the first peer.
	if s.routes && !s.guard.crowd.has(s.guard, string(frames[0])) {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.socket.SendMulti(zmq4.NewMsgFrom(frames...))
	if s.routes && (errors.Is(err, io.EOF) || errors.Is(err, zmq4.ErrClosedConn)) {
		return nil // the peer has gone; another connection of the same identity has got the message all the same
	}
	return err
}

// Trust records that the sender of a message knows the key; its identity is the first frame from Recv. If there are too
// many connections, untrusted ones are cut off first. An identity is trusted on all sockets of the kernel.
func (s *Socket) Trust(identity []byte) {
	if s.guard != nil {
		s.guard.crowd.trust(string(identity))
	}
}

// Close closes the socket.
func (s *Socket) Close() error { return s.socket.Close() }

// Sockets are the five sockets of a kernel.
type Sockets struct {
	Shell, Control, Stdin, IOPub *Socket
	heartbeat                    *Socket
	crowd                        crowd
}

// Listen returns sockets that listen at the addresses of a connection file only. It answers heartbeats, and welcomes
// subscriptions to iopub.
func Listen(c Connection, welcome Welcome) (*Sockets, error) {
	s := &Sockets{}
	// DEALER is what clients use; REQ is allowed by the protocol.
	requests := []string{"DEALER", "REQ", "ROUTER"}
	routers := []struct {
		socket  **Socket
		port    int
		largest uint64
	}{
		{&s.Shell, c.ShellPort, maxMessage},
		{&s.Control, c.ControlPort, maxMessage},
		{&s.Stdin, c.StdinPort, maxMessage},
		// A ROUTER echoes to any number of clients in any order; a REP would stop at the first client that disconnects.
		{&s.heartbeat, c.HeartbeatPort, largeMessage},
	}
	var err error
	for _, r := range routers {
		if *r.socket, err = s.bind(c, r.port, zmq4.NewRouter,
			socketKind{peers: requests, largest: r.largest}); err != nil {
			return nil, s.closeAfter(err)
		}
		(*r.socket).routes = true
	}
	// A subscriber sends nothing but its subscriptions, which are kept.
	subscribers := socketKind{peers: []string{"SUB", "XSUB"}, largest: largeMessage, inbound: 1 << 20, hears: true,
		welcome: welcome}
	if s.IOPub, err = s.bind(c, c.IOPubPort, zmq4.NewPub, subscribers); err != nil {
		return nil, s.closeAfter(err)
	}
	go s.beat()
	return s, nil
}

// sendTime bounds the time for which the library delays a message while the first peer connects.
const sendTime = time.Second

func (s *Sockets) bind(c Connection, port int, socketType func(context.Context, ...zmq4.Option) zmq4.Socket,
	kind socketKind) (*Socket, error) {
	listener, err := listenAt(c, port)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w; "+
			"another program uses it, or the connection file is of another machine", c.Endpoint(port), err)
	}
	guarded := guard(listener, kind, &s.crowd)
	socket := socketType(context.Background(), zmq4.WithLogger(log.New(io.Discard, "", 0)), zmq4.WithTimeout(sendTime))
	if err := socket.Listen(prepared.offer(guarded)); err != nil {
		guarded.Close()
		return nil, err
	}
	return &Socket{socket: socket, guard: guarded}, nil
}

func (s *Sockets) beat() {
	for {
		frames, err := s.heartbeat.Recv()
		if err != nil {
			return
		}
		s.heartbeat.Send(frames) // an error means that the client has gone
	}
}

// Refused returns the number of connections that were cut off because of what they sent, because they did not read, or
// because there were too many.
func (s *Sockets) Refused() int64 { return s.crowd.refused.Load() }

// Close closes all sockets.
func (s *Sockets) Close() {
	for _, socket := range []*Socket{s.Shell, s.Control, s.Stdin, s.IOPub, s.heartbeat} {
		if socket != nil {
			socket.Close()
		}
	}
}

func (s *Sockets) closeAfter(err error) error {
	s.Close()
	return err
}

// Dial connects to a socket of another kernel with a private connection. That kernel addresses its answers to the
// identity; a subscription does not need one.
func Dial(ctx context.Context, kind func(context.Context, ...zmq4.Option) zmq4.Socket, c Connection, port int,
	identity string) (*Socket, error) {
	socket := kind(ctx, zmq4.WithID(zmq4.SocketIdentity(identity)), zmq4.WithLogger(log.New(io.Discard, "", 0)))
	if err := socket.Dial(c.Transport + "://" + c.Endpoint(port)); err != nil {
		socket.Close()
		return nil, err
	}
	return &Socket{socket: socket}, nil
}

// Subscribe connects to the socket on which a kernel publishes and subscribes to all messages.
func Subscribe(ctx context.Context, c Connection, port int) (*Socket, error) {
	s, err := Dial(ctx, zmq4.NewSub, c, port, "")
	if err != nil {
		return nil, err
	}
	if err := s.socket.SetOption(zmq4.OptionSubscribe, ""); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// prepared is a transport with which the ZeroMQ library accepts connections from existing listeners.
var prepared = &preparedTransport{listeners: map[string]net.Listener{}}

const preparedScheme = "prepared"

func init() {
	if err := zmq4.RegisterTransport(preparedScheme, prepared); err != nil {
		panic(err) // the name is taken, which cannot be
	}
}

type preparedTransport struct {
	mu        sync.Mutex
	next      int
	listeners map[string]net.Listener
}

// offer registers a listener and returns the endpoint at which the library finds it.
func (t *preparedTransport) offer(l net.Listener) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.next++
	name := fmt.Sprint(t.next)
	t.listeners[name] = l
	return preparedScheme + "://" + name
}

// Listen implements [transport.Transport].
func (t *preparedTransport) Listen(_ context.Context, addr string) (net.Listener, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l, ok := t.listeners[addr]
	if !ok {
		return nil, fmt.Errorf("no listener %q", addr)
	}
	delete(t.listeners, addr)
	return l, nil
}

// Dial implements [transport.Transport].
func (t *preparedTransport) Dial(context.Context, transport.Dialer, string) (net.Conn, error) {
	return nil, fmt.Errorf("%s is for listening only", preparedScheme)
}

// Addr implements [transport.Transport].
func (t *preparedTransport) Addr(endpoint string) (string, error) { return endpoint, nil }
