package figures

import (
	"continuousnet/cnet/chart"
	"continuousnet/cnet/dataset"
)

// Predictions shows the first images of the test set with the most probable class of each, and returns how many are
// right. probabilities holds one row for each image, as Run.Predict returns them.
func Predictions(set *dataset.Set, probabilities [][]float32) (g chart.Gallery, right int) {
	n := len(probabilities)
	g = chart.Gallery{
		Pixels: set.Bytes(set.Test.First(n, set.ImageSize())),
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
