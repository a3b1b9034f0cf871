// Package gopls asks gopls, the Go language server, what a name could be completed to and what it means.
//
// It is a small client of the Language Server Protocol for one document at a time: the caller gives the whole text of a
// Go file with every question, and offsets in bytes.
//
//	c, err := gopls.Start(gopls.Options{Command: "gopls", Dir: dir, Checkout: checkout, Env: os.Environ()})
//	...
//	defer c.Close()
//	completion, err := c.Complete(ctx, "package main\n\nfunc main() { fmt.Printl }\n", 33)
//
// Start returns at once. gopls loads the project in the background; questions wait for it, as long as their context
// lets them. Connect does the same with a gopls that serves several clients, each with a document, a folder and
// settings of its own.
package gopls

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"continuousnet/kernel/internal/packages"
	"continuousnet/kernel/internal/usermodule"
)

// errOvertaken is the error of a question that a newer one of the same kind has made pointless.
var errOvertaken = errors.New("gopls: overtaken by a newer request")

// IsOvertaken reports whether an error is that of a question that a newer one of the same kind has made pointless.
func IsOvertaken(err error) bool { return errors.Is(err, errOvertaken) }

// errClosed is the error of every question after Close.
var errClosed = errors.New("gopls: closed")

// errShared stands for the status of a process that is not the client's own.
var errShared = errors.New("the connection to it ended")

// Options say how to start gopls.
type Options struct {
	Command  string               // path of gopls
	Dir      string               // a folder of its own (0700), which the module of the document is written to
	Checkout string               // the project whose packages documents import; may be empty
	Own      usermodule.Workspace // further modules whose packages documents import
	Env      []string             // its environment, in which PATH has the go command; GOWORK is left out
	Log      io.Writer            // what it complains about, from several goroutines; may be nil

}

// Client is a running gopls. Its methods may be called from several goroutines.
type Client struct {
	cmd  *exec.Cmd // nil if it is a connection to one that serves others as well
	conn *conn
	log  io.Writer
	uri  string
	root string // URI of the folder

	opened   chan struct{} // closed when gopls takes documents
	answered atomic.Bool   // a question has been answered
	gone     chan struct{} // closed when the process is gone

	mu       sync.Mutex // what follows, and the order of changes and requests on the connection
	imports  *imports
	version  int
	sent     string // the document as gopls has it
	overtake map[string]context.CancelCauseFunc
}

const (
	niceness     = 5                      // cells come first
	warmingLimit = time.Minute            // for gopls to be ready; one that is not never will be
	closeGrace   = 500 * time.Millisecond // for gopls to end by itself
	warmings     = 10                     // questions to warm up with
)

// Start starts gopls and returns. Loading the project goes on in the background, at a low priority. It takes about a
// second where gopls has seen the packages before, and some seconds where its cache is empty.
func Start(o Options) (*Client, error) {
	c, first, err := newClient(o)
	if err != nil {
		return nil, err
	}
	c.cmd = exec.Command(o.Command, "serve")
	c.cmd.Dir = o.Dir
	c.cmd.Env = environment(o.Env, o.Checkout)
	c.cmd.Stderr = o.Log
	c.cmd.WaitDelay = closeGrace // for a process of gopls's that keeps standard error open
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("gopls: cannot start %s: %w", o.Command, err)
	}
	// Threads and processes inherit it. Without it gopls works all the same.
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, c.pid(), niceness)
	c.conn = newConn(stdout, stdin, c.answer)
	go c.reap()
	go c.initialize(first.text)
	return c, nil
}

// Connect begins a session with a gopls that listens on a Unix socket, which others may use as well. Loading the
// project goes on in the background, until the first question. Of the options it uses Dir, Checkout and Log.
func Connect(o Options, socket net.Conn) (*Client, error) {
	c, first, err := newClient(o)
	if err != nil {
		return nil, err
	}
	c.conn = newConn(socket, socket, c.answer)
	go c.reap()
	go c.initialize(first.text)
	return c, nil
}

// newClient writes the module of the document. It returns a client without a connection, and the first document.
func newClient(o Options) (*Client, document, error) {
	// They can be completed without an import line, as GoNB imports them for a cell. Without a checkout they cost
	// little; with one, its packages import nearly all of them anyway.
	warm := packages.Standard
	if o.Checkout != "" {
		warm = slices.Concat(packages.Standard, packages.Project)
	}
	c := &Client{
		log:      o.Log,
		root:     fileURI(o.Dir),
		uri:      fileURI(filepath.Join(o.Dir, documentName)),
		opened:   make(chan struct{}),
		gone:     make(chan struct{}),
		imports:  newImports(warm),
		overtake: map[string]context.CancelCauseFunc{},
	}
	if c.log == nil {
		c.log = io.Discard
	}
	first, err := c.imports.document(warmDocument)
	if err != nil {
		return nil, first, err
	}
	return c, first, writeModule(o.Dir, o.Checkout, o.Own, first.text)
}

// reap ends the process, with the go commands that it runs, when the connection ends for whatever reason. A gopls that
// serves others lives on.
func (c *Client) reap() {
	defer close(c.gone)
	<-c.conn.ended
	var err error = errShared
	if c.cmd != nil {
		// The group has the id of a process that nobody has waited for yet, so it is not another's. That it may be gone
		// is the only error.
		_ = syscall.Kill(-c.pid(), syscall.SIGKILL)
		err = c.cmd.Wait()
	}
	c.conn.wait()
	if !errors.Is(c.conn.err, errClosed) {
		fmt.Fprintf(c.log, "gopls ended: %v: %v\n", c.conn.err, err)
	}
}

// initialize makes gopls ready, or ends it.
func (c *Client) initialize(text string) {
	ctx, cancel := context.WithTimeout(context.Background(), warmingLimit)
	defer cancel()
	if err := c.handshake(ctx, text); err != nil {
		c.conn.end(fmt.Errorf("gopls: cannot initialise it: %w", err))
		return
	}
	c.sent = text
	close(c.opened)
	c.warm(ctx)
}

// handshake introduces client and server to each other and opens the document.
func (c *Client) handshake(ctx context.Context, text string) error {
	if err := c.call(ctx, "initialize", c.initializeParams(), new(json.RawMessage)); err != nil {
		return err
	}
	initialized, err := notification("initialized", struct{}{})
	if err != nil {
		return err
	}
	open, err := notification("textDocument/didOpen", map[string]any{
		"textDocument": map[string]any{"uri": c.uri, "languageId": "go", "version": 0, "text": text},
	})
	if err != nil {
		return err
	}
	return c.conn.send(initialized, open)
}

// warm sends throw-away questions that fill gopls's caches, and stops at the first real one: gopls type-checks the
// imported packages for the first question, and for the next few it searches the module cache for packages to import,
// each time for as long as completionBudget lets it. Later answers come at once. An error here would meet a user's
// question as well.
func (c *Client) warm(ctx context.Context) {
	for range warmings {
		c.mu.Lock()
		asked := len(c.overtake) > 0
		c.mu.Unlock()
		if asked {
			return
		}
		if _, err := c.ask(ctx, "textDocument/completion", warmDocument, warmOffset, new(json.RawMessage)); err != nil {
			return
		}
	}
}

// Alive reports whether gopls still runs. Once it does not, every question is answered with an error at once, and a new
// Client is needed.
func (c *Client) Alive() bool {
	select {
	case <-c.conn.ended:
		return false
	default:
		return true
	}
}

// Answered reports whether gopls has answered a question, so that it has loaded what there is to load.
func (c *Client) Answered() bool { return c.answered.Load() }

// pid returns the process id of gopls.
func (c *Client) pid() int { return c.cmd.Process.Pid }

// Close ends gopls and the processes that it started, and waits for them: about a second at most. One that serves
// others as well forgets this session, and lives on. The files in Options.Dir stay.
func (c *Client) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeGrace)
	defer cancel()
	c.conn.closing()
	if c.cmd == nil {
		c.conn.end(errClosed)
		<-c.gone
		return nil
	}
	if err := c.call(ctx, "shutdown", nil, new(json.RawMessage)); err == nil {
		if exit, err := notification("exit", nil); err == nil && c.conn.send(exit) == nil {
			select {
			case <-c.conn.ended:
			case <-ctx.Done():
			}
		}
	}
	c.conn.end(errClosed)
	<-c.gone
	return nil
}
