package cnet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"

	"continuousnet/cnet/dataset"
	"continuousnet/cnet/internal/blame"
	"continuousnet/cnet/internal/optional"
	"continuousnet/cnet/internal/runname"
	"continuousnet/cnet/internal/words"
)

// Progress is the position of a training after a batch, and how well it does.
type Progress struct {
	Epoch, LastEpoch int           // the epoch being trained, from 0, and the one at which training ends (exclusive)
	Batch, Batches   int           // batches done in this epoch, and all it has
	Loss             float64       // of this batch
	MeanLoss         float64       // over the epoch so far
	Accuracy         float64       // over the epoch so far, 0 to 1
	RMSE, R2         float64       // instead of it, where targets are numbers; see Quality
	ImagesPerS       float64       // since the net was compiled; 0 before its second batch
	Waiting          float64       // share of the same time spent waiting for images to be read and augmented, 0 to 1
	Left             time.Duration // until training ends; 0 before the second batch
}

// TrainOptions lets a caller follow the training. The functions may be nil.
type TrainOptions struct {
	OnBatch  func(Progress) // after every batch
	OnRecord func(Record)   // after every line added to the history
	OnStep   func(*Step)    // after every batch, to act: stop, refine, change, save
	OnTest   func()         // when an epoch has been trained, before the net is measured on test or validation images
	Commands *Queue         // what other goroutines ask for

	// GradientNorms measures the gradients, for Step.GradientNorms.
	GradientNorms bool
}

// saveInterval is the time between two saves within an epoch, and so about the most training that a killed process
// loses.
var saveInterval = time.Minute

// lossRecords is the number of records of the training loss that an epoch leaves in the history.
const lossRecords = 20

// Train trains for a number of epochs more; finishing an interrupted epoch counts as one. It saves after every epoch
// and about every minute. It ends before if Config.EarlyStop says so; Stalled tells. When ctx is cancelled it finishes
// the batch, saves, and returns an error that wraps the context's; the next call goes on where it stopped. If the loss
// is not finite, training stops with an error and the run is back at its last good save.
func (r *Run) Train(ctx context.Context, epochs int, options ...TrainOptions) error {
	if epochs < 1 {
		return fmt.Errorf("run %s: the number of epochs must be at least 1, got %d", r.dir, epochs)
	}
	return r.trainTo(ctx, r.state.Epoch+epochs, "Train", options)
}

// TrainTo trains until a number of epochs, counted from the beginning of the run, is complete. See Train.
func (r *Run) TrainTo(ctx context.Context, epochs int, options ...TrainOptions) error {
	return r.trainTo(ctx, epochs, "TrainTo", options)
}

func (r *Run) trainTo(ctx context.Context, epochs int, caller string, options []TrainOptions) error {
	if err := r.writable(); err != nil {
		return err
	}
	o, err := optional.One(caller, "TrainOptions", options, TrainOptions{})
	if err != nil {
		return fmt.Errorf("run %s: %w", r.dir, err)
	}
	t := &training{Run: r, TrainOptions: o, last: epochs, lastSave: time.Now(), queue: o.Commands}
	if t.queue == nil {
		t.queue = &Queue{}
	}
	if err := t.queue.begin(); err != nil {
		return fmt.Errorf("run %s: %w", r.dir, err)
	}
	defer t.queue.end()
	if err := r.openControl(t.queue); err != nil {
		r.warnings = append(r.warnings, fmt.Sprintf("run %s: other processes cannot send it commands: %v", r.dir, err))
	}
	defer r.closeControl()
	more := func() bool { return r.state.Epoch < epochs && !t.stalled() }
	for more() {
		if err := t.epoch(ctx); err != nil {
			return err
		}
		if more() {
			if err := t.perform(t.queue.take()); err != nil {
				return err
			}
		}
	}
	if err := t.testOnce(ctx); err != nil {
		return err
	}
	// What was asked for during the last test is done as well, but nothing is left to stop.
	if err := t.perform(t.queue.take()); !errors.Is(err, ErrStopped) {
		return err
	}
	return nil
}

// stalled reports whether the training stops early, which it does at the end of an epoch.
func (t *training) stalled() bool {
	_, stop := t.Stalled()
	return stop && t.state.Batch == 0
}

// training is one call of Train or TrainTo.
type training struct {
	*Run
	TrainOptions
	last     int // the epoch to stop before
	lastSave time.Time
	queue    *Queue
}

// batchTrainer trains one network, batch by batch.
type batchTrainer struct {
	gomlx   *train.Trainer
	backend compute.Backend
	batches *dataset.Batches
	steps   *stepper      // nil: they do not adapt
	norms   *[]string     // the variables whose gradients' norms are measured; nil: they are not
	done    int           // the number of batches
	time    time.Duration // for those after the first one, which compiles
	waited  time.Duration // of that, for their images
}

// epoch trains what is left of the present epoch, and evaluates the network.
func (t *training) epoch(ctx context.Context) error {
	st := &t.state
	if slices.Contains(st.Config.RefineEpochs, st.Epoch) && st.Batch == 0 && !st.Refined {
		err := t.change(func() error {
			st.Refined = true
			return t.refine()
		})
		if err != nil {
			return err
		}
		t.report(t.history[len(t.history)-1])
	}
	if err := t.prepare(ctx); err != nil {
		return err
	}
	for st.Batch < t.trainer.batches.Len() {
		if err := t.checkRate(); err != nil {
			return t.stopped(err)
		}
		if err := setLearningRate(t.store, Float, t.LearningRate()); err != nil {
			return err
		}
		err := t.run(ctx)
		if errors.Is(err, errAnew) {
			err = t.prepare(ctx)
		}
		if err != nil {
			return err
		}
	}
	batches := t.trainer.batches
	if err := t.announceTest(); err != nil {
		return err
	}
	var score Score
	if st.Config.testsEachEpoch() {
		var err error
		if score, err = t.measure(ctx, t.Evaluate); err != nil {
			return t.unmeasured(ctx, err)
		}
	}
	if notFinite(score.Loss) {
		return t.diverged(fmt.Errorf("the test loss is %g", score.Loss))
	}
	validated, err := t.measure(ctx, t.Validate)
	if err != nil {
		return t.unmeasured(ctx, err)
	}
	if notFinite(validated.Loss) {
		return t.diverged(fmt.Errorf("the validation loss is %g", validated.Loss))
	}
	images := float64(batches.Len() * batches.Size())
	trained := st.trained(batches.Len()*batches.Size(), t.set)
	record := Record{
		Event: EventEpoch, Epoch: st.Epoch,
		TrainLoss:     st.LossSum / float64(batches.Len()),
		TrainAccuracy: trained.Accuracy, TrainRMSE: trained.RMSE, TrainR2: trained.R2,
		TestLoss: score.Loss, TestAccuracy: score.Accuracy, TestRMSE: score.RMSE, TestR2: score.R2,
		ValidationLoss: validated.Loss, ValidationAccuracy: validated.Accuracy,
		ValidationRMSE: validated.RMSE, ValidationR2: validated.R2,
		LearningRate: t.rateOf(batches.Len() - 1), Seconds: st.Seconds, ImagesPerS: images / st.Seconds,
		Net: t.net.String(),
	}
	if st.TimedBatches > 0 { // the first batch after a change of the net compiles, and says nothing about speed
		record.ImagesPerS = float64(st.TimedBatches*batches.Size()) / st.TimedSeconds
	}
	record.Evaluations = float64(st.Evaluations) / float64(batches.Len())
	st.noteCosts(&record, batches.Len())
	t.history = append(t.history, record)
	st.Epoch++
	st.Evaluations, st.Squares = 0, 0
	st.Batch, st.LossSum, st.Correct, st.Seconds, st.Refined = 0, 0, 0, 0, false
	st.TimedBatches, st.TimedSeconds = 0, 0
	// Before the save: a process that dies between them repeats this.
	notKept := t.keepBest()
	err = t.saveOrGoBack()
	if !errors.Is(err, errNotFinite) {
		t.report(record)
		if notKept != nil {
			return t.stopped(errors.Join(notKept, err))
		}
	}
	return err
}

// announceTest tells the caller that the network is measured now.
func (t *training) announceTest() error {
	if t.OnTest == nil {
		return nil
	}
	return t.call("OnTest", t.OnTest)
}

// errStopAsked is the error of a measurement that ends because the queue has a command to stop, which is done next.
var errStopAsked = errors.New("a command to stop came")

// measure calls a measurement of the network, which a command to stop ends as the end of its context would. All other
// commands wait for it: the scores of an epoch are those of the network that was trained.
func (t *training) measure(ctx context.Context, f func(context.Context) (Score, error)) (Score, error) {
	within, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	t.queue.watch(func() { cancel(errStopAsked) })
	defer t.queue.watch(nil)
	score, err := f(within)
	if errors.Is(err, context.Canceled) && errors.Is(context.Cause(within), errStopAsked) {
		return score, errStopAsked
	}
	return score, err
}

// unmeasured returns the error of a measurement after an epoch. The batches are done: if it was interrupted, it comes
// next time. If no solver gets through, the training goes back to the last save, as there is nothing to measure; other
// reasons may pass.
func (t *training) unmeasured(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, errStopAsked):
		return t.perform(t.queue.take())
	case ctx.Err() != nil:
		return t.stopped(errors.Join(ctx.Err(), t.save()))
	case errors.Is(err, errStiff):
		return t.diverged(err)
	}
	return err
}

// prepare makes the trainer of the present net, unless there is one.
func (t *training) prepare(ctx context.Context) error {
	if t.trainer != nil && (!t.GradientNorms || t.trainer.norms != nil) {
		return nil
	}
	set, err := t.DatasetContext(ctx)
	if err != nil {
		return err
	}
	e, err := t.Engine()
	if err != nil {
		return err
	}
	c := t.state.Config
	if err := c.checkDevices(); err != nil {
		return fmt.Errorf("run %s: %w", t.dir, err)
	}
	if err := e.CheckDevices(c.Devices); err != nil {
		return fmt.Errorf("run %s: %w", t.dir, err)
	}
	if err := t.beginAverages(); err != nil {
		return fmt.Errorf("run %s: %w", t.dir, err)
	}
	if c.Devices > 1 {
		if err := t.spread(c.Devices); err != nil {
			return fmt.Errorf("run %s: %w", t.dir, err)
		}
	}
	t.state.Engine, t.state.Computing = e.Name, e.String()
	batches, err := c.newBatches(set)
	if err != nil {
		return fmt.Errorf("run %s: %w", t.dir, err)
	}
	update := newUpdates(c)
	if t.GradientNorms {
		update.measured = new([]string)
	}
	trainer, err := trainerWith(e, t.net, c, t.store, update, set.TargetStd)
	if err != nil {
		return fmt.Errorf("run %s: %w", t.dir, err)
	}
	steps, err := newStepper(e, t.net, t.store)
	if err != nil {
		return fmt.Errorf("run %s: %w", t.dir, err)
	}
	t.trainer = &batchTrainer{
		gomlx: trainer, backend: e.Backend, batches: batches, steps: steps, norms: update.measured,
	}
	return nil
}

// run trains on the batches that are left in the epoch, with GoMLX's loop.
func (t *training) run(ctx context.Context) (err error) {
	defer func() {
		guard(t.net, t.state.Config, recover(), &err)
		var own *TrainError
		var steps noSteps
		if errors.As(err, &steps) {
			err = steps.error // without GoMLX's words
		}
		switch {
		case errors.As(err, &own):
			err = own // without the names of GoMLX's hooks
		case err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()):
			// No batch was begun: the solver that chooses its steps was interrupted.
			err = t.stopped(errors.Join(ctx.Err(), t.saveOrGoBack()))
		case errors.Is(err, errStiff):
			err = t.diverged(err)
		case err != nil:
			// The engine failed in the middle of a batch, which takes the weights with it.
			err = t.backToSave(err)
		}
	}()
	st := &t.state
	loop := train.NewLoop(t.trainer.gomlx)
	set := &trainingSet{
		backend: t.trainer.backend, set: t.set, batches: t.trainer.batches, epoch: st.Epoch, batch: st.Batch,
	}
	start := time.Now()
	loop.OnStep("run", 0, func(_ *train.Loop, metrics []*tensors.Tensor) error {
		loss := metrics[0].Value().(float32)
		correct := metrics[correctMetric].Value().(float32)
		for i := range t.state.Config.weighted(Costs{}) {
			st.addCost(i, float64(metrics[correctMetric+1+i].Value().(float32)))
		}
		if t.Regression() {
			st.Squares += float64(metrics[len(metrics)-1].Value().(float32))
		}
		err := t.batch(ctx, time.Since(start), set.waited, float64(loss), float64(correct))
		start = time.Now() // saves and callbacks are not training
		return err
	})
	var ds train.Dataset = set
	if t.trainer.steps != nil {
		ds = steppedSet{set, t.trainer.steps, ctx}
	}
	if t.mesh != nil {
		ds = sharedSet{set, t.mesh}
	}
	_, err = loop.RunSteps(ds, t.trainer.batches.Len()-st.Batch)
	return err
}

// TrainError is the error of a training that has stopped, with the position at which it did.
type TrainError struct {
	Run          string
	Epoch, Batch int // complete epochs, and batches done in the next one
	Err          error
}

// Error implements error.
func (e *TrainError) Error() string {
	return fmt.Sprintf("run %s: epoch %d, after %s: %v", e.Run, e.Epoch+1, words.Plural(e.Batch, "batch"), e.Err)
}

// Unwrap returns the reason, such as context.Canceled.
func (e *TrainError) Unwrap() error { return e.Err }

// stopped returns the error of a training that stops at its present position.
func (t *training) stopped(why error) *TrainError {
	return &TrainError{t.dir, t.state.Epoch, t.state.Batch, why}
}

// batch records a batch that has been trained on, reports it, and saves if it is time or ctx is cancelled. It took some
// time, of which the loop waited some for the images.
func (t *training) batch(ctx context.Context, took, waited time.Duration, loss, correct float64) error {
	st := &t.state
	if notFinite(loss) {
		return t.diverged(fmt.Errorf("the training loss is %g", loss))
	}
	st.Batch++
	st.LossSum += loss
	st.Correct += correct
	if t.trainer.steps != nil {
		st.Evaluations += t.trainer.steps.last.NFE
	}
	st.Seconds += took.Seconds()
	if t.trainer.done++; t.trainer.done > 1 {
		t.trainer.time += took
		t.trainer.waited += waited
		st.TimedBatches++
		st.TimedSeconds += took.Seconds()
	}
	if st.Epoch == 0 && st.Batch == 1 {
		t.noteStart(loss)
	}
	st.Recent += loss
	st.RecentN++
	if all := t.trainer.batches.Len(); st.RecentN >= (all+lossRecords-1)/lossRecords {
		record := Record{
			Event: EventLoss, Epoch: st.Epoch, Batch: st.Batch, Batches: all,
			TrainLoss: st.Recent / float64(st.RecentN),
		}
		t.history = append(t.history, record)
		st.Recent, st.RecentN = 0, 0
		t.report(record)
	}
	if t.OnBatch != nil {
		if err := t.call("OnBatch", func() { t.OnBatch(t.progress(loss)) }); err != nil {
			return err
		}
	}
	if err := t.obey(loss); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return t.stopped(errors.Join(ctx.Err(), t.saveOrGoBack()))
	}
	if time.Since(t.lastSave) > saveInterval {
		if err := t.saveOrGoBack(); err != nil {
			return t.stopped(err)
		}
	}
	if last, next := t.rateOf(st.Batch-1), t.LearningRate(); next != last && st.Batch < t.trainer.batches.Len() {
		if err := t.checkRate(); err != nil {
			return t.stopped(errors.Join(err, t.saveOrGoBack()))
		}
		return setLearningRate(t.store, Float, next)
	}
	return nil
}

// noteStart records the loss of a run's first batch, which is that of the weights as they began. A measurement of the
// test images would not tell it: batch norm's running statistics are not known before the first step, and with others a
// deep net's outputs are arbitrarily large.
func (t *training) noteStart(loss float64) {
	q := t.state.trained(t.trainer.batches.Size(), t.set)
	record := Record{
		Event: EventStart, TrainLoss: loss, TrainAccuracy: q.Accuracy, TrainRMSE: q.RMSE, TrainR2: q.R2,
		Net: t.net.String(),
	}
	t.history = append(t.history, record)
	t.report(record)
}

// saveOrGoBack saves. Weights that cannot be saved because they are not finite are given up for those of the last save.
func (t *training) saveOrGoBack() error {
	err := t.save()
	if errors.Is(err, errNotFinite) {
		return t.diverged(err)
	}
	t.lastSave = time.Now()
	return err
}

// backToSave restores the last save, and returns the error that says so.
func (t *training) backToSave(why error) *TrainError {
	stopped := t.stopped(why)
	if _, err := t.restore(); err != nil {
		stopped.Err = errors.Join(why, err)
		return stopped
	}
	stopped.Err = fmt.Errorf("%w; the run is back at its last good save, after %s and %s", why,
		words.Plural(t.state.Epoch, "epoch"), words.Plural(t.state.Batch, "batch"))
	return stopped
}

// diverged is backToSave for weights that have grown out of bounds: its error says how to go on.
func (t *training) diverged(why error) *TrainError {
	began := t.state.Epoch == 0 && t.state.Batch == 0
	stopped := t.backToSave(why)
	if began {
		stopped.Err = fmt.Errorf("%w; these are the weights that it began with, so that a smaller learning rate does "+
			"not help: look at %s", stopped.Err, t.suspect())
		return stopped
	}
	stopped.Err = fmt.Errorf("%w; go on with a smaller learning rate "+
		"(SetLearningRate, or cnet train --run %s --epochs %d --lr %.3g)",
		stopped.Err, runname.Argument(t.dir), t.last, t.baseRate()/10)
	return stopped
}

// suspect says what may be wrong with a net that fails with the weights that it began with.
func (t *training) suspect() string {
	what := "the numbers of the data set"
	if n, ok := t.net.(*Net); ok {
		what = "the rate " + n.Rate.Name + ", and " + what
	}
	if t.state.Config.adaptive() {
		what += ", or make a run with larger tolerances"
	}
	return what
}

// call calls a function of TrainOptions. If it panics, the training stops, and is saved: the batch is done.
func (t *training) call(name string, f func()) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = t.stopped(errors.Join(fmt.Errorf("%s panics (%s): %v", name, blame.Place(), p), t.saveOrGoBack()))
		}
	}()
	f()
	return nil
}

// progress returns the position after a batch with this loss.
func (t *training) progress(loss float64) Progress {
	st, b := &t.state, t.trainer
	p := Progress{
		Epoch: st.Epoch, LastEpoch: t.last, Batch: st.Batch, Batches: b.batches.Len(), Loss: loss,
		MeanLoss: st.LossSum / float64(st.Batch),
	}
	q := st.trained(st.Batch*b.batches.Size(), t.set)
	p.Accuracy, p.RMSE, p.R2 = q.Accuracy, q.RMSE, q.R2
	if b.done > 1 {
		perBatch := b.time / time.Duration(b.done-1)
		p.ImagesPerS = float64(b.batches.Size()) / perBatch.Seconds()
		p.Waiting = b.waited.Seconds() / b.time.Seconds()
		p.Left = time.Duration((t.last-st.Epoch)*p.Batches-st.Batch) * perBatch
	}
	return p
}

func (t *training) report(record Record) {
	if t.OnRecord != nil {
		t.OnRecord(record)
	}
}

// Interrupted reports whether err says that a training stopped because its context ended or it was told to. It also
// returns what went wrong besides, such as a save that failed, or nil.
func Interrupted(err error) (interrupted bool, besides error) {
	if !contextEnded(err) {
		return false, nil
	}
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		var others []error
		for _, part := range e.Unwrap() {
			if !contextEnded(part) {
				others = append(others, part)
			} else if _, other := Interrupted(part); other != nil {
				others = append(others, other)
			}
		}
		return true, errors.Join(others...)
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return Interrupted(inner)
		}
	}
	return true, nil
}

func contextEnded(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrStopped)
}
