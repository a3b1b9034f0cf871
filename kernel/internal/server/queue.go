package server

import "sync"

// maxQueue bounds the cells that wait, by number and by the size of their messages.
const (
	maxQueue      = 10_000
	maxQueueBytes = 256 << 20
)

// queue holds the cells that wait for the one that runs.
type queue struct {
	mu     sync.Mutex
	change *sync.Cond
	waits  []*request
	bytes  int
	closed bool
}

func (q *queue) init() { q.change = sync.NewCond(&q.mu) }

// push appends a request; false if there is no room.
func (q *queue) push(r *request) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || len(q.waits) >= maxQueue || q.bytes+len(r.Content) > maxQueueBytes {
		return false
	}
	q.waits = append(q.waits, r)
	q.bytes += len(r.Content)
	q.change.Signal()
	return true
}

// pop waits for the next request; nil after close.
func (q *queue) pop() *request {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waits) == 0 && !q.closed {
		q.change.Wait()
	}
	if len(q.waits) == 0 {
		return nil
	}
	r := q.waits[0]
	q.waits = q.waits[1:]
	q.bytes -= len(r.Content)
	return r
}

// drain takes out all that wait.
func (q *queue) drain() []*request {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.waits
	q.waits, q.bytes = nil, 0
	return all
}

// close ends push and pop, and returns what waited.
func (q *queue) close() []*request {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.waits
	q.closed, q.waits = true, nil
	q.change.Broadcast()
	return all
}
