package notebook

import (
	"fmt"

	"continuousnet/cnet"
	"continuousnet/cnet/internal/words"
)

// Info shows what a run is and how far it has come.
func Info(run *cnet.Run) { here().show(info(run).content()) }

func info(run *cnet.Run) table {
	c := run.Config()
	n := run.Net()
	weights, _ := n.CountParameters()
	norm := "batch norm"
	if c.NoBatchNorm {
		norm = "no batch norm"
	}
	t := table{title: "Run " + run.Dir(), rows: [][]string{
		{"net", fmt.Sprintf("%s %s, %d-%d-%d channels, %s", c.Model, n, c.Channels, 2*c.Channels, 4*c.Channels, norm)},
		{"weights", fmt.Sprintf("%s, in %s of depth per stage", words.Grouped(weights), plural(n.Basis.K, "interval"))},
		{"data", fmt.Sprintf("%s, %d classes, batches of %d", c.Dataset, n.Classes, c.BatchSize)},
		{"trained", trained(run)},
	}}
	if last, ok := lastEpoch(run.History()); ok {
		t.rows = append(t.rows, []string{"test accuracy", percent(last.TestAccuracy) + " after the last epoch"})
	}
	for _, w := range run.Warnings() {
		t.rows = append(t.rows, []string{"warning", w})
	}
	return t
}

func trained(run *cnet.Run) string {
	switch {
	case run.Epoch() == 0 && run.Step() == 0:
		return "not yet"
	case run.Step() > 0:
		return fmt.Sprintf("%s and %s", plural(run.Epoch(), "epoch"), plural(run.Step(), "step"))
	}
	return plural(run.Epoch(), "epoch")
}
