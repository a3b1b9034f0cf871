package wire

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/go-zeromq/zmq4"
)

// within fails the test if something does not end.
func within(t *testing.T, what string, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	select {
	case <-done:
	case <-time.After(5 * time.Minute):
		t.Fatalf("%s does not end", what)
	}
}

// What nobody can receive is dropped: the kernel does not wait for a peer that may never come.
func TestSendToNobody(t *testing.T) {
	c, s := listen(t)
	send := func() {
		for range 100 {
			if err := s.Stdin.Send([][]byte{[]byte("client"), []byte("input_request")}); err != nil {
				t.Error(err)
			}
		}
	}
	within(t, "Send without any peer", send)
	peer(t, c, c.StdinPort, "DEALER")
	within(t, "Send without that peer", send)
}

// A peer that breaks off after its handshake takes no place.
func TestBrokenOff(t *testing.T) {
	c, s := listen(t)
	for range 500 {
		conn := dial(t, c, c.ShellPort)
		conn.Write(append(bytes.Clone(greeting), ready("DEALER")...))
		conn.Close()
	}
	works(t, c, s)
	until(t, func() bool {
		s.crowd.mu.Lock()
		defer s.crowd.mu.Unlock()
		return s.Shell.guard.conns == 0 && len(s.crowd.conns) == 0
	})
}

// A connection that the library could not open, and forgot, is closed.
func TestNotOpened(t *testing.T) {
	c := Connection{Transport: "ipc", IP: t.TempDir() + "/s"}
	l, err := listenAt(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	var all crowd
	g := guard(l, socketKind{peers: []string{"DEALER"}, largest: maxMessage}, &all)
	defer g.Close()
	first := peer(t, c, 1, "DEALER")
	if _, err := g.Accept(); err != nil {
		t.Fatal(err)
	}
	peer(t, c, 1, "DEALER")
	second, err := g.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	isCutOff(t, first)
}

// Strangers who are through with the handshake and say nothing keep nobody out, and drive nobody out who is trusted.
func TestQuietConnections(t *testing.T) {
	c, s := listen(t)
	client, err := Dial(t.Context(), zmq4.NewDealer, c, c.ShellPort, "trusted")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Send([][]byte{[]byte("hello")}); err != nil {
		t.Fatal(err)
	}
	frames, err := s.Shell.Recv()
	if err != nil {
		t.Fatal(err)
	}
	s.Shell.Trust(frames[0])
	for range maxConns + 50 {
		peer(t, c, c.ShellPort, "DEALER")
	}
	works(t, c, s)
	stillHere := func() {
		if err := s.Shell.Send([][]byte{[]byte("trusted"), []byte("still here")}); err != nil {
			t.Error(err)
		}
		if frames, err := client.Recv(); err != nil || string(frames[0]) != "still here" {
			t.Errorf("%q, %v", frames, err)
		}
	}
	within(t, "the trusted client's message", stillHere)

	s.Shell.Trust([]byte("x")) // all the strangers
	refused := s.Refused()
	for range 10 { // more than there are places left
		dial(t, c, c.ShellPort)
	}
	until(t, func() bool { return s.Refused() > refused })
	within(t, "the trusted client's message", stillHere)
}

// A client that is trusted on one socket is so on the others, from then on and at once.
func TestTrustOnAllSockets(t *testing.T) {
	c, s := listen(t)
	trusted := func(port int) bool {
		s.crowd.mu.Lock()
		defer s.crowd.mu.Unlock()
		for _, conn := range s.crowd.conns {
			if conn.g.Addr().String() == c.Endpoint(port) {
				return conn.trusted
			}
		}
		return false
	}
	peer(t, c, c.ShellPort, "DEALER")
	peer(t, c, c.StdinPort, "DEALER")
	until(t, func() bool {
		s.Shell.Trust([]byte("x"))
		return trusted(c.ShellPort) && trusted(c.StdinPort)
	})
	peer(t, c, c.ControlPort, "DEALER")
	until(t, func() bool { return trusted(c.ControlPort) })
}

// Large messages that are announced and do not come keep nobody's out.
func TestAnnouncedMessages(t *testing.T) {
	c, s := listen(t)
	for range 8 {
		peer(t, c, c.ShellPort, "DEALER").Write(binary.BigEndian.AppendUint64([]byte{2}, maxMessage))
	}
	client, err := Dial(t.Context(), zmq4.NewDealer, c, c.ShellPort, "client")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	large := bytes.Repeat([]byte("x"), 2<<20)
	if err := client.Send([][]byte{large}); err != nil {
		t.Fatal(err)
	}
	if frames, err := s.Shell.Recv(); err != nil || !bytes.Equal(frames[1], large) {
		t.Errorf("%d frames, %v", len(frames), err)
	}
}

func TestLargeForSmallSockets(t *testing.T) {
	c, s := listen(t)
	for kind, port := range map[string]int{"SUB": c.IOPubPort, "REQ": c.HeartbeatPort} {
		conn := peer(t, c, port, kind)
		conn.Write(binary.BigEndian.AppendUint64([]byte{2}, largeMessage+1))
		isCutOff(t, conn)
	}
	if s.Refused() != 2 {
		t.Errorf("refused %d connections, want 2", s.Refused())
	}
}

// Subscribers that do not read hold nobody up: the others get everything, in its order.
func TestDeafSubscribers(t *testing.T) {
	c, s := listen(t)
	for range 10 {
		peer(t, c, c.IOPubPort, "SUB").Write([]byte{0, 1, 1})
	}
	subscriber, err := Subscribe(t.Context(), c, c.IOPubPort)
	if err != nil {
		t.Fatal(err)
	}
	defer subscriber.Close()
	until(t, func() bool { return len(s.IOPub.socket.(zmq4.Topics).Topics()) == 1 })
	until(t, func() bool {
		s.crowd.mu.Lock()
		defer s.crowd.mu.Unlock()
		count := 0
		for _, conn := range s.crowd.conns {
			if conn.trusted {
				count++
			}
		}
		return count == 11
	})
	within(t, "the other one's messages", func() {
		const count = 1000
		body := bytes.Repeat([]byte("x"), 10_000)
		go func() {
			for i := range count {
				s.IOPub.Send([][]byte{fmt.Append(nil, i), body})
			}
		}()
		for first, i := true, 0; i < count; i++ {
			frames, err := subscriber.Recv()
			if err != nil {
				t.Error(err)
				return
			}
			got := string(frames[0])
			if first {
				// The library may still be about to note the subscription.
				fmt.Sscan(got, &i)
				first = false
			}
			if got != fmt.Sprint(i) || len(frames[1]) != len(body) {
				t.Errorf("got %s with %d bytes, want %d", got, len(frames[1]), i)
				return
			}
		}
	})
}
