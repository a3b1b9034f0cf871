package dataset

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"continuousnet/cnet/internal/optional"
)

// loadGrace is how long LoadContext waits, after its context has ended, for what it has begun to write to be removed.
const loadGrace = 500 * time.Millisecond

// LoadContext is Load until ctx ends: then it returns an error that wraps the context's, at once. What has been decoded
// until then is not kept, and no part of it is taken for a data set later. A set that takes no time is returned anyway.
func LoadContext(ctx context.Context, name, dir string, options ...Options) (*Set, error) {
	o, err := optional.One("LoadContext", "options", options, Options{})
	if err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	o.ctx = ctx
	type result struct {
		set *Set
		err error
	}
	results := make(chan result, 1)
	panics := make(chan any, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				panics <- p
			}
		}()
		set, err := load(name, dir, o)
		results <- result{set, err}
	}()
	ended := ctx.Done()
	var grace <-chan time.Time
	for {
		select {
		case r := <-results:
			if r.err != nil && ctx.Err() != nil && !errors.Is(r.err, ctx.Err()) {
				r.err = fmt.Errorf("dataset: %w", ctx.Err()) // what it met then is because of that
			}
			return r.set, r.err
		case p := <-panics:
			panic(p)
		case <-ended:
			// A large image is decoded in one go, and a file system may be slow.
			ended, grace = nil, time.After(loadGrace)
		case <-grace:
			return nil, fmt.Errorf("dataset: %w", ctx.Err())
		}
	}
}

// interrupted returns an error that wraps the context's, if that has ended.
func (o Options) interrupted() error {
	if o.ctx == nil || o.ctx.Err() == nil {
		return nil
	}
	return o.ctx.Err()
}

// reader returns a reader that stops when the context ends.
func (o Options) reader(r io.Reader) io.Reader {
	if o.ctx == nil {
		return r
	}
	return contextReader{r, o}
}

type contextReader struct {
	r io.Reader
	o Options
}

// chunk is how many bytes are read, written or hashed at a time, so that the context is looked at in between.
const chunk = 1 << 20

// Read implements io.Reader.
func (c contextReader) Read(p []byte) (int, error) {
	if err := c.o.interrupted(); err != nil {
		return 0, err
	}
	return c.r.Read(p[:min(len(p), chunk)])
}

// contextWriter is a writer that stops when the context ends.
type contextWriter struct {
	w io.Writer
	o Options
}

// Write implements io.Writer.
func (c contextWriter) Write(p []byte) (n int, err error) {
	for {
		if err := c.o.interrupted(); err != nil {
			return n, err
		}
		part := p[n:min(len(p), n+chunk)]
		m, err := c.w.Write(part)
		if n += m; err != nil || n >= len(p) {
			return n, err
		}
	}
}
