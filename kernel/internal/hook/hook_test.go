package hook

import (
	"context"
	"net"
	"path/filepath"
	"testing"
)

// A request is answered; the context of the answer ends when the client has gone.
func TestServe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hook")
	left := make(chan error)
	stop, err := Serve(path, func(ctx context.Context, r Request) Reply {
		if r.Dir == "wait" {
			<-ctx.Done()
			left <- ctx.Err()
		}
		return Reply{Refusal: r.Dir, Cgo: ctx.Err() == nil}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	t.Setenv(SocketEnv, path)
	reply, err := Ask(Request{Step: Build, Dir: "a"})
	if err != nil || reply.Refusal != "a" || !reply.Cgo {
		t.Errorf("%v, %v", reply, err)
	}
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte(`{"Step": "build", "Dir": "wait"}` + "\n")); err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if err := <-left; err == nil {
		t.Error("it has not ended")
	}
}
