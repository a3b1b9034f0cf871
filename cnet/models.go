package cnet

import (
	"fmt"
	"slices"
	"strings"

	"continuousnet/cnet/baseline"
	"continuousnet/cnet/rate"
)

// The values of Config.Model.
const (
	ContinuousNet         = "ContinuousNet"         // batch norm after each ReLU
	ContinuousNetActFirst = "ContinuousNetActFirst" // batch norm and ReLU before each convolution
	WideContinuousNet     = "WideContinuousNet"     // the same, with more channels in the stages than in the stem
	NeuralODE             = "NeuralODE"             // for points: one ODE block and a linear layer
	ResNetV2              = "ResNetV2"              // baseline.ResNetV2
	WideResNet            = "WideResNet"            // baseline.WideResNet
)

// Models lists the values of Config.Model.
var Models = []string{ContinuousNet, ContinuousNetActFirst, WideContinuousNet, NeuralODE, ResNetV2, WideResNet}

// Continuous reports whether a model is continuous in depth, so that it has a scheme and can be refined.
func Continuous(model string) bool {
	return slices.Contains([]string{ContinuousNet, ContinuousNetActFirst, WideContinuousNet, NeuralODE}, model)
}

// checkModel returns an error for the first of the fields that describe the network that has an impossible value.
func (c Config) checkModel(lookup schemeLookup) error {
	if !slices.Contains(Models, c.Model) {
		return badField("model", fmt.Sprintf("%q", c.Model), "one of "+strings.Join(Models, ", "))
	}
	// What is set and means nothing to the model is a mistake that would otherwise go unnoticed.
	continuous := Continuous(c.Model)
	wide := c.Model == WideContinuousNet || c.Model == WideResNet
	for _, f := range []struct {
		name     string
		set, has bool
	}{
		{"scheme", c.Scheme != "", continuous},
		{"basis", c.Basis != "", continuous},
		{"functions of depth", c.NumBasis != 0 || c.StageBasis != nil, continuous},
		{"steps", c.Steps != 0 || c.StageSteps != nil, continuous},
		{"choice of stages", c.Stages != 0 || c.StageChannels != nil, continuous},
		{"rate over depth", c.Rate != "", continuous},
		{"time epsilon", c.TimeEpsilon != 0, continuous},
		{"kinetic energy", c.KineticEnergy != 0, continuous},
		{"jacobian norm", c.JacobianNorm != 0, continuous},
		{"error estimate", c.ErrorEstimate != 0, c.Model == NeuralODE},
		{"adjoint", c.Adjoint != "", continuous},
		{"checkpoints", c.Checkpoints != 0, continuous},
		{"skip init", c.SkipInit, continuous},
		{"stitch", c.NoStitch, continuous && c.Model != NeuralODE},
		{"channels", c.Channels != 0, c.Model != NeuralODE},
		{"tolerances", c.adaptive(), c.Model == NeuralODE},
		{"dimensions to augment with", c.AugmentDim != 0, c.Model == NeuralODE},
		{"augmentation of images", len(c.Augment) > 0, c.Model != NeuralODE},
		{"refinement", len(c.RefineEpochs) > 0, continuous},
		{"stages of its own number", c.saysStages(), c.Model != NeuralODE},
		{"widen factor", c.WidenFactor != 0, wide},
		{"width", c.Width != 0, c.Model == WideResNet},
		{"depth", c.Depth != 0, !continuous},
		{"dropout", c.Dropout != 0, c.Model == WideResNet},
		{"form without batch norm", c.NoBatchNorm, c.Model != WideResNet},
	} {
		if f.set && !f.has {
			return fmt.Errorf("config: a %s has no %s; leave it out, or choose another model", c.Model, f.name)
		}
	}
	if c.Model == WideResNet {
		if err := between("width", c.Width, 1<<16); err != nil {
			return err
		}
		if c.WidenFactor != 0 && c.Width != c.Channels*c.WidenFactor {
			return badField("width", c.Width, fmt.Sprintf(
				"%d, the channels times the widen factor, or given instead of it", c.Channels*c.WidenFactor))
		}
	} else if wide {
		if err := between("widen factor", c.WidenFactor, 256); err != nil {
			return err
		}
	}
	if !(c.Dropout >= 0 && c.Dropout < 1) {
		return badField("dropout", c.Dropout, "from 0 to less than 1")
	}
	if continuous {
		return c.checkDepth(lookup)
	}
	extra := 2
	if c.Model == WideResNet {
		extra = 4
	}
	if err := baseline.CheckDepth(c.Model, c.Depth, extra); err != nil {
		return fmt.Errorf("config: %w", err)
	}
	return nil
}

// checkDepth checks the fields of a net that is continuous in depth.
func (c Config) checkDepth(lookup schemeLookup) error {
	if err := c.checkStages(); err != nil {
		return err
	}
	scheme, err := lookup.forNetworks(c.Scheme)
	if err != nil {
		return err
	}
	if err := c.checkAdjoint(scheme); err != nil {
		return err
	}
	if err := c.checkTolerances(scheme); err != nil {
		return err
	}
	if _, err := c.bases(); err != nil {
		return err
	}
	if _, err := rate.Lookup(c.Rate); err != nil {
		return err
	}
	if c.StageSteps == nil {
		if err := between("steps", c.Steps, mostStageSteps); err != nil {
			return err
		}
	}
	if notFinite(c.TimeEpsilon) || c.TimeEpsilon < 0 || c.TimeEpsilon == 0 && c.StageBasis == nil {
		return badField("time epsilon", c.TimeEpsilon, "a positive number")
	}
	return nil
}
