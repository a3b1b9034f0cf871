package cnet

import (
	"context"
	"errors"
	"iter"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"
)

// recorded prepares batches that hold their numbers, and keeps their tensors.
type recorded struct {
	made   []*tensors.Tensor
	failAt int // the batch whose preparation fails
	fail   func() error
}

func (r *recorded) prepare(i int) (train.Batch, error) {
	if r.fail != nil && i == r.failAt {
		return train.Batch{}, r.fail()
	}
	t := tensors.FromScalar(int32(i))
	r.made = append(r.made, t)
	return train.Batch{Inputs: []*tensors.Tensor{t}}, nil
}

// released lists the batches whose tensors have been finalized.
func (r *recorded) released() []int {
	var list []int
	for i, t := range r.made {
		if !t.Ok() {
			list = append(list, i)
		}
	}
	return list
}

// take returns the numbers of the first n batches, which it does not release, and the error that ended them.
func take(batches iter.Seq2[train.Batch, error], n int) (numbers []int32, err error) {
	for b, err := range batches {
		if err != nil {
			return numbers, err
		}
		numbers = append(numbers, b.Inputs[0].Value().(int32))
		if len(numbers) == n {
			break
		}
	}
	return numbers, nil
}

func TestAheadKeepsOrderAndDistance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r recorded
		next := int32(0)
		for b, err := range ahead(6, r.prepare) {
			if err != nil {
				t.Fatal(err)
			}
			if got := b.Inputs[0].Value().(int32); got != next {
				t.Errorf("batch %d came as number %d", got, next)
			}
			synctest.Wait()
			if want := min(int(next)+3, 6); len(r.made) != want {
				t.Errorf("at batch %d there are %d, want %d: this one and two ahead, in the same epoch", next,
					len(r.made), want)
			}
			next++
		}
		if next != 6 || len(r.released()) > 0 {
			t.Errorf("%d batches, of which %v were released; want 6, none of them", next, r.released())
		}
	})
}

// TestAheadLeavesNothing stops in all possible ways. A goroutine that is left fails the test: the bubble waits for it.
func TestAheadLeavesNothing(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name    string
		fail    func() error // in place of batch 3
		consume func(iter.Seq2[train.Batch, error]) (any, error)
		err     error
		panics  any
		got     int // batches that went to the consumer
	}{
		{name: "break", consume: consume(2), got: 2},
		{name: "break at once", consume: consume(1), got: 1},
		{name: "never begun", consume: func(iter.Seq2[train.Batch, error]) (any, error) { return nil, nil }},
		{name: "to the end", consume: consume(9), got: 8},
		{name: "GoMLX's way", got: 1, consume: func(batches iter.Seq2[train.Batch, error]) (any, error) {
			next, stop := iter.Pull2(batches)
			next()
			stop()
			return nil, nil
		}},
		{name: "error", fail: func() error { return broken }, consume: consume(9), err: broken, got: 3},
		{name: "error nobody meets", fail: func() error { return broken }, consume: consume(2), got: 2},
		{name: "panic", fail: func() error { panic("broken") }, consume: consume(9), panics: "broken", got: 3},
		{name: "panic nobody meets", fail: func() error { panic("broken") }, consume: consume(2), got: 2},
		{name: "the consumer panics", panics: "mine", got: 1,
			consume: func(batches iter.Seq2[train.Batch, error]) (p any, _ error) {
				defer func() { p = recover() }()
				for range batches {
					panic("mine")
				}
				return nil, nil
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &recorded{fail: c.fail, failAt: 3}
				panicked, err := c.consume(ahead(8, r.prepare))
				if !errors.Is(err, c.err) || panicked != c.panics {
					t.Errorf("error %v, panic %v; want %v, %v", err, panicked, c.err, c.panics)
				}
				made := len(r.made)
				if made > c.got+3 {
					t.Errorf("%d batches were prepared for a consumer of %d", made, c.got)
				}
				synctest.Wait()
				if len(r.made) != made {
					t.Errorf("%d batches were prepared after the end", len(r.made)-made)
				}
				var want []int
				for i := c.got; i < made; i++ {
					want = append(want, i)
				}
				if got := r.released(); !slices.Equal(got, want) {
					t.Errorf("released %v, want %v, those that nobody got", got, want)
				}
			})
		})
	}
}

// consume returns a consumer of n batches, which reports a panic instead of panicking.
func consume(n int) func(iter.Seq2[train.Batch, error]) (any, error) {
	return func(batches iter.Seq2[train.Batch, error]) (p any, err error) {
		defer func() { p = recover() }()
		_, err = take(batches, n)
		return nil, err
	}
}

// TestAheadWaits lets preparations take 3 s each, in the bubble's time, beside work of 2 s or 4 s.
func TestAheadWaits(t *testing.T) {
	for _, c := range []struct {
		work time.Duration
		want []time.Duration
	}{
		{2 * time.Second, []time.Duration{3 * time.Second, time.Second, time.Second, time.Second}},
		{4 * time.Second, []time.Duration{3 * time.Second, 0, 0, 0}},
	} {
		synctest.Test(t, func(t *testing.T) {
			var r recorded
			var waited time.Duration
			var got []time.Duration
			batches := ahead(4, func(i int) (train.Batch, error) {
				time.Sleep(3 * time.Second)
				return r.prepare(i)
			})
			for range timed(batches, &waited) {
				got = append(got, waited)
				time.Sleep(c.work)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("waits beside work of %v: %v, want %v", c.work, got, c.want)
			}
		})
	}
}

// preparing reports whether a goroutine is in ahead.go. It looks again a few times, as one that ends may still be seen.
func preparing() bool {
	stacks := make([]byte, 1<<20)
	for range 1000 {
		if !strings.Contains(string(stacks[:runtime.Stack(stacks, true)]), "/ahead.go:") {
			return false
		}
		runtime.Gosched()
	}
	return true
}

// TestStoppedRunsPrepareNothing: a training or an evaluation that is cancelled, fails or panics takes the goroutine
// that prepares batches with it.
func TestStoppedRunsPrepareNothing(t *testing.T) {
	r := open(t, t.TempDir(), tiny())
	stopped, cancel := context.WithCancel(t.Context())
	seen := false
	err := r.Train(stopped, 1, TrainOptions{OnBatch: func(p Progress) {
		seen = seen || preparing()
		if p.Waiting < 0 || p.Waiting > 1 || math.IsNaN(p.Waiting) || (p.Waiting > 0) != (p.ImagesPerS > 0) {
			t.Errorf("batch %d: %g of the time was spent waiting, with %g images/s", p.Batch, p.Waiting, p.ImagesPerS)
		}
		if p.Batch == 2 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || r.Batch() != 2 {
		t.Fatalf("stopped after %d batches: %v", r.Batch(), err)
	}
	if !seen {
		t.Error("no goroutine prepares batches while others are trained on")
	}
	if preparing() {
		t.Error("a goroutine prepares batches after the training was cancelled")
	}
	if _, err := r.Evaluate(stopped); !errors.Is(err, context.Canceled) || preparing() {
		t.Errorf("evaluation, cancelled: %v; batches are prepared: %v", err, preparing())
	}
	err = r.Train(t.Context(), 1, TrainOptions{OnBatch: func(Progress) { panic("mine") }})
	if err == nil || !strings.Contains(err.Error(), "mine") || preparing() {
		t.Errorf("training, panicking: %v; batches are prepared: %v", err, preparing())
	}
	r.engine.Close()
	if _, err := r.Evaluate(t.Context()); err == nil || preparing() {
		t.Errorf("evaluation, on an engine that is closed: %v; batches are prepared: %v", err, preparing())
	}
}
