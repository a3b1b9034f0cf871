package dataset

import (
	"bytes"
	"os"
	"slices"
	"testing"
)

// realData is the folder with the real files, named by CNET_DATA.
func realData(t *testing.T) string {
	dir := os.Getenv("CNET_DATA")
	if dir == "" {
		t.Skip("CNET_DATA is not set; set it to a folder with cifar-10-batches-bin and fashion-mnist")
	}
	return dir
}

// TestRealStatistics compares the pixels with the published means, which no
// wrong order of planes, rows or files would leave as they are. The deviation
// of CIFAR-10 is left out: the one in use is not that of the pixels.
func TestRealStatistics(t *testing.T) {
	for _, name := range []string{"cifar10", "fashion-mnist"} {
		t.Run(name, func(t *testing.T) {
			set, err := Load(name, realData(t))
			if err != nil {
				t.Fatal(err)
			}
			sum := make([]float64, set.Channels)
			for i, x := range set.Train.Images {
				sum[i%set.Channels] += float64(x) / 255
			}
			pixels := float64(len(set.Train.Images) / set.Channels)
			for c, want := range set.Mean {
				// A part of the training batches has a mean of its own, within 0.005.
				if got := sum[c] / pixels; got < want-0.005 || got > want+0.005 {
					t.Errorf("mean of channel %d is %.4f, want %.4f", c, got, want)
				}
			}
			t.Logf("%d training, %d test images; notice %q", set.Train.Len(), set.Test.Len(), set.Notice)
		})
	}
}

// TestSampleIsFromFashionMNIST finds the sample in the full set again.
func TestSampleIsFromFashionMNIST(t *testing.T) {
	full, err := Load("fashion-mnist", realData(t))
	if err != nil {
		t.Fatal(err)
	}
	sample, err := Load("fashion-sample", "")
	if err != nil {
		t.Fatal(err)
	}
	for part, pair := range map[string][2]Split{"train": {full.Train, sample.Train}, "test": {full.Test, sample.Test}} {
		at, size := 0, full.ImageSize()
		for i, label := range pair[1].Labels {
			image := pair[1].Images[i*size:][:size]
			for at < pair[0].Len() && !(pair[0].Labels[at] == label &&
				bytes.Equal(pair[0].Images[at*size:][:size], image)) {
				at++
			}
			if at == pair[0].Len() {
				t.Fatalf("%s: image %d of the sample is not in the full set after the one before it", part, i)
			}
			at++
		}
	}
	if !slices.Equal(full.Classes, sample.Classes) {
		t.Errorf("classes %q and %q", full.Classes, sample.Classes)
	}
}
