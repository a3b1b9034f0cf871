package figures

import (
	"fmt"
	"path/filepath"
	"slices"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
)

// Comparison is what a run has come to, beside others.
type Comparison struct {
	Name       string // of its directory, with its parent's where two have the same
	Net        string
	Data       string
	Regression bool // targets are numbers, and not classes
	Weights    int  // the number of trainable numbers
	// Evaluations of the rate in each stage; none for a net that is not continuous in depth. Where steps adapt, those
	// that the last epoch needed for a batch, rounded.
	Evaluations []int
	Epochs      int
	Seconds     float64 // of all epochs, with their evaluation
	History     cnet.History

	Last, Best cnet.Record // the last epoch, and the one with the highest accuracy or R²; zero if no epoch is complete
}

// NewComparisons returns what runs have come to. It evaluates nothing. Runs whose targets are numbers have nothing in
// common with those that have classes: both together are an error.
func NewComparisons(runs ...*cnet.Run) ([]Comparison, error) {
	if len(runs) == 0 {
		return nil, fmt.Errorf("figures: there are no runs to compare; give one at least")
	}
	names := map[string]int{}
	var list []Comparison
	for i, run := range runs {
		if err := run.Ready(); err != nil {
			return nil, fmt.Errorf("figures: number %d of the runs to compare: %w", i+1, err)
		}
		c := Comparison{
			Name: filepath.Base(run.Dir()), Net: run.Title(), Data: run.Config().Dataset, Epochs: run.Epoch(),
			Regression: run.Regression(), History: run.History(),
		}
		if first := runs[0]; c.Regression != first.Regression() {
			numbers, classes := first.Dir(), run.Dir()
			if c.Regression {
				numbers, classes = classes, numbers
			}
			return nil, fmt.Errorf("figures: the targets of run %s are numbers, and run %s has classes: R² and "+
				"accuracy are no scale for both; compare them apart", numbers, classes)
		}
		names[c.Name]++
		c.Weights, _ = run.Network().CountParameters()
		if n, ok := run.Network().(*cnet.Net); ok {
			c.Evaluations = n.Evaluations()
		}
		for _, r := range c.History.Epochs() {
			c.Seconds += r.Seconds
		}
		c.Last, _ = c.History.Last()
		c.Best, _ = c.History.Best()
		if c.Last.Evaluations > 0 {
			c.Evaluations = []int{int(c.Last.Evaluations + 0.5)}
		}
		list = append(list, c)
	}
	seen := map[string]int{}
	for i, run := range runs {
		if names[list[i].Name] < 2 {
			continue
		}
		list[i].Name = filepath.Join(filepath.Base(filepath.Dir(run.Dir())), list[i].Name)
		if seen[list[i].Name]++; seen[list[i].Name] > 1 {
			list[i].Name += fmt.Sprintf(" (%d)", seen[list[i].Name])
		}
	}
	return list, nil
}

// Compare draws the loss and the accuracy, or R², of runs over epochs, and that over time, on the images that they are
// tested with, or on those held out for validation; training is a pale line. Points stand where a run was changed, such
// as refined.
func Compare(list []Comparison) chart.Chart {
	loss := chart.Panel{Title: "Test loss (nats)", X: chart.Axis{Title: "epoch", Integer: true}}
	accuracy := chart.Panel{Title: "Test accuracy", X: loss.X, Y: chart.Axis{Percent: true}}
	quality := "accuracy"
	if slices.ContainsFunc(list, func(c Comparison) bool { return c.Regression }) {
		quality, loss.Title = "R²", "Test loss (mean squared error)"
		accuracy.Title, accuracy.Y = "Test R²", chart.Axis{}
	}
	overTime := accuracy
	overTime.Title, overTime.X = "Test "+quality+" over time", chart.Axis{Title: "seconds", Zero: true}
	for _, c := range list {
		tested := chart.Series{Name: c.Name}
		trained := chart.Series{Like: c.Name, Light: true}
		accurate, fit, timed := tested, trained, tested
		changes := chart.Series{Like: c.Name, Kind: chart.Points}
		seconds, changed := 0., false
		for _, r := range c.History {
			changed = changed || r.ChangesNet()
			if r.Event != cnet.EventEpoch {
				continue
			}
			seconds += r.Seconds
			at := float64(r.Epoch + 1)
			add(&trained, at, r.TrainLoss)
			add(&fit, at, r.Quality(cnet.PartTrain).Compared())
			l, a := r.TestLoss, r.HeldOut().Compared()
			if r.Validated() {
				l = r.ValidationLoss
			}
			add(&tested, at, l)
			add(&accurate, at, a)
			add(&timed, seconds, a)
			if changed {
				add(&changes, at, a)
				changed = false
			}
		}
		tested.Dots = len(tested.X) == 1
		accurate.Dots, timed.Dots = tested.Dots, tested.Dots
		loss.Series = append(loss.Series, trained, tested)
		accuracy.Series = append(accuracy.Series, fit, accurate)
		if len(changes.X) > 0 {
			accuracy.Series = append(accuracy.Series, changes)
		}
		overTime.Series = append(overTime.Series, timed)
	}
	return chart.Chart{
		Title: "Runs", Panels: []chart.Panel{loss, accuracy, overTime},
		Alt: fmt.Sprintf("Loss and %[2]s of %[1]d runs over epochs, and %[2]s over time.", len(list), quality),
	}
}
