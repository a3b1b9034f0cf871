package wire

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Limits of what a stranger can make the kernel keep. A message may be large (a widget's buffers, a notebook cell), but
// not without bound, and all that is on its way at one time is bounded as well.
const (
	maxMessage    = 64 << 20  // bytes of one message, all frames together
	maxFrames     = 1024      // frames of one message
	maxOnTheWay   = 256 << 20 // bytes of messages over largeMessage that are being received, over all connections
	largeMessage  = 1 << 20
	maxReady      = 4 << 10 // bytes of the handshake's READY command
	maxConns      = 1024    // open connections of one socket
	maxHandshakes = 256     // connections of one socket that have not said who they are; the oldest makes room

	handshakeTime = 5 * time.Second  // from connecting to READY
	writeTime     = 10 * time.Second // a peer that takes nothing for so long is cut off, or it would stop everybody's messages
)

const greetingSize = 64

// greeting is ZMTP 3.0 with the NULL mechanism (https://rfc.zeromq.org/spec/23/), as the ZeroMQ library sends it.
var greeting = func() []byte {
	g := make([]byte, greetingSize)
	g[0], g[9], g[10] = 0xff, 0x7f, 3
	copy(g[12:], "NULL")
	return g
}()

var errRefused = errors.New("connection refused: not a ZeroMQ peer for this socket")

// guardedListener stands between the operating system's listener and the ZeroMQ library, which does the handshake of
// one connection after the other: a connection that says nothing would keep out everybody else. Here each handshake
// has a goroutine and a time limit of its own, and the library gets connections that are through with it.
type guardedListener struct {
	net.Listener
	peers    []string // socket types that may connect
	inbound  int64    // bytes that a connection may send in all; 0: no limit
	refused  *atomic.Int64
	ready    chan net.Conn
	conns    atomic.Int64
	done     chan struct{}
	doneOnce sync.Once

	mu      sync.Mutex
	pending []net.Conn // whose handshake is going on, oldest first
}

func guard(l net.Listener, peers []string, inbound int64, refused *atomic.Int64) *guardedListener {
	g := &guardedListener{
		Listener: l, peers: peers, inbound: inbound, refused: refused,
		ready: make(chan net.Conn), done: make(chan struct{}),
	}
	go g.accept()
	return g
}

// Accept returns a connection whose handshake is done. After Close it blocks: the library would call it again at once,
// for ever.
func (g *guardedListener) Accept() (net.Conn, error) {
	select {
	case conn := <-g.ready:
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
		if g.conns.Add(1) > maxConns {
			g.conns.Add(-1)
			g.refuse(raw)
			continue
		}
		g.begin(raw)
		go g.handshake(raw)
	}
}

// begin notes a handshake. Where too many are going on, the oldest is broken off: that of a real client takes a moment.
func (g *guardedListener) begin(raw net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.pending) == maxHandshakes {
		g.pending[0].Close() // handshake sees it
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
	g.refused.Add(1)
	raw.Close()
}

func (g *guardedListener) handshake(raw net.Conn) {
	head, err := g.greet(raw)
	g.end(raw)
	if err != nil {
		g.conns.Add(-1)
		g.refuse(raw)
		return
	}
	conn := &guardedConn{Conn: raw, g: g, in: bufio.NewReader(raw), head: head, greeting: greetingSize, frames: frameCounter{skip: greetingSize}}
	select {
	case g.ready <- conn:
	case <-g.done:
		conn.Close()
	}
}

// greet sends the greeting and receives the peer's greeting and READY command. It returns what it received: the library
// reads it once more.
func (g *guardedListener) greet(raw net.Conn) ([]byte, error) {
	if err := raw.SetDeadline(time.Now().Add(handshakeTime)); err != nil {
		return nil, err
	}
	if _, err := raw.Write(greeting); err != nil {
		return nil, err
	}
	head := make([]byte, greetingSize, greetingSize+256)
	if _, err := io.ReadFull(raw, head); err != nil {
		return nil, err
	}
	if head[0] != 0xff || head[9] != 0x7f || head[10] < 3 || string(head[12:17]) != "NULL\x00" || head[32] > 1 {
		return nil, errRefused
	}
	var start [9]byte
	if _, err := io.ReadFull(raw, start[:2]); err != nil {
		return nil, err
	}
	n, size := 2, uint64(start[1])
	switch start[0] {
	case 4: // a short command
	case 6: // a long command
		if _, err := io.ReadFull(raw, start[2:]); err != nil {
			return nil, err
		}
		n, size = 9, binary.BigEndian.Uint64(start[1:])
	default:
		return nil, errRefused
	}
	if size > maxReady {
		return nil, errRefused
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(raw, body); err != nil {
		return nil, err
	}
	kind, ok := socketType(body)
	if !ok || !slices.Contains(g.peers, kind) {
		return nil, errRefused
	}
	if err := raw.SetDeadline(time.Time{}); err != nil {
		return nil, err
	}
	return append(append(head, start[:n]...), body...), nil
}

// socketType reads the Socket-Type out of a READY command, and checks that all of it can be read.
func socketType(body []byte) (kind string, ok bool) {
	const name = "\x05READY"
	if len(body) < len(name) || string(body[:len(name)]) != name {
		return "", false
	}
	for rest := body[len(name):]; len(rest) > 0; {
		keyEnd := 1 + int(rest[0])
		if rest[0] == 0 || len(rest) < keyEnd+4 {
			return "", false
		}
		key, size := string(rest[1:keyEnd]), binary.BigEndian.Uint32(rest[keyEnd:])
		if uint64(len(rest)) < uint64(keyEnd)+4+uint64(size) {
			return "", false
		}
		value := rest[keyEnd+4 : keyEnd+4+int(size)]
		if key == "Socket-Type" {
			kind = string(value)
		}
		if key == "Identity" && len(value) > 255 {
			return "", false
		}
		rest = rest[keyEnd+4+int(size):]
	}
	return kind, kind != ""
}

// guardedConn is a connection whose peer can neither announce more than it may send nor stop the kernel by not reading.
type guardedConn struct {
	net.Conn
	g        *guardedListener
	in       *bufio.Reader // the library reads a frame's header byte by byte
	head     []byte        // what the handshake received, for the library to read once more
	greeting int           // bytes of the library's own greeting, which has been sent already
	frames   frameCounter
	total    int64
	closed   sync.Once
}

func (c *guardedConn) Read(p []byte) (int, error) {
	var n int
	if len(c.head) > 0 {
		n = copy(p, c.head)
		c.head = c.head[n:]
	} else {
		var err error
		if n, err = c.in.Read(p); err != nil {
			c.Close()
			return n, err
		}
		if c.total += int64(n); c.g.inbound > 0 && c.total > c.g.inbound {
			return 0, c.refuse(fmt.Errorf("more than %d bytes", c.g.inbound))
		}
	}
	if err := c.frames.add(p[:n]); err != nil {
		return 0, c.refuse(err)
	}
	return n, nil
}

func (c *guardedConn) refuse(err error) error {
	c.g.refused.Add(1)
	c.Close()
	return fmt.Errorf("%w: %w", io.EOF, err) // EOF makes the library forget the connection
}

func (c *guardedConn) Write(p []byte) (int, error) {
	skip := min(c.greeting, len(p))
	c.greeting -= skip
	if skip == len(p) {
		return len(p), nil
	}
	if err := c.Conn.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(p[skip:])
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.Close()
		err = io.EOF // as above
	}
	return skip + n, err
}

func (c *guardedConn) Close() error {
	c.closed.Do(func() {
		c.g.conns.Add(-1)
		c.frames.release()
	})
	return c.Conn.Close()
}

// onTheWay counts the bytes of large messages that are being received.
var onTheWay atomic.Int64

// frameCounter follows ZMTP's frames in a stream of bytes and refuses sizes before memory is set aside for them.
type frameCounter struct {
	skip    uint64 // bytes that belong to the greeting or to the body of a frame
	header  []byte // the beginning of a frame's header
	message uint64 // bytes of the message so far
	count   int    // its frames
	more    bool   // the frame being received is not its last
	held    atomic.Int64
}

func (f *frameCounter) add(p []byte) error {
	for len(p) > 0 {
		if f.skip > 0 {
			n := min(f.skip, uint64(len(p)))
			f.skip -= n
			p = p[n:]
			if f.skip == 0 && !f.more {
				f.endMessage()
			}
			continue
		}
		f.header = append(f.header, p[0])
		p = p[1:]
		flags := f.header[0]
		if flags > 7 {
			return fmt.Errorf("frame flags %#x", flags)
		}
		var size uint64
		switch {
		case flags&2 == 0 && len(f.header) == 2:
			size = uint64(f.header[1])
		case flags&2 != 0 && len(f.header) == 9:
			size = binary.BigEndian.Uint64(f.header[1:])
		default:
			continue
		}
		f.header = f.header[:0]
		if err := f.frame(size, flags&1 != 0); err != nil {
			return err
		}
	}
	return nil
}

func (f *frameCounter) frame(size uint64, more bool) error {
	if f.count++; f.count > maxFrames {
		return fmt.Errorf("a message of more than %d frames", maxFrames)
	}
	if size > maxMessage || f.message+size > maxMessage {
		return fmt.Errorf("a message of more than %d bytes", maxMessage)
	}
	f.message += size
	if f.message > largeMessage {
		f.held.Add(int64(size))
		if onTheWay.Add(int64(size)) > maxOnTheWay {
			return fmt.Errorf("more than %d bytes of messages at a time", maxOnTheWay)
		}
	}
	f.skip, f.more = size, more
	if size == 0 && !more {
		f.endMessage()
	}
	return nil
}

func (f *frameCounter) endMessage() {
	f.message, f.count = 0, 0
	f.release()
}

func (f *frameCounter) release() { onTheWay.Add(-f.held.Swap(0)) }
