package notebook

import (
	"context"
	"errors"
	"fmt"

	"continuousnet/cnet"
	"continuousnet/cnet/internal/words"
)

// Option says how long Train trains, Epochs or Until, or what it does meanwhile, OnStep.
type Option func(*plan)

// plan is the length of a training.
type plan struct {
	epochs int // to add to those of the run
	until  int // epochs of the run at the end; if not 0, it counts instead of epochs
	act    func(*cnet.Step)

	lengths int // of the options, those that set the length
}

// Epochs trains for n more epochs. An epoch that was interrupted and is now finished counts as one of them.
func Epochs(n int) Option { return func(p *plan) { p.epochs, p.until, p.lengths = n, 0, p.lengths+1 } }

// Until trains until the run has n complete epochs, counted from its beginning. A cell with Until can be run again
// without training further.
func Until(n int) Option { return func(p *plan) { p.until, p.lengths = n, p.lengths+1 } }

// OnStep calls f after every batch: it may stop, refine, change or save the run, and look at the norms of the
// gradients; see cnet.Step.
func OnStep(f func(s *cnet.Step)) Option { return func(p *plan) { p.act = f } }

// Train trains the run for one epoch, or as long as the options say. It shows progress, speed and the time left, and
// the learning curves, which are redrawn in place; their last state stays in the notebook.
//
// Where a front end shows widgets, there are controls below the curves while it trains: to stop, to refine, to keep a
// checkpoint, a slider for the learning rate, and a menu of schemes. They act at the end of a batch, and a mark on the
// curves says what they did. While the net is tested after an epoch, Stop acts at once, the others after the test.
//
// If the cell is interrupted, Train finishes the batch, saves and returns. The same cell run again continues from
// there.
func Train(run *cnet.Run, options ...Option) { on(run).train(run, options...) }

func (s *surface) train(run *cnet.Run, options ...Option) {
	p := plan{epochs: 1}
	for _, set := range options {
		set(&p)
	}
	if p.lengths > 1 {
		s.fail(fmt.Errorf("notebook: Train takes at most one option, Epochs or Until, got %d", p.lengths))
		return
	}
	last := p.until
	if last == 0 {
		if p.epochs < 1 {
			s.fail(fmt.Errorf("notebook: Epochs must be at least 1, got %d", p.epochs))
			return
		}
		last = run.Epoch() + p.epochs
	}
	if last <= run.Epoch() {
		s.history(run)
		return
	}

	if err := remember(run); err != nil {
		s.fail(err)
		return
	}
	ctx, stop := s.signals(context.Background())
	defer stop()
	d := newDashboard(s, run, last)
	d.start()
	queue := &cnet.Queue{}
	var remembered error
	controls, err := newControls(d, queue)
	if err != nil {
		fmt.Fprintln(s.stderr, words.Message(err)) // the training does without
	}
	err = run.TrainTo(ctx, last, cnet.TrainOptions{
		Commands: queue, OnStep: p.act, GradientNorms: p.act != nil,
		OnBatch: func(p cnet.Progress) {
			d.batch(p)
			controls.batch()
		},
		OnTest: func() {
			d.test()
			controls.test(true)
		},
		OnRecord: func(r cnet.Record) {
			if r.ChangesNet() {
				remembered = errors.Join(remembered, remember(run))
			}
			if r.Event == cnet.EventEpoch {
				remembered = errors.Join(remembered, keepMoment(run, r.Epoch+1))
			}
			d.record(r)
			controls.record(r)
		},
	})
	controls.end()
	switch {
	case err == nil:
		d.finish(d.trained())
	case errors.Is(err, cnet.ErrStopped) && interruptedOnly(err):
		d.mark("stopped")
		d.finish(d.told())
	case interruptedOnly(err):
		d.finish(d.interrupted())
	default:
		d.finish(d.stopped())
		s.fail(err)
		return
	}
	if remembered != nil {
		s.fail(remembered)
	}
}
