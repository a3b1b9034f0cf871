package main

import (
	"github.com/spf13/cobra"
)

func (a *app) bench() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure speed and memory",
		Long: `Measure speed and memory. "cnet bench all" measures everything, in turns with PyTorch and JAX if asked
to; the other commands measure one thing. Measure with nothing else running: times on a busy machine mean nothing.`,
		Example: `  cnet bench all --quick
  cnet bench all --peers /path/to/python --json bench.json
  cnet bench step --engine go --batch 32 --steps 2 --scheme euler --json`,
		Args: cobra.ArbitraryArgs,
		RunE: a.group,
	}
	cmd.AddCommand(a.benchAll(), a.benchReport(), a.benchStep(), a.benchCompile(), a.benchEpoch(), a.benchRun(),
		a.benchODE())
	return cmd
}
