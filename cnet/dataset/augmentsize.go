package dataset

import (
	"fmt"
	"slices"
)

// CheckAugment returns an error for steps of an augmentation that are too large for the images of the set: a frame to
// crop from or a square to cut out that is larger than they are. The steps of DefaultAugmentation fit all images.
func (s *Set) CheckAugment(steps []string) error {
	list, err := parseSteps(steps)
	if err != nil {
		return fmt.Errorf("dataset: %w", err)
	}
	if side := min(s.Height, s.Width); !s.Points() && !slices.Equal(steps, DefaultAugmentation()) {
		for _, step := range list {
			if step.whole && step.value > float64(side) {
				return fmt.Errorf("dataset: %s: the step %s:%g is larger than the images, which are %d×%d; want "+
					"at most %d", s.Title, step.Name, step.value, s.Height, s.Width, side)
			}
		}
	}
	return nil
}
