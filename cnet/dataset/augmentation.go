package dataset

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// An augmentation is a list of steps that vary the training images, in their order. A step is written as its name, or
// as the name and a number: "cutout:8".
//
//	crop:4      a random crop from a frame of 4 black pixels around the image
//	flip        mirrors half of the images, where the data set allows that (Set.Flip)
//	cutout:8    a square of 8×8 pixels, anywhere, becomes the mean of the training images
//	            (DeVries and Taylor, Improved Regularization of CNNs with Cutout, arXiv 1708.04552, 2017)
//	jitter:0.2  brightness, contrast and saturation change by up to 20 %, as torchvision's ColorJitter does it
//	mixup:0.2   the images of a batch are mixed in pairs, λ to 1−λ with λ from Beta(0.2, 0.2), and so are their labels
//	            (Zhang et al., mixup: Beyond Empirical Risk Minimization, ICLR 2018)
//	cutmix:1    a box of one image goes into another, with λ from Beta(1, 1) for the share of the other's pixels; the
//	            labels are mixed by the shares (Yun et al., CutMix, ICCV 2019)
//
// Steps that mix images come last. If there are several of them, each batch takes one, chosen at random.

// NoAugmentation is the only step of an augmentation that leaves the images as they are.
const NoAugmentation = "none"

// DefaultAugmentation returns the steps of the original: a crop, then a mirror image.
func DefaultAugmentation() []string {
	return []string{fmt.Sprintf("%s:%d", cropName, padding), flipName}
}

const (
	cropName = "crop"
	flipName = "flip"
)

// AugmentStep is a way to vary training images, for RegisterAugment.
type AugmentStep struct {
	Name        string // a word, in small letters
	Description string

	// Value is the number that the step has if none is written after its name. It may be from Min to Max; the step
	// takes none if all three are 0.
	Value, Min, Max float64

	// Apply changes an image at random: with the numbers that random gives, and with nothing else that differs from one
	// call to the next. It is called by one goroutine at a time.
	Apply func(image *Image, value float64, random *Random)

	whole bool // the value is a whole number
	mix   mixer
}

// Image is an image that a step of an augmentation changes.
type Image struct {
	// Pixels, [Height, Width, Channels], are from 0 to 1 in a data set of bytes, and what they are in one of floats.
	// What goes beyond that range stays beyond it.
	Pixels                  []float32
	Height, Width, Channels int
	Mean                    []float64 // of the training images, for each channel

	floats bool      // the data set is one of floats
	spare  []float32 // as large as Pixels
}

// Random gives a step the random numbers that belong to the seed, the epoch and the image.
type Random struct{ random }

// Float returns a number in (0, 1], each equally likely.
func (r *Random) Float() float64 { return r.float() }

// Below returns a whole number in [0, n), each equally likely. It panics if n is less than 1.
func (r *Random) Below(n int) int {
	if n < 1 {
		panic(fmt.Sprintf("dataset: a random number below %d, want at least 1", n))
	}
	return r.below(n)
}

// Normal returns a number of the standard normal distribution.
func (r *Random) Normal() float64 {
	x, _ := r.normals()
	return x
}

// augmentSteps are the steps that there are; those of RegisterAugment come after those of this package.
var augmentSteps = struct {
	sync.Mutex
	list  []AugmentStep
	known int // of this package
}{list: builtInSteps, known: len(builtInSteps)}

// RegisterAugment makes a step known under its name. A name that is registered again means what was registered last;
// those of this package cannot be. Runs keep the name alone.
func RegisterAugment(s AugmentStep) error {
	switch {
	case !isStepName(s.Name):
		return fmt.Errorf("dataset: augmentation step %.40q: want a word of small letters, digits and _ as its name",
			s.Name)
	case s.Apply == nil:
		return fmt.Errorf("dataset: augmentation step %s: there is no function that applies it", s.Name)
	case !(s.Min <= s.Value && s.Value <= s.Max) || math.IsInf(s.Min, 0) || math.IsInf(s.Max, 0):
		return fmt.Errorf("dataset: augmentation step %s: its value is %g, want a number from Min, %g, to Max, %g",
			s.Name, s.Value, s.Min, s.Max)
	}
	s.whole, s.mix = false, nil
	augmentSteps.Lock()
	defer augmentSteps.Unlock()
	i := slices.IndexFunc(augmentSteps.list, func(k AugmentStep) bool { return k.Name == s.Name })
	switch {
	case s.Name == NoAugmentation || i >= 0 && i < augmentSteps.known:
		return fmt.Errorf("dataset: augmentation step %s: the name is taken; choose another", s.Name)
	case i >= 0:
		augmentSteps.list[i] = s
	default:
		augmentSteps.list = append(slices.Clip(augmentSteps.list), s)
	}
	return nil
}

// AugmentSteps returns the steps that there are.
func AugmentSteps() []AugmentStep {
	augmentSteps.Lock()
	defer augmentSteps.Unlock()
	return slices.Clone(augmentSteps.list)
}

func isStepName(name string) bool {
	return name != "" && len(name) <= 40 && name[0] >= 'a' && name[0] <= 'z' &&
		strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// augmentNames lists the steps for people.
func augmentNames() string {
	var names []string
	for _, s := range AugmentSteps() {
		names = append(names, s.Name)
	}
	return strings.Join(names, ", ")
}

// stepOf is a step with its value.
type stepOf struct {
	AugmentStep
	value float64
}

// String writes the step, with its value if it takes one: the default may be another one day.
func (s stepOf) String() string {
	if s.Min == 0 && s.Max == 0 {
		return s.Name
	}
	return s.Name + ":" + strconv.FormatFloat(s.value, 'g', -1, 64)
}

// CanonicalAugment returns the steps of an augmentation as runs keep them, all with their numbers. The error names
// the first that is none, or has a value that it cannot have.
func CanonicalAugment(steps []string) ([]string, error) {
	list, err := parseSteps(steps)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return []string{NoAugmentation}, nil
	}
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = s.String()
	}
	return names, nil
}

// parseSteps reads an augmentation. NoAugmentation and no steps at all are none.
func parseSteps(steps []string) (list []stepOf, err error) {
	if len(steps) == 1 && strings.EqualFold(strings.TrimSpace(steps[0]), NoAugmentation) {
		return nil, nil
	}
	mixes := ""
	for _, text := range steps {
		s, err := parseStep(text)
		if err != nil {
			return nil, fmt.Errorf("augmentation: %w", err)
		}
		switch {
		case s.mix == nil && mixes != "":
			return nil, fmt.Errorf("augmentation: %s comes after %s, which mixes images of a batch; want %s before it",
				s, mixes, s)
		case s.mix != nil:
			mixes = s.String()
		}
		list = append(list, s)
	}
	return list, nil
}

func parseStep(text string) (s stepOf, err error) {
	name, number, given := strings.Cut(strings.TrimSpace(text), ":")
	name = strings.ToLower(name)
	if name == NoAugmentation {
		return s, errors.New("none is one of several steps; want it alone")
	}
	all := AugmentSteps()
	i := slices.IndexFunc(all, func(s AugmentStep) bool { return s.Name == name })
	if i < 0 {
		return s, fmt.Errorf("the step %.60q is not known, want some of %s, or none; "+
			"a step of your own is registered in Go (dataset.RegisterAugment)", name, augmentNames())
	}
	s = stepOf{all[i], all[i].Value}
	if !given {
		return s, nil
	}
	if s.Min == 0 && s.Max == 0 {
		return s, fmt.Errorf("the step %s takes no number, got %.40q", name, number)
	}
	kind := "a number"
	if s.whole {
		kind = "a whole number"
	}
	s.value, err = strconv.ParseFloat(number, 64)
	if err != nil || !(s.value >= s.Min && s.value <= s.Max) || s.whole && s.value != math.Trunc(s.value) {
		return s, fmt.Errorf("the step %s has the number %.40q, want %s from %g to %g", name, number, kind, s.Min,
			s.Max)
	}
	return s, nil
}
