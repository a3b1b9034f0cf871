package dataset

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
)

func TestSampleIsBalanced(t *testing.T) {
	set, err := Load("fashion-sample", "no/such/folder")
	if err != nil {
		t.Fatal(err)
	}
	for part, c := range map[string]struct {
		split    Split
		perClass int
	}{"train": {set.Train, 250}, "test": {set.Test, 50}} {
		count := make([]int, len(set.Classes))
		for _, label := range c.split.Labels {
			count[label]++
		}
		for class, n := range count {
			if n != c.perClass {
				t.Errorf("%s: %d images of %s, want %d", part, n, set.Classes[class], c.perClass)
			}
		}
		if len(c.split.Images) != 10*c.perClass*784 {
			t.Errorf("%s: %d bytes of images, want %d", part, len(c.split.Images), 10*c.perClass*784)
		}
	}
}

// TestSampleIsTheSame guards the very images: figures in the lessons and the
// README are measured on them.
func TestSampleIsTheSame(t *testing.T) {
	set, err := Load("fashion-sample", "")
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	for _, split := range []Split{set.Train, set.Test} {
		h.Write(split.Images)
		for _, label := range split.Labels {
			h.Write([]byte{byte(label)})
		}
	}
	const want = "292a7417d1d019c452b057a7cf774e04342a2893880f4d860d4320c170243a95"
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("SHA-256 of the sample is %s, want %s", got, want)
	}
}
