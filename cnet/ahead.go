package cnet

import (
	"iter"
	"time"

	"github.com/gomlx/gomlx/ml/train"
)

// ahead returns the batches prepare(0), ..., prepare(n-1) in their order. A goroutine prepares them while the consumer
// works on those before: one batch waits for the consumer, and one is in the making.
//
// The first error of prepare ends the batches. A panic of prepare continues in the consumer. A consumer that stops
// early, or panics, waits for the batch in the making; then the goroutine has ended, and all batches that the consumer
// did not get are finalized. Those it got are the consumer's.
func ahead(n int, prepare func(batch int) (train.Batch, error)) iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		prepared := make(chan preparedBatch, 1)
		stop := make(chan struct{})
		go func() {
			defer close(prepared)
			for i := range n {
				select {
				case <-stop:
					return
				default:
				}
				p := prepareOne(prepare, i)
				prepared <- p // the consumer receives until the channel is closed
				if p.err != nil || p.panicked != nil {
					return
				}
			}
		}()
		defer func() {
			close(stop)
			for p := range prepared {
				release(p.batch)
			}
		}()
		for p := range prepared {
			if p.panicked != nil {
				panic(p.panicked)
			}
			if !yield(p.batch, p.err) {
				return
			}
		}
	}
}

// timed returns the same batches, and sets waited to the time that the consumer has waited for each.
func timed(batches iter.Seq2[train.Batch, error], waited *time.Duration) iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		asked := time.Now()
		for b, err := range batches {
			*waited = time.Since(asked)
			if !yield(b, err) {
				return
			}
			asked = time.Now()
		}
	}
}

// preparedBatch is what came of preparing a batch.
type preparedBatch struct {
	batch    train.Batch
	err      error
	panicked any
}

func prepareOne(prepare func(int) (train.Batch, error), i int) (p preparedBatch) {
	defer func() { p.panicked = recover() }()
	p.batch, p.err = prepare(i)
	return p
}

// release frees the tensors of a batch on the engine. That fails only for an engine that is closed, which has freed
// them.
func release(b train.Batch) { _ = b.Finalize() }
