package notebook

import (
	"continuousnet/cnet/dataset"
	"continuousnet/cnet/figures"
)

// Samples shows the first training images of each class of a data set, which dataset.Load, dataset.New or Run.Dataset
// returns.
func Samples(set *dataset.Set) { here().samples(set) }

func (s *surface) samples(set *dataset.Set) {
	if set.Points() {
		c, err := figures.Points(set)
		if err != nil {
			s.fail(err)
			return
		}
		s.draw(c, describe(c))
		return
	}
	g := figures.Samples(set)
	s.draw(g, describe(g))
}
