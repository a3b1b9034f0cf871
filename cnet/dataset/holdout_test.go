package dataset

import (
	"fmt"
	"slices"
	"testing"

	"continuousnet/cnet/dataset/internal/check"
)

// Every image is in one part, each class is held out by its share, and the seed decides which.
func TestHoldOut(t *testing.T) {
	set, err := Load("fashion-sample", "")
	if err != nil {
		t.Fatal(err)
	}
	before := set.Fingerprint()
	held, err := set.HoldOut(0.1, 3)
	if err != nil {
		t.Fatal(err)
	}
	if held.Train.Len() != 2250 || held.Validation.Len() != 250 || held.Test.Len() != 500 ||
		set.Fingerprint() != before {
		t.Errorf("%d, %d and %d images", held.Train.Len(), held.Validation.Len(), held.Test.Len())
	}
	counts := make([]int, 10)
	for _, label := range held.Validation.Labels {
		counts[label]++
	}
	if !slices.Equal(counts, slices.Repeat([]int{25}, 10)) {
		t.Errorf("of the classes %v", counts)
	}
	images := func(parts ...Split) []string {
		var list []string
		for _, p := range parts {
			for i, label := range p.Labels {
				list = append(list, fmt.Sprintf("%d %x", label, p.Images[i*set.ImageSize():][:set.ImageSize()]))
			}
		}
		slices.Sort(list)
		return list
	}
	if !slices.Equal(images(held.Train, held.Validation), images(set.Train)) {
		t.Error("images are lost or doubled")
	}
	again, err := set.HoldOut(0.1, 3)
	if err != nil || !slices.Equal(again.Validation.Images, held.Validation.Images) {
		t.Errorf("another choice with the same seed: %v", err)
	}
	other, err := set.HoldOut(0.1, 4)
	if err != nil || slices.Equal(other.Validation.Images, held.Validation.Images) {
		t.Errorf("the same choice with another seed: %v", err)
	}
	for _, share := range []float64{0, 1, -1, 2} {
		_, err := set.HoldOut(share, 0)
		check.Error(t, err, "fashion-sample: a share of |to validate with, want a number between 0 and 1")
	}
	_, err = withLabel(1).HoldOut(0.5, 0)
	check.Error(t, err, "no class has two images")
}
