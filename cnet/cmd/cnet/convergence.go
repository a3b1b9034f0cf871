package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"continuousnet/cnet"
	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/words"
)

// convergence is the command convergence.
type convergence struct {
	*app
	run     readOnly
	schemes []string
	steps   counts
	stage   int
	images  int
	csv     string
	chart   string
	json    bool
}

func (a *app) convergence() *cobra.Command {
	c := &convergence{app: a, stage: 1, images: 8}
	cmd := &cobra.Command{
		Use:   "convergence RUN",
		Short: "Measure the order of schemes on the hidden state of a run",
		Long: `Measure the order of schemes on the trained net itself: the state after the ODE block of a stage, for the
first test images, against one with many more steps. The state that enters the block is computed once, with the net as
it is trained; weights and states are float64. The run is not changed.

The order is the slope of log(error) over log(step size), fitted where it is the same between neighbours, to the finest
number of steps whose error is at least 10 times the uncertainty of the reference. The rate has ReLUs, so a high order
shows while errors are large, and levels off.

RUN is a directory, or the name of one in results/. Weights jump or bend between the cells of depth: numbers of steps
should be multiples of them.`,
		Example: `  cnet convergence first
  cnet convergence first --scheme rk4_classic --stage 2 --steps 1,2,4,8,16,32
  cnet convergence first --schemes euler,heun2,rk4 --images 32 --out convergence.png
  cnet convergence first --json | jq '.schemes[] | {scheme, order, measured}'`,
		Args: atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error { return c.measure(cmd, args) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.Var(schemeList{&c.schemes}, "schemes",
		"the schemes: see \"cnet schemes\" (default euler,midpoint,rk4_classic and that of the run)")
	flags.Var(schemeList{&c.schemes}, "scheme", "the same, for one")
	flags.Var(&c.steps, "steps", "time steps over the stage (default 1, 2, 4, 8, 16 times the cells of depth)")
	flags.Var(count{&c.stage, 12}, "stage", "the stage of the net, from 1 (default 1)")
	flags.Var(count{&c.images, 1 << 16}, "images", "test images or points, from the first")
	flags.StringVar(&c.csv, "csv", "", "write the points to a `FILE`")
	flags.StringVar(&c.chart, "out", "", "draw errors over steps: `FILE` ends in .png or .svg")
	c.run.add(flags)
	flags.BoolVar(&c.json, "json", false, "print the result as JSON")
	return cmd
}

func (c *convergence) measure(cmd *cobra.Command, args []string) error {
	if err := checkFiles(c.chart, c.csv); err != nil {
		return err
	}
	run, err := c.run.open(c.app, cmd, args)
	if err != nil {
		return err
	}
	defer run.Close()
	p := newMeter(c.app, "evaluations of the rate")
	if err := (schemeList{&c.schemes}).resolve(); err != nil {
		return err
	}
	o, err := cnet.ConvergenceOptions{
		Schemes: c.schemes, Stage: c.stage, Steps: c.steps, Images: c.images, Progress: p.set,
	}.WithDefaults(run)
	if err != nil {
		return usagef("%v", err)
	}
	result, err := run.Convergence(cmd.Context(), o)
	p.clear()
	if err != nil && !errors.Is(err, context.Canceled) || result == nil || len(result.Schemes) == 0 {
		return err
	}
	if len(result.Uneven) > 0 {
		c.warn("%s steps are no multiple of the %d cells of depth: "+
			"steps across the end of a cell cost the order; take %s",
			list(result.Uneven), result.Cells, list([]int{result.Cells, 2 * result.Cells, 4 * result.Cells})+", ...")
	}
	if c.json {
		if err := printJSON(c.out, result); err != nil {
			return err
		}
	} else {
		c.table(run, result)
	}
	if c.csv != "" {
		if err := c.writeCSV(result); err != nil {
			return err
		}
	}
	if c.chart != "" {
		drawing := figures.Convergence(result)
		drawing.Title = fmt.Sprintf("%s: stage %d, %s", shortName(run.Dir()), result.Stage, run.Title())
		if err := drawing.Save(c.chart); err != nil {
			return err
		}
	}
	if err != nil {
		fmt.Fprintf(c.err, "cnet: interrupted after %d of %d schemes\n", len(result.Schemes), len(o.Schemes))
		return errInterrupted
	}
	return nil
}

func (c *convergence) table(run *cnet.Run, r *cnet.Convergence) {
	var t text
	t.line("%s after %s: the state after stage %d, for %s, in %s", run.Title(), words.Plural(run.Epoch(), "epoch"),
		r.Stage, words.Plural(r.Images, "test "+strings.TrimSuffix(run.Things(), "s")), r.Precision)
	t.line("errors are differences to %s with %d steps, which is uncertain by %.1e",
		r.ReferenceScheme, r.ReferenceSteps, r.Uncertainty)
	width := len("scheme")
	for _, s := range r.Schemes {
		width = max(width, len(s.Scheme))
	}
	t.line("\n%-*s  steps  step size    NFE     error  order", width, "scheme")
	for _, s := range r.Schemes {
		for i, p := range s.Points {
			order := "-"
			if i > 0 && p.Order != 0 {
				order = fmt.Sprintf("%.2f", p.Order)
			}
			e := "not finite"
			if p.Error < math.MaxFloat64 {
				e = fmt.Sprintf("%.2e", p.Error)
			}
			t.line("%-*s %6d %10.4g %6d %9s %6s", width, s.Scheme, p.Steps, p.StepSize, p.Evaluations, e, order)
		}
	}
	t.line("")
	levelsOff := false
	for _, s := range r.Schemes {
		if s.To == 0 {
			t.line("%-*s  order %d, not measured: fewer than two errors that are above the uncertainty, "+
				"at multiples of the cells", width, s.Scheme, s.Order)
			continue
		}
		t.line("%-*s  order %d, measured %.2f from %d to %d steps",
			width, s.Scheme, s.Order, s.Measured, s.From, s.To)
		levelsOff = levelsOff || s.Measured < float64(s.Order)-0.5
	}
	if levelsOff {
		t.line("ReLU makes the rate of a net kinked: orders above 2 do not show, " +
			"and multistep schemes lose theirs where weights jump")
	}
	_, _ = c.out.Write(t.Bytes()) // execute looks at the error
}

func (c *convergence) writeCSV(r *cnet.Convergence) error {
	rows := [][]string{{"scheme", "stage", "steps", "step_size", "evaluations", "error", "order"}}
	for _, s := range r.Schemes {
		for _, p := range s.Points {
			rows = append(rows, []string{
				s.Scheme, strconv.Itoa(r.Stage), strconv.Itoa(p.Steps), float(p.StepSize),
				strconv.Itoa(p.Evaluations), float(p.Error), float(p.Order),
			})
		}
	}
	return saveCSV(c.csv, rows)
}

// list returns numbers as "1, 2, 4".
func list(numbers []int) string {
	words := make([]string, len(numbers))
	for i, n := range slices.All(numbers) {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, ", ")
}
