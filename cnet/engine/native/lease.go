package native

import (
	"errors"
	"sync"

	"continuousnet/cnet/engine/native/kernels"
	"continuousnet/cnet/engine/native/ops"
)

// lease is what an execution has to itself: memory and workers.
type lease struct {
	arena   []float32
	workers *ops.Workers
}

// leases are lent to executions. Graphs that run one after another share one.
type leases struct {
	set     *kernels.Set
	threads int

	mu   sync.Mutex
	free []*lease
	gone bool
}

var errFinalized = errors.New("native: the backend was finalized")

// take returns a lease with an arena of so many float32, and room for scratch.
func (l *leases) take(arena, each, shared int) (*lease, error) {
	l.mu.Lock()
	if l.gone {
		l.mu.Unlock()
		return nil, errFinalized
	}
	var one *lease
	if n := len(l.free); n > 0 {
		one, l.free = l.free[n-1], l.free[:n-1]
	}
	l.mu.Unlock()
	if one == nil {
		one = &lease{workers: ops.NewWorkers(l.set, l.threads)}
	}
	if len(one.arena) < arena {
		one.arena = nil // so that the old one can go first
		one.arena = ops.Aligned(arena)
	}
	one.workers.Reserve(each, shared)
	return one, nil
}

// give returns a lease to those that are free.
func (l *leases) give(one *lease) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.gone {
		l.free = append(l.free, one)
	}
}

// drop lets go of all memory, and lends no more.
func (l *leases) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.free, l.gone = nil, true
}
