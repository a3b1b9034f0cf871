package cnet

import (
	"context"
	"fmt"
	"slices"
)

// Flow is how a net carries points through depth, and which points it would carry into which class.
type Flow struct {
	*HiddenStates
	Classes []string `json:"classes,omitempty"` // none where targets are numbers

	// Regions are there for states with two coordinates and for classes: [depths][y][x] is the class that a state at
	// that depth and place ends in, on a lattice of equally far places; RegionX and RegionY are those along the axes,
	// ascending. Of more than 33 depths, at most so many have one, the first and the last among them; the others have
	// nil.
	Regions [][][]int `json:"regions,omitempty"`
	RegionX []float64 `json:"region_x,omitempty"`
	RegionY []float64 `json:"region_y,omitempty"`
}

// regionSide is how many places each way the regions of a flow have, and mostRegions at how many depths they are.
const (
	regionSide  = 64
	mostRegions = 33
)

// Flow computes the states of points over depth, for a net that takes points, and the regions of the classes at each
// depth: at 0 they are those in which the net classifies points, and after the block straight lines bound them, because
// the last layer is linear. Coordinates are normalised, as the net sees them. Test points are taken unless the options
// say others. Where targets are numbers, there are the states alone.
func (r *Run) Flow(ctx context.Context, o HiddenStatesOptions) (*Flow, error) {
	set, err := r.Dataset()
	if err != nil {
		return nil, err
	}
	if !set.Points() {
		return nil, fmt.Errorf("run %s: its net takes images, and a flow carries points; use HiddenStates", r.dir)
	}
	h, err := r.HiddenStates(ctx, o)
	if err != nil {
		return nil, err
	}
	f := &Flow{HiddenStates: h, Classes: set.Classes}
	if h.Shape[2] != 2 || set.Regression() {
		return f, nil
	}
	b, _, o, err := r.hiddenBlock(o)
	if err != nil {
		return nil, err
	}
	defer b.exec.Finalize()
	head, err := b.head(r)
	if err != nil {
		return nil, err
	}
	defer head.Finalize()
	f.lattice()
	var begin []float64
	for _, y := range f.RegionY {
		for _, x := range f.RegionX {
			begin = append(begin, x, y)
		}
	}
	w := b.way(o)
	f.Regions = make([][][]int, len(h.T))
	every := max(1, (len(h.T)-2)/(mostRegions-1)+1)
	for k, t := range h.T {
		if k%every != 0 && k != len(h.T)-1 {
			continue
		}
		end, err := w.rest(ctx, t, slices.Clone(begin))
		if err != nil {
			return nil, err
		}
		p, err := b.classify(head, end)
		if err != nil {
			return nil, err
		}
		var region [][]int
		for row := range slices.Chunk(p, regionSide) {
			classes := make([]int, len(row))
			for i := range row {
				classes[i] = slices.Index(row[i], slices.Max(row[i]))
			}
			region = append(region, classes)
		}
		f.Regions[k] = region
	}
	return f, nil
}

// lattice sets the places of the regions: around the states of all depths, with a margin.
func (f *Flow) lattice() {
	for k, axis := range []*[]float64{&f.RegionX, &f.RegionY} {
		low, high := f.X[0][0][k], f.X[0][0][k]
		for _, states := range f.X {
			for _, x := range states {
				low, high = min(low, x[k]), max(high, x[k])
			}
		}
		margin := 0.08*(high-low) + 1e-3
		low, high = low-margin, high+margin
		for i := range regionSide {
			*axis = append(*axis, low+(high-low)*float64(i)/(regionSide-1))
		}
	}
}
