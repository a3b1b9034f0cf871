package wire

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/go-zeromq/zmq4"
)

func listenWelcoming(t *testing.T) (Connection, *Sockets) {
	t.Helper()
	c := Connection{Transport: "ipc", IP: filepath.Join(t.TempDir(), "s"), ShellPort: 1, ControlPort: 2, StdinPort: 3,
		IOPubPort: 4, HeartbeatPort: 5}
	s, err := Listen(c, func(topic string) [][]byte { return [][]byte{[]byte(topic), []byte("welcome"), {}} })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return c, s
}

func subscriber(t *testing.T, c Connection, topics ...string) *Socket {
	t.Helper()
	s, err := Dial(t.Context(), zmq4.NewSub, c, c.IOPubPort, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	for _, topic := range topics {
		if err := s.socket.SetOption(zmq4.OptionSubscribe, topic); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func receiveOne(t *testing.T, s *Socket) string {
	t.Helper()
	frames, err := s.Recv()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%q", frames)
}

// Each subscription is welcomed once it is in force, and by nobody else seen.
func TestWelcome(t *testing.T) {
	c, s := listenWelcoming(t)
	first := subscriber(t, c, "")
	if got := receiveOne(t, first); got != `["" "welcome" ""]` {
		t.Error(got)
	}
	second := subscriber(t, c, "a", "b")
	for _, topic := range []string{"a", "b"} {
		if got := receiveOne(t, second); got != fmt.Sprintf(`[%q "welcome" ""]`, topic) {
			t.Error(got)
		}
	}
	if err := s.IOPub.Send([][]byte{[]byte("b"), []byte("news")}); err != nil {
		t.Fatal(err)
	}
	for _, subscriber := range []*Socket{first, second} {
		if got := receiveOne(t, subscriber); got != `["b" "news"]` {
			t.Error(got)
		}
	}
}

// A welcome does not come between the parts of a message, however often one is being sent, and there is an end to them.
func TestWelcomesAmongMessages(t *testing.T) {
	c, s := listenWelcoming(t)
	subscribed := subscriber(t, c, "")
	receiveOne(t, subscribed)
	const messages = 4000
	go func() {
		for range messages {
			s.IOPub.Send([][]byte{[]byte("news"), make([]byte, 300), []byte("end")})
		}
	}()
	go func() {
		for i := range 3 * maxWelcomes {
			subscribed.socket.SetOption(zmq4.OptionSubscribe, fmt.Sprint(i))
		}
	}()
	welcomes := 1
	for news := 0; news < messages || welcomes < maxWelcomes; {
		frames, err := subscribed.Recv()
		switch {
		case err != nil:
			t.Fatal(err)
		case len(frames) == 3 && string(frames[0]) == "news" && len(frames[1]) == 300 && string(frames[2]) == "end":
			news++
		case len(frames) == 3 && string(frames[0]) == fmt.Sprint(welcomes-1) && string(frames[1]) == "welcome":
			welcomes++
		default:
			t.Fatalf("%.100q", frames)
		}
	}
	if err := s.IOPub.Send([][]byte{[]byte("last")}); err != nil {
		t.Fatal(err)
	}
	if got := receiveOne(t, subscribed); got != `["last"]` {
		t.Errorf("more than %d welcomes: %s", maxWelcomes, got)
	}
}

// What a subscriber sends may be cut anywhere, and need not be subscriptions.
func TestSubscriptions(t *testing.T) {
	sent := []byte("\x00\x01\x01" + // everything
		"\x00\x04\x01abc" + "\x00\x04\x00abc" + // and no more
		"\x00\x00" + "\x00\x02\x01\xff" + "\x01\x01\x01\x00\x01x" +
		"\x02\x00\x00\x00\x00\x00\x00\x00\x03\x01é")
	for size := 1; size <= len(sent); size++ {
		var s subscriptions
		for rest := sent; len(rest) > 0; {
			n := min(size, len(rest))
			s.add(rest[:n])
			rest = rest[n:]
		}
		if got := fmt.Sprintf("%q", s.ready); got != `["" "abc" "x" "é"]` {
			t.Errorf("in pieces of %d: %s", size, got)
		}
	}
}
