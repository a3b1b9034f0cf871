package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"continuousnet/cnet"
	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/words"
)

// evaluation is the command eval.
type evaluation struct {
	*app
	run       readOnly
	json      bool
	perClass  bool
	confusion string // the file to draw or write it in
}

func (a *app) eval() *cobra.Command {
	e := &evaluation{app: a}
	cmd := &cobra.Command{
		Use:   "eval RUN",
		Short: "Measure loss and accuracy of a run on the test images or points",
		Long: `Measure loss and accuracy of a run on the test images or points; where targets are numbers, RMSE in their
units and R2, on average over the targets, instead of the accuracy. It changes nothing, and may be done while the run is
being trained: it takes the last save.

RUN is a directory, or the name of one in results/; RUN@NAME is a checkpoint of it (cnet save). --best takes the best
epoch, which "cnet train --keep-best" keeps.`,
		Example: `  cnet eval first
  cnet eval results/first --json
  cnet eval first --best --per-class
  cnet eval first --confusion confusion.png
  cnet eval first@before
  cnet eval first --data /mnt/cifar-10-batches-bin --engine xla:cpu`,
		Args: atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := e.checkConfusion(); err != nil {
				return err
			}
			run, err := e.run.open(a, cmd, args)
			if err != nil {
				return err
			}
			defer run.Close()
			return e.evaluate(cmd.Context(), run)
		},
	}
	e.run.add(cmd.Flags())
	cmd.Flags().BoolVar(&e.perClass, "per-class", false, "show the accuracy on the images of each class")
	cmd.Flags().StringVar(&e.confusion, "confusion", "",
		"count what each class is taken for, in a `FILE` that ends in .png, .svg or .csv; shows --per-class, too")
	cmd.Flags().BoolVar(&e.json, "json", false, "print the result as JSON")
	return cmd
}

func (e *evaluation) evaluate(ctx context.Context, run *cnet.Run) error {
	if run.Regression() && (e.perClass || e.confusion != "") {
		flag := "--confusion"
		if e.perClass {
			flag = "--per-class"
		}
		return usagef("%s needs classes, and the targets of this run are numbers: %s; leave it out", flag,
			strings.Join(run.TargetNames(), ", "))
	}
	start := time.Now()
	score, err := run.Evaluate(ctx)
	if err != nil {
		return err
	}
	validated, err := run.Validate(ctx)
	if err != nil {
		return err
	}
	seconds := time.Since(start).Seconds()
	var classes []cnet.ClassScore
	if e.perClass || e.confusion != "" {
		confusion, err := run.Confusion(ctx)
		if err != nil {
			return err
		}
		classes = confusion.PerClass()
		if err := e.saveConfusion(run, confusion); err != nil {
			return err
		}
	}
	engine, err := run.Engine()
	if err != nil {
		return err
	}
	if e.json {
		line := evalLine{
			Event: "eval", Run: run.Dir(), Net: run.Network().String(), Dataset: run.Config().Dataset,
			Engine: engine.Name, Epochs: run.Epoch(),
			TestLoss: score.Loss, TestAccuracy: score.Accuracy, TestRMSE: score.RMSE, Images: score.Images,
			Seconds:     seconds,
			Evaluations: score.Evaluations, Classes: classes,
		}
		if validated.Images > 0 {
			line.Validation = &validated
		}
		if run.Regression() {
			line.TestR2 = &score.R2
		}
		return printScore(e.out, line, run.Regression())
	}
	set, err := run.Dataset()
	if err != nil {
		return err
	}
	if set.Notice != "" {
		fmt.Fprintln(e.err, set.Notice)
	}
	fmt.Fprintf(e.out, "%s after %s, on %s test %s of %s:\ntest loss %.4f, %s\n",
		run.Title(), words.Plural(run.Epoch(), "epoch"), words.Grouped(score.Images), set.Things(), set.Title,
		score.Loss, score.Quality())
	if score.Evaluations > 0 {
		fmt.Fprintf(e.out, "%.1f evaluations of the rate for a batch of %d, on average\n", score.Evaluations,
			min(run.Config().TestBatchSize, score.Images))
	}
	if validated.Images > 0 {
		fmt.Fprintf(e.out, "validation loss %.4f, %s, on %s %s held out of training\n", validated.Loss,
			validated.Quality(), words.Grouped(validated.Images), set.Things())
	}
	width := len("class")
	for _, c := range classes {
		width = max(width, len([]rune(c.Class)))
	}
	if len(classes) > 0 {
		fmt.Fprintf(e.out, "\n%-*s  %s  accuracy\n", width, "class", set.Things())
	}
	for _, c := range classes {
		fmt.Fprintf(e.out, "%-*s %7d %9s\n", width, c.Class, c.Images, words.Percent(c.Accuracy))
	}
	return nil
}

// checkConfusion returns an error if the confusion could not be written, before anything is computed.
func (e *evaluation) checkConfusion() error {
	switch ext := strings.ToLower(filepath.Ext(e.confusion)); {
	case e.confusion == "":
		return nil
	case ext != ".png" && ext != ".svg" && ext != ".csv":
		return usagef("--confusion is %q, expected a file that ends in .png, .svg or .csv", e.confusion)
	}
	if err := checkFile(e.confusion); err != nil {
		return usagef("--confusion is %q, %v", e.confusion, err)
	}
	return nil
}

// saveConfusion draws the confusion, or writes it as a table with a row for each class.
func (e *evaluation) saveConfusion(run *cnet.Run, c cnet.Confusion) error {
	switch {
	case e.confusion == "":
		return nil
	case strings.ToLower(filepath.Ext(e.confusion)) != ".csv":
		chart := figures.Confusion(c)
		chart.Title = fmt.Sprintf("%s: %s, %s right", shortName(run.Dir()), run.Network(), words.Percent(c.Accuracy()))
		return chart.Save(e.confusion)
	}
	rows := [][]string{append([]string{"class"}, c.Classes...)}
	for k, counts := range c.Counts {
		row := []string{c.Classes[k]}
		for _, n := range counts {
			row = append(row, strconv.Itoa(n))
		}
		rows = append(rows, row)
	}
	return saveTable("confusion", e.confusion, rows)
}

// evalLine is the result in JSON.
type evalLine struct {
	Event        string   `json:"event"`
	Run          string   `json:"run"`
	Net          string   `json:"net"`
	Dataset      string   `json:"dataset"`
	Engine       string   `json:"engine"`
	Epochs       int      `json:"epochs"`
	TestLoss     float64  `json:"test_loss"`
	TestAccuracy float64  `json:"test_accuracy"`
	TestRMSE     float64  `json:"test_rmse,omitempty"` // where targets are numbers, instead of the accuracy
	TestR2       *float64 `json:"test_r2,omitempty"`
	Images       int      `json:"images"`
	Seconds      float64  `json:"seconds"`
	Evaluations  float64  `json:"evaluations,omitempty"` // of the rate for a batch, where steps adapt to tolerances

	Validation *cnet.Score       `json:"validation,omitempty"` // on the images that are held out of training
	Classes    []cnet.ClassScore `json:"classes,omitempty"`
}
