package ops

import (
	"runtime"
	"sync/atomic"
	"time"
)

// patience is how long a goroutine stays awake for another.
const patience = 200 * time.Microsecond

// A helper is a goroutine that takes part in work when it is called.
//
// It begins with the first call, and stays awake for a while to be called again, as the caller stays awake until the
// helper is done: most operations take less than a millisecond, and to wake a goroutine that sleeps may take, on a
// virtual machine, a tenth of that.
type helper struct {
	state atomic.Int32
	work  func()
	start func() // run, in memory once
	done  chan struct{}
}

// What a helper does.
const (
	absent  int32 = iota // it has no goroutine
	awake                // it waits to be called
	called               // it is to begin
	working              // it takes part
	awaited              // it takes part, and the caller sleeps until it is done
)

func newHelper(work func()) *helper {
	h := &helper{work: work, done: make(chan struct{}, 1)}
	h.start = h.run
	return h
}

// call lets the helper begin with the work. The caller must call release before it does so again.
func (h *helper) call() {
	if !h.state.CompareAndSwap(awake, called) {
		h.state.Store(called)
		go h.start()
	}
}

// release returns when the helper is done. One that has not begun yet, since the machine is busy, does not begin any
// more.
func (h *helper) release() {
	if h.state.CompareAndSwap(called, awake) || h.leaves(working) {
		return
	}
	if h.state.CompareAndSwap(working, awaited) {
		<-h.done
	}
}

// run is the goroutine.
func (h *helper) run() {
	for {
		if h.state.CompareAndSwap(called, working) {
			h.work()
			if !h.state.CompareAndSwap(working, awake) {
				h.state.Store(awake)
				h.done <- struct{}{}
			}
		}
		if !h.leaves(awake) && h.state.CompareAndSwap(awake, absent) {
			return
		}
	}
}

// leaves reports whether the helper leaves a state while the caller of this method is patient.
func (h *helper) leaves(state int32) bool {
	begin := time.Now()
	for {
		for range 64 {
			if h.state.Load() != state {
				return true
			}
		}
		if time.Since(begin) > patience {
			return false
		}
		runtime.Gosched() // for whoever else wants to run
	}
}
