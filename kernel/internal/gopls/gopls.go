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
// lets them.
package gopls

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// ErrOvertaken is the error of a question that a newer one of the same kind has made pointless.
var ErrOvertaken = errors.New("gopls: overtaken by a newer request")

// ErrClosed is the error of every question after Close.
var ErrClosed = errors.New("gopls: closed")

// Options say how to start gopls.
type Options struct {
	Command  string    // path of gopls
	Dir      string    // a folder of its own (0700), which the module of the document is written to
	Checkout string    // the project whose packages documents import; may be empty
	Env      []string  // its environment, in which PATH has the go command; GOWORK is set for Dir
	Log      io.Writer // what it complains about, from several goroutines; may be nil

	Start func(*exec.Cmd) error // starts the process, in the process group that the command asks for; nil: cmd.Start
}

// Client is a running gopls. Its methods may be called from several goroutines.
type Client struct {
	cmd  *exec.Cmd
	conn *conn
	log  io.Writer
	uri  string
	root string // URI of the folder

	opened chan struct{} // closed when gopls takes documents
	gone   chan struct{} // closed when the process is gone

	mu       sync.Mutex // what follows, and the order of changes and requests on the connection
	imports  *imports
	version  int
	sent     string // the document as gopls has it
	overtake map[string]context.CancelCauseFunc
}

const (
	niceness   = 5                      // cells come first
	closeGrace = 500 * time.Millisecond // for gopls to end by itself
)

// Start starts gopls and returns. Loading the project goes on in the background, at a low priority. It takes half a
// second where gopls has seen the packages before, and some seconds where its cache is empty; Warm fills that.
func Start(o Options) (*Client, error) {
	warm := warmImports
	if o.Checkout != "" {
		warm = append(warm[:len(warm):len(warm)], warmCheckoutImports...)
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
		return nil, err
	}
	if err := writeModule(o.Dir, o.Checkout, first.text); err != nil {
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
	start := o.Start
	if start == nil {
		start = (*exec.Cmd).Start
	}
	if err := start(c.cmd); err != nil {
		return nil, fmt.Errorf("gopls: cannot start %s: %w", o.Command, err)
	}
	// Threads and processes inherit it. Without it gopls works all the same.
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, c.PID(), niceness)
	c.conn = newConn(stdout, stdin, c.answer)
	go c.reap()
	go c.initialize(first.text)
	return c, nil
}

// Warm fills gopls's cache, which outlives it, with the packages that documents import: it starts gopls, waits for a first
// answer and closes it.
func Warm(ctx context.Context, o Options) error {
	c, err := Start(o)
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.Complete(ctx, warmDocument, warmOffset)
	return err
}

// reap ends the process, with the go commands that it runs, when the connection ends for whatever reason.
func (c *Client) reap() {
	defer close(c.gone)
	<-c.conn.ended
	c.kill()
	if err := c.cmd.Wait(); err != nil && !errors.Is(c.conn.err, ErrClosed) {
		fmt.Fprintf(c.log, "gopls ended: %v: %v\n", c.conn.err, err)
	}
}

func (c *Client) kill() {
	if group, err := syscall.Getpgid(c.PID()); err == nil && group == c.PID() {
		_ = syscall.Kill(-group, syscall.SIGKILL)
	}
	_ = c.cmd.Process.Kill()
}

// initialize shakes hands, opens the document and asks for a first completion, which makes gopls load what it needs.
func (c *Client) initialize(text string) {
	ctx := context.Background()
	var result json.RawMessage
	err := c.call(ctx, "initialize", c.initializeParams(), &result)
	if err != nil {
		c.conn.end(fmt.Errorf("gopls: cannot initialise it: %w", err))
		return
	}
	initialized, err := notification("initialized", struct{}{})
	if err != nil {
		c.conn.end(err)
		return
	}
	open, err := notification("textDocument/didOpen", map[string]any{
		"textDocument": map[string]any{"uri": c.uri, "languageId": "go", "version": 0, "text": text},
	})
	if err != nil {
		c.conn.end(err)
		return
	}
	if err := c.conn.send(initialized, open); err != nil {
		c.conn.end(err)
		return
	}
	c.sent = text
	close(c.opened)
	c.warm(ctx)
}

// warm asks a first question, unless somebody else has: gopls type-checks what is imported only when asked.
func (c *Client) warm(ctx context.Context) {
	c.mu.Lock()
	asked := len(c.overtake) > 0
	c.mu.Unlock()
	if asked {
		return
	}
	var result json.RawMessage
	if _, err := c.ask(ctx, "textDocument/completion", warmDocument, warmOffset, &result); err != nil {
		fmt.Fprintf(c.log, "gopls: warming: %v\n", err)
	}
}

func (c *Client) call(ctx context.Context, method string, params, result any) error {
	r, err := c.conn.request(method, params)
	if err != nil {
		return err
	}
	return r.wait(ctx, result)
}

// begin begins a question of a kind, and ends the one before it. The question is to use the context, and to call done.
func (c *Client) begin(ctx context.Context, kind string) (_ context.Context, done func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	if earlier := c.overtake[kind]; earlier != nil {
		earlier(ErrOvertaken)
	}
	c.overtake[kind] = cancel
	return ctx, func() { cancel(nil) }
}

// ask sends the document, where it has changed, and a request about the place at this offset of it, and waits for the
// answer.
func (c *Client) ask(ctx context.Context, method, text string, offset int, result any) (document, error) {
	if offset < 0 || offset > len(text) {
		return document{}, fmt.Errorf("gopls: offset %d is outside of the document's %d bytes", offset, len(text))
	}
	select {
	case <-c.opened:
	case <-ctx.Done():
		return document{}, context.Cause(ctx)
	case <-c.conn.ended:
		return document{}, c.conn.err
	}
	d, r, err := c.send(ctx, method, text, offset)
	if err != nil {
		return document{}, err
	}
	return d, r.wait(ctx, result)
}

// send brings gopls's document up to date and queues the request, as one.
func (c *Client) send(ctx context.Context, method, text string, offset int) (document, *call, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := context.Cause(ctx); err != nil {
		return document{}, nil, err // overtaken while it waited
	}
	d, err := c.imports.document(text)
	if err != nil {
		return document{}, nil, err
	}
	var before []message
	if d.text != c.sent {
		change, err := notification("textDocument/didChange", map[string]any{
			"textDocument":   map[string]any{"uri": c.uri, "version": c.version + 1},
			"contentChanges": []any{map[string]string{"text": d.text}},
		})
		if err != nil {
			return document{}, nil, err
		}
		before = append(before, change)
	}
	r, err := c.conn.request(method, map[string]any{
		"textDocument": map[string]string{"uri": c.uri},
		"position":     d.position(offset),
	}, before...)
	if err != nil {
		return document{}, nil, err
	}
	if before != nil {
		c.version++
		c.sent = d.text
	}
	return d, r, nil
}

// Alive tells whether gopls still runs. Once it does not, every question is answered with an error at once, and a new
// Client is needed.
func (c *Client) Alive() bool {
	select {
	case <-c.conn.ended:
		return false
	default:
		return true
	}
}

// PID is the process id of gopls.
func (c *Client) PID() int { return c.cmd.Process.Pid }

// Close ends gopls and the processes that it started, and waits for them: about a second at most. The files in
// Options.Dir stay.
func (c *Client) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeGrace)
	defer cancel()
	var result json.RawMessage
	if err := c.call(ctx, "shutdown", nil, &result); err == nil {
		if exit, err := notification("exit", nil); err == nil && c.conn.send(exit) == nil {
			select {
			case <-c.gone:
			case <-ctx.Done():
			}
		}
	}
	c.conn.end(ErrClosed)
	<-c.gone
	return nil
}
