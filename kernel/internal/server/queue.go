package server

import "sync"

// maxQueue and maxQueueBytes bound the number of waiting cells and the size of their messages.
const (
	maxQueue      = 10_000
	maxQueueBytes = 256 << 20
)

// queue holds the cells that wait for the running one.
type queue struct {
	mu     sync.Mutex
	change *sync.Cond
	waits  []*request
	bytes  int
	closed bool
}

func (q *queue) init() { q.change = sync.NewCond(&q.mu) }

// push appends a request. It returns false if there is no room or the queue is closed.
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

// pop waits for the next request and returns it; nil after close.
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

// drain removes all requests and returns them.
func (q *queue) drain() []*request {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.waits
	q.waits, q.bytes = nil, 0
	return all
}

// close makes push and pop return at once from now on, and returns the requests that waited.
func (q *queue) close() []*request {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.waits
	q.closed, q.waits = true, nil
	q.change.Broadcast()
	return all
}
