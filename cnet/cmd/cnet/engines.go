package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"continuousnet/cnet/engine"
)

func (a *app) engines() *cobra.Command {
	var json, bench bool
	cmd := &cobra.Command{
		Use:   "engines",
		Short: "List the engines: what is there, what is missing, how to get it",
		Long: `List what networks can be computed with, whether it is there, and how to get what is not. Nothing is
downloaded. --engine of other commands takes these names; "auto" is XLA on a GPU if that is there, and else go.

--bench measures training steps of ContinuousNet 2-2-2 euler, 16 channels and batches of 32 images, on those that are
there, in turns. Nothing is remembered: name the fastest with --engine to use it.`,
		Example: `  cnet engines
  cnet engines --bench
  cnet train --engine xla:cuda`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if bench {
				return a.compareEngines(cmd.Context(), json)
			}
			return a.listEngines(json)
		},
	}
	cmd.Flags().BoolVar(&bench, "bench", false, "measure those that are there")
	cmd.Flags().BoolVar(&json, "json", false, "print JSON")
	return cmd
}

// engineLine is an engine in JSON.
type engineLine struct {
	Name        string `json:"name"`
	Available   bool   `json:"available"`
	Description string `json:"description"`
	Missing     string `json:"missing"`
	Fix         string `json:"fix"`
}

func (a *app) listEngines(json bool) error {
	list := engine.List()
	if json {
		lines := make([]engineLine, len(list))
		for i, s := range list {
			lines[i] = engineLine(s)
		}
		return printJSON(a.out, map[string]any{"engines": lines})
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "ENGINE\tAVAILABLE\t")
	for _, s := range list {
		available := "yes"
		if !s.Available {
			available = "no"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", s.Name, available, s.Description)
		if s.Missing != "" {
			fmt.Fprintf(w, "\t\tmissing: %s\n", s.Missing)
		}
		if s.Fix != "" {
			fmt.Fprintf(w, "\t\tto get it: %s\n", s.Fix)
		}
	}
	return w.Flush()
}
