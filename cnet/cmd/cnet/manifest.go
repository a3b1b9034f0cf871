package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"continuousnet/cnet"
	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/words"
)

// manifest is the command manifest.
type manifest struct {
	*app
	run     readOnly
	schemes []string
	steps   counts
	limit   int
	csv     string
	chart   string
	json    bool
}

func (a *app) manifest() *cobra.Command {
	m := &manifest{app: a}
	cmd := &cobra.Command{
		Use:   "manifest RUN",
		Short: "Test the weights of a run under other schemes and numbers of steps",
		Long: `Test the weights of a run under every one of some schemes and numbers of steps: accuracy and loss on the
test images, how often the rate is evaluated for an image (NFE, over all stages), and the seconds it takes. The
run is not changed, and may be trained meanwhile. A star marks what it is trained with.

RUN is a directory, or the name of one in results/. With fewer steps than intervals of depth, some weights are not
used.`,
		Example: `  cnet manifest first
  cnet manifest first --schemes euler,midpoint,rk4_classic --steps 1,2,4,8 --out manifest.png
  cnet manifest first --limit 200 --csv manifest.csv
  cnet manifest first --json | jq -s max_by(.accuracy)

With --json, standard output has one line for each combination:
  {"scheme":"euler","steps":1,"trained":true,"evaluations":3,"loss":0.61,"accuracy":0.79,"images":1000,"seconds":0.4}`,
		Args: atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error { return m.measure(cmd, args) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.Var(schemeList{&m.schemes}, "schemes",
		"the schemes: see \"cnet schemes\" (default euler,midpoint,rk4_classic and that of the run)")
	flags.Var(&m.steps, "steps",
		"time steps over each stage (default 1, 2, 4, 8 times the intervals and those of the run, 2-4-4 for one)")
	flags.Var(count{&m.limit, 1 << 30}, "limit", "test on so many images only (default all)")
	flags.Lookup("limit").DefValue = ""
	flags.StringVar(&m.csv, "csv", "", "write the table to a `FILE`")
	flags.StringVar(&m.chart, "out", "", "draw a heat map of the accuracies: `FILE` ends in .png or .svg")
	m.run.add(flags)
	flags.BoolVar(&m.json, "json", false, "print a JSON object for each combination")
	return cmd
}

func (m *manifest) measure(cmd *cobra.Command, args []string) error {
	if err := checkFiles(m.chart, m.csv); err != nil {
		return err
	}
	run, err := m.run.open(m.app, cmd, args)
	if err != nil {
		return err
	}
	defer run.Close()
	if err := (schemeList{&m.schemes}).resolve(); err != nil {
		return err
	}
	o, err := cnet.ManifestOptions{Schemes: m.schemes, Steps: m.steps, Limit: m.limit}.WithDefaults(run)
	if err != nil {
		return usagef("%v", err)
	}
	p := newMeter(m.app, "scheme × steps")
	p.wait("the first combination")
	o.Progress = func(r cnet.Manifestation, done, all int) {
		if m.json {
			p.clear()
			_ = printScore(m.out, r, run.Regression()) // m.out keeps the error
		}
		p.set(done, all)
	}
	list, err := run.Manifest(stopWithOutput(cmd.Context(), m.out), o)
	p.clear()
	if m.out.err != nil {
		return fmt.Errorf("standard output: %w", m.out.err)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	if len(list) == 0 {
		return err
	}
	if !m.json {
		m.table(run, list)
	}
	if m.csv != "" {
		if err := m.writeCSV(list, run.Regression()); err != nil {
			return err
		}
	}
	if m.chart != "" {
		c := figures.Manifestations(list, o.Schemes, o.Steps)
		c.Title = fmt.Sprintf("%s: test %s, trained with %s", shortName(run.Dir()), qualityName(run.Regression()),
			run.Network())
		if err := c.Save(m.chart); err != nil {
			return err
		}
	}
	if err != nil {
		fmt.Fprintf(m.err, "cnet: interrupted after %d of %d combinations\n", len(list), len(o.Schemes)*len(o.Steps))
		return errInterrupted
	}
	return nil
}

func (m *manifest) table(run *cnet.Run, list []cnet.Manifestation) {
	var t text
	t.line("%s after %s, on %s test %s",
		run.Title(), words.Plural(run.Epoch(), "epoch"), words.Grouped(list[0].Images), run.Things())
	width := len("scheme")
	for _, r := range list {
		width = max(width, len(r.Scheme))
	}
	t.line("\n  %-*s  steps    NFE%s      loss   seconds", width, "scheme", qualityHead(run.Regression()))
	for _, r := range list {
		mark := " "
		if r.Trained {
			mark = "*"
		}
		t.line("%s %-*s %6s %6d%s %9s %9.2f", mark, width, r.Scheme, r.StepsText(), r.Evaluations,
			qualityColumns(r.Quality(), run.Regression(), true), lossText(r.Loss), r.Seconds)
	}
	if slices.ContainsFunc(list, func(r cnet.Manifestation) bool { return r.Trained }) {
		t.line("* as trained")
	}
	_, _ = m.out.Write(t.Bytes()) // execute looks at the error
}

func (m *manifest) writeCSV(list []cnet.Manifestation, regression bool) error {
	quality := []string{"accuracy"}
	if regression {
		quality = []string{"rmse", "r2"}
	}
	rows := [][]string{slices.Concat([]string{"scheme", "steps", "trained", "evaluations"}, quality,
		[]string{"loss", "images", "seconds"})}
	for _, r := range list {
		quality := []string{float(r.Accuracy)}
		if regression {
			quality = []string{float(r.RMSE), float(r.R2)}
		}
		rows = append(rows, slices.Concat(
			[]string{r.Scheme, r.StepsText(), strconv.FormatBool(r.Trained), strconv.Itoa(r.Evaluations)}, quality,
			[]string{float(r.Loss), strconv.Itoa(r.Images), float(r.Seconds)}))
	}
	return saveCSV(m.csv, rows)
}

// lossText returns a loss in at most nine characters, even that of a net that diverges.
func lossText(loss float64) string {
	if loss >= 1e4 {
		return strconv.FormatFloat(loss, 'g', 3, 64)
	}
	return strconv.FormatFloat(loss, 'f', 4, 64)
}
