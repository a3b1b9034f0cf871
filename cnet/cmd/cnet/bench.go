package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"continuousnet/cnet"
	"continuousnet/cnet/engine"
	"continuousnet/cnet/internal/words"
)

func (a *app) bench() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "bench",
		Short:   "Measure speed and memory",
		Example: `  cnet bench step --engine go --batch 32 --steps 2 --scheme euler --json`,
		Args:    cobra.ArbitraryArgs,
		RunE:    a.group,
	}
	cmd.AddCommand(a.benchStep(), a.benchODE())
	return cmd
}

// stepBench is the command bench step.
type stepBench struct {
	*app
	engine                              engineFlags
	model, scheme, adjoint              string
	batch, steps, alpha, depth, repeats int
	json                                bool
}

func (a *app) benchStep() *cobra.Command {
	b := &stepBench{app: a, batch: 32, steps: 2, alpha: 16, repeats: 5}
	cmd := &cobra.Command{
		Use:   "step",
		Short: "Measure one training step",
		Long: `Measure one training step, forwards, backwards and update, on random colour images of 32×32 pixels and 10
classes: the best of --repeats, after a first one that compiles. peak_bytes is the most memory that the process has had,
compilation included.`,
		Example: `  cnet bench step
  cnet bench step --engine go --batch 128 --steps 8 --scheme rk4_classic --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return b.measure(cmd.Context()) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	b.engine.add(flags)
	flags.Var(count{&b.batch, 1 << 16}, "batch", "images in a step")
	flags.StringVar(&b.model, "model", cnet.ContinuousNet, "the network: `NAME`")
	flags.Var(count{&b.depth, 1 << 12}, "depth", "layers of a baseline")
	flags.Lookup("depth").DefValue = ""
	flags.Var(count{&b.steps, 1 << 10}, "steps", "time steps in each stage, each with weights of its own")
	flags.StringVar(&b.scheme, "scheme", "euler", "the numerical scheme: `NAME`")
	flags.StringVar(&b.adjoint, "adjoint", cnet.Backprop, "how gradients go back through the steps: `HOW`")
	flags.Var(count{&b.alpha, 1 << 12}, "alpha", "channels of the first stage")
	flags.Var(count{&b.repeats, 1 << 16}, "repeats", "measure so many steps and take the best")
	flags.BoolVar(&b.json, "json", false, "print the result as JSON")
	return cmd
}

// stepLine is the result in JSON.
type stepLine struct {
	cnet.StepTime
	PeakBytes int64 `json:"peak_bytes"`
}

func (b *stepBench) measure(ctx context.Context) error {
	scheme, err := canonicalScheme(b.scheme)
	if err != nil {
		return usagef("--scheme %v", err)
	}
	model, err := canonicalModel(b.model)
	if err != nil {
		return usagef("--model %v", err)
	}
	c := cnet.Config{Model: model, Channels: b.alpha, BatchSize: b.batch, Depth: b.depth}
	if cnet.Continuous(model) {
		c.Scheme, c.Steps, c.Adjoint = scheme, b.steps, b.adjoint
	}
	if err := c.WithDefaults().Check(); err != nil {
		return usagef("%v", err)
	}
	name, err := b.engine.checked(b.app)
	if err != nil {
		return err
	}
	e, err := engine.Open(name)
	if err != nil {
		return usagef("%v", err)
	}
	spareMemory(c)
	type outcome struct {
		st  cnet.StepTime
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		st, err := cnet.BenchmarkStep(e, c, b.repeats)
		done <- outcome{st, err}
	}()
	var o outcome
	select {
	case o = <-done:
	case <-ctx.Done(): // there is nothing to save; the process ends in the middle of a batch
		return ctx.Err()
	}
	e.Close()
	if o.err != nil {
		return o.err
	}
	peak := peakBytes()
	if b.json {
		return printJSON(b.out, stepLine{o.st, peak})
	}
	st := o.st
	fmt.Fprintf(b.out, "%s: %s, %d channels, batches of %d: %.3f s a step, %s images/s, at most %s of memory; "+
		"compiled in %.1f s\n",
		st.Engine, st.Net, b.alpha, st.Batch, st.Seconds, rate(st.Images), words.Megabytes(peak), st.Compile.Seconds())
	return nil
}
