package cnet

import (
	"fmt"
	"slices"
	"strings"

	"continuousnet/cnet/internal/words"
)

// Rate is the learning rate of a run, and where it comes from.
type Rate struct {
	Now    float64 `json:"now"`
	Start  float64 `json:"start"`             // before decays and schedule: the configuration's, or SetLearningRate's
	Epochs int     `json:"epochs"`            // the number of complete epochs when it was made Start
	ByHand bool    `json:"by_hand,omitempty"` // Start was set by SetLearningRate
	Decays []int   `json:"decays,omitempty"`  // the epochs since then, from 0, at whose end it decayed

	Schedule string `json:"schedule,omitempty"` // what changes it between batches, or did: "cosine to epoch 30"
	End      int    `json:"end,omitempty"`      // epochs after which Schedule leaves it as it is; 0: no end
}

// Rate returns the learning rate that the run goes on with, and where it comes from.
func (r *Run) Rate() Rate {
	st := r.state
	rate := Rate{Now: r.LearningRate(), Start: st.LearningRate, Epochs: st.RateEpoch}
	rate.ByHand = slices.ContainsFunc(r.history, func(rec Record) bool { return rec.Event == EventRate })
	for _, e := range st.Config.LRDecayEpochs {
		if st.RateEpoch <= e && e < st.Epoch {
			rate.Decays = append(rate.Decays, e)
		}
	}
	if !st.pastSchedule() {
		rate.Schedule, rate.End = st.Config.scheduleAt(st.Epoch, st.Batch, r.batchesPerEpoch())
	}
	return rate
}

// String returns the rate and why it is not the one that the run began with: "0.001 (0.1, decayed twice)", "0.031 (0.1,
// cosine to epoch 30)".
func (r Rate) String() string {
	var why []string
	if r.ByHand {
		why = append(why, "changed by hand after "+words.Plural(r.Epochs, "epoch"))
	}
	switch n := len(r.Decays); n {
	case 0:
	case 1:
		why = append(why, "decayed once")
	case 2:
		why = append(why, "decayed twice")
	default:
		why = append(why, fmt.Sprintf("decayed %d times", n))
	}
	if r.Schedule != "" {
		why = append(why, r.Schedule)
	}
	now := r.now()
	if len(why) == 0 {
		return now
	}
	if len(r.Decays) > 0 || now != words.Rate(r.Start) {
		why = append([]string{words.Rate(r.Start)}, why...)
	}
	return now + " (" + strings.Join(why, ", ") + ")"
}

// now returns the rate that is used now; one that changes with every batch is rounded.
func (r Rate) now() string {
	if r.Schedule != "" {
		return fmt.Sprintf("%.3g", r.Now)
	}
	return words.Rate(r.Now)
}

// LearningRate returns the learning rate that the run goes on with.
func (r *Run) LearningRate() float64 { return r.rateOf(r.state.Batch) }

// rateOf returns the learning rate of a batch, counted from 0, of the present epoch.
func (r *Run) rateOf(batch int) float64 {
	st, n := &r.state, r.batchesPerEpoch()
	if st.pastSchedule() {
		return st.LearningRate
	}
	return r.baseRate() * st.Config.schedule(n).factor(st.Epoch*n+batch)
}

// baseRate returns what the schedule multiplies to get the learning rate.
func (r *Run) baseRate() float64 {
	return r.state.Config.learningRate(r.state.LearningRate, r.state.RateEpoch, r.state.Epoch)
}

// batchesPerEpoch returns the number of batches in an epoch, as dataset.Batches.Len does once the data set is loaded.
func (r *Run) batchesPerEpoch() int {
	return r.trainImages() / max(r.batchSize(), 1)
}

// batchSize returns the number of images in a training batch, which is that of all images if there are not so many.
func (r *Run) batchSize() int { return min(r.state.Config.BatchSize, r.trainImages()) }

// trainImages returns the number of images to train on.
func (r *Run) trainImages() int {
	if r.set != nil {
		return r.set.Train.Len()
	}
	return r.state.TrainImages
}

// pastSchedule reports whether the learning rate was set after the end of the schedule, which then does not change it.
func (st *state) pastSchedule() bool {
	return st.Config.schedule(0).hasEnd() && st.RateEpoch >= st.Config.Epochs
}

// SetLearningRate changes the learning rate. With LRStep it is the rate from the next batch on, and decays at the end
// of those epochs in LRDecayEpochs that are still to come. With LRCosine and LROneCycle, and during a warm-up, it takes
// the place of Config.LearningRate, so that what is left of the schedule is scaled; after the end of the schedule it is
// the rate.
func (r *Run) SetLearningRate(rate float64) error {
	if notFinite(rate) || rate <= 0 {
		return fmt.Errorf("run %s: learning rate is %g, must be a positive number", r.dir, rate)
	}
	return r.change(func() error {
		r.state.LearningRate, r.state.RateEpoch = rate, r.state.Epoch
		r.history = append(r.history, Record{
			Event: EventRate, Epoch: r.state.Epoch, Batch: r.state.Batch, LearningRate: rate,
		})
		return nil
	})
}
