package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"continuousnet/cnet/internal/bench"
)

// benchReport is the command that prints what bench all has written.
func (a *app) benchReport() *cobra.Command {
	var markdown bool
	cmd := &cobra.Command{
		Use:   "report FILE",
		Short: "Print what bench all has measured again, as tables or Markdown",
		Example: `  cnet bench report bench.json
  cnet bench report bench.json --markdown`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("bench report takes one file that bench all --json has written, got %d", len(args))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := os.ReadFile(args[0])
			if err != nil {
				var path *fs.PathError
				if errors.As(err, &path) {
					return usagef("bench report: %s: %v", args[0], path.Err)
				}
				return err
			}
			var r bench.Report
			if err := json.Unmarshal(text, &r); err != nil || len(r.Results) == 0 || len(r.Programs) == 0 {
				return usagef("bench report: %s holds no measurements; "+
					"expected a file that bench all --json has written", args[0])
			}
			if markdown {
				return r.WriteMarkdown(a.out)
			}
			return r.WriteText(a.out)
		},
	}
	cmd.Flags().BoolVar(&markdown, "markdown", false, "print Markdown, with ratios, as in BENCHMARKS.md")
	return cmd
}
