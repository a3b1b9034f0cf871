package dataset

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// cifarFiles describes the files of one of the two CIFAR sets. The binary
// version (https://www.cs.toronto.edu/~kriz/cifar.html) is records without a
// header: the label bytes, then 32×32 red, as many green, as many blue bytes.
//
// The Python version is pickles of a dict with an array of the same bytes and a list of labels.
type cifarFiles struct {
	train  []string
	test   string
	names  string       // class names, one a line; optional
	labels []int        // number of classes of each label byte; the last one is used
	pickle *cifarPickle // nil: binary files
}

var (
	cifar10 = cifarFiles{
		train: []string{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
			"data_batch_5.bin"},
		test:   "test_batch.bin",
		names:  "batches.meta.txt",
		labels: []int{10},
	}
	cifar10Python = cifarFiles{
		train:  []string{"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"},
		test:   "test_batch",
		names:  "batches.meta",
		labels: []int{10},
		pickle: &cifarPickle{labels: "labels", names: "label_names"},
	}
	cifar100 = cifarFiles{
		train:  []string{"train.bin"},
		test:   "test.bin",
		names:  "fine_label_names.txt",
		labels: []int{20, 100}, // coarse, fine
	}
	cifar100Python = cifarFiles{
		train:  []string{"train"},
		test:   "test",
		names:  "meta",
		labels: []int{20, 100},
		pickle: &cifarPickle{labels: "fine_labels", names: "fine_label_names"},
	}
)

// maxNames bounds the bytes of a file of class names.
const maxNames = 1 << 20

const (
	cifarPlane = 32 * 32 // pixels, and the bytes of one colour
	cifarImage = 3 * cifarPlane
)

// readEither returns a reader of the first of several forms of a set whose files are there.
func readEither(forms ...cifarFiles) func(*Set, folder, Options) error {
	return func(set *Set, dir folder, o Options) error {
		for _, c := range forms {
			if err := c.read(set, dir, o); !errors.Is(err, errNothingHere) {
				return err
			}
		}
		return errNothingHere
	}
}

// holdsEither reports whether any of the files of a form are there.
func holdsEither(forms ...cifarFiles) func(*spec, folder) bool {
	return func(s *spec, dir folder) bool {
		return slices.ContainsFunc(forms, func(c cifarFiles) bool { return c.holds(s, dir) })
	}
}

// read fills set from dir. Any of the training batches will do, so that a part
// of the data is enough for trying things out; set.Notice names those missing.
func (c cifarFiles) read(set *Set, dir folder, _ Options) error {
	var missing []string
	for _, name := range c.train {
		if !dir.has(name) {
			missing = append(missing, name)
		}
	}
	switch {
	case len(missing) == len(c.train) && !dir.has(c.test):
		return errNothingHere
	case len(missing) == len(c.train):
		return dir.incomplete(set, c.train[0])
	case !dir.has(c.test):
		return dir.incomplete(set, c.test)
	}
	// All of it at once: an array that grows file by file would leave as much garbage behind.
	var size int64
	for _, name := range c.train {
		if info, err := fs.Stat(dir, name); err == nil {
			size += info.Size()
		}
	}
	set.Train.Images = make([]uint8, 0, min(size, maxImages*cifarImage))
	for _, name := range c.train {
		if slices.Contains(missing, name) {
			continue
		}
		if err := c.readFile(set, &set.Train, dir, name); err != nil {
			return err
		}
	}
	if err := c.readFile(set, &set.Test, dir, c.test); err != nil {
		return err
	}
	if len(missing) > 0 {
		set.Notice = fmt.Sprintf("%d of %d training batches are missing in %s: %s; training on %d images",
			len(missing), len(c.train), dir.path, strings.Join(missing, ", "), set.Train.Len())
	}
	return c.readNames(set, dir)
}

func (c cifarFiles) readFile(set *Set, split *Split, dir folder, name string) error {
	return dir.decode(set, name, func(r io.Reader, size int64) error {
		if c.pickle != nil {
			return c.pickle.appendTo(split, r, size, c.labels[len(c.labels)-1])
		}
		return appendCIFAR(split, r, size, c.labels)
	})
}

// appendCIFAR appends the records of a file of size bytes to split and turns
// their planes of colour into pixels, [C, H, W] into [H, W, C]. labels holds
// the number of classes of each label byte of a record.
func appendCIFAR(split *Split, r io.Reader, size int64, labels []int) error {
	record := int64(len(labels) + cifarImage)
	if size == 0 {
		return malformed(0, "the file is empty, want records of %d bytes", record)
	}
	if rest := size % record; rest != 0 {
		return malformed(size-rest, "%d bytes are left after %d whole records, want a multiple of %d bytes", rest,
			size/record, record)
	}
	if size/record > maxImages {
		return malformed(0, "%d records, want at most %d", size/record, maxImages)
	}
	count := int(size / record)
	split.Images = slices.Grow(split.Images, count*cifarImage)
	split.Labels = slices.Grow(split.Labels, count)

	in := bufio.NewReaderSize(r, 1<<16)
	buf := make([]byte, record)
	for k := range int64(count) {
		if n, err := io.ReadFull(in, buf); err != nil {
			return malformed(k*record+int64(n), "want %d bytes in all: %w", size, cut(err))
		}
		for i, classes := range labels {
			if int(buf[i]) >= classes {
				return malformed(k*record+int64(i), "label %d, want less than %d", buf[i], classes)
			}
		}
		split.Labels = append(split.Labels, int32(buf[len(labels)-1]))
		appendPlanes(split, buf[len(labels):])
	}
	return nil
}

// appendPlanes appends an image of CIFAR, [C, H, W], as [H, W, C].
func appendPlanes[B []byte | string](split *Split, planes B) {
	red, green, blue := planes[:cifarPlane], planes[cifarPlane:2*cifarPlane], planes[2*cifarPlane:cifarImage]
	for p := range cifarPlane {
		split.Images = append(split.Images, red[p], green[p], blue[p])
	}
}

// readNames replaces the built-in class names by those beside the data, if any.
func (c cifarFiles) readNames(set *Set, dir folder) error {
	if !dir.has(c.names) {
		return nil
	}
	var names []string
	err := dir.decode(set, c.names, func(r io.Reader, size int64) (err error) {
		if c.pickle != nil {
			names, err = c.pickle.readNames(r, size)
			return err
		}
		text, err := io.ReadAll(io.LimitReader(r, maxNames))
		names = strings.Fields(string(text))
		return err
	})
	if err != nil {
		return err
	}
	if len(names) != len(set.Classes) {
		return fmt.Errorf("dataset: %s: %d class names, want %d; remove the file to use the built-in names",
			dir.join(c.names), len(names), len(set.Classes))
	}
	set.Classes = names
	return nil
}
