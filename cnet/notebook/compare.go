package notebook

import (
	"fmt"
	"strings"
	"time"

	"continuousnet/cnet"
	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/words"
)

// Compare draws the learning curves of runs in one picture, shows a table of what they have come to, and returns that:
// accuracies or, where targets are numbers, R² and RMSE. It evaluates nothing.
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
	measured, regression := "accuracy", list[0].Regression
	if regression {
		measured = "R²"
	}
	t := table{head: []string{"run", "net", "weights", "evaluations of R per stage", "epochs", "best " + measured,
		"in epoch", "last " + measured}}
	if regression {
		t.head = append(t.head, "last RMSE")
	}
	t.head = append(t.head, "time")
	for _, x := range list {
		evaluations, best, when := "-", "-", "-"
		last := []string{"-", "-"}[:len(t.head)-8]
		if len(x.Evaluations) > 0 {
			evaluations = words.OfStages(x.Evaluations)
		}
		if x.Epochs > 0 {
			best, when = comparedText(x.Best.HeldOut()), fmt.Sprint(x.Best.Epoch+1)
			q := x.Last.HeldOut()
			last = []string{comparedText(q)}
			if regression {
				last = append(last, fmt.Sprintf("%.4g", q.RMSE))
			}
		}
		row := []string{x.Name, x.Net, words.Grouped(x.Weights), evaluations, fmt.Sprint(x.Epochs), best, when}
		row = append(row, last...)
		t.rows = append(t.rows, append(row, words.Duration(time.Duration(x.Seconds*float64(time.Second)))))
	}
	s.show(t.content())
	return list
}

// comparedText writes the number by which runs are compared, in a column that has its name.
func comparedText(q cnet.Quality) string { return strings.TrimPrefix(q.Short(), "R² ") }
