package dataset

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"unicode/utf16"

	"continuousnet/cnet/dataset/internal/check"
)

// npy is an array as NumPy writes it: its type, its shape and its data in Go.
type npy struct {
	descr   string // '|u1', or a list of fields
	fortran bool
	shape   []int
	data    any
	order   binary.ByteOrder // nil: little-endian
}

func (a npy) file(t *testing.T) []byte {
	t.Helper()
	text, fortran := "", "False"
	for _, d := range a.shape {
		text += fmt.Sprintf("%d, ", d)
	}
	if a.fortran {
		fortran = "True"
	}
	header := fmt.Sprintf("{'descr': %s, 'fortran_order': %s, 'shape': (%s), }\n", a.descr, fortran,
		strings.TrimSpace(text))
	b := bytes.NewBufferString("\x93NUMPY\x01\x00")
	b.Write(binary.LittleEndian.AppendUint16(nil, uint16(len(header))))
	b.WriteString(header)
	if a.order == nil {
		a.order = binary.LittleEndian
	}
	if err := binary.Write(b, a.order, a.data); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// numpyFile is a .npz file: sixteen images of 4×4 grey pixels with alternating labels, with some arrays replaced.
func numpyFile(t *testing.T, change map[string]npy) []byte {
	t.Helper()
	arrays := map[string]npy{
		xTrain: {descr: "'|u1'", shape: []int{16, 4, 4}, data: greyPixels()},
		yTrain: {descr: "'<i8'", shape: []int{16}, data: alternating(0)},
	}
	members := map[string][]byte{}
	for name, a := range arrays {
		if other, ok := change[name]; ok {
			a = other
		}
		members[name+".npy"] = a.file(t)
	}
	return zipOf(t, members)
}

func greyPixels() []uint8 {
	pixels := make([]uint8, 16*4*4)
	for i := range pixels {
		pixels[i] = uint8(i)
	}
	return pixels
}

// alternating returns the labels first, first+1, first, ... of sixteen images.
func alternating(first int64) []int64 {
	labels := make([]int64, 16)
	for i := range labels {
		labels[i] = first + int64(i%2)
	}
	return labels
}

// zeros is a .npz file of a few thousand bytes whose images are a gigabyte and more.
func zeros(t *testing.T) []byte {
	t.Helper()
	const images, size = 1200, 1 << 20
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	w.RegisterCompressor(zip.Deflate, nil)
	head := npy{descr: "'|u1'", shape: []int{images, 1024, 1024}, data: []uint8{}}.file(t)
	var packed bytes.Buffer
	z, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(append(head, make([]byte, size)...)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	const claimed = 2_000_000 // deflate can make so much of as little
	raw, err := w.CreateRaw(&zip.FileHeader{Name: xTrain + ".npy", Method: zip.Deflate, CompressedSize64: claimed,
		UncompressedSize64: uint64(len(head)) + images*size})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.Write(append(packed.Bytes(), make([]byte, claimed-packed.Len())...)); err != nil {
		t.Fatal(err)
	}
	labels, err := w.Create(yTrain + ".npy")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := labels.Write(npy{descr: "'<i8'", shape: []int{16}, data: alternating(0)}.file(t)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// badData is a data set that is refused, or one that looks as if it should be.
type badData struct {
	name   string
	files  map[string][]byte                    // below the folder of the test
	more   func(t *testing.T, dir string) error // what files alone cannot be: links, permissions
	load   string                               // "": the folder
	option Options
	want   string // of the error, between "|"
}

// with returns files, some of which are others.
func with(contents map[string][]byte, changes map[string][]byte) map[string][]byte {
	out := map[string][]byte{}
	for name, data := range contents {
		out[name] = data
	}
	for name, data := range changes {
		if out[name] = data; data == nil {
			delete(out, name)
		}
	}
	return out
}

// theBadData are malformed data sets of all kinds that there are. The tests of each reader have more of its own kind:
// TestBadImages, TestBadFolders, TestBadNPZ, TestBadCIFARPickles, TestBadTinyImageNet, TestIDXErrors, TestReadPoints.
func theBadData(t *testing.T, mark string) []badData {
	colour := func(w, h int) []byte { return pngOf(t, plain(w, h, color.RGBA{R: 9, A: 255})) }
	photos, red := colours(t), colour(6, 4)
	photo := func(name string, data []byte) map[string][]byte {
		return with(photos, map[string][]byte{name: data})
	}
	array := func(name string, a npy) map[string][]byte {
		return map[string][]byte{"own.npz": numpyFile(t, map[string]npy{name: a})}
	}
	table := func(text string) map[string][]byte { return map[string][]byte{"own.csv": []byte(text)} }
	var rows strings.Builder
	for i := range 20 {
		fmt.Fprintf(&rows, "%d,%d,%c\n", i, i*i%7, 'a'+i%2)
	}
	binary10, python := cifarBoth()
	evil := "\x80\x02cos\nsystem\nU" + string(rune(len("touch "+mark))) + "touch " + mark + "\x85R."
	pixels := func(value float32) []float32 {
		list := make([]float32, 16*4*4)
		list[7] = value
		return list
	}
	var jpg bytes.Buffer
	if err := jpeg.Encode(&jpg, plain(40, 40, color.RGBA{R: 200, G: 9, A: 255}), nil); err != nil {
		t.Fatal(err)
	}
	tarGz := tarball(t, python, "cifar-10-")
	const tinyDir, batch = "tiny-imagenet-200/", "cifar-10-batches-py/data_batch_3"
	return []badData{
		// Image files.
		{name: "truncated PNG", files: photo("train/red/x.png", red[:len(red)-20]),
			want: "cannot use 1 of 7 images: train/red/x.png (the file is truncated); repair or remove|--skip-bad"},
		{name: "truncated JPEG", files: photo("train/red/x.jpg", jpg.Bytes()[:jpg.Len()-60]), option: Options{Size: 4},
			want: "1 of 7 images: train/red/x.jpg (the file is truncated)"},
		{name: "empty image file", files: photo("train/red/x.png", []byte{}),
			want: "train/red/x.png (the file is empty)"},
		{name: "web page called .jpg", files: photo("train/red/x.jpg", []byte("<!DOCTYPE html>")),
			want: "train/red/x.jpg (the contents are no PNG, JPEG, GIF, BMP or WebP)"},
		{name: "dimensions of 20 billion pixels", files: photo("train/red/x.png", headerOf(200_000, 100_000)),
			want: "x.png (the image has 200000×100000 pixels, want at most 100 million)"},
		{name: "CMYK JPEG", files: photo("train/red/x.jpg", cmykJPEG()),
			want: "x.jpg (the image is CMYK, for printing; want RGB or grey)"},
		{name: "TIFF", files: photo("train/red/x.tif", []byte("II*\x00")), want: "x.tif (the format .tif is not read"},
		{name: "image that is a link to nothing", files: photos,
			more: func(t *testing.T, dir string) error {
				return os.Symlink("nowhere.png", filepath.Join(dir, "train/red/x.png"))
			},
			want: "train/red/x.png (no such file or directory)"},
		{name: "unreadable image file", files: photos,
			more: func(t *testing.T, dir string) error { return unreadable(t, filepath.Join(dir, "train/red/1.png")) },
			want: "1 of 6 images: train/red/1.png (permission denied)"},
		{name: "mixed sizes", files: with(photos, map[string][]byte{
			"train/red/1.png": colour(9, 9), "test/red/2.png": colour(9, 9), "test/blue/2.png": colour(5, 5)}),
			want: "the images have 3 different sizes: |train/blue/1.png has 6×4 pixels, |has 9×9|has 5×5|--size N"},
		{name: "one odd size and one truncated, in one error", files: with(photos, map[string][]byte{
			"train/red/1.png": colour(9, 9), "test/red/2.png": red[:len(red)-20]}),
			want: "cannot use 2 of 6 images: train/red/1.png (9×9 pixels, want 6×4), test/red/2.png (the file is " +
				"truncated); repair or remove them, or leave them out with --skip-bad; --size N brings images of all"},
		{name: "mixed sizes and one truncated, in one error", files: with(photos, map[string][]byte{
			"train/red/1.png": colour(9, 9), "train/blue/1.png": colour(9, 9), "train/blue/2.png": colour(9, 9),
			"train/blue/3.png": colour(9, 9),
			"test/red/2.png":   red[:len(red)-20]}),
			want: "cannot use 1 of 8 images: test/red/2.png (the file is truncated)|--skip-bad; and the images have " +
				"2 different sizes|--size N"},

		// Folders.
		{name: "empty folder", files: map[string][]byte{"notes.txt": []byte("x")},
			want: "holds none of the data sets (looked for |CLASS/*.png); pass another --data DIR"},
		{name: "classes without images", files: map[string][]byte{"a/x.txt": {1}, "b/y.txt": {1}},
			want: "holds none of the data sets"},
		{name: "images without classes", files: map[string][]byte{"1.png": red, "2.png": red},
			want: "has images and no folders of classes; want them in CLASS/*.png below it"},
		{name: "one class", files: map[string][]byte{"a/1.png": red, "a/2.png": red},
			want: "has one class, a; want a folder for each of at least two"},
		{name: "val/ with a class that train/ lacks", files: with(photos, map[string][]byte{"test/pink/1.png": red}),
			want: "test/pink is a class that train/ does not have; its classes are blue, green, red"},
		{name: "class with a line break in its name", files: with(photos, map[string][]byte{"train/a\nb/1.png": red}),
			want: `train has a folder "a\nb", whose name is no text in UTF-8 that a class can be called by; rename it`},
		{name: "bad image with a line break in its name", files: photo("train/red/a\nb.png", []byte{}),
			want: `1 of 7 images: "train/red/a\nb.png" (the file is empty)`},
		{name: "link to a folder above", files: photos,
			more: func(t *testing.T, dir string) error {
				return os.Symlink("../..", filepath.Join(dir, "train/red/again"))
			},
			want: "train/red/again is a link to a folder above it, so that there is no end of folders; remove"},
		{name: "link to itself", files: photos,
			more: func(t *testing.T, dir string) error {
				return os.Symlink("x.png", filepath.Join(dir, "train/red/x.png"))
			},
			want: "1 of 7 images: train/red/x.png (too many levels of symbolic links)"},
		{name: "unreadable folder of a class", files: photos,
			more: func(t *testing.T, dir string) error { return unreadable(t, filepath.Join(dir, "train/red")) },
			want: "permission denied; check that |train/red can be read"},

		// Arrays.
		{name: "NaN", load: "own.npz", files: array(xTrain, npy{descr: "'<f4'", shape: []int{16, 4, 4},
			data: pixels(float32(math.NaN()))}), want: "own.npz: x_train: value 7 is NaN, want numbers"},
		{name: "infinity", load: "own.npz", files: array(xTrain, npy{descr: "'<f4'", shape: []int{16, 4, 4},
			data: pixels(float32(math.Inf(1)))}), want: "own.npz: x_train: value 7 is +Inf, want numbers"},
		{name: "objects for images", load: "own.npz", files: array(xTrain, npy{descr: "'|O'", shape: []int{16},
			data: []byte(evil)}), want: `array "x_train": values of type |` +
			"|O cannot be read: they are Python objects|numpy.stack(LIST)"},
		{name: "objects for labels", load: "own.npz", files: array(yTrain, npy{descr: "'|O'", shape: []int{16},
			data: []byte(evil)}), want: `array "y_train": values of type |` +
			"|O cannot be read: they are Python objects|numpy.unique(y, return_inverse=True)[1]"},
		{name: "names for labels", load: "own.npz", files: array(yTrain, npy{descr: "'<U1'", shape: []int{16},
			data: make([]int32, 16)}), want: `array "y_train": values of type <U1 cannot be read: they are text|` +
			"numpy.unique(y, return_inverse=True)[1] makes of names"},
		{name: "fields", load: "own.npz", files: array(xTrain, npy{descr: "[('a', '<f4')]", shape: []int{16},
			data: make([]float32, 16)}), want: `array "x_train": header |expected the type of plain numbers`},
		{name: "negative labels", load: "own.npz", files: array(yTrain, npy{descr: "'<i8'", shape: []int{16},
			data: alternating(-1)}), want: "own.npz: y_train: label 0 is -1, want a whole number from 0"},
		{name: "labels from 1", load: "own.npz", files: array(yTrain, npy{descr: "'<i8'", shape: []int{16},
			data: alternating(1)}), want: "the labels are from 1 to 2, want them from 0; subtract 1"},
		{name: "labels that are no whole numbers", load: "own.npz", files: array(yTrain, npy{descr: "'<f8'",
			shape: []int{16}, data: slices.Repeat([]float64{0, 0.5}, 8)}),
			want: "y_train: label 1 is 0.5, want a whole number from 0"},
		{name: "labels of another length", load: "own.npz", files: array(yTrain, npy{descr: "'<i8'", shape: []int{15},
			data: alternating(0)[:15]}), want: "own.npz: y_train has the shape [15], want [16]"},
		{name: "one-hot labels", load: "own.npz", files: array(yTrain, npy{descr: "'|u1'", shape: []int{16, 2},
			data: make([]uint8, 32)}), want: "y_train has the shape [16 2], want [16]|numpy.argmax(y, 1)"},
		{name: "labels of one class", load: "own.npz", files: array(yTrain, npy{descr: "'<i8'", shape: []int{16},
			data: make([]int64, 16)}), want: "all images are of class 0, want at least two classes"},
		{name: "no images in an array", load: "own.npz", files: array(xTrain, npy{descr: "'|u1'", shape: []int{0, 4, 4},
			data: []uint8{}}), want: "x_train: its shape is [0 4 4], want no dimension to be 0"},
		{name: "images of four channels", load: "own.npz", files: array(xTrain, npy{descr: "'|u1'",
			shape: []int{4, 4, 4, 4}, data: greyPixels()}), want: "x_train: its shape is [4 4 4 4], want [N H W C]"},
		{name: "other names of arrays", load: "own.npz", files: map[string][]byte{"own.npz": zipOf(t, map[string][]byte{
			"arr_0.npy": npy{descr: "'|u1'", shape: []int{1}, data: []uint8{1}}.file(t)})},
			want: `there is no array x_train; it has ["arr_0"], want x_train and y_train|numpy.savez(FILE, x_train=`},
		{name: "shape beyond the data", load: "own.npz", files: array(xTrain, npy{descr: "'|u1'",
			shape: []int{16, 4000, 4000}, data: greyPixels()}), want: `array "x_train": shape [16 4000 4000] of U8 ` +
			"needs 256000000 bytes, got 256; the file is truncated or damaged"},
		{name: "zip bomb", load: "own.npz", files: map[string][]byte{"own.npz": zeros(t)},
			want: `array "x_train": 1258291200 bytes are compressed to 2000000, as no images are`},
		{name: "truncated archive", load: "own.npz", files: map[string][]byte{"own.npz": numpyFile(t, nil)[:500]},
			want: "own.npz: no npz archive: |truncated, damaged or of another format"},
		{name: "pickle called .npz", load: "own.npz", files: map[string][]byte{"own.npz": []byte(evil)},
			want: "own.npz: no npz archive: |truncated, damaged or of another format"},

		// Tables.
		{name: "empty table", load: "own.csv", files: table(""), want: "own.csv: it is empty, want a header such as"},
		{name: "header only", load: "own.csv", files: table("x,y,class\n"), want: "it has no points below its header"},
		{name: "no header", load: "own.csv", files: table(rows.String()),
			want: `the first line is ["0" "0" "a"], want a header such as x,y,class`},
		{name: "text in a column of numbers", load: "own.csv",
			files: table("x,y,class\n" + rows.String() + "1,two,a\n"),
			want:  `own.csv: line 22: column "y" is "two", want a number`},
		{name: "row of two columns", load: "own.csv", files: table("x,y,class\n" + rows.String() + "1,2\n"),
			want: "line 22: it has 2 columns, want 3, as the header"},
		{name: "row of four columns", load: "own.csv", files: table("x,y,class\n" + rows.String() + "1,2,a,b\n"),
			want: "line 22: it has 4 columns, want 3, as the header"},
		{name: "thousands of columns", load: "own.csv", files: table(strings.Repeat("x,", 5000) + "class\n"),
			want: `the header has 5001 columns, ["x" "x" "x" "x" "x" "x" "x" "x"], want coordinates and a class`},
		{name: "coordinates of one name", load: "own.csv", files: table("x,x,class\n" + rows.String()),
			want: `columns 1 and 2 are both called "x" in the header; give each a name of its own`},
		{name: "target and coordinate of one name", load: "own.csv", files: table("y,a, y\n" + rows.String()),
			want: `columns 1 and 3 are both called "y" in the header`},
		{name: "column without a name", load: "own.csv", files: table(",y,class\n" + rows.String()),
			want: "column 1 of 3 has no name in the header; name it, or remove it|index=False"},
		{name: "UTF-16", load: "own.csv", files: table(inUTF16("x,y,class\n" + rows.String())),
			want: "it is text in UTF-16 or no text at all, want UTF-8; save it as CSV in UTF-8"},
		{name: "Latin-1", load: "own.csv", files: table("gr\xf6\xdfe,y,class\n" + rows.String()),
			want: `the name of column 1, "gr\xf6\xdfe", is no line of text in UTF-8; save the table as CSV in UTF-8`},
		{name: "binary class", load: "own.csv", files: table("x,y,class\n" + rows.String() + "1,2,\x00\x01\n"),
			want: `line 22: column "class" is "\x00\x01", which is no text in UTF-8`},
		{name: "semicolons", load: "own.csv", files: table(strings.ReplaceAll("x,y,class\n"+rows.String(), ",", ";")),
			want: "whose separators are no commas; replace them by commas"},
		{name: "carriage returns alone", load: "own.csv",
			files: table(strings.ReplaceAll("x,y,class\n"+rows.String(), "\n", "\r")),
			want:  "its lines end with a carriage return alone|save it as CSV with line feeds"},
		{name: "one class in a table", load: "own.csv",
			files: table(strings.ReplaceAll("x,y,class\n"+rows.String(), "b", "a")),
			want:  "all points are of class a, want at least two classes"},

		// Published sets.
		{name: "pickle with code in it", files: with(python, map[string][]byte{batch: []byte(evil),
			"cifar-100-python/train": nil, "cifar-100-python/test": nil, "cifar-100-python/meta": nil}),
			want: `data_batch_3: byte 2: it calls "os.system": a pickle is a program, and only plain data`},
		{name: "truncated .tar.gz", load: "cifar-10-python.tar.gz",
			files: map[string][]byte{"cifar-10-python.tar.gz": tarGz[:len(tarGz)-200]},
			want:  "cifar-10-python.tar.gz: the file is truncated; run|cnet data get cifar10"},
		{name: "tar with ../ in its paths", load: "a.tar.gz", files: map[string][]byte{"a.tar.gz": tarball(t,
			map[string][]byte{"../../cifar-10-batches-py/data_batch_1": []byte("x")}, "")},
			want: "a.tar.gz holds none of the data sets; want one as it is published"},
		{name: "CIFAR file of a wrong length", load: "cifar-10-batches-bin", files: with(binary10, map[string][]byte{
			"cifar-10-batches-bin/test_batch.bin": append(cifarRecords(2, 1), 1, 2, 3)}),
			want: "test_batch.bin: byte 6146: 3 bytes are left after 2 whole records|cnet data get cifar10"},
		{name: "Tiny ImageNet without annotations", files: with(tiny(t), map[string][]byte{
			tinyDir + tinyAnnotations: nil}), want: "val_annotations.txt is missing, which has the classes of the " +
			"images in val/images|cnet data get tinyimagenet"},
		{name: "annotations that name absent files", files: with(tiny(t), map[string][]byte{
			tinyDir + "val/images/val_1.JPEG": nil}),
			want: "val_annotations.txt: 1 of the 2 images that it names are not in val/images: val_1.JPEG"},
	}
}

// unreadable takes all permissions of a file or folder away until the test ends. The superuser may read it still: then
// the case is skipped, and TestUnreadable is in its place.
func unreadable(t *testing.T, path string) error {
	if os.Geteuid() == 0 {
		return errNeedsUser
	}
	t.Cleanup(func() { _ = os.Chmod(path, 0o777) })
	return os.Chmod(path, 0)
}

var errNeedsUser = fmt.Errorf("the superuser may read everything")

// inUTF16 is text as Windows writes it.
func inUTF16(text string) string {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

// TestBadData: each malformed data set gives one error, of one line, that says what is wrong, where, what is expected
// and what to do. Nothing is executed or written, and no more memory is taken than for a small data set.
func TestBadData(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "executed")
	seen := map[string]bool{}
	for _, tc := range theBadData(t, mark) {
		if seen[tc.name] {
			t.Fatalf("%q is there twice", tc.name)
		}
		seen[tc.name] = true
		t.Run(tc.name, func(t *testing.T) {
			dir := files(t, tc.files)
			if tc.more != nil {
				if err := tc.more(t, dir); err != nil {
					t.Skip(err)
				}
			}
			above := filepath.Dir(dir)
			tc.option.Cache = filepath.Join(above, "cache")
			before := listed(t, above)
			var a, b runtime.MemStats
			runtime.ReadMemStats(&a)
			_, err := Load(filepath.Join(dir, tc.load), "", tc.option)
			runtime.ReadMemStats(&b)
			check.Error(t, err, "dataset: |"+tc.want)
			if taken := b.TotalAlloc - a.TotalAlloc; taken > 100<<20 {
				t.Errorf("it takes %d MB", taken>>20)
			}
			if after := listed(t, above); !slices.Equal(before, after) {
				t.Errorf("the files were\n%q\nand are\n%q", before, after)
			}
			if n := strings.Count(err.Error(), filepath.Base(dir)); n > 2 {
				t.Errorf("%v: the folder is named %d times", err, n)
			}
		})
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("a pickle was executed")
	}
	if len(seen) < 30 {
		t.Errorf("%d malformed data sets, want 30 at least", len(seen))
	}
}

// listed returns all files below a folder with their sizes and times.
func listed(t *testing.T, dir string) (list []string) {
	t.Helper()
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return nil // what cannot be read stays so
		}
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, fmt.Sprint(path, info.Size(), info.ModTime(), info.Mode()))
		return nil
	})
	return list
}

// denied is a folder in which a file or a folder must not be read, whoever asks.
type denied struct {
	fs.FS
	name string
}

func (d denied) Stat(name string) (fs.FileInfo, error) { return fs.Stat(d.FS, name) }

func (d denied) Open(name string) (fs.File, error) {
	if name == d.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return d.FS.Open(name)
}

// TestUnreadable is the two cases of TestBadData that the superuser cannot see.
func TestUnreadable(t *testing.T) {
	for name, want := range map[string]string{
		"train/red/1.png": "cannot use 1 of 6 images: train/red/1.png (permission denied)",
		"train/red":       "permission denied; check that |train/red can be read",
	} {
		dir := files(t, colours(t))
		err := readImages(&Set{}, folder{denied{os.DirFS(dir), name}, dir}, Options{})
		check.Error(t, err, "dataset: |"+want)
	}
}

// TestPipe: what is no regular file is refused, where opening it would wait for somebody who writes.
func TestPipe(t *testing.T) {
	dir := files(t, colours(t))
	if err := os.Symlink(os.DevNull, filepath.Join(dir, "train/red/x.png")); err != nil {
		t.Skip(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "train/red/x.png")); err != nil {
		t.Skip(err)
	}
	_, err := Load(dir, "")
	check.Error(t, err, "1 of 7 images: train/red/x.png (it is no regular file)")
	_, err = Load(os.DevNull, "")
	check.Error(t, err, "is neither a folder nor a regular file")
}

// TestUnusualData: what looks wrong and is not is read as NumPy and torchvision read it.
func TestUnusualData(t *testing.T) {
	red := color.NRGBA{R: 200, G: 10, B: 30, A: 255}
	faint := image.NewNRGBA(image.Rect(0, 0, 6, 4))
	deep := image.NewNRGBA64(faint.Rect)
	for i := range 24 {
		faint.SetNRGBA(i%6, i/6, color.NRGBA{red.R, red.G, red.B, 3})
		deep.SetNRGBA64(i%6, i/6, color.NRGBA64{200*256 + 100, 10*256 + 200, 30 * 256, 0xffff})
	}
	for name, file := range map[string]struct {
		name string
		data []byte
	}{
		"PNG called .jpg":                       {"1.jpg", pngOf(t, plain(6, 4, red))},
		"alpha, which is left out":              {"1.png", pngOf(t, faint)},
		"16 bits, of which the upper are taken": {"1.png", pngOf(t, deep)},
	} {
		t.Run(name, func(t *testing.T) {
			contents := with(colours(t), map[string][]byte{"train/red/1.png": nil, "train/red/" + file.name: file.data})
			set, err := Load(files(t, contents), "")
			if err != nil {
				t.Fatal(err)
			}
			got := set.Train.Images[2*72:]
			if want := bytes.Repeat([]byte{200, 10, 30}, 24); !bytes.Equal(got, want) {
				t.Errorf("the pixels are %v", got)
			}
		})
	}
	// testdata/rotated.jpg is a progressive JPEG of Pillow's, 16×8, red on the left and blue on the right, whose EXIF
	// data say that it is to be turned by a quarter. torchvision does not turn it.
	rotated, err := os.ReadFile("testdata/rotated.jpg")
	if err != nil {
		t.Fatal(err)
	}
	set, err := Load(files(t, map[string][]byte{"a/1.jpg": rotated, "b/1.jpg": rotated, "b/2.jpg": rotated}), "")
	if err != nil || set.Height != 8 || set.Width != 16 || set.Train.Images[0] < 180 || set.Train.Images[47] < 180 {
		t.Errorf("a photo with EXIF data: %v, %+v", err, set)
	}
	whole, err := Load(filepath.Join(files(t, map[string][]byte{"own.npz": numpyFile(t, nil)}), "own.npz"), "")
	if err != nil {
		t.Fatal(err)
	}
	columns, big := make([]uint8, 256), make([]float32, 256)
	for i, p := range greyPixels() { // [16, 4, 4] with the first index running fastest
		columns[i/16+16*(i/4%4)+64*(i%4)] = p
		big[i] = float32(p)
	}
	for name, change := range map[string]map[string]npy{
		"Fortran order": {xTrain: {descr: "'|u1'", fortran: true, shape: []int{16, 4, 4}, data: columns}},
		"big-endian": {xTrain: {descr: "'>f4'", shape: []int{16, 4, 4}, data: big, order: binary.BigEndian},
			yTrain: {descr: "'>i8'", shape: []int{16}, data: alternating(0), order: binary.BigEndian}},
		"float labels":       {yTrain: {descr: "'<f8'", shape: []int{16}, data: slices.Repeat([]float64{0, 1}, 8)}},
		"a column of labels": {yTrain: {descr: "'<i8'", shape: []int{16, 1}, data: alternating(0)}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(files(t, map[string][]byte{"own.npz": numpyFile(t, change)}), "own.npz")
			if set, err := Load(path, ""); err != nil || set.Fingerprint() != whole.Fingerprint() {
				t.Errorf("another data set: %v", err)
			}
		})
	}
}

// TestOddSizes: with SkipBad, images of another size than most have are left out and named; a class that is missing in
// test/ is told.
func TestOddSizes(t *testing.T) {
	contents := with(colours(t), map[string][]byte{"test/red/2.png": pngOf(t, plain(9, 9, color.White)),
		"test/blue/2.png": nil})
	set, err := Load(files(t, contents), "", Options{SkipBad: true})
	if err != nil {
		t.Fatal(err)
	}
	want := "test/ has no images of class blue; left out 1 of 5 images: test/red/2.png (9×9 pixels, want 6×4)"
	if set.Train.Len() != 3 || set.Test.Len() != 1 || set.Notice != want {
		t.Errorf("%d and %d images, %q, want %q", set.Train.Len(), set.Test.Len(), set.Notice, want)
	}
}

// TestPixelGate: pictures are decoded beside each other only as far as they have room together.
func TestPixelGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var gate pixelGate
		half, whole := picture{width: maxPixels / 2, height: 1}, picture{width: maxPixels, height: 1}
		decoded := make(chan bool)
		go gate.within(half, func() { <-decoded })
		synctest.Wait()
		gate.within(half, func() {}) // there is room beside the first one
		large := false
		go gate.within(whole, func() { large = true })
		synctest.Wait()
		if large {
			t.Error("a picture is decoded that has no room")
		}
		close(decoded)
		synctest.Wait()
		if !large || gate.taken != 0 {
			t.Errorf("decoded: %t; %d pixels are taken at the end", large, gate.taken)
		}
	})
}
