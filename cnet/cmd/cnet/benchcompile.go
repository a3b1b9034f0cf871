package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"continuousnet/cnet"
)

// compileBench is the command bench compile.
type compileBench struct {
	*app
	net     netFlags
	steps   counts
	repeats int
	json    bool
}

func (a *app) benchCompile() *cobra.Command {
	b := &compileBench{app: a, net: netFlags{batch: 2, alpha: []int{16}}, steps: counts{2, 8, 32, 128}, repeats: 3}
	cmd := &cobra.Command{
		Use:   "compile",
		Short: "Measure how long the graphs of networks with many steps take to compile",
		Long: `Measure how long the training graphs of networks with different numbers of steps take until they can run:
the first training step less the time of the fastest of three later ones, the best of --repeats.`,
		Example: `  cnet bench compile
  cnet bench compile --steps 8,128 --scheme rk4_classic --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return b.measure(cmd.Context()) },
	}
	flags := cmd.Flags()
	b.net.add(flags, "steps", "model", "depth")
	flags.Var(&b.steps, "steps", "numbers of time steps in each stage (default 2,8,32,128)")
	flags.Var(count{&b.repeats, 1 << 10}, "repeats", "compile so often and take the best")
	flags.BoolVar(&b.json, "json", false, "print one JSON object per graph")
	return cmd
}

// compileLine is the result for one graph in JSON.
type compileLine struct {
	What    string  `json:"what"`
	Engine  string  `json:"engine"`
	Net     string  `json:"net"`
	Steps   int     `json:"steps"`
	Batch   int     `json:"batch"`
	Seconds float64 `json:"seconds"`      // to compile
	Step    float64 `json:"step_seconds"` // to run, once compiled
}

// shortest is less than any graph takes to compile, in seconds.
const shortest = 1e-9

func (b *compileBench) measure(ctx context.Context) error {
	var configs []cnet.Config
	for _, steps := range b.steps {
		b.net.steps = []int{steps}
		c, err := b.net.config()
		if err != nil {
			return err
		}
		configs = append(configs, c)
	}
	e, err := b.net.open(b.app)
	if err != nil {
		return err
	}
	var first float64
	for _, c := range configs {
		line, err := untilInterrupted(ctx, func() (line compileLine, err error) {
			for i := range b.repeats {
				st, err := cnet.BenchmarkStep(e, c, 3)
				if err != nil {
					return line, err
				}
				// On a busy machine the second step may take longer than the first, which compiles.
				seconds := max(shortest, st.Compile.Seconds()-st.Seconds)
				if i == 0 || seconds < line.Seconds {
					line = compileLine{
						fmt.Sprintf("%d steps", c.Steps), st.Engine, st.Net, c.Steps, c.BatchSize, seconds, st.Seconds,
					}
				}
			}
			return line, nil
		})
		if err != nil {
			return err
		}
		if b.json {
			if err := printJSON(b.out, line); err != nil {
				return err
			}
			continue
		}
		if first == 0 {
			first = line.Seconds
			fmt.Fprintf(b.out, "%5s %10s %10s %15s\n", "steps", "compile", "a step", "compile : first")
		}
		fmt.Fprintf(b.out, "%5d %8.3f s %8.3f s %15.2f\n", line.Steps, line.Seconds, line.Step, line.Seconds/first)
	}
	e.Close() // not after an interruption, when it may still be computing
	return nil
}
