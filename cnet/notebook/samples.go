package notebook

import (
	"continuousnet/cnet/dataset"
	"continuousnet/cnet/figures"
)

// Samples shows the first training images of each class of a data set, which dataset.Load, dataset.New or Run.Dataset
// returns.
func Samples(set *dataset.Set) { here().samples(set) }

func (s *surface) samples(set *dataset.Set) {
	g := figures.Samples(set)
	s.draw(g, describe(g))
}
