package wire

import (
	"sync/atomic"
	"time"
)

const (
	highWater = 8 << 20 // bytes in the outboxes from which on whoever publishes waits
	lowWater  = 4 << 20 // bytes from which on it goes on
	slowest   = 1 << 20 // bytes a second that a reader has to take while others wait for it
)

// backlog counts the bytes in all outboxes. One goroutine at a time waits for readers.
type backlog struct {
	bytes atomic.Int64
	low   atomic.Pointer[chan struct{}] // closed when little is left; nil while nobody waits
}

func (b *backlog) add(n int64) {
	if total := b.bytes.Add(n); n < 0 && total <= lowWater {
		if low := b.low.Swap(nil); low != nil {
			close(*low)
		}
	}
}

// wait waits until little is left, at most as long as that takes the slowest reader. It reports whether little is left.
func (b *backlog) wait(stop <-chan struct{}) bool {
	left := b.bytes.Load()
	timer := time.NewTimer(writeTime + time.Duration(left)*time.Second/slowest)
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

// AwaitReaders returns at once if the peers keep up with what they are sent. Otherwise it waits for them, until stop is
// closed; one that takes nothing or next to nothing is cut off.
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
