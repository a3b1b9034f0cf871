package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

// pipe is a connection behind its handshake, and the peer's end of it.
func pipe(c *crowd) (*guardedConn, net.Conn) {
	here, there := net.Pipe()
	g := &guardedListener{crowd: c, kind: socketKind{largest: maxMessage}, conns: 1}
	return newGuardedConn(g, here, NewID(), nil), there
}

func TestReadyCommand(t *testing.T) {
	for _, identity := range []string{"", "x", string(bytes.Repeat([]byte{0xff}, maxIdentity))} {
		command := readyCommand("DEALER", identity)
		if kind, got, ok := readReady(command[9:]); kind != "DEALER" || got != identity || !ok {
			t.Errorf("%q: %q, %q, %v", identity, kind, got, ok)
		}
	}
	// The library takes names without regard to case, and of two properties the last.
	body := []byte("\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER\x0bSOCKET-TYPE\x00\x00\x00\x03SUB")
	if kind, _, ok := readReady(body); kind != "SUB" || !ok {
		t.Errorf("%q, %v", kind, ok)
	}
	if _, _, ok := readReady(readyCommand("DEALER", string(make([]byte, maxIdentity+1)))[9:]); ok {
		t.Error("an identity that is too long")
	}
}

// A large message has to come to its end, or the memory for it would be set aside for ever.
func TestLargeMessageWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c crowd
		conn, peer := pipe(&c)
		go peer.Write(append(binary.BigEndian.AppendUint64([]byte{2}, 2*largeMessage), make([]byte, largeMessage)...))
		start := time.Now()
		_, err := io.CopyN(io.Discard, conn, 3*largeMessage)
		if !errors.Is(err, io.EOF) || time.Since(start) != largeTime {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		if c.refused.Load() != 1 || c.onTheWay != 0 || len(c.conns) != 0 {
			t.Errorf("refused %d, on the way %d, connections %d", c.refused.Load(), c.onTheWay, len(c.conns))
		}
	})
}

// The limit is for the message, not for the connection.
func TestPauseAfterLargeMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, peer := pipe(&crowd{})
		defer conn.Close()
		go func() {
			peer.Write(append(binary.BigEndian.AppendUint64([]byte{2}, 2*largeMessage),
				make([]byte, 2*largeMessage)...))
			time.Sleep(2 * largeTime)
			peer.Write([]byte{0, 1, 'x'})
		}()
		if _, err := io.CopyN(io.Discard, conn, 9+2*largeMessage+3); err != nil {
			t.Error(err)
		}
	})
}

// After the end of a connection nothing is counted for it any more.
func TestChargeAfterClose(t *testing.T) {
	var c crowd
	conn, _ := pipe(&c)
	conn.Close()
	if conn.frames.add(binary.BigEndian.AppendUint64([]byte{2}, 2*largeMessage)) == nil || c.onTheWay != 0 {
		t.Errorf("on the way %d", c.onTheWay)
	}
}

// Whoever announces too much makes room first, before a peer that knows the key.
func TestTooMuchOnTheWay(t *testing.T) {
	var c crowd
	announce := func(conn *guardedConn) error {
		return conn.frames.add(binary.BigEndian.AppendUint64([]byte{2}, maxMessage))
	}
	trusted, _ := pipe(&c)
	defer trusted.Close()
	c.subscribed(trusted)
	conns := []*guardedConn{trusted}
	for range 6 {
		conn, _ := pipe(&c)
		defer conn.Close()
		conns = append(conns, conn)
	}
	for _, conn := range conns {
		if err := announce(conn); err != nil {
			t.Fatal(err)
		}
	}
	for i, conn := range conns {
		if want := i >= 1 && i <= 3; conn.gone != want {
			t.Errorf("connection %d is gone: %v, want %v", i, conn.gone, want)
		}
	}
	if c.onTheWay != maxOnTheWay {
		t.Errorf("on the way %d", c.onTheWay)
	}
}

// A peer that takes nothing is cut off, later if it is trusted; writing to it does not wait.
func TestDeafPeer(t *testing.T) {
	for trusted, limit := range map[bool]time.Duration{false: writeTime, true: trustedTime} {
		synctest.Test(t, func(t *testing.T) {
			var c crowd
			conn, _ := pipe(&c)
			conn.greeting = 0
			if trusted {
				c.subscribed(conn)
			}
			start := time.Now()
			if n, err := conn.Write(make([]byte, 1<<20)); n != 1<<20 || err != nil || time.Since(start) != 0 {
				t.Errorf("%d, %v after %v", n, err, time.Since(start))
			}
			conn.Read(make([]byte, 1)) // returns when it is cut off
			if time.Since(start) != limit || c.refused.Load() != 1 || c.queued.bytes.Load() != 0 {
				t.Errorf("trusted %v: after %v, refused %d, waiting %d",
					trusted, time.Since(start), c.refused.Load(), c.queued.bytes.Load())
			}
			if _, err := conn.Write([]byte("x")); err != io.EOF {
				t.Error(err)
			}
		})
	}
}

// Where too much waits to be sent, whoever is furthest behind is cut off.
func TestTooMuchQueued(t *testing.T) {
	var c crowd
	deaf, _ := pipe(&c)
	other, peer := pipe(&c)
	defer other.Close()
	deaf.greeting, other.greeting = 0, 0
	deaf.Write(make([]byte, 1<<20))
	c.queued.add(maxQueued - 1<<19) // of others
	if _, err := other.Write([]byte("hello")); err != nil {
		t.Error(err)
	}
	got := make([]byte, 5)
	if _, err := io.ReadFull(peer, got); err != nil || string(got) != "hello" {
		t.Errorf("%q, %v", got, err)
	}
	if !deaf.gone || other.gone {
		t.Errorf("gone: the deaf one %v, the other one %v", deaf.gone, other.gone)
	}
}

// What is written in pieces arrives in its order, and is copied.
func TestWriteOrder(t *testing.T) {
	var c crowd
	conn, peer := pipe(&c)
	conn.greeting = 0
	var want []byte
	for i := range 20_000 {
		want = append(strconv.AppendInt(want, int64(i), 10), ' ')
	}
	go func() {
		buffer := make([]byte, 7)
		for chunk := range slices.Chunk(want, len(buffer)) {
			conn.Write(buffer[:copy(buffer, chunk)])
		}
	}()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(peer, got); err != nil || !bytes.Equal(got, want) {
		t.Errorf("not what was written (%v)", err)
	}
	conn.Close()
	if c.queued.bytes.Load() != 0 {
		t.Errorf("%d bytes are still counted", c.queued.bytes.Load())
	}
}
