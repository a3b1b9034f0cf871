package notebook

import (
	"fmt"
	"strings"

	"continuousnet/cnet"
	"continuousnet/cnet/dataset"
	"continuousnet/cnet/internal/words"
	"continuousnet/cnet/rate"
)

// Info shows a table with the net, the data and the progress of a run.
func Info(run *cnet.Run) { on(run).show(info(run).content()) }

func info(run *cnet.Run) table {
	c := run.Config()
	weights, _ := run.Network().CountParameters()
	norm := "batch norm"
	if c.NoBatchNorm {
		norm = "no batch norm"
	}
	data := dataset.Short(c.Dataset, c.Data)
	classes := fmt.Sprintf("%d classes", run.Classes())
	if run.Regression() {
		classes = "to predict " + words.Some(run.TargetNames(), 10)
	} else if dataset.Own(c.Dataset) {
		classes += " (" + words.Some(run.ClassNames(), 10) + ")"
	}
	channels := fmt.Sprintf("%s channels, %s", words.Joined(channels(run), "-"), norm)
	if c.Model == cnet.NeuralODE {
		channels = fmt.Sprintf("rate %s, %s appended", c.Rate, words.Plural(c.AugmentDim, "zero"))
	}
	t := table{title: "Run " + run.Dir(), rows: [][]string{
		{"net", run.Title() + ", " + channels},
		{"weights", words.Grouped(weights)},
		{"data", fmt.Sprintf("%s, %s, batches of %d", data, classes, c.BatchSize)},
		{"trained", trained(run)},
	}}
	if w := stepsInWords(run.Network()); w != "" {
		t.rows = append(t.rows[:1:1], append([][]string{{"depth", w}}, t.rows[1:]...)...)
	}
	if e := run.TrainedWith(); e != "" {
		t.rows = append(t.rows, []string{"engine", e})
	}
	if n, ok := run.Network().(*cnet.Net); ok {
		t.rows[2][1] += fmt.Sprintf(", made of %s of depth per stage",
			words.OfStagesPlural(n.NumBasis(), n.Bases[0].Name()+" function"))
		if !rate.BuiltIn(n.Rate.Name) {
			t.rows = append(t.rows, []string{"rate", n.Rate.Name + ": " + n.Rate.Description})
		}
	}
	if rate := run.Rate().String(); rate != words.Rate(c.LearningRate) {
		t.rows = append(t.rows, []string{"learning rate", rate})
	}
	if last, ok := run.History().Last(); ok {
		if last.Evaluations > 0 {
			t.rows = append(t.rows, []string{
				"evaluations", fmt.Sprintf("%.1f of the rate for a batch", last.Evaluations),
			})
		}
		if r, ok := run.History().Tested(); ok {
			when := " after the last epoch"
			if r.Epoch != last.Epoch {
				when = " after " + words.Plural(r.Epoch+1, "epoch")
			}
			name, value := named(r.Quality(cnet.PartTest))
			t.rows = append(t.rows, []string{"test " + name, value + when})
		}
		if last.Validated() {
			name, value := named(last.Quality(cnet.PartValidation))
			t.rows = append(t.rows, []string{"validation " + name, value})
		}
	}
	for _, w := range run.Warnings() {
		t.rows = append(t.rows, []string{"warning", w})
	}
	return t
}

// named splits a quality into the name of its first number and the rest.
func named(q cnet.Quality) (name, value string) {
	name, value, _ = strings.Cut(q.String(), " ")
	return name, value
}

// channels returns the numbers of channels in the stages of a run's net.
func channels(run *cnet.Run) []int {
	if n, ok := run.Network().(*cnet.Net); ok {
		return n.StageChannels()
	}
	c := run.Config()
	first := c.Channels * max(c.WidenFactor, 1)
	return []int{first, 2 * first, 4 * first}
}

func trained(run *cnet.Run) string {
	switch {
	case run.Epoch() == 0 && run.Batch() == 0:
		return "not yet"
	case run.Batch() > 0:
		return fmt.Sprintf("%s and %s", words.Plural(run.Epoch(), "epoch"), words.Plural(run.Batch(), "batch"))
	}
	return words.Plural(run.Epoch(), "epoch")
}
