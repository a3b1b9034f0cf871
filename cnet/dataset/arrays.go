package dataset

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"continuousnet/cnet/statedict"
)

// array is a source of numbers: an array of a file, or a slice.
type array struct {
	name    string
	shape   []int
	fortran bool // the first index runs fastest
	bytes   bool // the numbers are bytes: they are pixels as they are
	each    func(func([]float64) error) error
}

// count returns the number of values.
func (a array) count() int {
	n := 1
	for _, d := range a.shape {
		n *= d
	}
	return n
}

// quantizer turns numbers into bytes: round(scale·(x-low)).
type quantizer struct{ low, scale float64 }

// level returns a number as a byte.
func (q quantizer) level(v float64) uint8 { return level((v - q.low) * q.scale) }

// quantizerOf returns how numbers of a range become bytes: those from 0 to 255 are taken as they are; those from 0 to 1
// are multiplied by 255; others are spread over the 256 values from the smallest to the largest.
func quantizerOf(low, high float64) quantizer {
	switch {
	case low >= 0 && high <= 1:
		return quantizer{0, 255}
	case low >= 0 && high <= 255:
		return quantizer{0, 1}
	}
	q := quantizer{low, 255 / (high - low)}
	if high == low {
		q.scale = 0
	}
	return q
}

// pixels adds images to a split, as bytes or floats.
func (a array) pixels(l layout, kind floatKind, s *Split) (err error) {
	if kind.bytes {
		s.Images, err = convert(a, l, kind.q.level)
	} else {
		s.Floats, err = convert(a, l, func(v float64) float32 { return float32(v) })
	}
	return err
}

func convert[T uint8 | float32](a array, l layout, to func(float64) T) ([]T, error) {
	out := make([]T, 0, l.count*l.size())
	err := a.each(func(values []float64) error {
		for _, v := range values {
			out = append(out, to(v))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if a.fortran {
		out = statedict.RowMajor(out, a.shape)
	}
	interleave(l, out)
	return out, nil
}

// maxClasses bounds labels: a number above it is none.
const maxClasses = 1 << 16

// labels returns whole numbers from 0.
func (a array) labels(count int) ([]int32, error) {
	if len(a.shape) == 2 && a.shape[1] == 1 {
		a.shape = a.shape[:1]
	}
	if len(a.shape) == 2 && a.shape[0] == count {
		return nil, fmt.Errorf("%s has the shape %v, want [%d]: a number from 0 for the class of each image; of rows "+
			"with a 1 for the class, numpy.argmax(y, 1) makes them", a.name, a.shape, count)
	}
	if len(a.shape) != 1 || a.shape[0] != count {
		return nil, fmt.Errorf("%s has the shape %v, want [%d]: a number from 0 for the class of each image", a.name,
			a.shape, count)
	}
	list := make([]int32, 0, count)
	err := a.each(func(values []float64) error {
		for _, v := range values {
			if v != math.Trunc(v) || v < 0 || v >= maxClasses {
				return fmt.Errorf("%s: label %d is %g, want a whole number from 0 to %d", a.name, len(list), v,
					maxClasses-1)
			}
			list = append(list, int32(v))
		}
		return nil
	})
	return list, err
}

// arrayParts are the arrays of a data set. Without test images, they are chosen among the others.
type arrayParts struct {
	images, labels         array
	testImages, testLabels *array
}

// fill makes a data set of arrays. The classes are called by their numbers, unless the set has names for them.
func (p arrayParts) fill(set *Set, told string, seed uint64) error {
	l, err := layoutOf(p.images.shape, told)
	if err != nil {
		return fmt.Errorf("%s: %w", p.images.name, err)
	}
	all := []array{p.images}
	if p.testImages != nil {
		test, err := layoutOf(p.testImages.shape, told)
		if err != nil {
			return fmt.Errorf("%s: %w", p.testImages.name, err)
		}
		if test.count = l.count; test != l {
			return fmt.Errorf("%s has images of another form than %s: the shapes are %v and %v", p.testImages.name,
				p.images.name, p.testImages.shape, p.images.shape)
		}
		all = append(all, *p.testImages)
	}
	for _, a := range all {
		if int64(a.count()) > maxDecoded {
			return fmt.Errorf("%s has %d values, want at most %d", a.name, a.count(), int64(maxDecoded))
		}
	}
	set.Height, set.Width, set.Channels = l.height, l.width, l.channels
	if set.Train.Labels, err = p.labels.labels(l.count); err != nil {
		return err
	}
	kind, err := kindOf(all)
	if err != nil {
		return err
	}
	if !kind.bytes {
		for _, a := range all {
			if int64(a.count()) > maxDecoded/4 {
				return fmt.Errorf("%s has %d floats, want at most %d", a.name, a.count(), int64(maxDecoded/4))
			}
		}
		set.Notice = fmt.Sprintf("the pixels are floats, from %.6g to %.6g", kind.low, kind.high)
	}
	if err = p.images.pixels(l, kind, &set.Train); err != nil {
		return err
	}
	if p.testImages != nil {
		l.count = p.testImages.shape[0]
		if set.Test.Labels, err = p.testLabels.labels(l.count); err != nil {
			return err
		}
		if err = p.testImages.pixels(l, kind, &set.Test); err != nil {
			return err
		}
	}
	if err := set.nameClasses(); err != nil {
		return err
	}
	if p.testImages == nil {
		set.holdBack(seed)
	}
	if err := set.everyClass(); err != nil {
		return err
	}
	set.Flip = set.Channels == 3
	set.measure()
	set.Notice = joinNotices(set.Notice, set.constantChannels())
	return nil
}

// nameClasses names the classes by their numbers, unless they have names already, and checks the labels.
func (s *Set) nameClasses() error {
	top := slices.Max(append(slices.Clone(s.Test.Labels), s.Train.Labels...))
	if len(s.Classes) == 0 {
		if low := slices.Min(s.Train.Labels); low == 1 && !slices.Contains(s.Test.Labels, 0) {
			return fmt.Errorf("the labels are from 1 to %d, want them from 0; subtract 1", top)
		}
		for k := range top + 1 {
			s.Classes = append(s.Classes, strconv.Itoa(int(k)))
		}
	}
	called := map[string]int{}
	for k, name := range s.Classes {
		if first, twice := called[name]; twice {
			return fmt.Errorf("classes %d and %d are both called %.40q; give each a name of its own", first, k, name)
		}
		called[name] = k
	}
	switch {
	case int(top) >= len(s.Classes):
		return fmt.Errorf("label %d, want less than %d, the number of classes: %s", top, len(s.Classes),
			strings.Join(s.Classes[:min(len(s.Classes), 10)], ", "))
	case len(s.Classes) < 2:
		return fmt.Errorf("all images are of class %s, want at least two classes", s.Classes[0])
	}
	return nil
}

// holdBack makes a part of the training images those for testing, chosen by a seeded hash of their numbers.
func (s *Set) holdBack(seed uint64) {
	names := make([]string, s.Train.Len())
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	all, size := s.Train, s.ImageSize()
	s.Train, s.Test = Split{}, Split{}
	for i, test := range splitByName(names, all.Labels, max(len(s.Classes), 1), seed) {
		to := &s.Train
		if test {
			to = &s.Test
		}
		to.grow(all, i, size)
	}
}
