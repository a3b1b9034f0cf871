package wire

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
)

// Limits of all connections together. They bound what strangers can make the kernel keep; where one is reached, those
// who never proved that they know the key make room.
const (
	maxConns    = 1024      // open connections of one socket
	maxOnTheWay = 256 << 20 // bytes of large messages that are being received
	maxQueued   = 256 << 20 // bytes that wait to be sent
)

// crowd is all connections to the sockets of a kernel.
type crowd struct {
	queued  backlog      // bytes in the outboxes
	refused atomic.Int64 // connections that were cut off

	mu       sync.Mutex
	conns    []*guardedConn // through with the handshake
	large    []*guardedConn // with a large message on the way, by its beginning
	onTheWay uint64         // bytes of those
}

// enter lets one more connection to a socket in. Where there are too many, the one that was quiet for longest of those
// not trusted is cut off; if all are trusted, enter returns false.
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

// leave forgets a connection that entered and did not become a guardedConn.
func (c *crowd) leave(g *guardedListener) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g.conns--
}

// add notes a connection that is through with the handshake. A client's connections to several sockets have one
// identity, so that it is trusted on all of them.
func (c *crowd) add(conn *guardedConn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	conn.trusted = slices.ContainsFunc(c.conns, func(other *guardedConn) bool {
		return other.trusted && other.identity == conn.identity
	})
	c.conns = append(c.conns, conn)
}

// drop forgets a connection, and what is counted of it.
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

// trust notes that whoever uses an identity knows the key.
func (c *crowd) trust(identity string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		if conn.identity == identity {
			conn.trusted = true
		}
	}
}

// subscribed notes that a connection said what it wants to hear.
func (c *crowd) subscribed(conn *guardedConn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	conn.trusted = true
}

// has reports whether a peer of that identity is connected to a socket.
func (c *crowd) has(g *guardedListener, identity string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.conns, func(conn *guardedConn) bool { return conn.g == g && conn.identity == identity })
}

var errCrowded = errors.New("too much is on the way already")

// charge counts size bytes more of a large message that a connection announces, and reports whether they are its first.
// Where there are too many, the large message that began first is broken off, of a peer that is not trusted if there is
// one.
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

// release forgets the large message of a connection.
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

// relieve cuts off the connections for which most is waiting, until no more than maxQueued bytes wait.
func (c *crowd) relieve() {
	for c.queued.bytes.Load() > maxQueued && c.cutOffSlowest() {
	}
}

// cutOffSlowest cuts off the connection for which most is waiting. It reports whether there was one.
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
		return false // others have closed them meanwhile
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
