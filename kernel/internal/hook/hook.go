// Package hook lets the program that stands in front of the go command ask the session about the cell that GoNB is
// building. The two talk over a socket in the session's private directory.
package hook

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// SocketEnv is the environment variable with the path of the socket.
const SocketEnv = "CNET_KERNEL_HOOK"

// Request is what is about to happen to the program of a cell.
type Request struct {
	Step Step
	Dir  string // where GoNB has written the program
}

// Step is a step on the way from GoNB's main.go to a program.
type Step string

const (
	Imports Step = "imports" // goimports is about to run
	Build   Step = "build"   // "go build" is about to run
	Test    Step = "test"    // "go test -c" is about to run
)

// Reply says what to do.
type Reply struct {
	Refusal  string // messages in the form of the compiler's; "" to go on
	Imported bool   // goimports would find nothing to import
	Cgo      bool   // the program needs cgo
	Direct   Direct // how to build it without the go command, if that can be
}

// Direct is what building a program takes with the compiler and the linker alone. The go command does the same, after
// it has looked for all that could have changed, which takes half of its time.
type Direct struct {
	Config string   // the file for -importcfg; "" if the go command is needed
	Files  []string // of the program
	Places []Place  // where the lines of GoNB's file, the last one, come from; also for the go command
}

// Place says that a line of a file, and those after it up to the next place, are from another file.
type Place struct {
	Line int
	File string
	At   int // the line in File
}

// patience bounds the wait for an answer. Finding the types of packages may mean to compile them.
const patience = 10 * time.Minute

// Ask sends a request to the session. Without a session it returns an empty reply.
func Ask(request Request) (Reply, error) {
	path := os.Getenv(SocketEnv)
	if path == "" {
		return Reply{}, nil
	}
	conn, err := net.Dial("unix", path)
	if err != nil {
		return Reply{}, fmt.Errorf("the kernel does not answer: %w", err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return Reply{}, err
	}
	if err := json.NewEncoder(conn).Encode(request); err != nil {
		return Reply{}, fmt.Errorf("the kernel does not answer: %w", err)
	}
	var reply Reply
	if err := json.NewDecoder(conn).Decode(&reply); err != nil {
		return Reply{}, fmt.Errorf("the kernel does not answer: %w", err)
	}
	return reply, nil
}

// Serve answers the requests that come to the socket at path until close is called. The context of an answer ends when
// the client has gone.
func Serve(path string, answer func(context.Context, Request) Reply) (close func(), err error) {
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				var request Request
				if json.NewDecoder(conn).Decode(&request) != nil {
					return
				}
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				go func() {
					defer cancel()
					_, _ = io.Copy(io.Discard, conn) // it says no more
				}()
				// A client that has gone does not read the answer.
				_ = json.NewEncoder(conn).Encode(answer(ctx, request))
			}()
		}
	}()
	return func() { listener.Close() }, nil
}
