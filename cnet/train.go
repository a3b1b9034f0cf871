package cnet

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"

	"continuousnet/cnet/dataset"
)

// Progress tells where training is, after every step.
type Progress struct {
	Epoch, LastEpoch int     // the epoch being trained, from 0, and the one at which training ends (exclusive)
	Step, Steps      int     // steps done in this epoch, and all it has
	Loss             float64 // of this step
	MeanLoss         float64 // over the epoch so far
	Accuracy         float64 // over the epoch so far, 0 to 1
	ImagesPerS       float64 // over this call of Train; 0 before the second step, which leaves compilation out
	Left             time.Duration
}

// TrainOptions lets a caller follow the training. The zero value follows nothing.
type TrainOptions struct {
	OnStep   func(Progress) // after every step
	OnRecord func(Record)   // after every line added to the history
}

// saveInterval is how much training a kill can cost.
var saveInterval = time.Minute

// lossRecords is how many records of the training loss an epoch leaves in the history.
const lossRecords = 20

// Train trains epochs more: an interrupted epoch that is finished counts as one. It saves after every epoch and about
// every minute. When ctx is cancelled it finishes the step, saves and returns the context's error; the next call goes on
// where it stopped. A loss that is not finite stops the training with an error and leaves the last good save.
func (r *Run) Train(ctx context.Context, epochs int, options ...TrainOptions) error {
	if epochs < 1 {
		return fmt.Errorf("run %s: the number of epochs must be at least 1, got %d", r.dir, epochs)
	}
	return r.TrainTo(ctx, r.state.Epoch+epochs, options...)
}

// TrainTo trains until so many epochs are complete, counted from the beginning of the run. See Train.
func (r *Run) TrainTo(ctx context.Context, epochs int, options ...TrainOptions) error {
	if r.lock == nil {
		return fmt.Errorf("run %s: it is open read-only", r.dir)
	}
	var o TrainOptions
	if len(options) > 0 {
		o = options[0]
	}
	t := &training{Run: r, TrainOptions: o, last: epochs}
	for r.state.Epoch < epochs {
		if err := t.epoch(ctx); err != nil {
			return err
		}
	}
	return nil
}

// training is one call of Train.
type training struct {
	*Run
	TrainOptions
	last int // the epoch to stop before

	trainer *train.Trainer // of net
	net     *Net
	batches *dataset.Batches

	steps    int // done since the first one, which compiles
	stepTime time.Duration
	lastSave time.Time
}

// epoch trains what is left of the present epoch, and evaluates.
func (t *training) epoch(ctx context.Context) error {
	st := &t.state
	if slices.Contains(st.Config.RefineEpochs, st.Epoch) && st.Step == 0 && !st.Refined {
		if err := t.refine(); err != nil {
			return err
		}
		st.Refined = true
		if err := t.save(); err != nil {
			return err
		}
		t.report(len(t.history) - 1)
	}
	if err := t.prepare(); err != nil {
		return err
	}
	rate := st.Config.learningRate(st.LearningRate, st.Epoch)
	if err := setLearningRate(t.store, Float, rate); err != nil {
		return err
	}
	if st.Step < t.batches.Steps() {
		if err := t.run(ctx); err != nil {
			return err
		}
	}
	score, err := t.Evaluate(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return errors.Join(ctx.Err(), t.save()) // the epoch's steps are done; its evaluation comes next time
		}
		return err
	}
	if notFinite(score.Loss) {
		epoch, step := st.Epoch, st.Step
		return &TrainError{t.dir, epoch, step, t.backToSave(fmt.Errorf("the test loss is %g", score.Loss))}
	}
	images := float64(t.batches.Steps() * t.batches.Size())
	record := Record{
		Event: EventEpoch, Epoch: st.Epoch,
		TrainLoss: st.LossSum / float64(t.batches.Steps()), TrainAccuracy: st.Correct / images,
		TestLoss: score.Loss, TestAccuracy: score.Accuracy,
		LearningRate: rate, Seconds: st.Seconds, ImagesPerS: images / st.Seconds,
		Net: t.Run.net.String(),
	}
	if st.TimedSteps > 0 { // the first step after a change of the net compiles, and says nothing about speed
		record.ImagesPerS = float64(st.TimedSteps*t.batches.Size()) / st.TimedSeconds
	}
	t.history = append(t.history, record)
	st.Epoch++
	st.Step, st.LossSum, st.Correct, st.Seconds, st.Refined = 0, 0, 0, 0, false
	st.TimedSteps, st.TimedSeconds = 0, 0
	if err := t.save(); err != nil {
		return err
	}
	t.lastSave = time.Now()
	t.report(len(t.history) - 1)
	return nil
}

// prepare compiles the graph of a step unless it is there for the present net.
func (t *training) prepare() error {
	if t.trainer != nil && t.net == t.Run.net {
		return nil
	}
	set, err := t.Dataset()
	if err != nil {
		return err
	}
	e, err := t.Engine()
	if err != nil {
		return err
	}
	c := t.state.Config
	if t.batches, err = dataset.NewBatches(set, set.Train, c.BatchSize, c.Seed, !c.NoAugment); err != nil {
		return err
	}
	t.net = t.Run.net
	t.trainer = newTrainer(e, t.net, t.store)
	t.steps, t.lastSave = 0, time.Now()
	return nil
}

// run does the steps left in the epoch, with GoMLX's loop.
func (t *training) run(ctx context.Context) (err error) {
	defer guard(t.net, &err)
	st := &t.state
	loop := train.NewLoop(t.trainer)
	start := time.Now()
	loop.OnStep("run", 0, func(_ *train.Loop, metrics []*tensors.Tensor) error {
		took := time.Since(start)
		start = time.Now()
		return t.step(ctx, took, float64(metrics[0].Value().(float32)), float64(metrics[correctMetric].Value().(float32)))
	})
	set := t.Run.set
	ds := &trainingSet{
		batches: t.batches, shape: []int{t.batches.Size(), set.Height, set.Width, set.Channels},
		epoch: st.Epoch, step: st.Step,
	}
	_, err = loop.RunSteps(ds, t.batches.Steps()-st.Step)
	return cause(err)
}

// cause returns the error of this package inside one of GoMLX, without the names of its hooks.
func cause(err error) error {
	var own *TrainError
	if errors.As(err, &own) {
		return own
	}
	return err
}

// TrainError says where training stopped.
type TrainError struct {
	Run         string
	Epoch, Step int // from 0
	Err         error
}

func (e *TrainError) Error() string {
	return fmt.Sprintf("run %s: epoch %d, step %d: %v", e.Run, e.Epoch, e.Step, e.Err)
}

// Unwrap returns what stopped it, such as context.Canceled.
func (e *TrainError) Unwrap() error { return e.Err }

// step takes note of a finished step.
func (t *training) step(ctx context.Context, took time.Duration, loss, correct float64) error {
	st := &t.state
	epoch, step := st.Epoch, st.Step
	stopped := func(err error) error { return &TrainError{t.dir, epoch, step, err} }
	if notFinite(loss) {
		return stopped(t.backToSave(fmt.Errorf("the training loss is %g", loss)))
	}
	st.Step++
	st.LossSum += loss
	st.Correct += correct
	st.Seconds += took.Seconds()
	if t.steps++; t.steps > 1 {
		t.stepTime += took
		st.TimedSteps++
		st.TimedSeconds += took.Seconds()
	}
	st.Recent += loss
	st.RecentN++
	if st.RecentN >= (t.batches.Steps()+lossRecords-1)/lossRecords {
		t.history = append(t.history, Record{Event: EventLoss, Epoch: st.Epoch, Step: st.Step, TrainLoss: st.Recent / float64(st.RecentN)})
		st.Recent, st.RecentN = 0, 0
		t.report(len(t.history) - 1)
	}
	if t.OnStep != nil {
		t.OnStep(t.progress(loss))
	}
	if ctx.Err() != nil {
		return stopped(errors.Join(ctx.Err(), t.save()))
	}
	if time.Since(t.lastSave) > saveInterval {
		if err := t.save(); err != nil {
			return stopped(err)
		}
		t.lastSave = time.Now()
	}
	return nil
}

func notFinite(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) }

// backToSave gives up weights that are no longer numbers, and what came with them, for those of the last save.
func (t *training) backToSave(why error) error {
	if _, err := t.restore(); err != nil {
		return errors.Join(why, err)
	}
	return fmt.Errorf("%w; the run is back at its last good save, epoch %d, step %d: go on with a smaller learning rate (SetLearningRate, or cnet train --lr)", why, t.state.Epoch, t.state.Step)
}

func (t *training) progress(loss float64) Progress {
	st := &t.state
	p := Progress{
		Epoch: st.Epoch, LastEpoch: t.last, Step: st.Step, Steps: t.batches.Steps(), Loss: loss,
		MeanLoss: st.LossSum / float64(st.Step),
		Accuracy: st.Correct / float64(st.Step*t.batches.Size()),
	}
	if t.steps > 1 {
		perStep := t.stepTime / time.Duration(t.steps-1)
		p.ImagesPerS = float64(t.batches.Size()) / perStep.Seconds()
		left := (t.last-st.Epoch)*p.Steps - st.Step
		p.Left = time.Duration(left) * perStep
	}
	return p
}

func (t *training) report(i int) {
	if t.OnRecord != nil {
		t.OnRecord(t.history[i])
	}
}
