package wire

import (
	"bufio"
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

const (
	largeTime  = 30 * time.Second // bounds the time from the beginning of a large message to its end
	writePiece = 64 << 10         // bytes
	writeTime  = 10 * time.Second // bounds the time in which a peer must read writePiece bytes
	// The same for a trusted peer: what a front end misses because its machine is busy never comes again.
	trustedTime = 30 * time.Second
)

// guardedConn is a connection whose peer cannot make the kernel allocate more than a message may have, nor block it by
// not reading: what is written waits in an outbox.
type guardedConn struct {
	net.Conn
	g        *guardedListener
	identity string
	in       *bufio.Reader // buffered, as the library reads a frame's header byte by byte
	head     []byte        // a handshake for the library to read, as the peer's has been read already
	greeting int           // bytes left of the library's greeting, which is not sent, as the peer has got one
	frames   frameCounter
	total    int64        // bytes received
	heard    atomic.Int64 // when something was last received, ns
	out      *outbox
	closed   sync.Once

	subscriptions subscriptions // of a socket that welcomes them

	writing  sync.Mutex
	written  frameReader // how far the library is with its message
	inserted []byte      // messages that wait for the end of the library's

	trusted, gone bool   // under the crowd's lock
	held          uint64 // bytes counted for a large message, under the crowd's lock
}

func newGuardedConn(g *guardedListener, raw net.Conn, identity string, head []byte) *guardedConn {
	c := &guardedConn{
		Conn: raw, g: g, identity: identity, in: bufio.NewReader(raw), head: head, greeting: greetingSize,
		out: newOutbox(&g.crowd.queued),
	}
	c.frames = frameCounter{largest: g.kind.largest, charge: c.charge, release: c.release}
	c.heard.Store(time.Now().UnixNano())
	g.crowd.add(c)
	go c.send()
	return c
}

// Read returns io.EOF for every error, which makes the library drop the connection.
func (c *guardedConn) Read(p []byte) (int, error) {
	if len(c.head) > 0 {
		n := copy(p, c.head)
		c.head = c.head[n:]
		return n, nil
	}
	c.welcome()
	n, err := c.in.Read(p)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return 0, c.refuse(fmt.Errorf("a large message is not complete after %v", largeTime))
	case err != nil:
		c.Close()
		return 0, io.EOF
	}
	c.heard.Store(time.Now().UnixNano())
	if c.g.kind.hears && c.total == 0 {
		c.g.crowd.subscribed(c)
	}
	if c.total += int64(n); c.g.kind.inbound > 0 && c.total > c.g.kind.inbound {
		return 0, c.refuse(fmt.Errorf("more than %d bytes", c.g.kind.inbound))
	}
	if err := c.frames.add(p[:n]); err != nil {
		return 0, c.refuse(err)
	}
	if c.g.kind.welcome != nil {
		c.subscriptions.add(p[:n])
	}
	return n, nil
}

func (c *guardedConn) charge(size uint64) error {
	first, err := c.g.crowd.charge(c, size)
	if err != nil || !first {
		return err
	}
	return c.SetReadDeadline(time.Now().Add(largeTime))
}

func (c *guardedConn) release() {
	c.g.crowd.release(c)
	c.SetReadDeadline(time.Time{}) // fails only if the connection is closed
}

// refuse cuts off the connection and returns err wrapped in io.EOF, which makes the library drop it.
func (c *guardedConn) refuse(err error) error {
	c.cutOff()
	return fmt.Errorf("%w: %w", io.EOF, err)
}

// Write puts a copy of p into the outbox.
func (c *guardedConn) Write(p []byte) (int, error) {
	if !c.put(p) {
		return 0, io.EOF
	}
	c.g.crowd.relieve()
	return len(p), nil
}

func (c *guardedConn) put(p []byte) bool {
	c.writing.Lock()
	defer c.writing.Unlock()
	skip := min(c.greeting, len(p))
	c.greeting -= skip
	if !c.out.put(p[skip:]) {
		return false
	}
	if c.g.kind.welcome != nil {
		for rest := p[skip:]; len(rest) > 0; {
			n, _ := c.written.next(rest)
			rest = rest[n:]
		}
		c.putInserted()
	}
	return true
}

// send writes the outbox to the connection until either is closed.
func (c *guardedConn) send() {
	batch, ok := c.out.take(nil)
	for ; ok; batch, ok = c.out.take(batch) {
		for piece := range slices.Chunk(batch, writePiece) {
			if err := c.sendPiece(piece); err != nil {
				if errors.Is(err, os.ErrDeadlineExceeded) {
					c.g.crowd.refused.Add(1)
				}
				c.Close()
				return
			}
		}
	}
}

func (c *guardedConn) sendPiece(piece []byte) error {
	if err := c.SetWriteDeadline(time.Now().Add(c.g.crowd.patience(c))); err != nil {
		return err
	}
	n, err := c.Conn.Write(piece)
	c.out.sent(n)
	return err
}

// cutOff closes the connection on the kernel's side, and counts it as refused.
func (c *guardedConn) cutOff() {
	c.g.crowd.refused.Add(1)
	c.Close()
}

func (c *guardedConn) Close() error {
	c.closed.Do(func() {
		c.g.crowd.drop(c)
		c.out.close()
	})
	return c.Conn.Close()
}
