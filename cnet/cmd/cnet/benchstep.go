package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"continuousnet/cnet"
	"continuousnet/cnet/internal/words"
)

// stepBench is the command bench step.
type stepBench struct {
	*app
	net     netFlags
	infer   bool
	repeats int
	json    bool
}

func (a *app) benchStep() *cobra.Command {
	b := &stepBench{app: a, net: netFlags{batch: 32, steps: []int{2}, alpha: []int{16}}, repeats: 5}
	cmd := &cobra.Command{
		Use:   "step",
		Short: "Measure one step of training or inference",
		Long: `Measure one training step, forwards, backwards and update, on random colour images of 32×32 pixels and 10
classes: the best of --repeats, after a first one that compiles. With --infer the network only predicts, in evaluation
mode. peak_bytes is the most memory that the process has had, compilation included.`,
		Example: `  cnet bench step
  cnet bench step --engine go --batch 128 --steps 8 --scheme rk4_classic --json
  cnet bench step --infer --batch 200`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return b.measure(cmd.Context()) },
	}
	flags := cmd.Flags()
	b.net.add(flags)
	flags.BoolVar(&b.infer, "infer", false, "measure predictions, not training")
	flags.Var(count{&b.repeats, 1 << 16}, "repeats", "measure so many steps and take the best")
	flags.BoolVar(&b.json, "json", false, "print the result as JSON")
	return cmd
}

// stepLine is the result in JSON.
type stepLine struct {
	cnet.StepTime
	CompileSeconds float64 `json:"compile_seconds"`
	PeakBytes      int64   `json:"peak_bytes"`
}

func (b *stepBench) measure(ctx context.Context) error {
	c, err := b.net.config()
	if err != nil {
		return err
	}
	e, err := b.net.open(b.app)
	if err != nil {
		return err
	}
	spareMemory()
	st, err := untilInterrupted(ctx, func() (cnet.StepTime, error) {
		defer e.Close()
		if b.infer {
			return cnet.BenchmarkInference(e, c, b.repeats)
		}
		return cnet.BenchmarkStep(e, c, b.repeats)
	})
	if err != nil {
		return err
	}
	peak := peakBytes()
	if b.json {
		return printJSON(b.out, stepLine{st, st.Compile.Seconds(), peak})
	}
	doing := "a step"
	if b.infer {
		doing = "a prediction"
	}
	fmt.Fprintf(b.out, "%s: %s, %s channels, batches of %d: %.3f s %s, %s images/s, at most %s of memory; "+
		"compiled in %.1f s\n", st.Engine, st.Net, words.Joined(b.net.alpha, "-"), st.Batch, st.Seconds, doing,
		rate(st.Images), words.Megabytes(peak), st.Compile.Seconds())
	return nil
}
