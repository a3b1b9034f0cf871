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
	Start  float64 `json:"start"`             // before it decayed: the configuration's, or the last SetLearningRate's
	Epochs int     `json:"epochs"`            // the number of complete epochs when it was Start
	ByHand bool    `json:"by_hand,omitempty"` // Start was set by SetLearningRate
	Decays []int   `json:"decays,omitempty"`  // the epochs since then, from 0, at whose end it decayed
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
	return rate
}

// String returns the rate and why it is not the one that the run began with: "0.001 (0.1, decayed twice)".
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
	if len(why) == 0 {
		return words.Rate(r.Now)
	}
	if len(r.Decays) > 0 {
		why = append([]string{words.Rate(r.Start)}, why...)
	}
	return words.Rate(r.Now) + " (" + strings.Join(why, ", ") + ")"
}

// LearningRate returns the learning rate that the run goes on with.
func (r *Run) LearningRate() float64 {
	return r.state.Config.learningRate(r.state.LearningRate, r.state.RateEpoch, r.state.Epoch)
}

// SetLearningRate changes the learning rate. It decays at the end of those epochs in LRDecayEpochs that are still to
// come.
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
