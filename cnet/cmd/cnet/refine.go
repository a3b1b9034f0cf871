package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"continuousnet/cnet"
	"continuousnet/cnet/internal/words"
)

func (a *app) refine() *cobra.Command {
	var run runArg
	var stages counts
	var json bool
	cmd := &cobra.Command{
		Use:   "refine RUN",
		Short: "Double the time steps of a run and their weights",
		Long: `Double the time steps of every stage and the cells or functions of the basis of its weights: 1-1-1
becomes 2-2-2. The weights stay the same functions of depth, so that the network computes nearly what it did before.
Train on to make use of the new ones. With --stages only some stages are refined: 2-2-2 becomes 2-2-4.

RUN is a directory, or the name of one in results/. If another process trains it, that one refines it at the end of the
batch and trains on (cnet tell). To refine at certain epochs, see --refine of cnet train.`,
		Example: `  cnet refine first
  cnet refine first --stages 3
  cnet train --run first --epochs 6`,
		Args: atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := run.dir(cmd, args)
			if err != nil {
				return err
			}
			return a.refineRun(cmd.Context(), dir, stages, json)
		},
	}
	run.add(cmd.Flags())
	cmd.Flags().Var(&stages, "stages", "refine only these, from 1: 2,3 (default all)")
	cmd.Flags().BoolVar(&json, "json", false, "print the result as JSON")
	return cmd
}

func (a *app) refineRun(ctx context.Context, dir string, stages []int, json bool) error {
	run, err := cnet.Open(dir)
	if inUse(err) {
		return a.ask(ctx, dir, cnet.Command{Do: cnet.DoRefine, Stages: stages}, json)
	}
	if err != nil {
		return err
	}
	defer run.Close()
	a.warnAll(run.Warnings())
	old := run.Network()
	if err := run.RefineStages(stages...); err != nil {
		return err
	}
	before, _ := old.CountParameters()
	after, _ := run.Network().CountParameters()
	if json {
		return printJSON(a.out, map[string]any{
			"event": "refine", "run": dir, "epochs": run.Epoch(),
			"old_net": old.String(), "net": run.Network().String(), "old_parameters": before, "parameters": after,
		})
	}
	fmt.Fprintf(a.out, "%s → %s\n%s → %s parameters\n", old, run.Network(), words.Grouped(before), words.Grouped(after))
	fmt.Fprintf(a.out, "go on with: %s\n", trainOn(run))
	return nil
}
