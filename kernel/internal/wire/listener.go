package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	maxReady      = 4 << 10         // bytes of the handshake's READY command
	maxHandshakes = 256             // unfinished handshakes of one socket; further connections replace the oldest
	handshakeTime = 5 * time.Second // from connecting to READY
)

const greetingSize = 64

// greeting is the greeting of ZMTP 3.0 with the NULL mechanism (https://rfc.zeromq.org/spec/23/), as the ZeroMQ library
// sends it.
var greeting = func() []byte {
	g := make([]byte, greetingSize)
	g[0], g[9], g[10] = 0xff, 0x7f, 3
	copy(g[12:], "NULL")
	return g
}()

var errRefused = errors.New("connection refused: not a ZeroMQ peer for this socket")

// guardedListener wraps the operating system's listener for the ZeroMQ library. The library does handshakes one after
// the other, so that a silent connection would keep out all others. Here each handshake has a goroutine and a time
// limit of its own, and Accept returns connections that have completed it.
type guardedListener struct {
	net.Listener
	kind     socketKind
	crowd    *crowd
	conns    int // under the crowd's lock
	ready    chan *guardedConn
	taken    *guardedConn // the last result of Accept
	done     chan struct{}
	doneOnce sync.Once

	mu      sync.Mutex
	pending []net.Conn // connections with an unfinished handshake, oldest first
}

// socketKind describes what peers may do at a socket.
type socketKind struct {
	peers   []string // socket types that may connect
	largest uint64   // bytes of a message
	inbound int64    // bytes that a connection may send in total; 0: no limit
	hears   bool     // the peers only subscribe
	welcome Welcome  // for each subscription; nil: none
}

func guard(l net.Listener, kind socketKind, c *crowd) *guardedListener {
	g := &guardedListener{Listener: l, kind: kind, crowd: c, ready: make(chan *guardedConn), done: make(chan struct{})}
	go g.accept()
	return g
}

// Accept returns a connection whose handshake is complete. After Close it blocks, as the library would call it in an
// endless loop.
func (g *guardedListener) Accept() (net.Conn, error) {
	// The library opens a connection before it calls Accept again. It does not close one that it could not open.
	if g.taken != nil && len(g.taken.head) > 0 {
		g.taken.Close()
	}
	g.taken = nil
	select {
	case conn := <-g.ready:
		g.taken = conn
		return conn, nil
	case <-g.done:
		select {}
	}
}

func (g *guardedListener) Close() error {
	g.doneOnce.Do(func() { close(g.done) })
	return g.Listener.Close()
}

func (g *guardedListener) accept() {
	for {
		raw, err := g.Listener.Accept()
		if err != nil {
			select {
			case <-g.done:
				return
			case <-time.After(50 * time.Millisecond): // out of file descriptors, for example
				continue
			}
		}
		if !g.crowd.enter(g) {
			g.refuse(raw)
			continue
		}
		g.begin(raw)
		go g.handshake(raw)
	}
}

// begin registers a handshake. If there are too many, the oldest is aborted; that of a real client takes only a moment.
func (g *guardedListener) begin(raw net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.pending) == maxHandshakes {
		g.pending[0].Close() // handshake gets an error
		g.pending = g.pending[1:]
	}
	g.pending = append(g.pending, raw)
}

func (g *guardedListener) end(raw net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if at := slices.Index(g.pending, raw); at >= 0 {
		g.pending = slices.Delete(g.pending, at, at+1)
	}
}

func (g *guardedListener) refuse(raw net.Conn) {
	g.crowd.refused.Add(1)
	raw.Close()
}

func (g *guardedListener) handshake(raw net.Conn) {
	kind, identity, err := g.greet(raw)
	g.end(raw)
	if err != nil {
		g.crowd.leave(g)
		g.refuse(raw)
		return
	}
	if identity == "" {
		identity = NewID() // as the library would do, but here it is known as well
	}
	conn := newGuardedConn(g, raw, identity, append(bytes.Clone(greeting), readyCommand(kind, identity)...))
	select {
	case g.ready <- conn:
	case <-g.done:
		conn.Close()
	}
}

// greet sends the greeting, receives the peer's greeting and READY command, and returns the socket type and identity in
// it.
func (g *guardedListener) greet(raw net.Conn) (kind, identity string, err error) {
	if err := raw.SetDeadline(time.Now().Add(handshakeTime)); err != nil {
		return "", "", err
	}
	if _, err := raw.Write(greeting); err != nil {
		return "", "", err
	}
	head := make([]byte, greetingSize)
	if _, err := io.ReadFull(raw, head); err != nil {
		return "", "", err
	}
	if head[0] != 0xff || head[9] != 0x7f || head[10] < 3 || string(head[12:17]) != "NULL\x00" || head[32] > 1 {
		return "", "", errRefused
	}
	var start [9]byte
	if _, err := io.ReadFull(raw, start[:2]); err != nil {
		return "", "", err
	}
	size := uint64(start[1])
	switch start[0] {
	case 4: // a short command
	case 6: // a long command
		if _, err := io.ReadFull(raw, start[2:]); err != nil {
			return "", "", err
		}
		size = binary.BigEndian.Uint64(start[1:])
	default:
		return "", "", errRefused
	}
	if size > maxReady {
		return "", "", errRefused
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(raw, body); err != nil {
		return "", "", err
	}
	kind, identity, ok := readReady(body)
	if !ok || !slices.Contains(g.kind.peers, kind) {
		return "", "", errRefused
	}
	return kind, identity, raw.SetDeadline(time.Time{})
}

// Parts of the READY command. The names of properties are case-insensitive.
const (
	readyName        = "\x05READY"
	socketTypeName   = "Socket-Type"
	identityName     = "Identity"
	maxIdentity      = 255
	longCommandFlags = 6
)

// readReady returns the socket type and the identity in a READY command.
func readReady(body []byte) (kind, identity string, ok bool) {
	rest, ok := bytes.CutPrefix(body, []byte(readyName))
	if !ok {
		return "", "", false
	}
	for len(rest) > 0 {
		keyEnd := 1 + int(rest[0])
		if rest[0] == 0 || len(rest) < keyEnd+4 {
			return "", "", false
		}
		key, size := string(rest[1:keyEnd]), binary.BigEndian.Uint32(rest[keyEnd:])
		rest = rest[keyEnd+4:]
		if uint64(len(rest)) < uint64(size) {
			return "", "", false
		}
		value := string(rest[:size])
		rest = rest[size:]
		switch {
		case strings.EqualFold(key, socketTypeName):
			kind = value
		case strings.EqualFold(key, identityName):
			identity = value
		}
	}
	return kind, identity, kind != "" && len(identity) <= maxIdentity
}

// readyCommand returns a READY command for the library, with the checked properties only.
func readyCommand(kind, identity string) []byte {
	body := []byte(readyName)
	for _, property := range [][2]string{{socketTypeName, kind}, {identityName, identity}} {
		body = append(append(body, byte(len(property[0]))), property[0]...)
		body = append(binary.BigEndian.AppendUint32(body, uint32(len(property[1]))), property[1]...)
	}
	return append(binary.BigEndian.AppendUint64([]byte{longCommandFlags}, uint64(len(body))), body...)
}
