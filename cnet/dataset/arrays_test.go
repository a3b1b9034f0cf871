package dataset

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"continuousnet/cnet/dataset/internal/check"
	"continuousnet/cnet/statedict"
)

// The files in testdata are written by NumPy: pixel k of 12 images of 4×5×3 is k mod 251, the label of image i is i mod
// 3. The form is NHWC in bytes; NCHW, partly in Fortran's order, compressed; and floats from 0 to 1, partly big-endian.
func TestNPZ(t *testing.T) {
	var pixels []uint8
	for k := range 12 * 4 * 5 * 3 {
		pixels = append(pixels, uint8(k%251))
	}
	for _, file := range []string{"nhwc", "nchw", "floats"} {
		set, err := Load("testdata/"+file+".npz", "")
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if set.Title != file || set.Name != "arrays" || set.Height != 4 || set.Width != 5 || set.Channels != 3 ||
			!set.Flip {
			t.Errorf("%s: %s %s, %d×%d×%d", file, set.Name, set.Title, set.Height, set.Width, set.Channels)
		}
		if !bytes.Equal(slices.Concat(set.Train.Images, set.Test.Images), pixels) {
			t.Errorf("%s: other pixels", file)
		}
		if !slices.Equal(set.Train.Labels, []int32{0, 1, 2, 0, 1, 2, 0, 1, 2}) ||
			!slices.Equal(set.Test.Labels, []int32{0, 1, 2}) || !slices.Equal(set.Classes, []string{"0", "1", "2"}) {
			t.Errorf("%s: labels %v and %v, classes %q", file, set.Train.Labels, set.Test.Labels, set.Classes)
		}
		if set.Notice != "" {
			t.Errorf("%s: %s", file, set.Notice)
		}
	}
	if name, _, err := Resolve("", "testdata/nhwc.npz"); name != "arrays" || err != nil {
		t.Errorf("%s, %v", name, err)
	}
}

// npzOf writes arrays of float64 as a .npz file.
func npzOf(t *testing.T, tensors ...statedict.Tensor) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "own.npz")
	for i := range tensors {
		if tensors[i].DType == "" {
			tensors[i].DType = "F64"
		}
	}
	if err := statedict.Write(path, tensors, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

func ramp(n int, low, high float64) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = low + (high-low)*float64(i)/float64(n-1)
	}
	return values
}

func tensor(name string, values []float64, shape ...int) statedict.Tensor {
	return statedict.Tensor{Name: name, Shape: shape, Values: values}
}

// Without test images a fifth of each class is held back, and every image is still there once.
func TestNPZWithoutTest(t *testing.T) {
	var labels []float64
	for i := range 100 {
		labels = append(labels, float64(i%2))
	}
	path := npzOf(t, tensor(xTrain, ramp(100*4*4, -2, 3), 100, 4, 4), tensor(yTrain, labels, 100))
	set, err := Load(path, "", Options{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	if set.Test.Len() < 8 || set.Test.Len() > 35 || set.Train.Len()+set.Test.Len() != 100 || set.Channels != 1 ||
		set.Flip {
		t.Errorf("%d to train on, %d to test, %d channels", set.Train.Len(), set.Test.Len(), set.Channels)
	}
	all := slices.Sorted(slices.Values(slices.Concat(set.Train.Floats, set.Test.Floats)))
	for i, want := range ramp(1600, -2, 3) {
		if all[i] != float32(want) {
			t.Fatalf("pixel %d is %g, want %g", i, all[i], want)
		}
	}
	if set.Notice != "the pixels are floats, from -2 to 3" {
		t.Error(set.Notice)
	}
}

func TestLayouts(t *testing.T) {
	for _, tc := range []struct {
		shape []int
		told  string
		want  string
	}{
		{[]int{9, 5, 4, 3}, "", "{9 5 4 3 false}"},
		{[]int{9, 3, 5, 4}, "", "{9 5 4 3 true}"},
		{[]int{9, 1, 5, 4}, "", "{9 5 4 1 true}"},
		{[]int{9, 5, 4}, "", "{9 5 4 1 false}"},
		{[]int{9, 3, 4, 1}, "", "can be NHWC or NCHW; say which as its layout, --layout"},
		{[]int{9, 3, 4, 1}, "nhwc", "{9 3 4 1 false}"},
		{[]int{9, 3, 4, 1}, "NCHW", "{9 4 1 3 true}"},
		{[]int{9, 5, 4, 2}, "", "want [N H W C], [N C H W] or [N H W], with 1 or 3 channels"},
		{[]int{9, 5, 4, 2}, "NHWC", "has 2 channels as NHWC, want 1 or 3"},
		{[]int{9, 5, 4}, "NHWC", "its shape [9 5 4] is not NHWC; want the layout to be one of"},
		{[]int{9, 5, 4, 3}, "CHWN", "is not CHWN; want the layout to be one of NHWC, NCHW, NHW"},
		{[]int{9, 3072}, "", "its shape is [9 3072], want [N H W C]"},
		{[]int{9}, "", "its shape is [9], want"},
		{[]int{}, "", "its shape is [], want"},
		{[]int{0, 5, 4, 3}, "", "want no dimension to be 0"},
		{[]int{2, 5000, 4, 3}, "", "images of 4×5000 pixels, want at most 4096 each way"},
		{[]int{2_000_000, 5, 4, 3}, "", "2000000 images, want at most 1000000"},
	} {
		l, err := layoutOf(tc.shape, tc.told)
		got := fmt.Sprint(l)
		if err != nil {
			got = err.Error()
		}
		if err == nil && got != tc.want || !strings.Contains(got, tc.want) {
			t.Errorf("%v %s: %s, want %s", tc.shape, tc.told, got, tc.want)
		}
	}
}

// Arrays that are no data set: one error names the array, and says what is wanted.
func TestBadNPZ(t *testing.T) {
	x, y := ramp(4*4*4, 0, 1), []float64{0, 1, 0, 1}
	good := []statedict.Tensor{tensor(xTrain, x, 4, 4, 4), tensor(yTrain, y, 4)}
	nan := slices.Clone(x)
	nan[7] = math.NaN()
	for name, tc := range map[string]struct {
		tensors []statedict.Tensor
		want    string
	}{
		"no labels": {good[:1],
			`there is no array y_train; it has ["x_train"], want x_train and y_train, and x_test`},
		"no images":   {good[1:], "there is no array x_train"},
		"half a test": {append(good[:2:2], tensor(xTest, x, 4, 4, 4)), "there is no array y_test"},
		"counts":      {[]statedict.Tensor{good[0], tensor(yTrain, y[:3], 3)}, "y_train has the shape [3], want [4]"},
		"one-hot": {[]statedict.Tensor{good[0], tensor(yTrain, x[:8], 4, 2)},
			"y_train has the shape [4 2], want [4]"},
		"fractions": {[]statedict.Tensor{good[0], tensor(yTrain, []float64{0, 1, .5, 1}, 4)},
			"y_train: label 2 is 0.5, want a"},
		"negative": {[]statedict.Tensor{good[0], tensor(yTrain, []float64{0, -1, 0, 1}, 4)},
			"label 1 is -1, want a whole"},
		"huge label": {[]statedict.Tensor{good[0], tensor(yTrain, []float64{0, 1e9, 0, 1}, 4)}, "label 1 is 1e+09"},
		"NaN label": {[]statedict.Tensor{good[0], tensor(yTrain, []float64{0, math.NaN(), 0, 1}, 4)},
			"label 1 is NaN"},
		"one class": {[]statedict.Tensor{good[0], tensor(yTrain, make([]float64, 4), 4)},
			"all images are of class 0"},
		"from 1": {[]statedict.Tensor{good[0], tensor(yTrain, []float64{1, 2, 1, 2}, 4)},
			"the labels are from 1 to 2, want them from 0"},
		"NaN": {[]statedict.Tensor{tensor(xTrain, nan, 4, 4, 4), good[1]},
			"x_train: value 7 is NaN, want numbers"},
		"flat": {[]statedict.Tensor{tensor(xTrain, x, 4, 16), good[1]},
			"x_train: its shape is [4 16], want [N H W C]"},
		"other test": {append(good[:2:2], tensor(xTest, x, 4, 2, 8), tensor(yTest, y, 4)),
			"x_test has images of another form"},
		"no images, 0": {[]statedict.Tensor{tensor(xTrain, nil, 0, 4, 4), tensor(yTrain, nil, 0)},
			"want no dimension to be 0"},
		"a test's NaN": {append(good[:2:2], tensor(xTest, nan, 4, 4, 4), tensor(yTest, y, 4)),
			"x_test: value 7 is NaN"},
		"too few": {[]statedict.Tensor{tensor(xTrain, x[:32], 2, 4, 4), tensor(yTrain, y[:2], 2)},
			"no images to test with"},
		"label of test": {append(good[:2:2], tensor(xTest, x, 4, 4, 4), tensor(yTest, []float64{0, 1, 2, 0}, 4)),
			"class 2 to train"},
	} {
		t.Run(name, func(t *testing.T) {
			path := npzOf(t, tc.tensors...)
			_, err := Load(path, "")
			check.Error(t, err, "dataset: "+path+"|"+tc.want)
		})
	}
	_, err := Load("testdata/objects.npz", "")
	check.Error(t, err, `array "x_train": values of type |O cannot be read`)
	_, err = Load("testdata/names.npz", "")
	check.Error(t, err, `array "y_train": values of type <U3 cannot be read|numpy.unique(y, return_inverse=True)[1]`)
	for _, data := range [][]byte{nil, []byte("x"), headerOf(1, 1)} {
		path := filepath.Join(files(t, map[string][]byte{"a.npz": data}), "a.npz")
		_, err := Load(path, "")
		check.Error(t, err, "a.npz: no npz archive|truncated, damaged or of another format")
	}
	_, err = Load("arrays", filepath.Join(t.TempDir(), "none.npz"))
	check.Error(t, err, "none.npz is not there; if it has moved, say where")
	_, err = Load("testdata/nhwc.npz", "", Options{Layout: "NCHW"})
	check.Error(t, err, "x_train: its shape [9 4 5 3] has 4 channels as NCHW")
	_, err = Load("fashion-sample", "", Options{Layout: "NCHW"})
	check.Error(t, err, "Fashion-MNIST sample is no array with a layout; leave --layout out")
}

// A small file that stands for gigabytes is refused before they are taken.
func TestNPZBomb(t *testing.T) {
	const images, size, packed = 1000, 1000 * 1000 * 3, 3_000_000 // 3 GB in 3 MB: as much as deflate can do
	header := fmt.Sprintf("{'descr': '|u1', 'fortran_order': False, 'shape': (%d, 1000, 1000, 3), }", images)
	header += strings.Repeat(" ", 127-10-len(header)) + "\n"
	npy := append([]byte("\x93NUMPY\x01\x00"), binary.LittleEndian.AppendUint16(nil, uint16(len(header)))...)
	npy = append(npy, header...)
	var data bytes.Buffer
	z, err := flate.NewWriter(&data, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(append(npy, make([]byte, 1<<20)...)); err != nil {
		t.Fatal(err)
	}
	if err := z.Flush(); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	raw, err := w.CreateRaw(&zip.FileHeader{Name: "x_train.npy", Method: zip.Deflate, CompressedSize64: packed,
		UncompressedSize64: uint64(len(npy) + images*size)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.Write(append(data.Bytes(), make([]byte, packed-data.Len())...)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Create("y_train.npy"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Load(filepath.Join(files(t, map[string][]byte{"bomb.npz": b.Bytes()}), "bomb.npz"), "")
	check.Error(t, err, `bomb.npz: array "x_train": 3000000000 bytes are compressed to 3000000, as no images are`)
}

// Arrays in Go: the last images are for testing, or a choice; whatever the types are, the pixels are the same.
func TestNew(t *testing.T) {
	pixels := make([]uint8, 10*2*2*3)
	floats, scaled := make([]float32, len(pixels)), make([]float64, len(pixels))
	for i := range pixels {
		pixels[i] = uint8(i * 2)
		floats[i], scaled[i] = float32(pixels[i])/255, float64(pixels[i])
	}
	labels := []int{0, 1, 0, 1, 0, 1, 0, 1, 0, 1}
	o := ArrayOptions{Name: "bars", Shape: []int{10, 2, 2, 3}, Classes: []string{"thin", "thick"}, Test: 3}
	set, err := New(pixels, labels, o)
	if err != nil {
		t.Fatal(err)
	}
	if set.Name != "bars" || set.Train.Len() != 7 || !bytes.Equal(set.Test.Images, pixels[7*12:]) ||
		!slices.Equal(set.Test.Labels, []int32{1, 0, 1}) || !slices.Equal(set.Classes, o.Classes) {
		t.Errorf("%+v", set)
	}
	if err := set.Check(); err != nil {
		t.Error(err)
	}
	for _, same := range []func() (*Set, error){
		func() (*Set, error) { return New(floats, []uint8{0, 1, 0, 1, 0, 1, 0, 1, 0, 1}, o) },
		func() (*Set, error) { return New(scaled, labels, o) },
	} {
		if other, err := same(); err != nil || other.Fingerprint() != set.Fingerprint() {
			t.Errorf("of another type: %v", err)
		}
	}
	o.Test = 0
	if set, err = New(pixels, labels, o); err != nil || set.Train.Len()+set.Test.Len() != 10 || set.Test.Len() < 2 {
		t.Errorf("a choice of test images: %v", err)
	}
	for _, tc := range []struct {
		change func(*ArrayOptions)
		labels []int
		want   string
	}{
		{func(o *ArrayOptions) { o.Shape = nil }, labels, "dataset: bars: the options have no Shape"},
		{func(o *ArrayOptions) { o.Shape[0] = 11 }, labels, "120 pixels, want 132 for the shape [11 2 2 3]"},
		{func(*ArrayOptions) {}, labels[:9], "9 labels for 10 images"},
		{func(o *ArrayOptions) { o.Test = 10 }, labels, "10 images for testing, want less than all 10"},
		{func(o *ArrayOptions) { o.Classes = o.Classes[:1] }, labels,
			"label 1, want less than 1, the number of classes: thin"},
		{func(o *ArrayOptions) { o.Classes = append(o.Classes, "x") }, labels, "no image of class x to train on"},
		{func(o *ArrayOptions) { o.Classes[1] = "thin" }, labels, `classes 0 and 1 are both called "thin"`},
		{func(o *ArrayOptions) { o.Name = "CIFAR-10" }, labels, "the name CIFAR-10 is taken by CIFAR-10"},
		{func(o *ArrayOptions) { o.Name = "a/b" }, labels, `the name "a/b" is that of a path`},
		{func(*ArrayOptions) {}, []int{0, 1, 0, 1, 0, 1, 0, 1, 0, -1}, "labels: label 9 is -1, want a whole number"},
	} {
		o := ArrayOptions{Name: "bars", Shape: []int{10, 2, 2, 3}, Classes: []string{"thin", "thick"}}
		tc.change(&o)
		_, err := New(pixels, tc.labels, o)
		check.Error(t, err, tc.want)
	}
}

func TestRegister(t *testing.T) {
	calls := 0
	load := func() (*Set, error) {
		calls++
		return New(make([]uint8, 40), []int{0, 1, 0, 1, 0, 1, 0, 1, 0, 1}, ArrayOptions{Shape: []int{10, 2, 2}})
	}
	if err := Register("Small bars", load); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Small bars", "small-bars", "SMALL_BARS"} {
		set, err := Load(name, "")
		if err != nil || set.Name != "Small bars" || set.Train.Len()+set.Test.Len() != 10 {
			t.Errorf("%s: %+v, %v", name, set, err)
		}
	}
	if calls != 3 || !Registered("smallbars") || !Own("Small bars") || Registered("bars") {
		t.Errorf("%d calls", calls)
	}
	_, err := Load("smallbars", "photos")
	check.Error(t, err, "Small bars is loaded by a function and has no folder, got photos")
	check.Error(t, Register("mnist", load), "the name mnist is taken by MNIST")
	check.Error(t, Register("Moons", load), "the name Moons is taken by points in the plane")
	check.Error(t, Register("x", nil), "there is no function that loads it")
	for want, load := range map[string]func() (*Set, error){
		"wrong: no network":        func() (*Set, error) { return nil, fmt.Errorf("no network") },
		"returns no data set":      func() (*Set, error) { return nil, nil },
		"its function panics: oh":  func() (*Set, error) { panic("oh") },
		"0 classes, want":          func() (*Set, error) { return &Set{Height: 1, Width: 1, Channels: 1}, nil },
		"images of 0×0×0, want":    func() (*Set, error) { return &Set{}, nil },
		"label 1 is 7, want less":  func() (*Set, error) { return withLabel(7), nil },
		"label 1 is -1, want less": func() (*Set, error) { return withLabel(-1), nil },
		"2 labels with 1 bytes of im": func() (*Set,
			error) {
			s := withLabel(1)
			s.Train.Images = s.Train.Images[:1]
			return s, nil
		},
	} {
		if err := Register("wrong", load); err != nil {
			t.Fatal(err)
		}
		_, err := Load("wrong", "")
		check.Error(t, err, "dataset: wrong: |"+want)
	}
}

// withLabel is a data set of black pixels, of which the second to train on has the label.
func withLabel(label int32) *Set {
	split := Split{Images: make([]uint8, 2), Labels: []int32{0, label}}
	return &Set{Height: 1, Width: 1, Channels: 1, Classes: []string{"a", "b"}, Train: split,
		Test: Split{Images: make([]uint8, 1), Labels: []int32{0}}, Mean: []float64{0}, Std: []float64{1}}
}

// Images that are all alike are told, and one channel that is.
func TestConstantImages(t *testing.T) {
	labels := make([]int, 20)
	for i := range labels {
		labels[i] = i % 2
	}
	pixels := slices.Repeat([]float64{0.25, 0.5, 0.75}, 4*20)
	o := ArrayOptions{Shape: []int{20, 2, 2, 3}}
	set, err := New(pixels, labels, o)
	if err != nil ||
		!strings.HasSuffix(set.Notice, "; all training images are alike: each channel is the same number everywhere") {
		t.Errorf("%q, %v", set.Notice, err)
	}
	for i := range 20 {
		pixels[12*i], pixels[12*i+2] = float64(i), float64(2*i)
	}
	set, err = New(pixels, labels, o)
	if err != nil || !strings.HasSuffix(set.Notice, "; the same number in all training images: channel 1") {
		t.Errorf("%q, %v", set.Notice, err)
	}
}
