package cnet

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"continuousnet/cnet/internal/words"
)

// Values of Config.LRSchedule: how the learning rate changes while a run is trained.
const (
	LRStep     = "step"     // times LRDecay at the end of each epoch in LRDecayEpochs
	LRCosine   = "cosine"   // from LearningRate down to 0 at the end of Epochs, along half a cosine
	LROneCycle = "onecycle" // up from LearningRate/25 in the first 30 % of Epochs, then down to LearningRate/10,000
	LRConstant = "constant" // stays
)

// LRSchedules lists the values of Config.LRSchedule, without those of RegisterSchedule.
var LRSchedules = []string{LRStep, LRCosine, LROneCycle, LRConstant}

// The one-cycle policy: a start of lr/25, a peak after 30 % of the training, and an end of lr/10,000.
const (
	cycleStart = 1. / 25
	cyclePeak  = 0.3
	cycleEnd   = 1e-4
)

// schedule is what the learning rate of a batch is multiplied by. It depends on the number of the batch alone, so that
// a training that was interrupted goes on with the same rates. The decays of LRStep are not part of it: they count from
// the last SetLearningRate; see Config.learningRate.
type schedule struct {
	name    string
	warmup  float64 // batches over which the rate rises
	batches int     // of the planned training
	epochs  int     // likewise
	each    int     // batches in an epoch
	own     ScheduleFunc
}

// schedule returns the schedule of a run whose epochs have so many batches.
func (c Config) schedule(batches int) schedule {
	return schedule{
		name: c.LRSchedule, warmup: c.LRWarmup * float64(batches),
		batches: c.Epochs * batches, epochs: c.Epochs, each: batches, own: ownSchedule(c.LRSchedule),
	}
}

// factor returns the factor of a batch, counted from 0 at the beginning of the run. After the planned training it stays
// what it was in the last batch.
//
// The warm-up is linear and reaches 1 with its last batch (Goyal et al., Accurate, Large Minibatch SGD, 2017, 2.2).
// The cosine is that of Loshchilov and Hutter, SGDR, 2017, equation 5, with η_min = 0, in its first period, which
// begins after the warm-up. One cycle is the policy of Smith and Topin, Super-Convergence, 2019, in fastai's form: both
// halves are cosines, and the rate falls far below the one that it began with. The momentum stays the same.
func (s schedule) factor(batch int) float64 {
	if s.hasEnd() {
		batch = min(batch, s.batches-1)
	}
	if s.name == LROneCycle {
		t := float64(batch) / float64(max(s.batches-1, 1))
		if t < cyclePeak {
			return anneal(cycleStart, 1, t/cyclePeak)
		}
		return anneal(1, cycleEnd, (t-cyclePeak)/(1-cyclePeak))
	}
	if s.rises(batch) {
		return float64(batch+1) / s.warmup
	}
	if s.own != nil {
		return s.own(float64(batch)/float64(max(s.each, 1)), s.epochs)
	}
	if s.name == LRCosine {
		past := max(float64(batch)-s.warmup, 0) // a warm-up may end within a batch
		return anneal(1, 0, past/(float64(s.batches)-s.warmup))
	}
	return 1
}

// hasEnd reports whether the schedule ends with the planned training.
func (s schedule) hasEnd() bool { return s.name == LRCosine || s.name == LROneCycle }

// rises reports whether a batch is one of the warm-up, before its last.
func (s schedule) rises(batch int) bool { return float64(batch+1) < s.warmup }

// anneal goes from one value to another along half a cosine while t goes from 0 to 1.
func anneal(from, to, t float64) float64 {
	return to + (from-to)*(1+math.Cos(math.Pi*t))/2
}

// scheduleAt tells what changes the learning rate at a position, given the number of batches in an epoch, and after how
// many epochs it has ended, or 0 if it has no end. The text is "" if nothing changes it from batch to batch.
func (c Config) scheduleAt(epoch, batch, batches int) (text string, end int) {
	var parts []string
	s := c.schedule(batches)
	if s.rises(epoch*batches + batch) {
		parts = append(parts, fmt.Sprintf("warm-up to epoch %g", c.LRWarmup))
	}
	switch {
	case s.hasEnd() && epoch < c.Epochs:
		parts, end = append(parts, fmt.Sprintf("%s to epoch %d", s.name, c.Epochs)), c.Epochs
	case s.own != nil:
		parts = append(parts, s.name)
	case s.hasEnd():
		parts, end = append(parts, fmt.Sprintf("%s ended after %s", s.name, words.Plural(c.Epochs, "epoch"))), c.Epochs
	}
	return strings.Join(parts, ", "), end
}

// checkSchedule checks LRSchedule and the fields that go with it.
func (c Config) checkSchedule() error {
	if !slices.Contains(LRSchedules, c.LRSchedule) && ownSchedule(c.LRSchedule) == nil {
		return badField("lr schedule", fmt.Sprintf("%q", c.LRSchedule), "one of "+
			strings.Join(append(slices.Clone(LRSchedules), ownSchedules()...), ", ")+
			", or registered with RegisterSchedule")
	}
	if len(c.LRDecayEpochs) > 0 && c.LRSchedule != LRStep {
		return fmt.Errorf("config: the lr schedule %s has no epochs at which the learning rate decays; "+
			"leave them out, or choose %s", c.LRSchedule, LRStep)
	}
	switch {
	case c.Epochs < 0 || c.Epochs > maxEpochs:
		return badField("epochs", c.Epochs, fmt.Sprintf("from 1 to %d", maxEpochs))
	case c.Epochs == 0 && c.schedule(0).hasEnd():
		return badField("epochs", c.Epochs,
			"the planned number of them, with which the lr schedule "+c.LRSchedule+" ends")
	case notFinite(c.LRWarmup) || c.LRWarmup < 0:
		return badField("lr warmup", c.LRWarmup, "0 or a positive number of epochs")
	case c.LRWarmup > 0 && c.LRSchedule == LROneCycle:
		return fmt.Errorf("config: the lr schedule %s has a warm-up of its own; "+
			"leave out the lr warmup of %g epochs, or choose another schedule", c.LRSchedule, c.LRWarmup)
	case c.Epochs > 0 && c.LRWarmup >= float64(c.Epochs):
		return badField("lr warmup", c.LRWarmup,
			fmt.Sprintf("less than the epochs of the training, which are %d", c.Epochs))
	}
	return nil
}

// maxEpochs bounds the planned number of epochs.
const maxEpochs = 1 << 20

// The epochs, from 0, at whose end the learning rate of the original decays unless it is told otherwise, and how many
// it trains for: the defaults in its README.
var (
	originalDecays = []int{80, 120}
	originalEpochs = 180
)

// DecayEpochs returns the epochs, from 0, at whose end the learning rate decays by default in a training of so many
// epochs: the original's 80 and 120 of 180, scaled and rounded. A decay after the last epoch is left out: nothing would
// be trained with it.
func DecayEpochs(epochs int) []int {
	var list []int
	for _, e := range originalDecays {
		scaled := (2*e*epochs + originalEpochs) / (2 * originalEpochs)
		if scaled < epochs-1 && !slices.Contains(list, scaled) {
			list = append(list, scaled)
		}
	}
	return list
}
