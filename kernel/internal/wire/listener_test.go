package wire

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-zeromq/zmq4"
)

// listen starts a kernel's sockets in a directory of the test.
func listen(t *testing.T) (Connection, *Sockets) {
	t.Helper()
	c := Connection{Transport: "ipc", IP: filepath.Join(t.TempDir(), "s"), ShellPort: 1, ControlPort: 2, StdinPort: 3,
		IOPubPort: 4, HeartbeatPort: 5}
	s, err := Listen(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return c, s
}

func dial(t *testing.T, c Connection, port int) net.Conn {
	t.Helper()
	conn, err := net.Dial("unix", c.Endpoint(port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// ready is a READY command of a socket type.
func ready(kind string) []byte {
	var body bytes.Buffer
	body.WriteString("\x05READY\x0bSocket-Type")
	binary.Write(&body, binary.BigEndian, uint32(len(kind)))
	body.WriteString(kind)
	body.WriteString("\x08Identity\x00\x00\x00\x01x")
	return append([]byte{4, byte(body.Len())}, body.Bytes()...)
}

// peer is a raw connection with the handshake behind it.
func peer(t *testing.T, c Connection, port int, kind string) net.Conn {
	t.Helper()
	conn := dial(t, c, port)
	conn.Write(append(bytes.Clone(greeting), ready(kind)...))
	if _, err := io.ReadFull(conn, make([]byte, greetingSize)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// isCutOff waits until the other end has closed the connection.
func isCutOff(t *testing.T, conn net.Conn) {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(5 * time.Minute))
	if _, err := io.Copy(io.Discard, conn); errors.Is(err, context.DeadlineExceeded) || err != nil &&
		strings.Contains(err.Error(), "timeout") {
		t.Error("the connection is still open")
	}
}

// works sends a message through an ordinary client and gets it back.
func works(t *testing.T, c Connection, s *Sockets) {
	t.Helper()
	client, err := Dial(t.Context(), zmq4.NewDealer, c, c.ShellPort, "client")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Send([][]byte{[]byte("ping"), {}}); err != nil {
		t.Fatal(err)
	}
	for {
		frames, err := s.Shell.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if string(frames[0]) == "client" && string(frames[1]) == "ping" {
			if err := s.Shell.Send(frames); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	if frames, err := client.Recv(); err != nil || string(frames[0]) != "ping" {
		t.Fatalf("%q, %v", frames, err)
	}
}

func TestClient(t *testing.T) {
	c, s := listen(t)
	works(t, c, s)
	works(t, c, s)
}

func TestHeartbeat(t *testing.T) {
	c, _ := listen(t)
	for range 2 { // a client that leaves does not end it
		client, err := Dial(t.Context(), zmq4.NewReq, c, c.HeartbeatPort, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := client.Send([][]byte{[]byte("beat")}); err != nil {
			t.Fatal(err)
		}
		if frames, err := client.Recv(); err != nil || string(frames[0]) != "beat" {
			t.Fatalf("%q, %v", frames, err)
		}
		client.Close()
	}
}

// Connections that say nothing keep nobody out.
func TestSilentConnections(t *testing.T) {
	c, s := listen(t)
	for range 2 * maxHandshakes {
		dial(t, c, c.ShellPort)
	}
	half := dial(t, c, c.ShellPort)
	half.Write(greeting[:30])
	works(t, c, s)
}

func TestHostilePeers(t *testing.T) {
	long := func(flags byte, size uint64) []byte { return binary.BigEndian.AppendUint64([]byte{flags}, size) }
	ok := append(bytes.Clone(greeting), ready("DEALER")...)
	for name, sent := range map[string][]byte{
		"HTTP":               []byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" + strings.Repeat("x", 64)),
		"old version":        append([]byte{0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 1}, make([]byte, 53)...),
		"other security":     bytes.Replace(ok, []byte("NULL"), []byte("CURV"), 1),
		"message for READY":  append(bytes.Clone(greeting), 0, 1, 'x'),
		"huge READY":         append(bytes.Clone(greeting), long(6, 1<<40)...),
		"damaged READY":      append(bytes.Clone(greeting), append([]byte{4, 8}, "\x05READY\x20x"...)...),
		"subscriber":         append(bytes.Clone(greeting), ready("SUB")...),
		"huge frame":         append(bytes.Clone(ok), long(2, 1<<40)...),
		"largest size":       append(bytes.Clone(ok), long(2, 1<<64-1)...),
		"unknown flags":      append(bytes.Clone(ok), 0x80, 1, 'x'),
		"too many frames":    append(bytes.Clone(ok), bytes.Repeat([]byte{1, 1, 'x'}, maxFrames+1)...),
		"large in all":       append(bytes.Clone(ok), append(long(3, 0), long(3, maxMessage+1)...)...),
		"endless in pieces":  append(bytes.Clone(ok), bytes.Repeat([]byte{1, 0}, maxFrames+1)...),
		"command after that": append(append(bytes.Clone(ok), 4, 5, 4, 'P', 'I', 'N', 'G'), long(2, 1<<40)...),
	} {
		t.Run(name, func(t *testing.T) {
			c, s := listen(t)
			conn := dial(t, c, c.ShellPort)
			conn.Write(sent)
			isCutOff(t, conn)
			if s.Refused() == 0 {
				t.Error("not counted")
			}
			works(t, c, s)
		})
	}
}

// A peer that ends in the middle of a frame leaves nothing behind but its end.
func TestTruncatedFrame(t *testing.T) {
	c, s := listen(t)
	conn := peer(t, c, c.ShellPort, "DEALER")
	conn.Write(append(binary.BigEndian.AppendUint64([]byte{2}, 2<<20), "the beginning"...))
	conn.Close()
	works(t, c, s)
	until(t, func() bool {
		s.crowd.mu.Lock()
		defer s.crowd.mu.Unlock()
		return s.crowd.onTheWay == 0 && len(s.crowd.large) == 0
	})
}

// until waits for something that happens in another goroutine.
func until(t *testing.T, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Minute); !happened(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("it has not happened")
		}
	}
}

// Subscriptions are kept, so there is an end to them.
func TestTooManySubscriptions(t *testing.T) {
	c, s := listen(t)
	conn := peer(t, c, c.IOPubPort, "SUB")
	topic := append([]byte{0, 200, 1}, bytes.Repeat([]byte("x"), 199)...)
	for range 1<<20/len(topic) + 10 {
		if _, err := conn.Write(topic); err != nil {
			break
		}
	}
	isCutOff(t, conn)
	if s.Refused() != 1 {
		t.Errorf("refused %d connections, want 1", s.Refused())
	}
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte{0, 3, 'a', 'b', 'c', 1, 0, 0, 0}, uint8(2))
	f.Add(append([]byte{2}, make([]byte, 8)...), uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, cut uint8) {
		counter := func() *frameCounter {
			return &frameCounter{largest: maxMessage, charge: func(uint64) error { return nil }, release: func() {}}
		}
		whole, pieces := counter(), counter()
		wholeErr := whole.add(data)
		var piecesErr error
		for rest := data; len(rest) > 0 && piecesErr == nil; {
			n := min(len(rest), int(cut)+1)
			piecesErr = pieces.add(rest[:n])
			rest = rest[n:]
		}
		if (wholeErr == nil) != (piecesErr == nil) {
			t.Fatalf("in one piece: %v, in pieces: %v", wholeErr, piecesErr)
		}
		state := func(c *frameCounter) string { return fmt.Sprint(c.frames.skip, c.message, c.count) }
		if wholeErr == nil && state(whole) != state(pieces) {
			t.Errorf("in one piece %s, in pieces %s", state(whole), state(pieces))
		}
	})
}
