package ops

import (
	"runtime"
	"sync/atomic"

	"continuousnet/cnet/engine/native/kernels"
)

// Workers run an operation's chunks: the goroutine of the caller is one of them, the others are helpers.
type Workers struct {
	Kernels *kernels.Set
	Shared  []float32 // scratch of the operation that runs
	list    []*Worker

	allObserved []running
	allFloats   []float64

	count    int // of the numbers of Each, and what is called for them
	task     func(one *Worker, i int)
	next     atomic.Int64
	panicked atomic.Pointer[any]
}

// A Worker has the scratch of one goroutine.
type Worker struct {
	Scratch []float32
	helper  *helper                // nil in the first, which is the caller
	sums    [2 * 2 * block]float32 // of two blocks

	// The arguments of kernels are here, since a pointer that is passed to an indirect call would be allocated.
	conv    kernels.ConvTile
	grad    kernels.GradTile
	affine  kernels.AffineRow
	adjoint kernels.AdjointRow
	dot     kernels.DotRow
	combine kernels.CombineRow
	moments kernels.MomentsRow
	update  kernels.UpdateRow

	winograd kernels.WinogradRow
	terms    [8]kernels.Term // of combine
}

// NewWorkers returns workers that use a set of kernels; count 0 is as many as Go uses processors.
func NewWorkers(set *kernels.Set, count int) *Workers {
	if count <= 0 {
		count = runtime.GOMAXPROCS(0)
	}
	w := &Workers{Kernels: set}
	for i := range count {
		one := &Worker{}
		if i > 0 {
			one.helper = newHelper(func() { w.work(one) })
		}
		w.list = append(w.list, one)
	}
	return w
}

// Reserve makes room for an operation's scratch: it is called when a graph is compiled, with what Scratch returns.
func (w *Workers) Reserve(each, shared int) {
	if len(w.Shared) < shared {
		w.Shared = Aligned(shared)
	}
	for _, one := range w.list {
		if len(one.Scratch) < each {
			one.Scratch = Aligned(each)
		}
	}
}

// Each calls f for the numbers from 0 to n−1, on all workers; who comes first gets the next number. It panics if f
// does.
func (w *Workers) Each(n int, f func(one *Worker, i int)) {
	w.next.Store(0)
	w.count, w.task = n, f
	helpers := w.list[1:min(max(n, 1), len(w.list))]
	for _, one := range helpers {
		one.helper.call()
	}
	w.work(w.list[0])
	for _, one := range helpers {
		one.helper.release()
	}
	w.task = nil
	if p := w.panicked.Swap(nil); p != nil {
		panic(*p)
	}
}

// work calls the task for the next numbers until there are no more, or it panics.
func (w *Workers) work(one *Worker) {
	defer func() {
		if p := recover(); p != nil {
			w.panicked.CompareAndSwap(nil, &p)
		}
	}()
	count, task := w.count, w.task
	for w.panicked.Load() == nil {
		i := int(w.next.Add(1)) - 1
		if i >= count {
			return
		}
		task(one, i)
	}
}

// chunks returns the number of parts into which a batch is split. It depends on the batch alone, not on the number of
// workers: sums over a batch are those of its parts, added in their order, so that the bits do not depend on who
// computed which part.
func chunks(batch int) int {
	if batch < 64 {
		return min(batch, 8)
	}
	return 16
}

// part returns the share i of n parts of count things: from (inclusive) and to (exclusive).
func part(count, n, i int) (from, to int) { return count * i / n, count * (i + 1) / n }

// observed returns n moments that have observed nothing. There is one such memory, for the operation that runs.
func (w *Workers) observed(n int) observed {
	if len(w.allObserved) < n {
		w.allObserved = make(observed, n)
	}
	clear(w.allObserved[:n])
	return w.allObserved[:n]
}

// floats returns n zeros in float64. There is one such memory, for the operation that runs.
func (w *Workers) floats(n int) []float64 {
	if len(w.allFloats) < n {
		w.allFloats = make([]float64, n)
	}
	clear(w.allFloats[:n])
	return w.allFloats[:n]
}
