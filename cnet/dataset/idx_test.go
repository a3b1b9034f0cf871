package dataset

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"slices"
	"testing"

	"continuousnet/cnet/dataset/internal/check"
)

func idxBytes(data []byte, dims ...int) []byte {
	file := binary.BigEndian.AppendUint32(nil, uint32(0x800+len(dims)))
	for _, dim := range dims {
		file = binary.BigEndian.AppendUint32(file, uint32(dim))
	}
	return append(file, data...)
}

// digits returns n images of 28×28, image k filled with k, as an idx file.
func digits(n int) []byte {
	var data []byte
	for k := range n {
		data = append(data, bytes.Repeat([]byte{byte(k)}, 28*28)...)
	}
	return idxBytes(data, n, 28, 28)
}

// mnistFiles returns a whole small set: three training images, two for testing.
func mnistFiles() map[string][]byte {
	return map[string][]byte{
		"train-images-idx3-ubyte": digits(3),
		"train-labels-idx1-ubyte": idxBytes([]byte{5, 6, 7}, 3),
		"t10k-images-idx3-ubyte":  digits(2),
		"t10k-labels-idx1-ubyte":  idxBytes([]byte{8, 9}, 2),
	}
}

func TestIDXUnderEveryName(t *testing.T) {
	dotted := map[string]string{
		"train-images-idx3-ubyte": "train-images.idx3-ubyte", "train-labels-idx1-ubyte": "train-labels.idx1-ubyte",
		"t10k-images-idx3-ubyte": "t10k-images.idx3-ubyte", "t10k-labels-idx1-ubyte": "t10k-labels.idx1-ubyte",
	}
	plain := func(data []byte) []byte { return data }
	for _, c := range []struct {
		name, set, folder string
		rename            func(string) string
		pack              func([]byte) []byte
	}{
		{"plain", "mnist", "", func(s string) string { return s }, plain},
		{"compressed", "mnist", "", func(s string) string { return s + ".gz" }, check.Gzip},
		{"dotted", "mnist", "", func(s string) string { return dotted[s] }, plain},
		{"compressed without saying so", "mnist", "", func(s string) string { return s }, check.Gzip},
		{"unpacked without saying so", "mnist", "", func(s string) string { return s + ".gz" }, plain},
		{"torchvision's folder", "mnist", "MNIST/raw/", func(s string) string { return s }, plain},
		{"torchvision's folder for fashion", "fashion-mnist", "FashionMNIST/raw/", func(s string) string { return s },
			plain},
		{"parent", "fashion-mnist", "fashion-mnist/", func(s string) string { return s + ".gz" }, check.Gzip},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, data := range mnistFiles() {
				check.WriteFile(t, dir, c.folder+c.rename(name), c.pack(data))
			}
			set, err := Load(c.set, dir)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(set.Train.Labels, []int32{5, 6, 7}) || !slices.Equal(set.Test.Labels, []int32{8, 9}) {
				t.Errorf("labels %v and %v, want [5 6 7] and [8 9]", set.Train.Labels, set.Test.Labels)
			}
			if len(set.Train.Images) != 3*784 || set.Train.Images[2*784] != 2 || set.Train.Images[2*784-1] != 1 {
				t.Errorf("training images of %d bytes, want 3 of 784 with their numbers in them", len(set.Train.Images))
			}
		})
	}
}

func TestIDXErrors(t *testing.T) {
	broken := func(data []byte, at int, value byte) []byte {
		data = slices.Clone(data)
		data[at] = value
		return data
	}
	packed := check.Gzip(digits(3))
	for _, c := range []struct {
		name, file string
		data       []byte // nil: the file is missing
		want       string
	}{
		{"missing", "t10k-labels-idx1-ubyte", nil,
			`MNIST is incomplete in |t10k-labels-idx1-ubyte.gz is missing|run "cnet data get mnist" or pass --data ` +
				`DIR`},
		{"empty", "train-images-idx3-ubyte", []byte{},
			"train-images-idx3-ubyte: byte 0: |truncated|cnet data get mnist"},
		{"header cut", "train-images-idx3-ubyte", digits(3)[:10], "byte 10: the header of 16 bytes|truncated"},
		{"magic of labels", "train-images-idx3-ubyte", idxBytes(make([]byte, 20), 20),
			"byte 0: magic number 0x00000801, want 0x00000803 (unsigned bytes, 3 dimensions)"},
		{"magic of floats", "train-images-idx3-ubyte", broken(digits(3), 2, 0x0d), "byte 0: magic number 0x00000d03"},
		{"no items", "train-images-idx3-ubyte", idxBytes(nil, 0, 28, 28), "byte 4: 0 items, want 1 to 1000000"},
		{"too many items", "train-images-idx3-ubyte", idxBytes(nil, 0xffffffff, 28, 28), "byte 4: 4294967295 items"},
		{"wrong height", "train-images-idx3-ubyte", idxBytes(make([]byte, 3*32*28), 3, 32, 28),
			"byte 8: dimension 1 is 32, want 28"},
		{"wrong width", "train-images-idx3-ubyte", idxBytes(make([]byte, 3*32*28), 3, 28, 32),
			"byte 12: dimension 2 is 32, want 28"},
		{"data cut", "train-images-idx3-ubyte", digits(3)[:1000],
			"byte 1000: the data ends early, want 2368 bytes in all for 3 items|truncated"},
		{"many items, no data", "train-images-idx3-ubyte", idxBytes(nil, 999999, 28, 28),
			"byte 16: the data ends early"},
		{"trailing", "train-images-idx3-ubyte", append(digits(3), 0),
			"byte 2368: more data follows, want the end after 3 items"},
		{"label", "train-labels-idx1-ubyte", idxBytes([]byte{5, 10, 7}, 3),
			"train-labels-idx1-ubyte: byte 9: label 10, want less than 10"},
		{"fewer labels", "train-labels-idx1-ubyte", idxBytes([]byte{5, 6}, 2),
			"byte 4: 2 labels, want 3, as many as images in train-images-idx3-ubyte"},
		{"gzip header", "train-images-idx3-ubyte", []byte{0x1f, 0x8b, 9, 9, 9}, "byte 0: the gzip header is damaged"},
		{"gzip cut", "train-images-idx3-ubyte", packed[:len(packed)-12], "truncated"},
		{"gzip checksum", "train-images-idx3-ubyte", broken(packed, len(packed)-8, packed[len(packed)-8]^1),
			"byte 2368: |checksum"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			files := mnistFiles()
			files[c.file] = c.data
			for name, data := range files {
				if data != nil {
					check.WriteFile(t, dir, name, data)
				}
			}
			_, err := Load("mnist", dir)
			check.Error(t, err, c.want)
		})
	}
}

// TestIDXTakesNoMemoryOnTrust gives headers that promise 784 MB.
func TestIDXTakesNoMemoryOnTrust(t *testing.T) {
	for _, file := range [][]byte{idxBytes(nil, 999999, 28, 28),
		check.Gzip(idxBytes(make([]byte, 100), 999999, 28, 28))} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, err := readIDXFile(bytes.NewReader(file), int64(len(file)), []int{28, 28})
		runtime.ReadMemStats(&after)
		check.Error(t, err, "truncated")
		if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
			t.Errorf("%d bytes allocated for a file of %d", got, len(file))
		}
	}
}

func TestDigitsAreNotFashion(t *testing.T) {
	files := map[string][]byte{
		"train-images-idx3-ubyte": digits(16),
		"train-labels-idx1-ubyte": idxBytes([]byte{5, 0, 4, 1, 9, 2, 1, 3, 1, 4, 3, 5, 3, 6, 1, 7}, 16),
		"t10k-images-idx3-ubyte":  digits(1),
		"t10k-labels-idx1-ubyte":  idxBytes([]byte{7}, 1),
	}
	dir := t.TempDir()
	for name, data := range files {
		check.WriteFile(t, dir, name, data)
	}
	if _, err := Load("mnist", dir); err != nil {
		t.Error(err)
	}
	_, err := Load("fashion-mnist", dir)
	check.Error(t, err, "holds mnist, want fashion-mnist")
}

func FuzzIDX(f *testing.F) {
	f.Add(idxBytes(make([]byte, 8), 2, 2, 2))
	f.Add(check.Gzip(idxBytes(make([]byte, 8), 2, 2, 2)))
	f.Add(idxBytes(make([]byte, 9), 2, 2, 2))
	f.Add(idxBytes(nil, 999999, 2, 2))
	f.Add(check.Gzip(idxBytes(make([]byte, 8), 2, 2, 2))[:20])
	f.Add([]byte{0x1f, 0x8b})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, file []byte) {
		count, data, err := readIDXFile(bytes.NewReader(file), int64(len(file)), []int{2, 2})
		if err == nil && (count < 1 || len(data) != 4*count) {
			t.Errorf("%d items in %d bytes", count, len(data))
		}
	})
}
