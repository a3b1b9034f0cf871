package cnet

import (
	"context"
	"errors"
	"fmt"
)

// testsEachEpoch reports whether the test images are measured after each epoch: not with a validation part, unless what
// is best is decided by them.
func (c Config) testsEachEpoch() bool { return c.Validation == 0 || c.KeepBest == PartTest }

// testOnce measures the test images at the end of a training with a validation part: at the end of the planned epochs,
// or when it has stopped early. It measures the best epoch, if that is kept, or else the last one, and notes the result
// in the record of that epoch. Nothing is done if that epoch has been tested.
func (t *training) testOnce(ctx context.Context) error {
	r := t.Run
	c := r.state.Config
	if c.testsEachEpoch() || r.state.Batch > 0 || !(t.stalled() || c.Epochs > 0 && r.state.Epoch >= c.Epochs) {
		return nil
	}
	epoch, tested := r.state.Epoch, r
	if b := r.state.Best; b != nil && b.Part == PartValidation && b.Epoch != epoch {
		best, err := r.Checkpoint(bestName)
		if err != nil { // the epochs are done and saved
			r.warnings = append(r.warnings,
				fmt.Sprintf("the best epoch could not be measured on the test images: %v", err))
			return nil
		}
		if best.engine, err = r.Engine(); err != nil { // which is closed with the run
			return err
		}
		best.set = r.set
		epoch, tested = best.state.Epoch, best
	} else if r.changedSinceEpoch() {
		return nil
	}
	at := r.history.indexOf(epoch - 1)
	if at < 0 || r.history[at].Tested() {
		return nil
	}
	if err := t.announceTest(); err != nil {
		return err
	}
	score, err := t.measure(ctx, tested.Evaluate)
	if err != nil {
		if errors.Is(err, errStopAsked) {
			return t.perform(t.queue.take())
		}
		if ctx.Err() != nil {
			return t.stopped(ctx.Err()) // the epochs are done and saved; the test comes next time
		}
		return err
	}
	if notFinite(score.Loss) {
		return t.stopped(errors.New("the test loss is not finite"))
	}
	return r.change(func() error {
		rec := &r.history[at]
		rec.TestLoss, rec.TestAccuracy, rec.TestRMSE, rec.TestR2 = score.Loss, score.Accuracy, score.RMSE, score.R2
		return nil
	})
}

// indexOf returns the index of the record of a complete epoch, or -1.
func (h History) indexOf(epoch int) int {
	for i, r := range h {
		if r.Event == EventEpoch && r.Epoch == epoch {
			return i
		}
	}
	return -1
}

// Tested reports whether the epoch was measured on the test images. With a validation part only one is, when the
// training is at its end.
func (r Record) Tested() bool {
	return r.Event != EventStart && !r.Validated() || r.TestLoss > 0 || r.TestAccuracy > 0 || r.TestR2 != 0
}

// Tested returns the record of the last epoch that was measured on the test images; ok is false if there is none.
func (h History) Tested() (last Record, ok bool) {
	for _, r := range h {
		if r.Event == EventEpoch && r.Tested() {
			last, ok = r, true
		}
	}
	return last, ok
}
