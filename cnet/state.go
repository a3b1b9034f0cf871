package cnet

import (
	"fmt"
	"reflect"

	"continuousnet/cnet/ode"
)

// state is the progress of a run: all that a save holds besides tensors and history.
type state struct {
	Version      int           `json:"version"`
	Config       Config        `json:"config"`
	Engine       string        `json:"engine"`              // the one it was last trained with, for "auto"
	Computing    string        `json:"computing,omitempty"` // the same as it describes itself
	Scheme       string        `json:"scheme"`
	Tableaux     []ode.Tableau `json:"tableaux,omitempty"` // of the schemes that are not built in
	Steps        int           `json:"steps"`
	Basis        string        `json:"basis,omitempty"` // of the weights over depth
	NumBasis     int           `json:"num_basis,omitempty"`
	StageSteps   []int         `json:"stage_steps,omitempty"` // of each stage, instead of Steps, if they differ
	StageBasis   []int         `json:"stage_basis,omitempty"` // likewise, instead of NumBasis
	LearningRate float64       `json:"learning_rate"`         // at the beginning of RateEpoch, before the schedule
	RateEpoch    int           `json:"rate_epoch"`
	Epoch        int           `json:"epoch"`                 // complete epochs
	Batch        int           `json:"batch"`                 // batches done in the next one
	LossSum      float64       `json:"loss_sum"`              // over these batches
	Correct      float64       `json:"correct"`               // what expectedHits counts in these batches
	Squares      float64       `json:"squares,omitempty"`     // sum of mean squared errors of targets, in their units
	Evaluations  int           `json:"evaluations,omitempty"` // of the rate, by a solver that adapts its steps
	Seconds      float64       `json:"seconds"`               // spent on these batches
	TimedBatches int           `json:"timed_batches"`         // those of them that compiled nothing
	TimedSeconds float64       `json:"timed_seconds"`
	Recent       float64       `json:"recent"`         // sum of the losses since the last record of the training loss
	RecentN      int           `json:"recent_n"`       // and their number
	Best         *bestKept     `json:"best,omitempty"` // what the checkpoint of the best epoch holds
	Refined      bool          `json:"refined"`        // the refinement due at the start of this epoch is done

	Costs map[string]float64 `json:"costs,omitempty"` // sums of those of regularisers over the batches of this epoch

	RateDescription string `json:"rate_description,omitempty"` // of the rate, if it is not built in

	dataState
}

// net returns the network as it is at this point of the run.
func (st state) net() (Network, error) {
	if err := st.findRate(); err != nil {
		return nil, notRegistered{err}
	}
	if err := st.findBasis(); err != nil {
		return nil, notRegistered{err}
	}
	network, err := newNetwork(st.Config, st.Channels, st.Classes, st.schemeNamed)
	if err != nil {
		return nil, err
	}
	n, ok := network.(*Net)
	if !ok {
		return network, nil
	}
	if n.Scheme, err = schemeLookup(st.schemeNamed).forNetworks(st.Scheme); err != nil {
		return nil, err
	}
	depth := st.depth()
	if err := depth.checkStages(); err != nil {
		return nil, err
	}
	if n.Bases, err = depth.bases(); err != nil {
		return nil, err
	}
	n.Steps = depth.StepsOfStages()
	return n, nil
}

// depth returns the configuration with steps and basis as they are now.
func (st state) depth() Config {
	c := st.Config
	if c.Model != NeuralODE {
		c.Stages = c.NumStages() // which lists say that may be one number by now
	}
	c.Steps, c.StageSteps, c.Basis, c.NumBasis, c.StageBasis =
		st.Steps, st.StageSteps, st.Basis, st.NumBasis, st.StageBasis
	return c
}

// setDepth makes the state hold the steps and the bases of a net.
func (st *state) setDepth(n *Net) {
	now := n.Now()
	st.Steps, st.StageSteps = now.Steps, now.StageSteps
	st.Basis, st.NumBasis, st.StageBasis = now.Basis, now.NumBasis, now.StageBasis
}

// schemeNamed returns the scheme that a name means in this run, whatever has been registered under it since: a tableau
// that the state holds; else the built-in scheme, if the name is that of the present or the first scheme of the run.
// All other names mean what is registered.
func (st state) schemeNamed(name string) (ode.Method, error) {
	for _, tb := range st.Tableaux {
		if tb.Name == name {
			return tb, tb.Check()
		}
	}
	if name == st.Scheme || name == st.Config.Scheme {
		if m, ok := ode.BuiltIn(name); ok {
			return m, nil
		}
	}
	return ode.Lookup(name)
}

// keepSchemes makes the state hold the tableaux of the present and of the first scheme of the run, as lookup finds
// them, unless they are built in. So the run can be opened where nobody has registered them, or others under their
// names.
func (st *state) keepSchemes(lookup schemeLookup) error {
	var kept []ode.Tableau
	for i, name := range []string{st.Scheme, st.Config.Scheme} {
		if name == "" || i > 0 && name == st.Scheme {
			continue
		}
		m, err := lookup(name)
		if err != nil {
			return err
		}
		if own, ok := ode.BuiltIn(name); ok && reflect.DeepEqual(m, own) {
			continue
		}
		tb, ok := m.(ode.Tableau)
		if !ok {
			return fmt.Errorf("a run can keep only tableaux: ode: %s is not a Runge–Kutta scheme but %s",
				name, m.Info().Kind)
		}
		kept = append(kept, tb)
	}
	st.Tableaux = kept
	return nil
}

// registerSchemes registers the schemes that the state holds, except for names that are registered already.
func (st state) registerSchemes() error {
	for _, tb := range st.Tableaux {
		if _, err := ode.Lookup(tb.Name); err == nil {
			continue
		}
		if err := ode.Register(tb); err != nil {
			return err
		}
	}
	return nil
}
