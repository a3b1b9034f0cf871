package notebook

import (
	"context"
	"fmt"

	"continuousnet/cnet"
	"continuousnet/cnet/figures"
)

// Predictions shows the first n test images with the class that the net finds most probable and its probability: green
// if it is right; if it is wrong, red and with the true class.
// For points in the plane it shows the test points and the class of every region of the plane; where targets are
// numbers, what is predicted for the test points over what is true.
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
	if set.Points() {
		s.regions(run)
		return probabilities
	}
	g, right := figures.Predictions(set, probabilities)
	g.Title = fmt.Sprintf("%s: %d of %d right", run.Network(), right, len(probabilities))
	s.draw(g, describe(g))
	return probabilities
}
