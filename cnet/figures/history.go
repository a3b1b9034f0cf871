package figures

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
)

// HistoryOptions are the choices that History leaves open; the zero value draws the records and nothing else.
type HistoryOptions struct {
	// Epochs is the number of epochs planned, so that the axis does not move while training. 0: as far as there is
	// data.
	Epochs int
	// LogLoss draws the loss on a logarithmic axis.
	LogLoss bool
	// Now is the progress within the epoch that is being trained; its mean loss and accuracy end the training curves.
	Now cnet.Progress
	// Marks are drawn beside those of the history.
	Marks []chart.Mark
	// Classes is the number of classes K. Until steadyEpochs epochs are complete, axes then hold what can be expected,
	// so that they stand still in the first seconds of a training: the loss from 0 to twice that of guessing, log K
	// nats, and the accuracy from 0 to 100 %. Lines show what guessing gives, later as long as they are within the
	// axes. 0: axes as far as there is data, and no lines.
	Classes int
	// Regression says that targets are numbers, which the history does not tell before the first batch. Until
	// steadyEpochs epochs are complete, the axis of R² then ends at 1, and below at a multiple of 1/2.
	Regression bool
}

// steadyEpochs is the number of complete epochs from which on axes are as long as the data.
const steadyEpochs = 3

// History draws the learning curves of a run: loss and accuracy over epochs beside each other, with a mark where the
// run was changed, and the loss within epochs as a thin light line behind the loss of whole epochs. Where targets are
// numbers, the loss is the mean squared error, and R² is in the place of the accuracy. Where steps adapt to tolerances,
// the evaluations of the rate follow.
func History(history cnet.History, o HistoryOptions) chart.Chart {
	within := chart.Series{Like: "train", Light: true}
	trainLoss := chart.Series{Name: "train", Color: chart.Blue}
	testLoss := chart.Series{Name: "test", Color: chart.Vermillion}
	validationLoss := chart.Series{Name: "validation", Color: chart.Green}
	evaluations := chart.Series{Color: chart.Blue}
	trainAccuracy, testAccuracy, validationAccuracy := trainLoss, testLoss, validationLoss
	var marks []chart.Mark
	x := chart.Axis{Title: "epoch", Integer: true, Max: float64(max(o.Epochs, 1))}

	batches := batchesPerEpoch(history)
	regression, started := o.Regression, false
	for _, r := range history {
		at := float64(r.Epoch) + float64(r.Batch)/float64(batches)
		switch r.Event {
		case cnet.EventStart:
			started = true
			add(&within, 0, r.TrainLoss)
			add(&trainLoss, 0, r.TrainLoss)
			add(&trainAccuracy, 0, r.Quality(cnet.PartTrain).Compared())
			regression = regression || r.Quality(cnet.PartTrain).Regression()
		case cnet.EventEpoch:
			at++ // records count from 0, and the epoch is over
			add(&trainLoss, at, r.TrainLoss)
			add(&trainAccuracy, at, r.Quality(cnet.PartTrain).Compared())
			regression = regression || r.Quality(cnet.PartTrain).Regression()
			if r.Evaluations > 0 {
				add(&evaluations, at, r.Evaluations)
			}
			if r.Tested() {
				add(&testLoss, at, r.TestLoss)
				add(&testAccuracy, at, r.Quality(cnet.PartTest).Compared())
			}
			if r.Validated() {
				add(&validationLoss, at, r.ValidationLoss)
				add(&validationAccuracy, at, r.Quality(cnet.PartValidation).Compared())
			}
		case cnet.EventLoss:
			add(&within, at, r.TrainLoss)
			at = math.Ceil(at)
		default:
			marks = mark(marks, at, Label(r))
		}
		x.Max = max(x.Max, at)
	}
	for _, m := range o.Marks {
		marks = among(marks, m)
	}
	if p := o.Now; p.Batch > 0 {
		at := float64(p.Epoch) + float64(p.Batch)/float64(p.Batches)
		add(&trainLoss, at, p.MeanLoss)
		add(&trainAccuracy, at, p.Quality().Compared())
		regression = regression || p.Quality().Regression()
		x.Max = max(x.Max, at)
	}
	// A curve of whole epochs alone begins with the first of them; what lies within epochs begins at 0.
	if n := len(trainLoss.X); n > 1 && len(within.X) == 0 && !started && trainLoss.X[0] < x.Max {
		x.Min = trainLoss.X[0]
		for _, m := range marks {
			x.Min = min(x.Min, m.At)
		}
	}
	for _, s := range []*chart.Series{&trainLoss, &testLoss, &trainAccuracy, &testAccuracy, &validationLoss,
		&validationAccuracy, &evaluations} {
		s.Dots = len(trainLoss.X) <= 50 || len(s.X) == 1 // a point alone is no line
	}
	losses, accuracies := []chart.Series{within, trainLoss, testLoss}, []chart.Series{trainAccuracy, testAccuracy}
	if len(validationLoss.X) > 0 {
		losses, accuracies = append(losses, validationLoss), append(accuracies, validationAccuracy)
	}
	panels := []chart.Panel{
		{Title: "Loss (nats)", X: x, Y: chart.Axis{Log: o.LogLoss}, Marks: marks, Series: losses},
		{Title: "Accuracy", X: x, Y: chart.Axis{Percent: true}, Marks: marks, Series: accuracies},
	}
	if started {
		// From guessing to knowing: axes that stand still from the first batch on.
		panels[0].Y.Zero = !o.LogLoss
		panels[1].Y.Max = 1
	}
	if regression {
		panels[0].Title = "Loss (mean squared error)" // of targets that are standardised, and so have no unit
		panels[1].Title, panels[1].Y = "R²", chart.Axis{}
		if o.Regression && len(history.Epochs()) < steadyEpochs {
			panels[1].Y = chart.Axis{Min: math.Floor(2*least(accuracies)) / 2, Max: 1}
		}
	} else if o.Classes > 1 {
		k, early := float64(o.Classes), len(history.Epochs()) < steadyEpochs
		most := greatest(losses)
		if early {
			panels[1].Y.Min, panels[1].Y.Max = 0, 1
			// The loss of the first batches, and of the first tests, is often above that of guessing.
			if top := 2 * math.Log(k); !o.LogLoss && most <= top {
				panels[0].Y.Max = top
			}
		}
		if early || math.Log(k) <= most { // where no axis has to be longer for it
			panels[0].Marks = append(slices.Clone(marks), chart.Mark{Across: true, At: math.Log(k),
				Label: fmt.Sprintf("guessing: log %d = %.2f", o.Classes, math.Log(k))})
		}
		if early || started {
			panels[1].Marks = append(slices.Clone(marks), chart.Mark{Across: true, At: 1 / k,
				Label: fmt.Sprintf("guessing: 1/%d", o.Classes)})
		}
	}
	if len(evaluations.X) > 0 {
		panels = append(panels, chart.Panel{
			Title: "Evaluations of the rate", X: x, Y: chart.Axis{Zero: true}, Marks: marks,
			Series: []chart.Series{evaluations},
		})
	}
	return chart.Chart{Panels: panels}
}

// least returns the least finite value of some series, at most 0.
func least(list []chart.Series) (low float64) {
	for _, s := range list {
		for _, y := range s.Y {
			if y < low && !math.IsInf(y, 0) {
				low = y
			}
		}
	}
	return low
}

// greatest returns the greatest value of some series, 0 if there is none.
func greatest(list []chart.Series) (most float64) {
	for _, s := range list {
		for _, y := range s.Y {
			most = max(most, y)
		}
	}
	return most
}

func add(s *chart.Series, x, y float64) { s.X, s.Y = append(s.X, x), append(s.Y, y) }

// batchesPerEpoch returns the number of batches in an epoch of the run, 1 if none has been done.
func batchesPerEpoch(history cnet.History) int {
	n := 1
	for _, r := range history {
		n = max(n, r.Batch, r.Batches)
	}
	return n
}

// mark appends a mark, or adds its label to the last mark if that is at the same place.
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

// among puts a mark in its place, or adds its label to the mark that is there.
func among(marks []chart.Mark, m chart.Mark) []chart.Mark {
	i := 0
	for i < len(marks) && marks[i].At <= m.At {
		i++
	}
	if i > 0 && marks[i-1].At == m.At {
		return append(mark(marks[:i:i], m.At, m.Label), marks[i:]...)
	}
	return slices.Insert(marks, i, m)
}

// Label describes a change of the run in a word or two, such as "refined to 2-2-2".
func Label(r cnet.Record) string {
	shape, scheme, _ := strings.Cut(r.Net, " ")
	scheme, _, _ = strings.Cut(scheme, ",") // the basis comes after it
	switch r.Event {
	case cnet.EventRefine:
		return "refined to " + shape
	case cnet.EventBasis:
		return fmt.Sprintf("%d %s", r.NumBasis, strings.ReplaceAll(r.Basis, "_", " "))
	case cnet.EventImport:
		return "imported weights"
	case cnet.EventScheme:
		return scheme
	case cnet.EventRate:
		return "rate " + chart.Number(r.LearningRate, 9)
	case cnet.EventChange:
		first, _, more := strings.Cut(r.Changes, ", ")
		if more {
			first += ", …"
		}
		return first
	}
	return r.Event
}
