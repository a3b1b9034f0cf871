// Package figures turns what a run has recorded and measured into charts: learning curves, test accuracies of its
// manifestations, errors over steps.
package figures

import (
	"fmt"
	"strings"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
)

// Of returns the learning curves of a history.
func Of(history []cnet.Record) chart.History {
	steps := stepsPerEpoch(history)
	var h chart.History
	for _, r := range history {
		at := float64(r.Epoch) + float64(r.Step)/float64(steps)
		switch r.Event {
		case cnet.EventEpoch:
			h.Epochs = append(h.Epochs, chart.Epoch{
				Number:    float64(r.Epoch + 1),
				TrainLoss: r.TrainLoss, TestLoss: r.TestLoss,
				TrainAccuracy: r.TrainAccuracy, TestAccuracy: r.TestAccuracy,
			})
		case cnet.EventLoss:
			h.Steps = append(h.Steps, chart.Step{Epoch: at, Loss: r.TrainLoss})
		default:
			h.Marks = mark(h.Marks, at, Label(r))
		}
	}
	return h
}

// stepsPerEpoch is how many steps an epoch of the run has; 1 if it has done none.
func stepsPerEpoch(history []cnet.Record) int {
	n := 1
	for _, r := range history {
		n = max(n, r.Step, r.Steps)
	}
	return n
}

// mark adds a mark, or its label to the last one if that is at the same place.
func mark(marks []chart.Mark, at float64, label string) []chart.Mark {
	if label == "" {
		return marks
	}
	if n := len(marks); n > 0 && marks[n-1].At == at {
		marks[n-1].Label += ", " + label
		return marks
	}
	return append(marks, chart.Mark{At: at, Label: label})
}

// Label says in a word or two what a change made of the run: "refined to 2-2-2".
func Label(r cnet.Record) string {
	shape, scheme, _ := strings.Cut(r.Net, " ")
	scheme, _, _ = strings.Cut(scheme, ",") // the basis comes after it
	switch r.Event {
	case cnet.EventRefine:
		return "refined to " + shape
	case cnet.EventBasis:
		return fmt.Sprintf("%d %s", r.Functions, strings.ReplaceAll(r.Basis, "_", " "))
	case cnet.EventImport:
		return "imported weights"
	case cnet.EventScheme:
		return scheme
	case cnet.EventRate:
		return fmt.Sprintf("rate %g", r.LearningRate)
	}
	return r.Event
}
