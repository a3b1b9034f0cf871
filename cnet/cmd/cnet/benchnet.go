package main

import (
	"context"
	"slices"

	"github.com/spf13/pflag"

	"continuousnet/cnet"
	"continuousnet/cnet/engine"
)

// netFlags are the flags of the benchmarks for what network to measure, and with which engine.
type netFlags struct {
	engine                 engineFlags
	model, scheme, adjoint string
	precision              string
	batch, depth           int
	steps, alpha           []int // for all stages, or for each
}

// add adds the flags, but not those whose names are left out.
func (f *netFlags) add(flags *pflag.FlagSet, leftOut ...string) {
	flags.SortFlags = false
	own := pflag.NewFlagSet("", pflag.ContinueOnError)
	own.SortFlags = false
	f.engine.add(own)
	own.Var(count{&f.batch, 1 << 16}, "batch", "images in a batch")
	own.StringVar(&f.model, "model", cnet.ContinuousNet, "the network: `NAME`")
	own.Var(count{&f.depth, 1 << 12}, "depth", "layers of a baseline")
	own.Lookup("depth").DefValue = ""
	own.Var(stageCounts{&f.steps, 1 << 10}, "steps", "time steps in each stage, with weights of their own: 2 or 2,4,4")
	own.StringVar(&f.scheme, "scheme", "euler", "the numerical scheme: `NAME`")
	own.StringVar(&f.adjoint, "adjoint", cnet.Backprop, "how gradients go back through the steps: `HOW`")
	own.Var(word{&f.precision, canonicalPrecision}, "precision",
		"of convolutions while training, float32 or bf16: `NAME` (default float32)")
	own.Var(stageCounts{&f.alpha, 1 << 12}, "alpha", "channels of the first stage, or of each: 16 or 16,32,64")
	own.VisitAll(func(flag *pflag.Flag) {
		if !slices.Contains(leftOut, flag.Name) {
			flags.AddFlag(flag)
		}
	})
}

// config returns the configuration that the flags describe.
func (f *netFlags) config() (c cnet.Config, err error) {
	scheme, err := canonicalScheme(f.scheme)
	if err != nil {
		return c, usagef("--scheme %v", err)
	}
	model, err := canonicalModel(f.model)
	if err != nil {
		return c, usagef("--model %v", err)
	}
	c = cnet.Config{Model: model, BatchSize: f.batch, Depth: f.depth, Precision: f.precision}
	c.Channels, c.StageChannels = asGiven(f.alpha)
	if cnet.Continuous(model) {
		c.Scheme, c.Adjoint = scheme, f.adjoint
		c.Steps, c.StageSteps = asGiven(f.steps)
	}
	if err := c.WithDefaults().Check(); err != nil {
		return c, usagef("%v", err)
	}
	return c, nil
}

// open opens the engine that the flags ask for.
func (f *netFlags) open(a *app) (*engine.Engine, error) {
	name, err := f.engine.checked(a)
	if err != nil {
		return nil, err
	}
	e, err := engine.Open(name)
	if err != nil {
		return nil, usagef("%v", err)
	}
	return e, nil
}

// untilInterrupted returns what measure returns, or the error of ctx as soon as that ends: there is nothing to save, so
// the process may end in the middle of a batch.
func untilInterrupted[T any](ctx context.Context, measure func() (T, error)) (T, error) {
	type outcome struct {
		result T
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		result, err := measure()
		done <- outcome{result, err}
	}()
	select {
	case o := <-done:
		return o.result, o.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
