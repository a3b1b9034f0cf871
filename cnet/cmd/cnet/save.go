package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"continuousnet/cnet"
	"continuousnet/cnet/internal/runname"
)

func (a *app) save() *cobra.Command {
	var json, replace bool
	cmd := &cobra.Command{
		Use:   "save RUN NAME",
		Short: "Keep a run as it is now, under a name",
		Long: `Keep the last save of a run as a checkpoint: RUN@NAME stands for it in every command that changes
nothing, as eval, export, info and manifest. It may be done while the run is being trained.

RUN is a directory, or the name of one in results/. The checkpoint is a folder in it, RUN/checkpoints/NAME. Copied to a
folder of its own, it is a run that can be trained on. "cnet train --keep-best" writes the one called best.`,
		Example: `  cnet save first before
  cnet refine first
  cnet eval first@before
  cp -r results/first/checkpoints/before results/second`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef("save needs a run and a name: cnet save RUN NAME")
			}
			dir, err := (&runArg{}).dir(cmd, args[:1])
			if err != nil {
				return err
			}
			return a.saveRun(dir, args[1], replace, json)
		},
	}
	cmd.Flags().BoolVar(&replace, "replace", false, "replace a checkpoint of that name")
	cmd.Flags().BoolVar(&json, "json", false, "print the result as JSON")
	return cmd
}

func (a *app) saveRun(dir, name string, replace, json bool) error {
	run, err := cnet.SaveCheckpoint(dir, name, replace)
	if err != nil {
		return err
	}
	defer run.Close()
	a.warnAll(run.Warnings())
	if json {
		return printJSON(a.out, map[string]any{
			"event": "save", "run": dir, "name": name, "epochs": run.Epoch(), "epoch_batch": run.Batch(),
			"net": run.Network().String(),
		})
	}
	fmt.Fprintf(a.out, "%s after %s\n", run.Title(), position(run.Epoch(), run.Batch()))
	fmt.Fprintf(a.out, "look at it with: cnet eval %s@%s\n", runname.Argument(dir), name)
	return nil
}
