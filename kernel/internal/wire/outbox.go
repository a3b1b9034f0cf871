package wire

import (
	"sync"
)

// keptBuffer is the size in bytes up to which an outbox reuses a buffer.
const keptBuffer = 64 << 10

// outbox queues the bytes to be written to a connection, so that senders need not wait for a peer that reads slowly.
// Only one goroutine may call [outbox.take].
type outbox struct {
	total *backlog // the bytes in all outboxes

	mu      sync.Mutex
	filled  *sync.Cond
	waiting []byte
	held    int64 // bytes that wait, and those that were taken and are not sent yet
	closed  bool
}

func newOutbox(total *backlog) *outbox {
	o := &outbox{total: total}
	o.filled = sync.NewCond(&o.mu)
	return o
}

// put appends a copy of p. It returns false if the outbox is closed.
func (o *outbox) put(p []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false
	}
	o.waiting = append(o.waiting, p...)
	o.count(int64(len(p)))
	o.filled.Signal()
	return true
}

// take waits for bytes to send and returns all of them, or false if the outbox is closed. before is the result of the
// last call, whose memory is reused.
func (o *outbox) take(before []byte) ([]byte, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.waiting) == 0 && !o.closed {
		o.filled.Wait()
	}
	if o.closed {
		return nil, false
	}
	if cap(before) > keptBuffer {
		before = nil
	}
	batch := o.waiting
	o.waiting = before[:0]
	return batch, true
}

// sent records that n of the bytes taken have been sent.
func (o *outbox) sent(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.closed {
		o.count(int64(-n))
	}
}

// size returns the number of bytes that have not been sent yet.
func (o *outbox) size() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.held
}

func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.count(-o.held)
	o.closed, o.waiting = true, nil
	o.filled.Signal()
}

func (o *outbox) count(n int64) {
	o.held += n
	o.total.add(n)
}
