package dataset

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
)

// Pixel is a type of pixels: bytes, or numbers of any range.
type Pixel interface{ ~uint8 | ~float32 | ~float64 }

// Label is a type of labels.
type Label interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32
}

// ArrayOptions describe arrays for New.
type ArrayOptions struct {
	Name    string   // "own": what runs and people call the data set; none of Names
	Shape   []int    // [N H W C], [N C H W] or [N H W]; needed
	Layout  string   // which of Layouts the shape is, if it can be two
	Classes []string // "0", "1", ...: the names of the classes

	// Test is the number of images for testing, which are the last ones. 0: a fifth of each class, chosen by a hash of
	// their numbers and Seed.
	Test int
	Seed uint64
}

// New returns a data set of images in memory, which cnet.Config takes as Set: N images one after the other, and the
// class of each, from 0. Bytes stay bytes, and so do floats that are whole numbers from 0 to 255, or 255ths from 0 to
// 1; all others are kept as 32-bit floats, whatever their range: nets see them less the mean of the training images,
// and divided by their deviation. The slices are copied. Fields of the set may be changed before it is used: Flip says
// whether images may be mirrored in training, which New allows if they have colours.
func New[P Pixel, L Label](images []P, labels []L, o ArrayOptions) (*Set, error) {
	if o.Name == "" {
		o.Name = "own"
	}
	if err := checkName(o.Name); err != nil {
		return nil, err
	}
	set := &Set{Name: o.Name, Title: o.Name, Classes: slices.Clone(o.Classes)}
	parts, err := o.parts(numbers("images", images, o.Shape), numbers("labels", labels, []int{len(labels)}),
		len(images))
	if err == nil {
		err = parts.fill(set, o.Layout, o.Seed)
	}
	if err != nil {
		return nil, fmt.Errorf("dataset: %s: %w", o.Name, err)
	}
	return set, nil
}

// parts divides arrays into training and test images. have is the number of values that there are.
func (o ArrayOptions) parts(images, labels func(from, to int) array, have int) (p arrayParts, err error) {
	if len(o.Shape) == 0 {
		return p, errors.New("the options have no Shape, want [N H W C], [N C H W] or [N H W]")
	}
	l, err := layoutOf(o.Shape, o.Layout)
	if err != nil {
		return p, fmt.Errorf("images: %w", err)
	}
	n := l.count
	if have != n*l.size() {
		return p, fmt.Errorf("%d pixels, want %d for the shape %v", have, n*l.size(), o.Shape)
	}
	if o.Test < 0 || o.Test >= n {
		return p, fmt.Errorf("%d images for testing, want less than all %d, or 0 to have a fifth chosen", o.Test, n)
	}
	all := labels(0, -1)
	if all.shape[0] != n {
		return p, fmt.Errorf("%d labels for %d images, want one for each", all.shape[0], n)
	}
	train := n - o.Test
	p.images, p.labels = images(0, train), labels(0, train)
	if o.Test > 0 {
		x, y := images(train, n), labels(train, n)
		p.testImages, p.testLabels = &x, &y
	}
	return p, nil
}

// numbers returns a function that makes an array of some of the items of a slice with this shape; to < 0: of all.
func numbers[T Pixel | Label](name string, values []T, shape []int) func(from, to int) array {
	return func(from, to int) array {
		if to < 0 {
			to = shape[0]
		}
		item := 1
		for _, d := range shape[1:] {
			item *= d
		}
		_, bytes := any(values).([]uint8)
		part := values[from*item : to*item]
		return array{
			name: name, shape: append([]int{to - from}, shape[1:]...), bytes: bytes,
			each: func(f func([]float64) error) error {
				buf := make([]float64, min(len(part), 1<<13))
				for left := part; len(left) > 0; {
					n := min(len(left), len(buf))
					for i, v := range left[:n] {
						buf[i] = float64(v)
					}
					if err := f(buf[:n]); err != nil {
						return err
					}
					left = left[n:]
				}
				return nil
			},
		}
	}
}

// registered are the data sets of Register, by their bare names.
var registered struct {
	sync.Mutex
	specs map[string]*spec
}

// Register makes a data set known under a name, for Load, for cnet.Config and for the command line of the program. load
// is called whenever the data set is read, and may return a set of New. A name that is registered again means what was
// registered last.
func Register(name string, load func() (*Set, error)) error {
	if err := checkName(name); err != nil {
		return err
	}
	if load == nil {
		return fmt.Errorf("dataset: register %s: there is no function that loads it", name)
	}
	registered.Lock()
	defer registered.Unlock()
	if registered.specs == nil {
		registered.specs = map[string]*spec{}
	}
	registered.specs[bare(name)] = &spec{name: name, title: name, load: load}
	return nil
}

// Registered reports whether a name is that of a data set which Register has made known.
func Registered(name string) bool { return registeredSpec(name) != nil }

func registeredSpec(name string) *spec {
	registered.Lock()
	defer registered.Unlock()
	return registered.specs[bare(name)]
}

// checkName returns an error if a data set of one's own cannot be called so.
func checkName(name string) error {
	if name == "" || len(name) > 100 || strings.ContainsAny(name, "/\\\n\t:") || strings.HasPrefix(name, ".") {
		return fmt.Errorf("dataset: the name %.120q is that of a path or of nothing; want a word such as birds", name)
	}
	if IsPoints(name) {
		return fmt.Errorf("dataset: the name %s is taken by points in the plane; choose another", name)
	}
	if s := knownSpec(name); s != nil {
		return fmt.Errorf("dataset: the name %s is taken by %s; choose another", name, s.title)
	}
	return nil
}

// loadRegistered loads a registered data set and checks it.
func (s *spec) loadRegistered() (set *Set, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("dataset: %s: its function panics: %v", s.name, p)
		}
	}()
	if set, err = s.load(); err != nil {
		return nil, fmt.Errorf("dataset: %s: %w", s.name, err)
	}
	if set == nil {
		return nil, fmt.Errorf("dataset: %s: its function returns no data set", s.name)
	}
	whole := *set
	whole.Name = s.name
	if whole.Title == "" || whole.Title == set.Name {
		whole.Title = s.title
	}
	return &whole, whole.Check()
}

// Check returns an error if the set cannot be trained on. It measures Mean and Std if they are not set.
func (s *Set) Check() error {
	if s.Height < 1 || s.Width < 1 || s.Channels < 1 || !s.Points() && s.Channels != 1 && s.Channels != 3 {
		return fmt.Errorf("dataset: %s: images of %d×%d×%d, want at least one pixel and 1 or 3 channels", s.Name,
			s.Height, s.Width, s.Channels)
	}
	if s.Regression() && (!s.Points() || len(s.Classes) > 0) {
		return fmt.Errorf("dataset: %s: targets are of points, and instead of classes", s.Name)
	}
	if len(s.Classes) < 2 && !s.Regression() {
		return fmt.Errorf("dataset: %s: %d classes, want at least two", s.Name, len(s.Classes))
	}
	if s.Mean == nil && s.Std == nil && s.Train.Len()*s.ImageSize() == s.Train.values() {
		s.measure()
	}
	for _, split := range []Split{s.Train, s.Test} {
		if err := s.checkSplit(split, 1); err != nil {
			return err
		}
		if s.Floats() != (split.Floats != nil) {
			return fmt.Errorf("dataset: %s: the training images are of another type than those for testing", s.Name)
		}
		if err := checkFloats(split.Floats); err != nil {
			return fmt.Errorf("dataset: %s: %w", s.Name, err)
		}
		if err := s.checkTargets(split); err != nil {
			return err
		}
		for i, label := range split.Labels {
			if s.Regression() {
				break // all are 0
			}
			if label < 0 || int(label) >= len(s.Classes) {
				return fmt.Errorf("dataset: %s: label %d is %d, want less than %d, the number of classes", s.Name, i,
					label, len(s.Classes))
			}
		}
	}
	for c := range s.Channels {
		if !(s.Std[c] > 0) || math.IsInf(s.Std[c], 0) || math.IsNaN(s.Mean[c]) || math.IsInf(s.Mean[c], 0) {
			return fmt.Errorf("dataset: %s: mean %v and deviation %v, want numbers, and deviations above 0", s.Name,
				s.Mean, s.Std)
		}
	}
	return nil
}
