package figures

import (
	"bytes"
	"io"
	"slices"
	"testing"

	"continuousnet/cnet/dataset"
)

// Every row is of one class; large images lose pixels, not their proportions; many classes get one picture each.
func TestSamples(t *testing.T) {
	set, err := dataset.Load("fashion-sample", "")
	if err != nil {
		t.Fatal(err)
	}
	g := Samples(set)
	if len(g.Labels) != 80 || g.Columns != 8 || !slices.IsSorted(g.Labels) {
		t.Errorf("%d pictures in rows of %d, labels %v", len(g.Labels), g.Columns, g.Labels)
	}
	first := slices.Index(set.Train.Labels, 3)
	size := set.ImageSize()
	if !bytes.Equal(g.Pixels[24*size:25*size], set.Train.Images[first*size:][:size]) {
		t.Error("row 4 does not begin with the first image of class 3")
	}
	if err := g.PNG(io.Discard); err != nil {
		t.Error(err)
	}
	large, err := dataset.New(make([]uint8, 6*400*600), []int{0, 1, 0, 1, 0, 1},
		dataset.ArrayOptions{Shape: []int{6, 400, 600}, Test: 1})
	if err != nil {
		t.Fatal(err)
	}
	g = Samples(large)
	if g.Height != 100 || g.Width != 150 || g.Columns != 2 || len(g.Pixels) != 4*100*150 {
		t.Errorf("%d×%d pixels, %d columns, %d bytes", g.Height, g.Width, g.Columns, len(g.Pixels))
	}
	if err := g.PNG(io.Discard); err != nil {
		t.Error(err)
	}
	many := &dataset.Set{Height: 1, Width: 1, Channels: 1, Classes: make([]string, 300)}
	for i := range 600 {
		many.Train.Images, many.Train.Labels = append(many.Train.Images, 7), append(many.Train.Labels, int32(i/2))
	}
	if g = Samples(many); len(g.Labels) != 200 || g.Columns != 16 {
		t.Errorf("%d pictures in rows of %d", len(g.Labels), g.Columns)
	}
}
