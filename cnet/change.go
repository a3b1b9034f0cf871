package cnet

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/ode"
)

// change calls f, which changes the run, and saves. If either fails, the run is as it was before, in memory too.
func (r *Run) change(f func() error) error {
	if err := r.writable(); err != nil {
		return err
	}
	err := f()
	if err == nil {
		err = r.save()
	}
	if err != nil {
		_, back := r.restore()
		return errors.Join(err, back)
	}
	return nil
}

// Refine doubles the time steps of every stage and refines the basis of its weights; see basis.Refine. With piecewise
// constant weights 1-1-1 becomes 2-2-2, and both halves of an interval begin with the weights of the whole. The
// function that the net computes changes only because the steps are smaller. The optimizer starts afresh, as in the
// original.
func (r *Run) Refine() error { return r.RefineStages() }

// RefineStages is Refine of the stages with these numbers, from 1: RefineStages(2) makes 2-4-2 of 2-2-2. Without any it
// refines all.
func (r *Run) RefineStages(stages ...int) error {
	return r.change(func() error { return r.refine(stages...) })
}

func (r *Run) refine(stages ...int) error {
	n, err := r.continuous("depth to refine")
	if err != nil {
		return err
	}
	if n.Config.adaptive() {
		return fmt.Errorf("run %s: cannot refine: its steps adapt to tolerances, and are not doubled; ChangeBasis "+
			"gives the weights more functions of depth", r.dir)
	}
	var fine *Net
	adopt, err := r.rewrite(func(store *model.Store) error {
		fine, err = n.refineStages(store, stages)
		return err
	})
	if err != nil {
		return fmt.Errorf("run %s: cannot refine: %w", r.dir, err)
	}
	return r.rebased(fine, EventRefine, adopt)
}

// rebased makes n, which has another basis of depth, the net of the run, and resets the optimizer. Adopt comes from
// rewrite.
func (r *Run) rebased(n *Net, event string, adopt func() error) error {
	if err := clearOptimizer(r.store); err != nil {
		return fmt.Errorf("run %s: %s: %w", r.dir, event, err)
	}
	r.state.setDepth(n)
	r.changed(n, event)
	if err := adopt(); err != nil {
		return fmt.Errorf("run %s: %s: %w", r.dir, event, err)
	}
	return nil
}

// SetScheme changes the scheme of the net. The weights stay as they are, and the new scheme reads θ(t) at its own
// stages.
func (r *Run) SetScheme(name string) error {
	scheme, err := schemeLookup(ode.Lookup).forNetworks(name)
	if err != nil {
		return fmt.Errorf("run %s: %w", r.dir, err)
	}
	return r.change(func() error {
		old, err := r.continuous("scheme to change")
		if err != nil {
			return err
		}
		n := *old
		n.Scheme = scheme
		c := n.Config
		c.Scheme = name
		if err := c.checkAdjoint(scheme); err != nil {
			return err
		}
		if err := c.checkTolerances(scheme); err != nil {
			return err
		}
		before := r.state
		r.state.Scheme = name
		err = r.state.keepSchemes(func(wanted string) (ode.Method, error) {
			if wanted == name {
				return scheme, nil
			}
			return before.schemeNamed(wanted)
		})
		if err != nil {
			return err
		}
		r.changed(&n, EventScheme)
		return nil
	})
}

// changed makes n the net of the run and notes it in the history.
func (r *Run) changed(n Network, event string) {
	r.net, r.eval, r.trainer, r.shown = n, nil, nil, nil
	r.history = append(r.history, Record{Event: event, Epoch: r.state.Epoch, Batch: r.state.Batch, Net: n.String()})
}

// changeable are the fields of a configuration that Change may change, with what they are called in the history.
var changeable = map[string]string{
	"BatchSize": "batch size", "TestBatchSize": "test batch size", "Epochs": "epochs",
	"LRSchedule": "lr schedule", "LRDecay": "lr decay", "LRDecayEpochs": "lr decay epochs", "LRWarmup": "lr warmup",
	"WeightDecay": "weight decay", "Momentum": "momentum", "Optimizer": "optimizer", "RefineEpochs": "refine epochs",
	"KeepBest": "keep best", "EarlyStop": "early stop",
	"LabelSmoothing": "label smoothing", "ClipNorm": "clip norm", "EMA": "ema", "Augment": "augment",
}

// Change changes the run's configuration as edit does: batch sizes, the optimizer, its momentum and weight decay, label
// smoothing, the clipping of gradients, the average of the weights, the schedule of the learning rate and the epochs
// that it is planned for, the epochs at which the net is refined, the augmentation, KeepBest and EarlyStop. Other
// fields stay what they are, and it is an error if edit changes one; for the learning rate there is SetLearningRate.
//
// Another optimizer begins without a memory of gradients, as after a refinement, and so does one that gets momentum or
// loses it. Momentum and weight decay that were the defaults of the old optimizer become those of the new one, and the
// learning rate is multiplied by the ratio of the two defaults, as 0.1 of SGD is far too much for Adam. Epochs of
// RefineEpochs that are over do nothing.
//
// A schedule counts from the beginning of the run, so that the learning rate from the next batch on is the one that the
// changed schedule has there. The epochs at which it decays by default follow Epochs, and all of them go with LRStep.
// Within an epoch, another batch size goes on with the first whole batch after the images that were trained on.
func (r *Run) Change(edit func(c *Config)) error {
	return r.change(func() error {
		old := r.state.Config
		c := old
		c.LRDecayEpochs, c.Augment = slices.Clone(old.LRDecayEpochs), slices.Clone(old.Augment)
		c.RefineEpochs = slices.Clone(old.RefineEpochs)
		edit(&c)
		c.replaceAugment(old)
		if slices.Equal(c.LRDecayEpochs, old.LRDecayEpochs) && (decaysByDefault(old) || c.LRSchedule != LRStep) {
			c.LRDecayEpochs = nil // those of the new plan, or none
		}
		factor := c.followOptimizer(old)
		c = c.WithDefaults()
		changes, err := changesOf(old, c)
		if err != nil {
			return fmt.Errorf("run %s: %w", r.dir, err)
		}
		if changes == "" {
			return nil
		}
		if err := c.check(r.state.schemeNamed); err != nil {
			return fmt.Errorf("run %s: %w", r.dir, err)
		}
		if r.Regression() {
			if err := c.checkRegression(); err != nil {
				return fmt.Errorf("run %s: %w", r.dir, err)
			}
		}
		size := r.batchSize()
		r.state.Config = c
		r.state.rescale(size, r.batchSize(), r.batchesPerEpoch())
		r.eval, r.trainer = nil, nil
		if c.Optimizer != old.Optimizer || (c.Momentum > 0) != (old.Momentum > 0) {
			if err := clearOptimizer(r.store); err != nil {
				return fmt.Errorf("run %s: %w", r.dir, err)
			}
		}
		if factor != 1 {
			changes += fmt.Sprintf(", learning rate times %.3g", factor)
			r.state.LearningRate *= factor
		}
		if c.EMA == 0 {
			if err := r.dropAverages(); err != nil {
				return fmt.Errorf("run %s: %w", r.dir, err)
			}
		}
		r.history = append(r.history, Record{
			Event: EventChange, Epoch: r.state.Epoch, Batch: r.state.Batch, Changes: changes,
		})
		return nil
	})
}

// followOptimizer brings what goes with the optimizer in line with it, if it is another one than before: momentum and
// weight decay that were defaults are left for WithDefaults to set. It returns the factor of the learning rate.
func (c *Config) followOptimizer(old Config) (factor float64) {
	if c.Optimizer == old.Optimizer || !slices.Contains(Optimizers, c.Optimizer) {
		return 1
	}
	usual := func(optimizer string) Config {
		return Config{Dataset: "moons", Model: old.Model, Optimizer: optimizer}.WithDefaults()
	}
	was, is := usual(old.Optimizer), usual(c.Optimizer)
	if c.Momentum == old.Momentum && old.Momentum == was.Momentum {
		c.Momentum = 0
	}
	if c.WeightDecay == old.WeightDecay && old.WeightDecay == was.WeightDecay {
		c.WeightDecay = 0
	}
	return is.LearningRate / was.LearningRate
}

// decaysByDefault reports whether the epochs at which the learning rate decays are those of the plan.
func decaysByDefault(c Config) bool {
	return c.Epochs > 0 && c.LRSchedule == LRStep && slices.Equal(c.LRDecayEpochs, DecayEpochs(c.Epochs))
}

// changesOf describes the fields of a configuration that differ. It returns an error for one that must not.
func changesOf(old, c Config) (string, error) {
	before, after := reflect.ValueOf(old), reflect.ValueOf(c)
	var changes []string
	for i := range before.NumField() {
		is, was := after.Field(i), before.Field(i)
		if reflect.DeepEqual(is.Interface(), was.Interface()) || is.Kind() == reflect.Slice && is.Len()+was.Len() == 0 {
			continue
		}
		field := before.Type().Field(i).Name
		if field == "NoAugment" {
			continue // Augment says it
		}
		name, ok := changeable[field]
		switch {
		case field == "LearningRate":
			return "", fmt.Errorf("its learning rate is changed with SetLearningRate, not with Change")
		case !ok:
			return "", fmt.Errorf("its %s is %v and cannot be changed to %v; make another run", field, was, is)
		}
		changes = append(changes, fmt.Sprintf("%s %s → %s", name, fieldText(was), fieldText(is)))
	}
	return strings.Join(changes, ", "), nil
}

// fieldText writes the value of a field for people. What is off is a negative number, or empty.
func fieldText(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Float64:
		return fmt.Sprintf("%g", max(v.Float(), 0))
	case reflect.Slice:
		if v.Len() == 0 {
			return "none"
		}
		if words, ok := v.Interface().([]string); ok {
			return strings.Join(words, ",")
		}
	case reflect.String:
		if v.Len() == 0 {
			return "none"
		}
	}
	return fmt.Sprint(v)
}

// rescale makes the position in an epoch that of batches of another size, of which there are now so many: the first
// whole one after the images that have been trained on. The means over the epoch stay.
func (st *state) rescale(oldSize, size, batches int) {
	if st.Batch == 0 || oldSize == size {
		return
	}
	done := min((st.Batch*oldSize+size-1)/size, batches)
	st.LossSum *= float64(done) / float64(st.Batch)
	for name := range st.Costs {
		st.Costs[name] *= float64(done) / float64(st.Batch)
	}
	st.Evaluations = int(math.Round(float64(st.Evaluations) * float64(done) / float64(st.Batch)))
	st.Correct *= float64(done*size) / float64(st.Batch*oldSize)
	st.Squares *= float64(done*size) / float64(st.Batch*oldSize)
	st.Batch, st.TimedBatches, st.TimedSeconds = done, 0, 0
}
