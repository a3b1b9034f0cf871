package notebook

import (
	"fmt"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
	"continuousnet/cnet/dataset"
)

// Predictions shows the first n test images with the class that the net gives them and its probability: green if it is
// right, red and with the true class if it is wrong.
func Predictions(run *cnet.Run, n int) { here().predictions(run, n) }

func (s *surface) predictions(run *cnet.Run, n int) {
	if n < 1 {
		s.fail(fmt.Errorf("notebook: the number of images must be at least 1, got %d", n))
		return
	}
	set, err := run.Dataset()
	if err != nil {
		s.fail(err)
		return
	}
	probabilities, err := run.Predict(n)
	if err != nil {
		s.fail(err)
		return
	}
	g, right := gallery(set, probabilities)
	g.Title = fmt.Sprintf("%s: %d of %d right", run.Net(), right, len(probabilities))
	s.draw(g, describe(g))
}

// gallery has the first images of the test set, with what the net makes of each.
func gallery(set *dataset.Set, probabilities [][]float32) (g chart.Gallery, right int) {
	n := len(probabilities)
	g = chart.Gallery{
		Pixels: set.Test.Images[:n*set.ImageSize()],
		Width:  set.Width, Height: set.Height, Channels: set.Channels,
		Classes: set.Classes,
	}
	for i, p := range probabilities {
		best := 0
		for k := range p {
			if p[k] > p[best] {
				best = k
			}
		}
		label := int(set.Test.Labels[i])
		if best == label {
			right++
		}
		g.Predicted = append(g.Predicted, best)
		g.Labels = append(g.Labels, label)
		g.Confidence = append(g.Confidence, float64(p[best]))
	}
	return g, right
}
