package cnet

import (
	"fmt"
	"math"
	"strings"

	"continuousnet/cnet/dataset"
	"continuousnet/cnet/ode"
)

// Config says what is trained on what, and how. Its zero value is a good default: fields that are 0 or empty take the value
// named in their comment. It is written to a run's config.json and does not change afterwards; what can change while
// training (scheme, steps, learning rate) lives in the run's state.
type Config struct {
	Dataset string `json:"dataset"`        // "fashion-sample"; see dataset.Names
	Data    string `json:"data,omitempty"` // the folder of the data set; "data/NAME", unused by fashion-sample

	Model       string  `json:"model"`        // "ContinuousNet"
	Scheme      string  `json:"scheme"`       // "euler"; see ode.Schemes
	Channels    int     `json:"channels"`     // 16: channels of the first stage (alpha); the others have 2× and 4×
	Intervals   int     `json:"intervals"`    // as many as Steps, or 1: intervals of depth with weights of their own, in each stage
	Steps       int     `json:"steps"`        // as many as Intervals: time steps of the scheme over each stage
	TimeEpsilon float64 `json:"time_epsilon"` // Intervals: the length of time that t in [0, 1] stands for
	NoBatchNorm bool    `json:"no_batch_norm,omitempty"`
	SkipInit    bool    `json:"skip_init,omitempty"` // multiply every rate by a scalar that starts at 0

	BatchSize     int     `json:"batch_size"`                // 128
	TestBatchSize int     `json:"test_batch_size"`           // 200
	LearningRate  float64 `json:"learning_rate"`             // 0.1
	LRDecay       float64 `json:"lr_decay"`                  // 0.1: the factor at the end of each epoch in LRDecayEpochs
	LRDecayEpochs []int   `json:"lr_decay_epochs,omitempty"` // epochs count from 0
	Momentum      float64 `json:"momentum"`                  // 0.9; negative: none
	WeightDecay   float64 `json:"weight_decay"`              // 5e-4; negative: none
	RefineEpochs  []int   `json:"refine_epochs,omitempty"`   // double intervals and steps at the start of these epochs
	NoAugment     bool    `json:"no_augment,omitempty"`      // train on the images as they are
	Seed          uint64  `json:"seed"`                      // of weights, order and augmentation

	Engine string `json:"engine,omitempty"` // "auto"; see the engine package
}

// WithDefaults fills in what is not set.
func (c Config) WithDefaults() Config {
	setDefault(&c.Dataset, "fashion-sample")
	setDefault(&c.Model, "ContinuousNet")
	setDefault(&c.Scheme, "euler")
	setDefault(&c.Channels, 16)
	setDefault(&c.Intervals, max(c.Steps, 1))
	setDefault(&c.Steps, c.Intervals)
	setDefault(&c.TimeEpsilon, float64(c.Intervals))
	setDefault(&c.BatchSize, 128)
	setDefault(&c.TestBatchSize, 200)
	setDefault(&c.LearningRate, 0.1)
	setDefault(&c.LRDecay, 0.1)
	setDefault(&c.Momentum, 0.9)
	setDefault(&c.WeightDecay, 5e-4)
	setDefault(&c.Engine, "auto")
	return c
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Models are the names that Config.Model can have.
var Models = []string{"ContinuousNet"}

// Check reports the first field that cannot be.
func (c Config) Check() error {
	fail := func(field string, value any, want string) error {
		return fmt.Errorf("config: %s is %v, must be %s", field, value, want)
	}
	if _, err := dataset.Canonical(c.Dataset); err != nil {
		return err
	}
	if c.Model != "ContinuousNet" {
		return fail("model", fmt.Sprintf("%q", c.Model), "one of "+strings.Join(Models, ", "))
	}
	if _, err := ode.Scheme(c.Scheme); err != nil {
		return err
	}
	for _, f := range []struct {
		name       string
		value, max int
	}{
		{"channels", c.Channels, 4096}, {"intervals", c.Intervals, 1024}, {"steps", c.Steps, 1024},
		{"batch size", c.BatchSize, 1 << 20}, {"test batch size", c.TestBatchSize, 1 << 20},
	} {
		if f.value < 1 || f.value > f.max {
			return fail(f.name, f.value, fmt.Sprintf("from 1 to %d", f.max))
		}
	}
	if c.Steps%c.Intervals != 0 {
		return fail("steps", c.Steps, fmt.Sprintf("a multiple of the %d intervals", c.Intervals))
	}
	for _, f := range []struct {
		name     string
		value    float64
		positive bool
	}{
		{"time epsilon", c.TimeEpsilon, true}, {"learning rate", c.LearningRate, true}, {"lr decay", c.LRDecay, true},
		{"momentum", c.Momentum, false}, {"weight decay", c.WeightDecay, false},
	} {
		if math.IsNaN(f.value) || math.IsInf(f.value, 0) || f.positive && f.value <= 0 {
			return fail(f.name, f.value, "a positive number")
		}
	}
	if c.Momentum >= 1 {
		return fail("momentum", c.Momentum, "less than 1")
	}
	for _, list := range [][]int{c.RefineEpochs, c.LRDecayEpochs} {
		for _, e := range list {
			if e < 0 {
				return fail("an epoch to refine or to decay the learning rate at", e, "0 or more")
			}
		}
	}
	return nil
}

// learningRate is the rate of an epoch, counted from 0, given the one at an epoch before it: it decays at the end of the
// listed epochs.
func (c Config) learningRate(rate float64, from, epoch int) float64 {
	for _, e := range c.LRDecayEpochs {
		if from <= e && e < epoch {
			rate *= c.LRDecay
		}
	}
	return rate
}
