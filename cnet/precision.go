package cnet

import (
	"fmt"
	"slices"
	"strings"

	"continuousnet/cnet/engine"
	"continuousnet/cnet/engine/fmap"
)

// The precisions in which convolutions are computed while a network is trained. Weights, states, statistics, sums and
// the optimizer are float32 in both, and so is everything that is not training.
const (
	Float32  = "float32"
	BFloat16 = "bf16" // factors and results of 8 significant bits, sums in float32; on XLA
)

// Precisions are the values of Config.Precision.
var Precisions = []string{Float32, BFloat16}

// checkPrecision returns an error unless the precision is known.
func (c Config) checkPrecision() error {
	if c.Precision != "" && !slices.Contains(Precisions, c.Precision) {
		return badField("precision", c.Precision, strings.Join(Precisions, " or "))
	}
	return nil
}

// CheckPrecision returns an error unless the engine can train in the configuration's precision.
func (c Config) CheckPrecision(e *engine.Engine) error {
	if c.Precision == BFloat16 && e.Layout != fmap.Standard {
		return fmt.Errorf("the engine %s trains in %s, which is faster there; %s is for XLA on a GPU (xla:cuda)",
			e.Name, Float32, BFloat16)
	}
	return nil
}

// trainingLayout returns the layout of feature maps in which an engine trains.
func (c Config) trainingLayout(e *engine.Engine) fmap.Layout {
	if c.Precision == BFloat16 {
		return fmap.Mixed
	}
	return e.Layout
}
