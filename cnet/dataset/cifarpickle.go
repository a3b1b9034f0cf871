package dataset

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"continuousnet/cnet/dataset/internal/pickle"
)

// cifarPickle names the entries of the dicts in CIFAR's Python files. "data" is an array of bytes [N, 3072] in all of
// them, with the planes of colour one after the other.
type cifarPickle struct {
	labels string // list of N numbers, in files of images
	names  string // list of names, in the file of the classes
}

// maxPickle bounds the size of a file: the largest there is, train of CIFAR-100, has 155 MB.
const maxPickle = 1 << 29

// appendTo appends the images of a file of size bytes to split.
func (c *cifarPickle) appendTo(split *Split, r io.Reader, size int64, classes int) error {
	d, err := c.dict(r, size)
	if err != nil {
		return err
	}
	data, isArray := d["data"].(*pickle.Array)
	labels, isList := d[c.labels].(*pickle.List)
	for _, entry := range []struct {
		key, want string
		ok        bool
	}{{"data", "an array", isArray}, {c.labels, "a list", isList}} {
		if v, there := d[entry.key]; there && !entry.ok {
			return fmt.Errorf("%q is %s, want %s", entry.key, kindOfValue(v), entry.want)
		}
	}
	if !isArray || !isList {
		return fmt.Errorf("the dict has the keys %q, want an array \"data\" and a list %q", keys(d), c.labels)
	}
	count := len(labels.Items)
	if data.Type != "|u1" || data.Fortran || !slices.Equal(data.Shape, []int{count, cifarImage}) ||
		len(data.Data) != count*cifarImage {
		return fmt.Errorf("data is an array of %s with shape %v and %d bytes, want |u1 and [%d %d] for %d labels",
			data.Type, data.Shape, len(data.Data), count, cifarImage, count)
	}
	if count == 0 || count > maxImages {
		return fmt.Errorf("%d images, want 1 to %d", count, maxImages)
	}
	split.Images = slices.Grow(split.Images, count*cifarImage)
	for i, item := range labels.Items {
		label, ok := item.(int64)
		if !ok || label < 0 || label >= int64(classes) {
			return fmt.Errorf("label %d is %v, want a number from 0 to %d", i, scalar(item), classes-1)
		}
		split.Labels = append(split.Labels, int32(label))
		appendPlanes(split, data.Data[i*cifarImage:][:cifarImage])
	}
	return nil
}

// readNames returns the names of the classes in a file of size bytes.
func (c *cifarPickle) readNames(r io.Reader, size int64) ([]string, error) {
	d, err := c.dict(r, size)
	if err != nil {
		return nil, err
	}
	list, ok := d[c.names].(*pickle.List)
	if !ok {
		return nil, fmt.Errorf("the dict has the keys %q, want a list %q", keys(d), c.names)
	}
	var names []string
	for _, item := range list.Items {
		name, ok := item.(string)
		if !ok {
			return nil, fmt.Errorf("a name of a class is %v, want a string", scalar(item))
		}
		names = append(names, name)
	}
	return names, nil
}

// dict reads the dict that a file is.
func (c *cifarPickle) dict(r io.Reader, size int64) (pickle.Dict, error) {
	if size > maxPickle {
		return nil, fmt.Errorf("%d bytes, want at most %d", size, maxPickle)
	}
	data := make([]byte, size)
	if n, err := io.ReadFull(r, data); err != nil {
		return nil, malformed(int64(n), "%w", cut(err))
	}
	v, err := pickle.Read(data)
	if err != nil {
		return nil, err
	}
	d, ok := v.(pickle.Dict)
	if !ok {
		return nil, errors.New("the pickle is no dict, as CIFAR's are")
	}
	return d, nil
}

// keys lists the keys of a dict, a few of them.
func keys(d pickle.Dict) []string {
	var list []string
	for key := range d {
		list = append(list, fmt.Sprintf("%.40s", key))
	}
	slices.Sort(list)
	return list[:min(len(list), 8)]
}

// kindOfValue is what an error calls a value.
func kindOfValue(v any) string {
	switch v := v.(type) {
	case *pickle.Array:
		return "an array"
	case *pickle.List:
		return "a list"
	case pickle.Dict:
		return "a dict"
	default:
		return fmt.Sprint(scalar(v))
	}
}

// scalar is what an error shows of a value: containers may contain themselves.
func scalar(v any) any {
	switch v := v.(type) {
	case nil, bool, int64, float64:
		return v
	case string:
		return fmt.Sprintf("%.40q", v)
	}
	return fmt.Sprintf("%T", v)
}
