// Package engine opens the GoMLX backend that runs the graphs: which one, and what is missing for a faster one.
package engine

import (
	"fmt"

	"github.com/gomlx/compute"

	"continuousnet/cnet/engine/fmap"
)

// Engine is an open backend.
type Engine struct {
	Name    string          // "go", "xla:cpu", "xla:cuda", "xla:/path/to/plugin.so"
	Backend compute.Backend // what GoMLX's Exec and contexts take
	Layout  fmap.Layout     // how this backend likes its feature maps
}

// Status says of an engine whether it is there, and how to get it.
type Status struct {
	Name        string
	Available   bool
	Description string
	Missing     string
	Fix         string
}

// Open opens the engine called name.
func Open(name string) (*Engine, error) {
	switch name {
	case "", "auto", "go", "cpu":
		backend, err := newGoBackend()
		if err != nil {
			return nil, err
		}
		return &Engine{Name: "go", Backend: backend, Layout: fmap.Planar}, nil
	}
	return nil, fmt.Errorf("engine: unknown engine %q", name)
}

// Close releases the engine.
func (e *Engine) Close() { e.Backend.Finalize() }

// List tells which engines there are.
func List() []Status {
	return []Status{{Name: "go", Available: true, Description: "pure Go"}}
}
