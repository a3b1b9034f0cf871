package gopls

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// conn is one side of a JSON-RPC 2.0 connection with the framing of the Language Server Protocol. Sending never blocks:
// messages wait in memory for the writer, so that a server that stops reading cannot hold up a caller beyond its
// deadline, nor the reader that has to answer the server's own requests.
type conn struct {
	// answer answers a request of the server, or takes a notification, whose result is dropped. It is called by the
	// reader, one message at a time.
	answer func(method string, params json.RawMessage) (result any, err *rpcError)

	w io.WriteCloser

	mu      sync.Mutex
	wake    *sync.Cond // the outbox has something for the writer, or the connection ended
	outbox  []byte
	pending map[int64]chan message
	lastID  int64
	leaving bool          // the end is wanted
	err     error         // why the connection ended
	ended   chan struct{} // closed once err is set

	loops sync.WaitGroup // the reader and the writer
}

// message is a request, a notification or a response.
type message struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *rpcError       `json:"error,omitempty"`
}

type rpcError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (e *rpcError) Error() string { return fmt.Sprintf("gopls: %s (code %d)", e.Message, e.Code) }

const methodNotFound = -32601

// newConn starts the reader and the writer. The connection ends when r does, when a message cannot be read or written,
// or when end is called; then w is closed.
func newConn(r io.Reader, w io.WriteCloser, answer func(string, json.RawMessage) (any, *rpcError)) *conn {
	c := &conn{answer: answer, w: w, pending: map[int64]chan message{}, ended: make(chan struct{})}
	c.wake = sync.NewCond(&c.mu)
	c.loops.Go(c.write)
	c.loops.Go(func() { c.end(c.read(bufio.NewReader(r))) })
	return c
}

// wait waits for the reader and the writer, once the connection and its pipes are closed.
func (c *conn) wait() { c.loops.Wait() }

// closing marks the end as wanted: however it comes, questions then fail with errClosed.
func (c *conn) closing() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leaving = true
}

// end ends the connection, once: calls that wait return, and the writer closes its pipe.
func (c *conn) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	if c.leaving {
		err = errClosed
	}
	c.err = err
	c.outbox = nil
	close(c.ended)
	c.wake.Signal()
}

// send queues messages, all or none, one directly after the other.
func (c *conn) send(messages ...message) error {
	var frames []byte
	for _, m := range messages {
		m.Version = "2.0"
		data, err := json.Marshal(m)
		if err != nil {
			return err
		}
		frames = appendFrame(frames, data)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	if len(c.outbox)+len(frames) > maxFrame {
		return fmt.Errorf("gopls: it reads nothing, and %d bytes wait for it", len(c.outbox))
	}
	c.outbox = append(c.outbox, frames...)
	c.wake.Signal()
	return nil
}

func (c *conn) write() {
	defer c.w.Close()
	for {
		c.mu.Lock()
		for len(c.outbox) == 0 && c.err == nil {
			c.wake.Wait()
		}
		data, err := c.outbox, c.err
		c.outbox = nil
		c.mu.Unlock()
		if err != nil {
			return
		}
		if _, err := c.w.Write(data); err != nil {
			c.end(fmt.Errorf("gopls: cannot write to it: %w", err))
			return
		}
	}
}

func (c *conn) read(r *bufio.Reader) error {
	for {
		data, err := readFrame(r)
		if errors.Is(err, io.EOF) {
			return errors.New("gopls: it closed the connection")
		}
		if err != nil {
			return err
		}
		var m message
		if err := json.Unmarshal(data, &m); err != nil {
			return fmt.Errorf("gopls: not a JSON-RPC message: %w", err)
		}
		if err := c.take(m); err != nil {
			return err
		}
	}
}

// take handles one message of the server.
func (c *conn) take(m message) error {
	if m.Method == "" {
		var id int64
		if err := json.Unmarshal(m.ID, &id); err != nil {
			return nil // a response to nothing
		}
		c.mu.Lock()
		reply := c.pending[id]
		delete(c.pending, id)
		c.mu.Unlock()
		if reply != nil {
			reply <- m // buffered
		}
		return nil
	}
	result, rpcErr := c.answer(m.Method, m.Params)
	if len(m.ID) == 0 {
		return nil
	}
	response := message{ID: m.ID, Error: rpcErr}
	if rpcErr == nil {
		data, err := json.Marshal(result)
		if err != nil {
			return err
		}
		response.Result = data
	}
	return c.send(response)
}

// call is a request under way.
type call struct {
	conn  *conn
	id    int64
	reply chan message
}

// request queues a request, after the notifications in before, and returns without waiting for the answer.
func (c *conn) request(method string, params any, before ...message) (*call, error) {
	data, err := json.Marshal(params)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.lastID++
	r := &call{conn: c, id: c.lastID, reply: make(chan message, 1)}
	c.pending[r.id] = r.reply
	c.mu.Unlock()
	m := message{ID: fmt.Append(nil, r.id), Method: method, Params: data}
	if err := c.send(append(before, m)...); err != nil {
		r.forget()
		return nil, err
	}
	return r, nil
}

func (r *call) forget() {
	r.conn.mu.Lock()
	defer r.conn.mu.Unlock()
	delete(r.conn.pending, r.id)
}

// wait waits for the answer and puts it into result. When ctx ends first, the request is cancelled, and the error is
// the context's cause.
func (r *call) wait(ctx context.Context, result any) error {
	select {
	case m := <-r.reply:
		if m.Error != nil {
			return m.Error
		}
		return json.Unmarshal(m.Result, result)
	case <-r.conn.ended:
		return r.conn.err
	case <-ctx.Done():
		r.forget()
		// If the connection has ended meanwhile, there is nothing to cancel.
		if cancel, err := notification("$/cancelRequest", map[string]int64{"id": r.id}); err == nil {
			_ = r.conn.send(cancel)
		}
		return context.Cause(ctx)
	}
}

func notification(method string, params any) (message, error) {
	data, err := json.Marshal(params)
	return message{Method: method, Params: data}, err
}
