package ops

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"continuousnet/cnet/engine/native/kernels"
)

// All numbers are worked on, each once, however long the pieces and the pauses between them are.
func TestEach(t *testing.T) {
	for _, processors := range []int{1, 2, 4} {
		t.Run("", func(t *testing.T) {
			before := runtime.GOMAXPROCS(processors)
			defer runtime.GOMAXPROCS(before)
			var both sync.WaitGroup
			for range 2 {
				both.Go(func() {
					w := NewWorkers(kernels.Sets()[0], 3)
					for round := range 300 {
						counts := make([]int, 7)
						w.Each(len(counts), func(one *Worker, i int) {
							spin(time.Duration(round%5*i) * 10 * time.Microsecond)
							counts[i]++
						})
						for i, n := range counts {
							if n != 1 {
								t.Errorf("round %d: number %d %d times", round, i, n)
								return
							}
						}
						if round%100 == 0 {
							spin(2 * patience)
						}
					}
				})
			}
			both.Wait()
		})
	}
}

// spin lets time pass as work does.
func spin(d time.Duration) {
	for begin := time.Now(); time.Since(begin) < d; {
	}
}

// A helper that takes longer than the caller is patient is waited for all the same, and helpers go when nobody calls.
func TestHelper(t *testing.T) {
	var finished atomic.Bool
	begun, proceed := make(chan struct{}), make(chan struct{})
	h := newHelper(func() {
		close(begun)
		<-proceed
		finished.Store(true)
	})
	h.call()
	<-begun
	go func() {
		for h.state.Load() != awaited {
			runtime.Gosched()
		}
		close(proceed)
	}()
	h.release()
	if !finished.Load() {
		t.Error("released before the work was done")
	}
	for h.state.Load() != absent {
		runtime.Gosched()
	}
}

// TestPanic checks that the caller of Each gets a worker's panic, when all workers are done.
func TestPanic(t *testing.T) {
	w := NewWorkers(kernels.Best(), 3)
	func() {
		defer func() {
			if p := recover(); p != "number 5" {
				t.Errorf("panic %v", p)
			}
		}()
		w.Each(100, func(_ *Worker, i int) {
			if i == 5 {
				panic("number 5")
			}
		})
	}()
	done := make([]bool, 100)
	w.Each(100, func(_ *Worker, i int) { done[i] = true })
	for i, d := range done {
		if !d {
			t.Errorf("number %d was left out after a panic", i)
		}
	}
}
