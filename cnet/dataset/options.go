package dataset

import (
	"context"
	"fmt"
)

// Options say how Load reads files that leave a choice. The zero value is a good default.
type Options struct {
	// Size makes all images Size×Size: the largest square in the middle is scaled, as torchvision's
	// Resize(Size), CenterCrop(Size). 0: the images are as they are, and must all have one size.
	Size int

	// SkipBad leaves files out that cannot be read or used, and without Size those of another size than most, instead
	// of refusing the data set. Notice names them.
	SkipBad bool

	// Layout says which of Layouts the images in a .npz file are, if their shape can be two.
	Layout string

	// Targets are the columns of a .csv file that are targets, numbers to be predicted instead of a class; without it
	// the last ones, if they are called y, or y1, y2, ..., and no column is called class, label, target or species.
	// NoTargets says that there are none.
	Targets []string

	// Seed chooses the test images of a data set that does not say which they are, and the noise and order of Toys.
	Seed uint64

	// Points and Noise are those of Toys; see PointOptions. There are as many other points for testing.
	Points int
	Noise  float64

	// Cache is a folder in which decoded images are kept, so that they are decoded once; "": they are not kept.
	Cache string

	// Progress is called while image files are read, each of which is read twice, for its size and for its pixels: so
	// much is done, of so much. It is called by one goroutine at a time.
	Progress func(done, total int)

	labelsOnly bool            // do not decode images
	ctx        context.Context // nil: loading is never interrupted
}

// maxSide is the largest side of images in pixels that a net is given.
const maxSide = 4096

// check returns an error for options that a data set does not have.
func (o Options) check(s *spec) error {
	switch {
	case (o.Points != 0 || o.Noise != 0) && s.make == nil:
		return fmt.Errorf("dataset: %s has its own points or images; leave --points and --noise out", s.title)
	case len(o.Targets) > 0 && s.name != Table:
		return fmt.Errorf("dataset: %s is no .csv file with columns of targets; leave --target out", s.title)
	case o.Layout != "" && s.name != arraysName:
		return fmt.Errorf("dataset: %s is no array with a layout; leave --layout out", s.title)
	case o.Size < 0 || o.Size > maxSide:
		return fmt.Errorf("dataset: size %d, want 1 to %d pixels, or 0 to take images as they are", o.Size, maxSide)
	case o.Size > 0 && !s.decodes:
		return fmt.Errorf("dataset: all images of %s have one size, which cannot be changed; leave --size out", s.title)
	case o.SkipBad && !s.decodes:
		return fmt.Errorf("dataset: %s has no image files to skip; leave --skip-bad out", s.title)
	}
	return nil
}
