package dataset

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// patterned returns a set of n training images whose every byte differs from
// its neighbours, with labels i mod 10 and no test images.
func patterned(n, height, width, channels int) *Set {
	set := &Set{Name: "patterned", Height: height, Width: width, Channels: channels, Flip: true}
	for c := range channels {
		set.Mean = append(set.Mean, 0.4+0.1*float64(c))
		set.Std = append(set.Std, 0.2+0.05*float64(c))
	}
	set.Train.Images = make([]uint8, n*set.ImageSize())
	for i := range set.Train.Images {
		set.Train.Images[i] = uint8(1 + i*7%255) // never 0, which is the frame
	}
	for i := range n {
		set.Train.Labels = append(set.Train.Labels, int32(i%10))
	}
	return set
}

func writeTestFile(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// wantError fails unless err says all the parts of text, separated by "|".
func wantError(t *testing.T, err error, text string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", text)
	}
	for part := range strings.SplitSeq(text, "|") {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q, want one with %q", err, part)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("error %q, want a single line", err)
	}
}
