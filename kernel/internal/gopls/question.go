package gopls

import (
	"context"
	"fmt"
)

// begin begins a question of a kind, and ends the one before it. The question is to use the context, and to call done.
func (c *Client) begin(ctx context.Context, kind string) (_ context.Context, done func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	if earlier := c.overtake[kind]; earlier != nil {
		earlier(errOvertaken)
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
	if err := r.wait(ctx, result); err != nil {
		return d, err
	}
	c.answered.Store(true)
	return d, nil
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

func (c *Client) call(ctx context.Context, method string, params, result any) error {
	r, err := c.conn.request(method, params)
	if err != nil {
		return err
	}
	return r.wait(ctx, result)
}
