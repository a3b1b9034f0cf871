package figures

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"continuousnet/cnet/dataset"
)

// Every row begins with an image as it is; without augmentation it goes on so. Mixed images are called by both classes.
func TestAugmented(t *testing.T) {
	set, err := dataset.Load("fashion-sample", "")
	if err != nil {
		t.Fatal(err)
	}
	g, err := Augmented(set, []string{"none"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	size := set.ImageSize()
	for row := range 10 {
		first := set.Train.Images[slices.Index(set.Train.Labels, int32(g.Labels[row*8]))*size:][:size]
		for k := range 8 {
			if !bytes.Equal(g.Pixels[(row*8+k)*size:][:size], first) || g.Labels[row*8+k] != g.Labels[row*8] {
				t.Fatalf("picture %d of row %d is another one", k, row)
			}
		}
	}
	if g, err = Augmented(set, []string{"crop", "mixup:100"}, 1); err != nil {
		t.Fatal(err)
	}
	for row := range 10 {
		for k, label := range g.Labels[row*8:][:8] {
			name := g.Classes[label]
			if own := g.Classes[g.Labels[row*8]]; k == 0 && label > 9 || !strings.Contains(name, own) ||
				label > 9 && !strings.HasPrefix(name, "0.") {
				t.Errorf("picture %d of %s is called %q", k, own, name)
			}
		}
	}
	if len(g.Classes) < 50 {
		t.Errorf("%d names", len(g.Classes))
	}
	if err := g.PNG(io.Discard); err != nil {
		t.Error(err)
	}
	if _, err := Augmented(set, []string{"turn"}, 1); err == nil {
		t.Error("a step that is not known")
	}
	// Two classes, and images larger than the sheet shows.
	two, err := dataset.New(make([]uint8, 6*400*600), []int{0, 1, 0, 1, 0, 1},
		dataset.ArrayOptions{Shape: []int{6, 400, 600}, Test: 1})
	if err != nil {
		t.Fatal(err)
	}
	if g, err = Augmented(two, []string{"cutmix"}, 0); err != nil || len(g.Labels) != 5*8 || g.Height != 100 {
		t.Errorf("%d pictures of %d rows: %v", len(g.Labels), g.Height, err)
	}
}
