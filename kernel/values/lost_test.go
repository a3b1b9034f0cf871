package values_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"continuousnet/kernel/values"
)

// write writes variables and returns why those were lost that were.
func write(t *testing.T, dir string, vars ...values.Var) map[string]string {
	t.Helper()
	values.Open(dir, vars...).Write()
	return lost(t, dir)
}

type server struct {
	name     string
	listener net.Listener
}

// TestLost checks that what cannot be kept is named with the path to it, and that everything else stays.
func TestLost(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skip(err)
	}
	defer ln.Close()
	file, err := os.Open(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	n := 1
	f := func() int { return n }
	method := t.Name
	ch := make(chan int)
	srv := &server{"s", ln}
	var mu sync.Mutex
	mu.Lock()
	p := unsafe.Pointer(&n)
	timers := map[string]any{"t": time.NewTimer(time.Hour)}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ctx.Done() // makes the channel
	self := t
	deep := []any{1, map[string]any{"k": []func(){nil, func() { n++ }}}}
	for _, c := range []struct {
		pointer any
		want    string
	}{
		{&f, "v is a func value (a closure), which does not last between cells: declare it with func"},
		{&method, "v is a func value (a method with its receiver), which does not last between cells"},
		{&ch, "v is a channel, which does not last between cells"},
		{&srv, "v.listener holds a *net.TCPListener, which does not last between cells"},
		{&file, "v is an open *os.File, which does not last between cells"},
		{&mu, "v is a sync.Mutex that is locked, which does not last between cells"},
		{&p, "v is an unsafe.Pointer, which does not last between cells"},
		{&timers, "v[…] holds a *time.Timer, which does not last between cells"},
		{&ctx, "holds a channel"},
		{&self, "does not last between cells"},
		{&deep, "v[1][…][1] holds a func value (a closure)"},
	} {
		kept := n
		got := write(t, t.TempDir(), keep("v", c.pointer), keep("kept", &kept))
		if !strings.Contains(got["v"], c.want) {
			t.Errorf("%T: %q, want %q", c.pointer, got["v"], c.want)
		}
		if got["kept"] != "" {
			t.Error(got["kept"])
		}
	}
}

// TestLostShares checks that only variables which lead to what cannot be kept are lost, not those that share memory
// with them.
func TestLostShares(t *testing.T) {
	type shared struct{ v int }
	s := &shared{1}
	a, b := s, struct {
		s *shared
		f func()
	}{s, func() { t.Log(s) }}
	field := &b.s
	got := write(t, t.TempDir(), keep("a", &a), keep("b", &b), keep("field", &field))
	if got["a"] != "" || got["field"] != "" || !strings.HasPrefix(got["b"], "b.f holds a func value") {
		t.Error(got)
	}
}

// TestLostStays checks that the reason stays until the variable has another value.
func TestLostStays(t *testing.T) {
	dir := t.TempDir()
	n := 1
	f := func() { n++ }
	write(t, dir, keep("f", &f))
	var g func()
	if got := write(t, dir, keep("f", &g), keep("n", &n)); got["f"] == "" {
		t.Error(got)
	}
	var r io.Reader = strings.NewReader("x")
	if got := write(t, dir, keep("f", &r)); got["f"] != "" {
		t.Error(got)
	}
}

func TestLimit(t *testing.T) {
	t.Setenv(values.LimitVariable, fmt.Sprint(1<<20))
	dir := t.TempDir()
	small, big := 5, make([]byte, 1<<20)
	half, half2 := make([]byte, 600<<10), make([]byte, 600<<10)
	got := write(t, dir, keep("small", &small), keep("big", &big))
	if got["small"] != "" || !strings.Contains(got["big"], "1.0 MiB") {
		t.Error(got)
	}
	values.Forget(dir)
	got = write(t, dir, keep("half", &half), keep("half2", &half2))
	if got["half"] != "" || !strings.Contains(got["half2"], "limit") {
		t.Error(got)
	}
}
