package dataset

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// mnistNames are the files of images and labels to train on, and those to test with.
var mnistNames = []string{"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
	"t10k-labels-idx1-ubyte"}

// readMNIST fills set from the four idx files that MNIST introduced and that
// Fashion-MNIST kept, names included.
func readMNIST(set *Set, dir folder, _ Options) error {
	var files, missing []string
	for _, name := range mnistNames {
		if file, ok := idxFile(dir, name); ok {
			files = append(files, file)
		} else {
			missing = append(missing, name)
		}
	}
	switch {
	case len(files) == 0:
		return errNothingHere
	case len(missing) > 0:
		return dir.incomplete(set, missing[0]+".gz")
	}
	var err error
	if set.Train, err = readIDXSplit(set, dir, files[0], files[1]); err != nil {
		return err
	}
	if set.Test, err = readIDXSplit(set, dir, files[2], files[3]); err != nil {
		return err
	}
	return checkIdentity(set, dir)
}

// idxFile finds a file under the names it goes by: compressed or not, and with
// the dot that some unpackers put in the place of a hyphen.
func idxFile(dir folder, name string) (file string, ok bool) {
	dotted := strings.Replace(name, "-idx", ".idx", 1)
	for _, file := range []string{name + ".gz", name, dotted, dotted + ".gz"} {
		if dir.has(file) {
			return file, true
		}
	}
	return "", false
}

func readIDXSplit(set *Set, dir folder, imageFile, labelFile string) (split Split, err error) {
	count := 0
	err = dir.decode(set, imageFile, func(r io.Reader, size int64) (err error) {
		count, split.Images, err = readIDXFile(r, size, []int{set.Height, set.Width})
		return err
	})
	if err != nil {
		return Split{}, err
	}
	err = dir.decode(set, labelFile, func(r io.Reader, size int64) (err error) {
		split.Labels, err = readIDXLabels(r, size, len(set.Classes))
		if err == nil && split.Len() != count {
			err = malformed(4, "%d labels, want %d, as many as images in %s", split.Len(), count, imageFile)
		}
		return err
	})
	if err != nil {
		return Split{}, err
	}
	return split, nil
}

// openingLabels begin the training labels of the sets that share file names.
var openingLabels = map[string][]int32{
	"mnist":         {5, 0, 4, 1, 9, 2, 1, 3, 1, 4, 3, 5, 3, 6, 1, 7},
	"fashion-mnist": {9, 0, 0, 3, 0, 2, 7, 2, 5, 5, 0, 9, 5, 5, 7, 9},
}

// checkIdentity refuses digits under the name of fashion and the reverse: the
// files differ in nothing but their contents, and a wrong folder would pass
// for a strangely good or bad result.
func checkIdentity(set *Set, dir folder) error {
	if openingLabels[set.Name] == nil {
		return nil
	}
	if other := openedBy(set.Train.Labels); other != "" && other != set.Name {
		return fmt.Errorf("dataset: %s holds %s, want %s; ask for %s or pass another --data DIR", dir.path, other,
			set.Name, other)
	}
	return nil
}

// openedBy returns the name of the set whose training labels begin as these, or "".
func openedBy(labels []int32) string {
	for name, opening := range openingLabels {
		if len(labels) >= len(opening) && slices.Equal(labels[:len(opening)], opening) {
			return name
		}
	}
	return ""
}
