package cnet

import (
	"fmt"
	"slices"
	"strings"
)

// The values of Config.KeepBest: the test images, and those that Config.Validation holds out of training.
const (
	PartTrain      = "train" // not of KeepBest
	PartTest       = "test"
	PartValidation = "validation"
)

// Parts are the values of Config.KeepBest: the parts of the data on which an epoch can be measured.
var Parts = []string{PartTest, PartValidation}

// watched returns the part of the data that best and early stopping look at.
func (c Config) watched() string {
	if c.KeepBest != "" {
		return c.KeepBest
	}
	if c.Validation > 0 {
		return PartValidation
	}
	return PartTest
}

// checkBest checks KeepBest and EarlyStop.
func (c Config) checkBest() error {
	if c.KeepBest != "" && !slices.Contains(Parts, c.KeepBest) {
		return badField("keep best", fmt.Sprintf("%q", c.KeepBest), "one of "+strings.Join(Parts, ", "))
	}
	if c.KeepBest == PartValidation && c.Validation == 0 {
		return badField("keep best", fmt.Sprintf("%q", c.KeepBest),
			PartTest+", because no validation part is held out of the training images (Validation, --validation 0.1)")
	}
	if c.EarlyStop < 0 || c.EarlyStop > maxEpochs {
		return badField("early stop", c.EarlyStop, fmt.Sprintf("from 1 to %d, or 0 for never", maxEpochs))
	}
	return nil
}

// bestKept is the epoch that the checkpoint bestName holds.
type bestKept struct {
	Part     string  `json:"part"`
	Epoch    int     `json:"epoch"`    // complete epochs
	Accuracy float64 `json:"accuracy"` // or R²; see Quality.Compared
}

// keepBest writes the checkpoint of the best epoch if the last one, which is complete now, is better than those before
// it. The first one that is measured on another part than before is the best.
func (r *Run) keepBest() error {
	st := &r.state
	last, ok := r.history.Last()
	if st.Config.KeepBest == "" || !ok {
		return nil
	}
	accuracy := last.Quality(st.Config.KeepBest).Compared()
	if b := st.Best; b != nil && b.Part == st.Config.KeepBest && accuracy <= b.Accuracy {
		return nil
	}
	before := st.Best
	st.Best = &bestKept{st.Config.KeepBest, st.Epoch, accuracy}
	if err := r.writeCheckpoint(bestName); err != nil {
		st.Best = before
		return err
	}
	return nil
}

// Best returns the run as it was after its best epoch, open read-only; see OpenReadOnly. The configuration must have
// said KeepBest, unless the best epoch is the last one. If a better epoch came before KeepBest was set, a warning of
// what is returned says so.
func (r *Run) Best() (*Run, error) {
	part := r.state.Config.watched()
	if r.state.Best != nil {
		part = r.state.Best.Part
	}
	best, ok := r.history.bestOn(part)
	if !ok {
		return nil, fmt.Errorf("run %s: it has no best epoch, because none is complete yet", r.dir)
	}
	here := best.Epoch+1 == r.state.Epoch && r.state.Batch == 0 && !r.changedSinceEpoch()
	if r.state.Best == nil || here && r.state.Best.Epoch != r.state.Epoch {
		if here {
			return OpenReadOnly(r.dir, r.place())
		}
		return nil, fmt.Errorf("run %s: its best epoch, which was number %d, was not kept; "+
			"KeepBest in the configuration, or cnet train --run %s --keep-best, keeps those to come",
			r.dir, best.Epoch+1, argument(r.dir))
	}
	b, err := r.Checkpoint(bestName)
	if err == nil && b.state.Epoch != best.Epoch+1 {
		b.warnings = append(b.warnings, fmt.Sprintf(
			"run %s: epoch %d was better, with %s, but not kept; this is epoch %d",
			r.dir, best.Epoch+1, best.Quality(part).Short(), b.state.Epoch))
	}
	return b, err
}

// changedSinceEpoch reports whether the network is another one than at the end of the last epoch.
func (r *Run) changedSinceEpoch() bool {
	for _, rec := range slices.Backward(r.history) {
		if rec.Event == EventEpoch || rec.ChangesNet() {
			return rec.ChangesNet()
		}
	}
	return false
}

// Stalled returns the number of complete epochs since the accuracy, or R², on the watched part of the data was last
// better than ever before, and whether that is as many as Config.EarlyStop allows: then Train does nothing more. The
// count begins anew when the network, the learning rate or the configuration is changed, so that what was changed gets
// its chance.
func (r *Run) Stalled() (epochs int, stop bool) {
	part := r.state.Config.watched()
	best, any := 0.0, false
	for _, rec := range r.history {
		switch {
		case rec.Event == EventEpoch:
			epochs++
			if a := rec.Quality(part).Compared(); !any || a > best {
				best, any, epochs = a, true, 0
			}
		case rec.ChangesNet(), rec.Event == EventRate, rec.Event == EventChange:
			epochs = 0
		}
	}
	limit := r.state.Config.EarlyStop
	return epochs, limit > 0 && epochs >= limit
}
