package figures

import (
	"fmt"
	"strings"

	"continuousnet/cnet/chart"
	"continuousnet/cnet/dataset"
)

// A sheet of augmented samples has a row for each of at most augmentedRows images. It begins with the image as it is.
const (
	augmentedRows    = 10
	augmentedColumns = 8
)

// Augmented shows what the steps of an augmentation make of the first training images of each class: a row for each,
// the image as it is and then in several epochs. Mixed images are called by the classes of their labels, with the
// probability of the first.
func Augmented(set *dataset.Set, steps []string, seed uint64) (chart.Gallery, error) {
	if err := set.CheckAugment(steps); err != nil {
		return chart.Gallery{}, err
	}
	rows := firstOfClasses(set)
	some := *set
	some.Train = set.Train.Select(rows, set.ImageSize())
	n, size := len(rows), set.ImageSize()
	batches, err := dataset.NewAugmented(&some, some.Train, n, seed, steps)
	if err != nil {
		return chart.Gallery{}, err
	}
	plain, err := dataset.NewOrdered(&some, some.Train, n)
	if err != nil {
		return chart.Gallery{}, err
	}
	if steps, err = dataset.CanonicalAugment(steps); err != nil {
		return chart.Gallery{}, err
	}
	every := thinning(set)
	g := chart.Gallery{
		Title:  fmt.Sprintf("%s: %s", set.Title, strings.Join(steps, ", ")),
		Height: (set.Height + every - 1) / every, Width: (set.Width + every - 1) / every, Channels: set.Channels,
		Classes: append([]string(nil), set.Classes...), Columns: augmentedColumns,
	}
	images, labels := make([]float32, n*size), make([]int32, n)
	others, shares := make([]int32, n), make([]float32, n)
	tiles := make([][]uint8, n*augmentedColumns)
	g.Labels = make([]int, len(tiles))
	plain.Fill(0, images, labels, shares)
	for k := range n {
		tiles[k*augmentedColumns] = thinned(&some, some.Picture(images[k*size:][:size]))
		g.Labels[k*augmentedColumns] = int(labels[k])
	}
	for epoch := range augmentedColumns - 1 {
		batches.FillMixed(epoch, 0, images, labels, others, shares)
		for k, row := range batches.Indices(epoch, 0) {
			at := row*augmentedColumns + epoch + 1
			tiles[at] = thinned(&some, some.Picture(images[k*size:][:size]))
			g.Labels[at] = int(labels[k])
			if shares[k] < 1 && others[k] != labels[k] {
				g.Labels[at] = len(g.Classes)
				g.Classes = append(g.Classes, fmt.Sprintf("%.2f %s, %s", shares[k], set.Classes[labels[k]],
					set.Classes[others[k]]))
			}
		}
	}
	for _, tile := range tiles {
		g.Pixels = append(g.Pixels, tile...)
	}
	return g, nil
}

// firstOfClasses returns the indices of training images: the first of each class, or several of each, if there are few
// classes.
func firstOfClasses(set *dataset.Set) (rows []int) {
	perClass := max(1, augmentedRows/max(len(set.Classes), 1))
	seen := make([]int, len(set.Classes))
	of := make([][]int, perClass)
	for i, label := range set.Train.Labels {
		if k := seen[label]; k < perClass {
			of[k] = append(of[k], i)
			seen[label]++
		}
	}
	for _, list := range of {
		rows = append(rows, list...)
	}
	return rows[:min(len(rows), augmentedRows)]
}
