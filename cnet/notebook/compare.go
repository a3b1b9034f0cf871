package notebook

import (
	"fmt"
	"time"

	"continuousnet/cnet"
	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/words"
)

// Compare draws the learning curves of runs in one picture, shows a table of what they have come to, and returns that.
// It evaluates nothing.
//
//	notebook.Compare(coarse, refined, fine)
func Compare(runs ...*cnet.Run) []figures.Comparison { return here().compare(runs) }

func (s *surface) compare(runs []*cnet.Run) []figures.Comparison {
	list, err := figures.NewComparisons(runs...)
	if err != nil {
		s.fail(err)
		return nil
	}
	c := figures.Compare(list)
	s.draw(c, describe(c))
	t := table{head: []string{"run", "net", "weights", "evaluations of R per stage", "epochs", "best accuracy",
		"in epoch", "last accuracy", "time"}}
	for _, x := range list {
		evaluations, best, when, last := "-", "-", "-", "-"
		if len(x.Evaluations) > 0 {
			evaluations = words.OfStages(x.Evaluations)
		}
		if x.Epochs > 0 {
			best, when = words.Percent(accuracyOf(x.Best)), fmt.Sprint(x.Best.Epoch+1)
			last = words.Percent(accuracyOf(x.Last))
		}
		t.rows = append(t.rows, []string{
			x.Name, x.Net, words.Grouped(x.Weights), evaluations, fmt.Sprint(x.Epochs), best, when, last,
			words.Duration(time.Duration(x.Seconds * float64(time.Second))),
		})
	}
	s.show(t.content())
	return list
}

// accuracyOf returns the accuracy of an epoch on the validation part if there is one, or else on the test images.
func accuracyOf(r cnet.Record) float64 {
	if r.Validated() {
		return r.ValidationAccuracy
	}
	return r.TestAccuracy
}
