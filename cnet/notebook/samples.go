package notebook

import (
	"continuousnet/cnet/dataset"
	"continuousnet/cnet/figures"
)

// Samples shows the first training images of each class of a data set, which dataset.Load, dataset.New or Run.Dataset
// returns. With steps of an augmentation, such as "crop", "cutout:8", "mixup", it shows what they make of some of them.
func Samples(set *dataset.Set, augment ...string) { here().samples(set, augment) }

func (s *surface) samples(set *dataset.Set, augment []string) {
	if set.Points() {
		p, err := set.Plane(set.Train)
		if err != nil {
			s.fail(err)
			return
		}
		c := p.Chart()
		s.draw(c, describe(c))
		return
	}
	g := figures.Samples(set)
	if len(augment) > 0 {
		var err error
		if g, err = figures.Augmented(set, augment, 0); err != nil {
			s.fail(err)
			return
		}
	}
	s.draw(g, describe(g))
}
