package cnet

import (
	"errors"
	"fmt"
	"math"

	"continuousnet/cnet/internal/layers"
)

// Step is a training at the end of a batch, for TrainOptions.OnStep. What its methods ask for is done when the function
// returns, in their order and before the next batch: each goes through the queue that commands from elsewhere come by.
// An error in it stops the training, with the run saved as it was before.
type Step struct {
	Progress
	t     *training
	asked []order
}

func (s *Step) ask(c Command) { s.asked = append(s.asked, c.order()) }

// Stop saves and ends the training; its error wraps ErrStopped.
func (s *Step) Stop() { s.ask(Command{Do: DoStop}) }

// Refine asks for Run.Refine, or for Run.RefineStages if stages are given.
func (s *Step) Refine(stages ...int) { s.ask(Command{Do: DoRefine, Stages: stages}) }

// SetScheme asks for Run.SetScheme.
func (s *Step) SetScheme(name string) { s.ask(Command{Do: DoScheme, Name: name}) }

// SetLearningRate asks for Run.SetLearningRate.
func (s *Step) SetLearningRate(rate float64) { s.ask(Command{Do: DoRate, Rate: rate}) }

// Change asks for Run.Change.
func (s *Step) Change(edit func(c *Config)) {
	s.asked = append(s.asked, order{what: "change", do: func(r *Run) error { return r.Change(edit) }})
}

// SaveAs asks for Run.SaveAs.
func (s *Step) SaveAs(name string) { s.ask(Command{Do: DoSave, Name: name}) }

// LearningRate returns the rate that the next batch is trained with, unless something is changed.
func (s *Step) LearningRate() float64 { return s.t.LearningRate() }

// GradientNorms returns the Euclidean norm of the gradient of the batch, and of its parts by the path of the variable,
// before they were clipped. TrainOptions.GradientNorms must have asked for them.
func (s *Step) GradientNorms() (all float64, parts map[string]float64, err error) {
	if s.t.trainer.norms == nil {
		return 0, nil, errors.New("step: the norms of the gradients were not measured; set TrainOptions.GradientNorms")
	}
	v := s.t.store.GetVariable(normsPath)
	if v == nil {
		return 0, nil, errors.New("step: the norms of the gradients are not known after a change of the network")
	}
	t, err := v.Value()
	if err != nil {
		return 0, nil, err
	}
	norms, err := layers.FromTensor(t)
	if err != nil {
		return 0, nil, err
	}
	parts = map[string]float64{}
	for i, path := range *s.t.trainer.norms {
		parts[path] = norms[i]
		all += norms[i] * norms[i]
	}
	return math.Sqrt(all), parts, nil
}

// errAnew ends GoMLX's loop, to go on with a trainer of another network or configuration.
var errAnew = errors.New("the trainer is made anew")

// obey calls OnStep, and does what that and the queue ask for.
func (t *training) obey(loss float64) error {
	var orders []order
	if t.OnStep != nil {
		s := &Step{Progress: t.progress(loss), t: t}
		if err := t.call("OnStep", func() { t.OnStep(s) }); err != nil {
			return err
		}
		orders = s.asked
	}
	orders = append(orders, t.queue.take()...)
	if err := t.perform(orders); err != nil {
		return err
	}
	switch {
	case len(orders) == 0:
		return nil
	case t.trainer == nil:
		return t.stopped(errAnew)
	}
	return setLearningRate(t.store, Float, t.LearningRate())
}

// perform does what was ordered, in its order, until an error stops the training; what is left is told so.
func (t *training) perform(orders []order) error {
	for i, o := range orders {
		if err := t.do(o); err != nil {
			for _, left := range orders[i+1:] {
				if left.done != nil {
					left.done(ErrEnded)
				}
			}
			return err
		}
	}
	return nil
}

// do does what was ordered, on a run that is saved: if it fails, nothing is lost. The error stops the training.
func (t *training) do(o order) error {
	if err := t.saveOrGoBack(); err != nil {
		if o.done != nil {
			o.done(err)
		}
		return t.stopped(err)
	}
	records := len(t.history)
	err := o.do(t.Run)
	if err == nil {
		for _, record := range t.history[records:] {
			t.report(record)
		}
	}
	stop := errors.Is(err, ErrStopped)
	switch {
	case o.done == nil && err != nil && !stop:
		return t.stopped(fmt.Errorf("%s: %w", o.what, err))
	case o.done != nil && stop:
		o.done(nil)
	case o.done != nil:
		o.done(err)
	}
	if stop {
		return t.stopped(err)
	}
	return nil
}
