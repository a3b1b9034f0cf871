package dataset

import (
	"bytes"
	"slices"
	"testing"

	"continuousnet/cnet/dataset/internal/check"
)

// cifarRecords returns n records whose planes of colour are told apart by their
// values: record k has red 3k, green 3k+1, blue 3k+2, the first pixel 200 more.
func cifarRecords(n int, labels ...byte) []byte {
	var data []byte
	for k := range n {
		data = append(data, labels...)
		for c := range 3 {
			plane := bytes.Repeat([]byte{byte(3*k + c)}, cifarPlane)
			plane[0] += 200
			data = append(data, plane...)
		}
	}
	return data
}

func TestCIFARPlanesBecomePixels(t *testing.T) {
	dir := t.TempDir()
	check.WriteFile(t, dir, "data_batch_2.bin", cifarRecords(2, 7))
	check.WriteFile(t, dir, "data_batch_4.bin", cifarRecords(1, 3))
	check.WriteFile(t, dir, "test_batch.bin", cifarRecords(1, 9))
	set, err := Load("CIFAR10", dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := set.Train.Labels; !slices.Equal(got, []int32{7, 7, 3}) {
		t.Errorf("training labels %v, want those of batch 2, then of batch 4", got)
	}
	for i, want := range [][]uint8{{200, 201, 202, 0, 1, 2}, {203, 204, 205, 3, 4, 5}, {200, 201, 202, 0, 1, 2}} {
		image := set.Train.Images[i*set.ImageSize():][:set.ImageSize()]
		if got := image[:6]; !slices.Equal(got, want) {
			t.Errorf("image %d begins with %v, want red, green, blue of two pixels %v", i, got, want)
		}
		if got := image[len(image)-3:]; !slices.Equal(got, want[3:]) {
			t.Errorf("image %d ends with %v, want %v", i, got, want[3:])
		}
	}
	if set.Test.Len() != 1 || set.Test.Labels[0] != 9 {
		t.Errorf("test labels %v, want [9]", set.Test.Labels)
	}
	want := "3 of 5 training batches are missing in " + dir + ": data_batch_1.bin, data_batch_3.bin, " +
		"data_batch_5.bin; training on 3 images"
	if set.Notice != want {
		t.Errorf("notice %q, want %q", set.Notice, want)
	}
}

func TestCIFAR100TakesFineLabels(t *testing.T) {
	dir := t.TempDir()
	check.WriteFile(t, dir, "cifar-100-binary/train.bin", cifarRecords(2, 19, 99))
	check.WriteFile(t, dir, "cifar-100-binary/test.bin", cifarRecords(1, 0, 41))
	set, err := Load("cifar100", dir)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(set.Train.Labels, []int32{99, 99}) || !slices.Equal(set.Test.Labels, []int32{41}) {
		t.Errorf("labels %v and %v, want [99 99] and [41]", set.Train.Labels, set.Test.Labels)
	}
	if set.Classes[99] != "worm" || set.Classes[41] != "lawn_mower" || set.Notice != "" {
		t.Errorf("classes %q, %q, notice %q", set.Classes[99], set.Classes[41], set.Notice)
	}
}

func TestCIFARClassNamesBesideTheData(t *testing.T) {
	dir := t.TempDir()
	check.WriteFile(t, dir, "data_batch_1.bin", cifarRecords(1, 0))
	check.WriteFile(t, dir, "test_batch.bin", cifarRecords(1, 0))
	check.WriteFile(t, dir, "batches.meta.txt", []byte("a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n"))
	set, err := Load("cifar10", dir)
	if err != nil {
		t.Fatal(err)
	}
	if set.Classes[9] != "j" {
		t.Errorf("classes %q, want those of batches.meta.txt", set.Classes)
	}
	check.WriteFile(t, dir, "batches.meta.txt", []byte("a\nb\n"))
	_, err = Load("cifar10", dir)
	check.Error(t, err, "batches.meta.txt|2 class names, want 10|remove the file")
}

func TestCIFARErrors(t *testing.T) {
	good := cifarRecords(2, 1)
	wrongLabel := slices.Clone(good)
	wrongLabel[3073] = 10
	for _, c := range []struct {
		name  string
		files map[string][]byte
		want  string
	}{
		{"nothing", nil, `CIFAR-10 not found in |(looked for data_batch_1.bin); run "cnet data get cifar10" or pass ` +
			`--data DIR`},
		{"no test batch", map[string][]byte{"data_batch_1.bin": good},
			`incomplete|test_batch.bin is missing|run "cnet data get cifar10"`},
		{"no training batch", map[string][]byte{"test_batch.bin": good}, `incomplete|data_batch_1.bin is missing`},
		{"empty", map[string][]byte{"data_batch_1.bin": {}, "test_batch.bin": good},
			"data_batch_1.bin: byte 0: the file is empty|3073"},
		{"truncated", map[string][]byte{"data_batch_1.bin": good, "test_batch.bin": good[:6000]},
			"test_batch.bin: byte 3073: 2927 bytes are left after 1 whole records"},
		{"trailing", map[string][]byte{"data_batch_1.bin": append(slices.Clone(good), 0), "test_batch.bin": good},
			"data_batch_1.bin: byte 6146: 1 bytes are left"},
		{"label", map[string][]byte{"data_batch_1.bin": wrongLabel, "test_batch.bin": good},
			"byte 3073: label 10, want less than 10"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, data := range c.files {
				check.WriteFile(t, dir, name, data)
			}
			_, err := Load("cifar10", dir)
			check.Error(t, err, c.want)
		})
	}
}

// TestCIFARReaderTrustsNoLength gives lengths that the contents do not have.
func TestCIFARReaderTrustsNoLength(t *testing.T) {
	good := cifarRecords(2, 1)
	var split Split
	check.Error(t, appendCIFAR(&split, bytes.NewReader(good[:4000]), int64(len(good)), []int{10}),
		"byte 4000: |truncated")
	check.Error(t, appendCIFAR(&split, bytes.NewReader(good), 3073<<40, []int{10}), "records, want at most")
}

func FuzzCIFAR(f *testing.F) {
	f.Add(cifarRecords(1, 1), false)
	f.Add(cifarRecords(2, 3, 99), true)
	f.Add(cifarRecords(1, 10), false)
	f.Add(cifarRecords(1, 1)[:100], false)
	f.Add([]byte{}, true)
	f.Fuzz(func(t *testing.T, data []byte, fine bool) {
		labels := []int{10}
		if fine {
			labels = []int{20, 100}
		}
		var split Split
		if err := appendCIFAR(&split, bytes.NewReader(data), int64(len(data)), labels); err != nil {
			return
		}
		if split.Len()*(len(labels)+cifarImage) != len(data) || len(split.Images) != split.Len()*cifarImage {
			t.Errorf("%d labels and %d bytes of images from %d bytes", split.Len(), len(split.Images), len(data))
		}
		for _, label := range split.Labels {
			if int(label) >= labels[len(labels)-1] {
				t.Errorf("label %d", label)
			}
		}
	})
}
