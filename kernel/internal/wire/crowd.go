package wire

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Limits that bound the memory that strangers can make the kernel use. At a limit, peers that have not proved that they
// know the key are cut off first.
const (
	maxConns    = 1024      // open connections of one socket
	maxOnTheWay = 256 << 20 // bytes of large messages that are being received
	maxQueued   = 256 << 20 // bytes that wait to be sent
)

// crowd tracks all connections to the sockets of a kernel.
type crowd struct {
	queued  backlog      // bytes in the outboxes
	refused atomic.Int64 // connections that were cut off

	mu       sync.Mutex
	conns    []*guardedConn // connections that have completed the handshake
	large    []*guardedConn // those that are receiving a large message, in the order of its beginning
	onTheWay uint64         // bytes of these messages
}

// enter counts one more connection to a socket. If there are too many, it cuts off the untrusted connection that has
// been silent for longest; if all are trusted, it returns false.
func (c *crowd) enter(g *guardedListener) bool {
	c.mu.Lock()
	var victim *guardedConn
	if g.conns >= maxConns {
		for _, conn := range c.conns {
			if conn.g == g && !conn.trusted && (victim == nil || conn.heard.Load() < victim.heard.Load()) {
				victim = conn
			}
		}
		if victim == nil {
			c.mu.Unlock()
			return false
		}
		c.remove(victim)
	}
	g.conns++
	c.mu.Unlock()
	if victim != nil {
		victim.cutOff()
	}
	return true
}

// leave uncounts a connection that has entered and did not become a guardedConn.
func (c *crowd) leave(g *guardedListener) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g.conns--
}

// add adds a connection that has completed the handshake. It is trusted if another connection with its identity is, as
// a client uses one identity for all sockets.
func (c *crowd) add(conn *guardedConn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	conn.trusted = slices.ContainsFunc(c.conns, func(other *guardedConn) bool {
		return other.trusted && other.identity == conn.identity
	})
	c.conns = append(c.conns, conn)
}

// drop removes a connection and what is counted for it.
func (c *crowd) drop(conn *guardedConn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(conn)
}

func (c *crowd) remove(conn *guardedConn) {
	if conn.gone {
		return
	}
	conn.gone = true
	conn.g.conns--
	c.conns = without(c.conns, conn)
	c.endLarge(conn)
}

// trust marks the connections of an identity as trusted: the peer knows the key.
func (c *crowd) trust(identity string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		if conn.identity == identity {
			conn.trusted = true
		}
	}
}

// subscribed marks a connection as trusted because it has subscribed.
func (c *crowd) subscribed(conn *guardedConn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	conn.trusted = true
}

// patience returns the time in which a peer must read writePiece bytes.
func (c *crowd) patience(conn *guardedConn) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if conn.trusted {
		return trustedTime
	}
	return writeTime
}

// has reports whether a peer with the identity is connected to a socket.
func (c *crowd) has(g *guardedListener, identity string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.conns,
		func(conn *guardedConn) bool { return conn.g == g && conn.identity == identity })
}

var errCrowded = errors.New("too much is on the way already")

// charge adds size bytes to the large message that a connection announces, and reports whether they are the first. If
// all large messages together are too large, the connection whose message began first is cut off, an untrusted one if
// there is one.
func (c *crowd) charge(conn *guardedConn, size uint64) (first bool, err error) {
	var victims []*guardedConn
	defer func() {
		for _, victim := range victims {
			victim.cutOff()
		}
	}()
	c.mu.Lock()
	defer c.mu.Unlock()
	if conn.gone {
		return false, errCrowded
	}
	if first = !slices.Contains(c.large, conn); first {
		c.large = append(c.large, conn)
	}
	conn.held += size
	c.onTheWay += size
	for c.onTheWay > maxOnTheWay {
		at := slices.IndexFunc(c.large, func(other *guardedConn) bool { return !other.trusted })
		victim := c.large[max(at, 0)]
		if victim == conn {
			return first, errCrowded // the caller cuts it off
		}
		c.remove(victim)
		victims = append(victims, victim)
	}
	return first, nil
}

// release uncounts the large message of a connection.
func (c *crowd) release(conn *guardedConn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.endLarge(conn)
}

func (c *crowd) endLarge(conn *guardedConn) {
	c.onTheWay -= conn.held
	conn.held = 0
	c.large = without(c.large, conn)
}

// relieve cuts off the connections with the fullest outboxes, until no more than maxQueued bytes wait.
func (c *crowd) relieve() {
	for c.queued.bytes.Load() > maxQueued && c.cutOffSlowest() {
	}
}

// cutOffSlowest cuts off the connection with the fullest outbox. It reports whether there was one.
func (c *crowd) cutOffSlowest() bool {
	c.mu.Lock()
	var victim *guardedConn
	var most int64
	for _, conn := range c.conns {
		if size := conn.out.size(); size > most {
			victim, most = conn, size
		}
	}
	c.mu.Unlock()
	if victim == nil {
		return false // they have been closed in the meantime
	}
	victim.cutOff()
	return true
}

func without(conns []*guardedConn, conn *guardedConn) []*guardedConn {
	if at := slices.Index(conns, conn); at >= 0 {
		return slices.Delete(conns, at, at+1)
	}
	return conns
}
