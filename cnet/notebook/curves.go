package notebook

import (
	"fmt"
	"strings"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
)

// History shows the learning curves of a run: loss and accuracy over epochs, with a mark where the net was refined or got
// another scheme or learning rate.
func History(run *cnet.Run) { here().history(run) }

func (s *surface) history(run *cnet.Run) {
	h := curves(run.History(), stepsPerEpoch(run.History()))
	h.Title = fmt.Sprintf("%s after %s", run.Net(), plural(run.Epoch(), "epoch"))
	s.draw(h.Chart(), summary(run))
}

// summary is a line about where a run is.
func summary(run *cnet.Run) string {
	text := fmt.Sprintf("%s, %s, %s", run.Dir(), run.Net(), plural(run.Epoch(), "epoch"))
	if last, ok := lastEpoch(run.History()); ok {
		text += fmt.Sprintf(": test accuracy %s, test loss %.3f", percent(last.TestAccuracy), last.TestLoss)
	}
	return text
}

func lastEpoch(history []cnet.Record) (cnet.Record, bool) {
	for i := len(history) - 1; i >= 0; i-- {
		if history[i].Event == cnet.EventEpoch {
			return history[i], true
		}
	}
	return cnet.Record{}, false
}

// stepsPerEpoch is how many steps an epoch has, as far as the history tells: records of the loss fall on other steps in
// every epoch, so that the latest of all is off by a few per cent of an epoch in the first one and less later.
func stepsPerEpoch(history []cnet.Record) int {
	n := 1
	for _, r := range history {
		n = max(n, r.Step)
	}
	return n
}

// curves turns the history of a run into that of a chart.
func curves(history []cnet.Record, steps int) chart.History {
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
			h.Marks = mark(h.Marks, at, changeLabel(r))
		}
	}
	return h
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

// changeLabel says in a word or two what a change made of the run.
func changeLabel(r cnet.Record) string {
	shape, scheme, _ := strings.Cut(r.Net, " ")
	switch r.Event {
	case cnet.EventRefine:
		return "refined to " + shape
	case cnet.EventScheme:
		return scheme
	case cnet.EventRate:
		return fmt.Sprintf("rate %g", r.LearningRate)
	}
	return r.Event
}
