package wire

import (
	"sync/atomic"
	"time"
)

const (
	highWater = 8 << 20  // bytes in the outboxes above which AwaitReaders waits
	lowWater  = 4 << 20  // bytes at which it stops waiting
	slowest   = 64 << 10 // bytes a second that a reader must take while it is waited for, as one on a busy machine does
)

// backlog counts the bytes in all outboxes. One goroutine at a time waits for readers.
type backlog struct {
	bytes atomic.Int64
	low   atomic.Pointer[chan struct{}] // closed at lowWater; nil while nobody waits
}

func (b *backlog) add(n int64) {
	if total := b.bytes.Add(n); n < 0 && total <= lowWater {
		if low := b.low.Swap(nil); low != nil {
			close(*low)
		}
	}
}

// wait waits until no more than lowWater bytes are left or stop is closed, and then returns true. It returns false
// after the time that the slowest permitted reader needs.
func (b *backlog) wait(stop <-chan struct{}) bool {
	left := b.bytes.Load()
	timer := time.NewTimer(trustedTime + time.Duration(left)*time.Second/slowest)
	defer timer.Stop()
	for {
		low := make(chan struct{})
		b.low.Store(&low)
		if b.bytes.Load() <= lowWater {
			return true
		}
		select {
		case <-low:
		case <-stop:
			return true
		case <-timer.C:
			return false
		}
	}
}

// AwaitReaders returns at once if the peers keep up with what they are sent. Otherwise it waits until they do or stop
// is closed, and cuts off peers that read nothing or almost nothing.
func (s *Sockets) AwaitReaders(stop <-chan struct{}) {
	if s.crowd.queued.bytes.Load() <= highWater {
		return
	}
	for !s.crowd.queued.wait(stop) {
		if !s.crowd.cutOffSlowest() {
			return
		}
	}
}
