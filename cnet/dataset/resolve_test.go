package dataset

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A folder says by its files which set it holds; those that share names say it by their labels, or are asked for.
func TestResolve(t *testing.T) {
	idxLabels := func(labels []int32) string {
		b := binary.BigEndian.AppendUint32(nil, 0x801)
		b = binary.BigEndian.AppendUint32(b, uint32(len(labels)))
		for _, l := range labels {
			b = append(b, byte(l))
		}
		return string(b)
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte(idxLabels(openingLabels["fashion-mnist"])))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	digits, toy := idxLabels(openingLabels["mnist"]), idxLabels([]int32{1, 2, 3})
	const labels = "train-labels-idx1-ubyte"
	for _, tc := range []struct {
		name  string
		files map[string]string
		want  string // a name, or an error
	}{
		{"", map[string]string{"data_batch_2.bin": ""}, "cifar10"},
		{"", map[string]string{"cifar-10-batches-bin/test_batch.bin": ""}, "cifar10"},
		{"", map[string]string{"train.bin": ""}, "cifar100"},
		{"", map[string]string{labels: digits}, "mnist"},
		{"", map[string]string{labels + ".gz": zipped.String()}, "fashion-mnist"},
		{"", map[string]string{"FashionMNIST/raw/" + labels: toy}, "fashion-mnist"},
		{"", map[string]string{labels: toy},
			"may be mnist or fashion-mnist; add --dataset mnist or --dataset fashion-mnist"},
		{"", map[string]string{"t10k-images-idx3-ubyte": ""}, "may be mnist or fashion-mnist; add"},
		{"", map[string]string{"MNIST/raw/" + labels: digits, "cifar10/train.bin": "", "cifar-100-binary/test.bin": ""},
			"may be cifar100 or mnist; add --dataset cifar100 or --dataset mnist"},
		{"", map[string]string{"data_batch_1.bin": "", "mnist/" + labels: digits}, "cifar10"},
		// the folder itself comes first
		{"", map[string]string{"data_batch": "", "cats/readme.txt": ""}, "holds none of the data sets (looked for " +
			"data_batch_1.bin, train.bin, train-images-idx3-ubyte.gz, wnids.txt, CLASS/*.png)"},
		{"", map[string]string{"cats/1.jpg": "", "dogs/1.PNG": ""}, "images"},
		{"", map[string]string{"train/cats/1.webp": "", "train-images.txt": ""}, "images"},
		{"", map[string]string{"cats/1.jpg": "", "data_batch_1.bin": ""}, "cifar10"},
		{"images", nil, "images"},
		{"CIFAR-10", nil, "cifar10"},
		{"sample", nil, "fashion-sample is part of the program and has no folder, got "},
		{"nonesuch", nil, "unknown data set"},
	} {
		dir := t.TempDir()
		for file, text := range tc.files {
			path := filepath.Join(dir, file)
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		got, _, err := Resolve(tc.name, dir)
		if err != nil {
			got = err.Error()
		}
		if got != tc.want && (err == nil || !strings.Contains(got, tc.want)) {
			t.Errorf("%q in %v: %s, want %s", tc.name, tc.files, got, tc.want)
		}
	}
	if got, _, err := Resolve("", ""); got != "" || err != nil {
		t.Errorf("nothing: %q, %v", got, err)
	}
	if _, _, err := Resolve("", filepath.Join(t.TempDir(), "no")); err == nil ||
		!strings.Contains(err.Error(), "there is no folder ") {
		t.Errorf("no folder: %v", err)
	}
}
