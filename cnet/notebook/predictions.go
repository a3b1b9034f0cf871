package notebook

import (
	"context"
	"fmt"

	"continuousnet/cnet"
	"continuousnet/cnet/dataset"
	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/words"
)

// Predictions shows the first n test images with the class that the net finds most probable and its probability: green
// if it is right; if it is wrong, red and with the true class.
// For points in the plane it shows the test points and the class of every region of the plane, for other points a table
// of the first of them; where targets are numbers, what is predicted for the test points over what is true.
//
// It returns the probabilities of the classes, or what is predicted, for the first n of them; see Run.Predict.
func Predictions(run *cnet.Run, n int) [][]float32 { return on(run).predictions(run, n) }

func (s *surface) regions(run *cnet.Run) {
	draw := figures.Regions
	if run.Regression() {
		draw = figures.Fit
	}
	c, err := draw(context.Background(), run)
	if err != nil {
		s.fail(err)
		return
	}
	s.draw(c, describe(c))
}

func (s *surface) predictions(run *cnet.Run, n int) [][]float32 {
	if n < 1 {
		s.fail(fmt.Errorf("notebook: the number of images must be at least 1, got %d", n))
		return nil
	}
	set, err := run.Dataset()
	if err != nil {
		s.fail(err)
		return nil
	}
	probabilities, err := run.Predict(n)
	if err != nil {
		s.fail(err)
		return nil
	}
	if set.Points() && set.Channels != 2 && !set.Regression() {
		s.show(predictionsTable(run, set, probabilities).content())
		return probabilities
	}
	if set.Points() {
		s.regions(run)
		return probabilities
	}
	g, right := figures.Predictions(set, probabilities)
	g.Title = fmt.Sprintf("%s: %d of %d right", run.Network(), right, len(probabilities))
	s.draw(g, describe(g))
	return probabilities
}

// mostPredictions is how many points a table of predictions has.
const mostPredictions = 20

// predictionsTable shows what is predicted for the first test points beside their classes.
func predictionsTable(run *cnet.Run, set *dataset.Set, probabilities [][]float32) table {
	t := table{head: []string{"test point", "class", "most probable", "probability"}}
	right := 0
	for i, p := range probabilities {
		label, k := int(set.Test.Labels[i]), 0
		for j, v := range p {
			if v > p[k] {
				k = j
			}
		}
		if k == label {
			right++
		}
		if i < mostPredictions {
			t.rows = append(t.rows, []string{
				fmt.Sprint(i), set.Classes[label], set.Classes[k], words.Percent(float64(p[k])),
			})
		}
	}
	t.title = fmt.Sprintf("%s: %d of %d right", run.Network(), right, len(probabilities))
	if len(probabilities) > mostPredictions {
		t.title += fmt.Sprintf(", the first %d", mostPredictions)
	}
	return t
}
