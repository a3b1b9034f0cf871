package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"continuousnet/cnet"
	"continuousnet/cnet/dataset"
	"continuousnet/cnet/internal/runname"
	"continuousnet/cnet/internal/words"
)

// changed reports whether the net has been changed since its accuracy was measured.
func (s summary) changed() bool {
	for _, r := range slices.Backward(s.History) {
		if r.Event == cnet.EventEpoch || r.ChangesNet() {
			return r.ChangesNet()
		}
	}
	return false
}

func (a *app) info() *cobra.Command {
	var run runArg
	var json, csv bool
	cmd := &cobra.Command{
		Use:   "info [RUN]",
		Short: "Show what a run is and what happened in it, or list the runs",
		Long: `Show the network of a run, what it is trained on, its history and its refinements. Without RUN, list the
runs in results/. It changes nothing, and may be done while the run is being trained: it takes the last save.

RUN is a directory, or the name of one in results/.`,
		Example: `  cnet info
  cnet info first
  cnet info first --json | jq .best.test_accuracy
  cnet info first --csv > first.csv`,
		Args: atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !run.given(args) {
				if csv {
					return usagef("info --csv needs a run: cnet info RUN --csv")
				}
				return a.listRuns(json)
			}
			dir, err := run.dir(cmd, args)
			if err != nil {
				return err
			}
			s, err := summarize(dir)
			if err != nil {
				return err
			}
			switch {
			case csv && json:
				return usagef("info: --csv and --json are two forms; leave one of them out")
			case csv:
				a.warnAll(s.Warnings)
				return a.historyCSV(s.History, len(s.Targets) > 0)
			case json:
				return printJSON(a.out, s)
			}
			return a.showRun(s)
		},
	}
	run.add(cmd.Flags())
	cmd.Flags().BoolVar(&csv, "csv", false, "print the history as a table of comma-separated values, a row an event")
	cmd.Flags().BoolVar(&json, "json", false, "print JSON")
	return cmd
}

// summary is what info shows of a run.
type summary struct {
	Run                string                `json:"run"`
	Error              string                `json:"error,omitempty"` // then the rest is empty
	Model              string                `json:"model"`
	Net                string                `json:"net"`
	title              string                // the network with its model
	Scheme             string                `json:"scheme,omitempty"`
	Steps              int                   `json:"steps,omitempty"`
	Basis              string                `json:"basis,omitempty"` // of the weights over depth
	NumBasis           int                   `json:"num_basis,omitempty"`
	StageSteps         []int                 `json:"stage_steps,omitempty"` // of each stage, if they differ
	StageBasis         []int                 `json:"stage_basis,omitempty"`
	stages             *cnet.Net             // that has them; nil for a baseline
	Parameters         int                   `json:"parameters"`
	OriginalParameters int                   `json:"original_parameters"`
	Dataset            string                `json:"dataset"`
	Classes            []string              `json:"classes,omitempty"` // none in old runs
	Targets            []string              `json:"targets,omitempty"` // numbers, instead of classes
	Epochs             int                   `json:"epochs"`            // complete
	EpochBatch         int                   `json:"epoch_batch"`       // batches done in the next one
	Last               *epochNumbers         `json:"last"`
	Best               *epochNumbers         `json:"best"`
	Rate               cnet.Rate             `json:"learning_rate"`
	Engine             string                `json:"engine,omitempty"` // that it was last trained with
	Config             cnet.Config           `json:"config"`
	History            cnet.History          `json:"history,omitempty"`
	Checkpoints        []cnet.CheckpointInfo `json:"checkpoints,omitempty"`
	Warnings           []string              `json:"warnings,omitempty"`
}

// summarize opens a run and returns its summary.
func summarize(dir string) (summary, error) {
	run, err := cnet.OpenReadOnly(dir)
	if err != nil {
		return summary{}, err
	}
	defer run.Close()
	s := summary{
		Run: dir, Model: run.Config().Model, Net: run.Network().String(), title: run.Title(),
		Dataset: run.Config().Dataset, Classes: run.ClassNames(), Targets: run.TargetNames(),
		Epochs: run.Epoch(), EpochBatch: run.Batch(),
		Rate:   run.Rate(),
		Engine: run.TrainedWith(), Config: run.Config(), History: run.History(),
	}
	if s.Checkpoints, err = run.Checkpoints(); err != nil {
		return summary{}, err
	}
	s.Warnings = run.Warnings()
	s.Parameters, s.OriginalParameters = run.Network().CountParameters()
	if n, ok := run.Network().(*cnet.Net); ok {
		now := n.Now()
		s.Scheme, s.Steps, s.Basis, s.NumBasis = now.Scheme, now.Steps, now.Basis, now.NumBasis
		s.StageSteps, s.StageBasis, s.stages = now.StageSteps, now.StageBasis, n
	}
	if r, ok := s.History.Last(); ok {
		last := numbers(r)
		s.Last = &last
	}
	if r, ok := s.History.BestOn(s.Config.Watched()); ok {
		best := numbers(r)
		s.Best = &best
	}
	return s, nil
}

func (a *app) showRun(s summary) error {
	a.warnAll(s.Warnings)
	c := s.Config
	var t text
	t.line("run         %s", s.Run)
	first := c.Channels * max(c.WidenFactor, 1)
	if c.Width > 0 {
		first = c.Width
	}
	channels := fmt.Sprintf("%d channels in the first", first)
	if c.Model == cnet.NeuralODE {
		channels = "rate " + c.Rate + ", " + words.Plural(c.AugmentDim, "zero") + " appended"
	}
	switch {
	case c.RTol > 0:
		weights := "that are constant in depth"
		if s.NumBasis > 1 {
			weights = "of " + words.Plural(s.NumBasis, s.Basis+" function")
		}
		t.line("net         %s: steps that adapt, weights %s, %s", s.title, weights, channels)
	case s.stages != nil:
		n := s.stages
		if c.StageChannels != nil || c.NumStages() != 3 && c.Model != cnet.NeuralODE {
			channels = words.Joined(n.StageChannels(), "-") + " channels"
		}
		t.line("net         %s: %s in each stage, weights of %s, %s", s.title, words.OfStagesPlural(n.Steps, "step"),
			words.OfStagesPlural(n.NumBasis(), s.Basis+" function"), channels)
	default:
		t.line("net         %s: three stages, %s", s.title, channels)
	}
	switch {
	case s.OriginalParameters != s.Parameters:
		t.line("parameters  %s; %s as the original counts, with those it never uses",
			words.Grouped(s.Parameters), words.Grouped(s.OriginalParameters))
	default:
		t.line("parameters  %s", words.Grouped(s.Parameters))
	}
	data := s.Dataset
	if c.Data != "" {
		data += " from " + c.Data
	}
	t.line("data        %s", data)
	if len(s.Targets) > 0 {
		t.line("            to predict %s", words.Some(s.Targets, 20))
	} else if dataset.Own(s.Dataset) {
		t.line("            %d classes: %s", len(s.Classes), words.Some(s.Classes, 20))
	}
	t.line("training    batches of %d, learning rate %s, momentum %g, weight decay %g, seed %d",
		c.BatchSize, s.Rate, max(c.Momentum, 0), max(c.WeightDecay, 0), c.Seed)
	if more := howTrained(c); more != "" {
		t.line("            %s", more)
	}
	if c.Adjoint != "" {
		t.line("            gradients by %s", c.Adjoint)
	}
	if len(c.LRDecayEpochs) > 0 {
		done := ""
		if len(s.Rate.Decays) > 0 {
			done = fmt.Sprintf("; so far of %v", s.Rate.Decays)
		}
		t.line("            learning rate times %g at the end of epochs %v, from 0%s", c.LRDecay, c.LRDecayEpochs, done)
	}
	if c.LRWarmup > 0 {
		t.line("            learning rate rises in the first %g epochs", c.LRWarmup)
	}
	if len(c.RefineEpochs) > 0 {
		t.line("            refines after %v epochs", c.RefineEpochs)
	}
	if s.Engine != "" {
		t.line("engine      %s", s.Engine)
	}
	t.line("done        %s", position(s.Epochs, s.EpochBatch))
	if s.Last != nil {
		last, part, where := s.Last.record, c.Watched(), "test "+c.Things()
		if part == cnet.PartValidation {
			where = "validation part"
		}
		name, value, _ := strings.Cut(last.Quality(part).String(), " ")
		t.line("%-11s %s on the %s; the best was %s after %s", name, value, where,
			s.Best.record.Quality(part).Short(), words.Plural(s.Best.Epoch+1, "epoch"))
		switch {
		case last.Validated() && part == cnet.PartTest:
			t.line("            validation %s, which decides nothing", last.Quality(cnet.PartValidation))
		case last.Validated():
			t.line("            %s", tested(s.History, c.Things()))
		}
		if n := s.Last.Evaluations; n > 0 {
			t.line("            %.1f evaluations of the rate for a batch, on average, in the last epoch", n)
		}
		if s.changed() {
			t.line("            measured before the net was changed; cnet eval %s measures it as it is",
				runname.Argument(s.Run))
		}
	}
	for i, c := range s.Checkpoints {
		lead := ""
		if i == 0 {
			lead = "kept"
		}
		accuracy := ""
		if c.Accuracy > 0 {
			accuracy = ", " + words.Percent(c.Accuracy)
		}
		if c.R2 != 0 {
			accuracy = fmt.Sprintf(", R² %.4f", c.R2)
		}
		t.line("%-11s %s: %s after %s%s", lead, c.Name, c.Net, position(c.Epoch, c.Batch), accuracy)
	}
	header := false
	for _, r := range s.History {
		switch {
		case r.Event == cnet.EventEpoch:
			if !header {
				t.line("\n%s", headFor(c, len(s.Targets) > 0))
				header = true
			}
			t.line("%s", tableRow(r, 0))
		case r.ChangesNet(), r.Event == cnet.EventRate, r.Event == cnet.EventChange:
			t.line("%s", tableMark(r))
		}
	}
	_, err := a.out.Write(t.Bytes())
	return err
}

// accuracyOf returns the accuracy or R² by which epochs are compared: on the validation part if there is one, or else
// on the test images.
func accuracyOf(n *epochNumbers) string {
	switch {
	case n.record.Validated():
		return n.record.Quality(cnet.PartValidation).Short() + " (validation)"
	case n.record.Tested():
		return n.record.Quality(cnet.PartTest).Short()
	}
	return "-"
}

// howTrained describes what is not the default of a training step, or returns "".
func howTrained(c cnet.Config) string {
	var parts []string
	if c.Optimizer != cnet.SGD && c.Optimizer != "" {
		parts = append(parts, "optimizer "+c.Optimizer)
	}
	for _, f := range []struct {
		name  string
		value float64
	}{
		{"gradients clipped at a norm of", c.ClipNorm}, {"labels smoothed by", c.LabelSmoothing},
		{"weights averaged with a decay of", c.EMA},
		{"kinetic energy weighted by", c.KineticEnergy}, {"jacobian norm weighted by", c.JacobianNorm},
		{"error estimate weighted by", c.ErrorEstimate},
	} {
		if f.value > 0 {
			parts = append(parts, fmt.Sprintf("%s %g", f.name, f.value))
		}
	}
	if steps := c.Augment; len(steps) > 0 && !slices.Equal(steps, dataset.DefaultAugmentation()) {
		parts = append(parts, "augmentation "+strings.Join(steps, ","))
	}
	return strings.Join(parts, ", ")
}

// listRuns lists the runs in results.
func (a *app) listRuns(json bool) error {
	entries, err := os.ReadDir(results)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	list := []summary{}
	for _, e := range entries {
		dir := filepath.Join(results, e.Name())
		if !e.IsDir() || !cnet.Exists(dir) {
			continue
		}
		s, err := summarize(dir)
		if err != nil {
			s = summary{Run: dir, Error: words.Message(err)}
		}
		s.History = nil // there may be many runs
		list = append(list, s)
	}
	if json {
		return printJSON(a.out, map[string]any{"runs": list})
	}
	if len(list) == 0 {
		fmt.Fprintln(a.out, `there are no runs in results/; "cnet train" makes one`)
		return nil
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "RUN\tNET\tDATA\tPARAMETERS\tEPOCHS\tACCURACY\tBEST")
	for _, s := range list {
		if s.Error != "" {
			fmt.Fprintf(w, "%s\tcannot be read\n", runname.Argument(s.Run))
			a.warn("%s", s.Error)
			continue
		}
		data := dataset.Short(s.Dataset, s.Config.Data)
		last, best := "-", "-"
		if s.Last != nil {
			last, best = accuracyOf(s.Last), accuracyOf(s.Best)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", runname.Argument(s.Run), s.Net, data,
			words.Grouped(s.Parameters), s.Epochs, last, best)
	}
	return w.Flush()
}
