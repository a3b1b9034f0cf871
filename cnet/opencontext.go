package cnet

import (
	"context"
	"fmt"

	"continuousnet/cnet/internal/optional"
)

// loading is how the data set of a run is loaded.
type loading struct {
	ctx      context.Context // nil: it is not interrupted
	progress func(done, total int)
}

func (l loading) context() context.Context {
	if l.ctx == nil {
		return context.Background()
	}
	return l.ctx
}

// OpenOptions let a caller follow what Open does. The functions may be nil.
type OpenOptions struct {
	// OnData is called while images are decoded, see dataset.Options.Progress: by Open for a new run, and by the first
	// method that needs the data set of an existing one.
	OnData func(done, total int)
}

// OpenContext is Open until ctx ends: if images are being decoded then, it returns an error that wraps the context's. A
// run that was to be made is not there then, and an existing one is as it was. What takes no time is not interrupted.
func OpenContext(ctx context.Context, dir string, c Config, options ...OpenOptions) (*Run, error) {
	o, err := optional.One("OpenContext", "options", options, OpenOptions{})
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", dir, err)
	}
	r, err := openRun(dir, c, loading{ctx, o.OnData})
	if err == nil {
		r.loading.ctx = nil
	}
	return r, err
}
