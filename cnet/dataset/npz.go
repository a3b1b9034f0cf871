package dataset

import (
	"errors"
	"fmt"
	"slices"

	"continuousnet/cnet/statedict"
)

// The names of the arrays in a .npz file, those of Keras's data sets: images and labels to train on, and to test with.
const (
	xTrain, yTrain = "x_train", "y_train"
	xTest, yTest   = "x_test", "y_test"
)

// Images in bytes compress to an eighth or so, those of digits to a thirtieth. What claims to be more than largeArray
// bytes and compressed to less than a share of maxCompression is something else.
const (
	largeArray     = 1 << 30
	maxCompression = 100
)

// readNPZ fills set from a .npz file.
func readNPZ(set *Set, file folder, o Options) error {
	set.Title = titleOf(file.path)
	z, err := statedict.OpenArchive(file.path)
	if err != nil {
		return fmt.Errorf("dataset: %s: %w", file.path, err)
	}
	defer z.Close()
	if err := fillFromArchive(set, z, o); err != nil {
		return fmt.Errorf("dataset: %s: %w", file.path, err)
	}
	return nil
}

func fillFromArchive(set *Set, z *statedict.Archive, o Options) error {
	names := z.Names()
	has := func(name string) bool { return slices.Contains(names, name) }
	for _, pair := range [][2]string{{xTrain, yTrain}, {yTrain, xTrain}, {xTest, yTest}, {yTest, xTest}} {
		needed := pair[0] == xTrain || pair[0] == yTrain || has(pair[1])
		if needed && !has(pair[0]) {
			return fmt.Errorf("there is no array %s; it has %.40q, want %s and %s, and %s and %s or neither, "+
				"as numpy.savez(FILE, %s=images, %s=labels) writes them", pair[0], few(names), xTrain, yTrain,
				xTest, yTest, xTrain, yTrain)
		}
	}
	open := func(name string) (array, error) {
		h, err := z.Array(name)
		if err != nil {
			kind, ok := errors.AsType[*statedict.TypeError](err)
			switch {
			case ok && (name == yTrain || name == yTest):
				err = fmt.Errorf("%w; labels are whole numbers from 0, which numpy.unique(y, return_inverse=True)[1] "+
					"makes of names", err)
			case ok && kind.Type == "|O":
				err = fmt.Errorf("%w, of which numpy.stack(LIST) makes an array if the images have one size", err)
			}
			return array{}, err
		}
		if h.Bytes > largeArray && h.Bytes/maxCompression > h.Stored {
			return array{}, fmt.Errorf("array %q: %d bytes are compressed to %d, as no images are; if they are, "+
				"write them with numpy.savez, which does not compress", name, h.Bytes, h.Stored)
		}
		return array{
			name: name, shape: h.Shape, fortran: h.Fortran, bytes: h.DType == "U8",
			each: func(f func([]float64) error) error { return z.Each(name, f) },
		}, nil
	}
	var parts arrayParts
	var err error
	if parts.images, err = open(xTrain); err != nil {
		return err
	}
	if parts.labels, err = open(yTrain); err != nil {
		return err
	}
	if has(xTest) {
		images, err := open(xTest)
		if err != nil {
			return err
		}
		labels, err := open(yTest)
		if err != nil {
			return err
		}
		parts.testImages, parts.testLabels = &images, &labels
	}
	return parts.fill(set, o.Layout, o.Seed)
}
