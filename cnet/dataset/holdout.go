package dataset

import (
	"fmt"
	"slices"
)

// HoldOut returns the set with a share of the training images as Validation instead: of each class the share, rounded,
// and at least one image where the class has two or more. Which images depends on the seed and on their places alone.
// The other images keep their order; those for testing are the same.
func (s *Set) HoldOut(share float64, seed uint64) (*Set, error) {
	if !(share > 0 && share < 1) {
		return nil, fmt.Errorf("dataset: %s: a share of %g to validate with, want a number between 0 and 1", s.Name,
			share)
	}
	of := make([][]int, max(len(s.Classes), 1)) // the images of each class, in the order of random numbers
	for i, label := range s.Train.Labels {
		of[label] = append(of[label], i)
	}
	held := make([]bool, s.Train.Len())
	for class, list := range of {
		r := randomFor(forValidation, seed, uint64(class))
		r.shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		n := int(share*float64(len(list)) + 0.5)
		if len(list) > 1 {
			n = min(max(n, 1), len(list)-1)
		} else {
			n = 0
		}
		for _, i := range list[:n] {
			held[i] = true
		}
	}
	if !slices.Contains(held, true) {
		return nil, fmt.Errorf("dataset: %s: no class has two %s, so that none can be held out to validate with",
			s.Name, s.Things())
	}
	whole, size := s.Train, s.ImageSize()
	out := *s
	out.Train, out.Validation = Split{}, Split{}
	for _, part := range []struct {
		to   *Split
		held bool
	}{{&out.Train, false}, {&out.Validation, true}} {
		for i, h := range held {
			if h == part.held {
				part.to.grow(whole, i, size)
			}
		}
	}
	return &out, nil
}
