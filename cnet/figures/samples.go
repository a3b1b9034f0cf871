package figures

import (
	"fmt"

	"continuousnet/cnet/chart"
	"continuousnet/cnet/dataset"
)

// A sheet of samples has at most maxSamples pictures, and at most maxOfClass of each class, of at most sampleSide
// pixels each way.
const (
	maxSamples = 200
	maxOfClass = 8
	sampleSide = 160
)

// Samples shows the first training images of each class: a row for each, or one after the other if there are many
// classes. Large images are shown with every so many of their pixels.
func Samples(set *dataset.Set) chart.Gallery {
	perClass := max(1, min(maxOfClass, maxSamples/max(len(set.Classes), 1)))
	of := make([][]int, len(set.Classes)) // the images of each class
	for i, label := range set.Train.Labels {
		if len(of[label]) < perClass {
			of[label] = append(of[label], i)
		}
	}
	for _, list := range of {
		perClass = min(perClass, len(list)) // so that every row is of one class
	}
	every := thinning(set)
	g := chart.Gallery{
		Title:  fmt.Sprintf("%s: %d×%d×%d", set.Title, set.Height, set.Width, set.Channels),
		Height: (set.Height + every - 1) / every, Width: (set.Width + every - 1) / every, Channels: set.Channels,
		Classes: set.Classes, Columns: max(perClass, 1),
	}
	if perClass <= 1 {
		g.Columns = 16
	}
	for class, list := range of[:min(len(of), maxSamples)] {
		pixels := set.Bytes(set.Train.Select(list[:perClass], set.ImageSize()))
		for k := range perClass {
			g.Pixels = append(g.Pixels, thinned(set, pixels[k*set.ImageSize():][:set.ImageSize()])...)
			g.Labels = append(g.Labels, class)
		}
	}
	return g
}

// thinning returns n so that every n-th pixel of an image each way makes a picture of at most sampleSide.
func thinning(set *dataset.Set) int {
	return (max(set.Height, set.Width) + sampleSide - 1) / sampleSide
}

// thinned returns those pixels of an image of a set.
func thinned(set *dataset.Set, pixels []uint8) (out []uint8) {
	every := thinning(set)
	for y := 0; y < set.Height; y += every {
		for x := 0; x < set.Width; x += every {
			out = append(out, pixels[(y*set.Width+x)*set.Channels:][:set.Channels]...)
		}
	}
	return out
}
