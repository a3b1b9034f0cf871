package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"continuousnet/cnet"
	"continuousnet/cnet/internal/words"
)

// evaluation is the command eval.
type evaluation struct {
	*app
	run  readOnly
	json bool
}

func (a *app) eval() *cobra.Command {
	e := &evaluation{app: a}
	cmd := &cobra.Command{
		Use:   "eval RUN",
		Short: "Measure loss and accuracy of a run on the test images",
		Long: `Measure loss and accuracy of a run on the test images. It changes nothing, and may be done while the run
is being trained: it takes the last save.

RUN is a directory, or the name of one in results/; RUN@NAME is a checkpoint of it (cnet save). --best takes the best
epoch, which "cnet train --keep-best" keeps.`,
		Example: `  cnet eval first
  cnet eval results/first --json
  cnet eval first --best
  cnet eval first@before
  cnet eval first --data /mnt/cifar-10-batches-bin --engine xla:cpu`,
		Args: atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			run, err := e.run.open(a, cmd, args)
			if err != nil {
				return err
			}
			defer run.Close()
			return e.evaluate(cmd.Context(), run)
		},
	}
	e.run.add(cmd.Flags())
	cmd.Flags().BoolVar(&e.json, "json", false, "print the result as JSON")
	return cmd
}

func (e *evaluation) evaluate(ctx context.Context, run *cnet.Run) error {
	start := time.Now()
	score, err := run.Evaluate(ctx)
	if err != nil {
		return err
	}
	seconds := time.Since(start).Seconds()
	engine, err := run.Engine()
	if err != nil {
		return err
	}
	if e.json {
		return printJSON(e.out, evalLine{
			Event: "eval", Run: run.Dir(), Net: run.Network().String(), Dataset: run.Config().Dataset,
			Engine: engine.Name, Epochs: run.Epoch(),
			TestLoss: score.Loss, TestAccuracy: score.Accuracy, Images: score.Images, Seconds: seconds,
		})
	}
	set, err := run.Dataset()
	if err != nil {
		return err
	}
	if set.Notice != "" {
		fmt.Fprintln(e.err, set.Notice)
	}
	fmt.Fprintf(e.out, "%s after %s, on %s test images of %s:\ntest loss %.4f, accuracy %s\n",
		run.Title(), words.Plural(run.Epoch(), "epoch"), words.Grouped(score.Images), set.Title,
		score.Loss, words.Percent(score.Accuracy))
	return nil
}

// evalLine is the result in JSON.
type evalLine struct {
	Event        string  `json:"event"`
	Run          string  `json:"run"`
	Net          string  `json:"net"`
	Dataset      string  `json:"dataset"`
	Engine       string  `json:"engine"`
	Epochs       int     `json:"epochs"`
	TestLoss     float64 `json:"test_loss"`
	TestAccuracy float64 `json:"test_accuracy"`
	Images       int     `json:"images"`
	Seconds      float64 `json:"seconds"`
}
