package figures

import (
	"context"
	"fmt"
	"slices"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
	"continuousnet/cnet/dataset"
)

// gridSide is how many points each way the plane is classified at.
const gridSide = 64

// Points draws the points that a set has to train on, coloured by their classes.
func Points(set *dataset.Set) (chart.Chart, error) {
	series, err := classified(set, set.Train)
	if err != nil {
		return chart.Chart{}, err
	}
	return planar(set, set.Title, series), err
}

// Regions draws the class that the net of a run finds most probable all over the plane, and the test points.
func Regions(ctx context.Context, run *cnet.Run) (chart.Chart, error) {
	set, err := run.Dataset()
	if err != nil {
		return chart.Chart{}, err
	}
	points, err := classified(set, set.Test)
	if err != nil {
		return chart.Chart{}, err
	}
	grid := gridAround(set)
	probabilities, err := run.PredictPoints(ctx, grid)
	if err != nil {
		return chart.Chart{}, err
	}
	x, y, class := make([]float64, len(grid)), make([]float64, len(grid)), make([]int, len(grid))
	for i, p := range probabilities {
		x[i], y[i], class[i] = grid[i][0], grid[i][1], slices.Index(p, slices.Max(p))
	}
	regions, err := chart.ByClass(x, y, class, set.Classes...)
	if err != nil {
		return chart.Chart{}, err
	}
	for i := range regions {
		regions[i].Light = true
	}
	// The legend has the classes in their order, whichever have a region.
	var names []chart.Series
	for _, class := range set.Classes {
		names = append(names, chart.Series{Name: class, Kind: chart.Points, X: []float64{}, Y: []float64{}})
	}
	return planar(set, fmt.Sprintf("%s, %s", set.Title, run.Network()), slices.Concat(names, regions, points)), nil
}

// classified returns the points of a part of a set in the plane, as a series for each class.
func classified(set *dataset.Set, split dataset.Split) ([]chart.Series, error) {
	if !set.Points() || set.Channels != 2 {
		return nil, fmt.Errorf("figures: %s has no points in the plane, which can be drawn", set.Title)
	}
	n := split.Len()
	x, y, class := make([]float64, n), make([]float64, n), make([]int, n)
	for i, label := range split.Labels {
		x[i], y[i], class[i] = float64(split.Floats[2*i]), float64(split.Floats[2*i+1]), int(label)
	}
	return chart.ByClass(x, y, class, set.Classes...)
}

func planar(set *dataset.Set, title string, series []chart.Series) chart.Chart {
	axes := set.Coordinates
	if len(axes) != 2 {
		axes = []string{"x", "y"}
	}
	x0, x1 := bounds(set, 0)
	y0, y1 := bounds(set, 1)
	return chart.Chart{Title: title, Width: 620, Height: 480, Panels: []chart.Panel{{
		X: chart.Axis{Title: axes[0]}, Y: chart.Axis{Title: axes[1]}, Series: series,
		Equal: dataset.SameScale(x1-x0, y1-y0),
	}}}
}

// gridAround returns a lattice of points in the plane that holds those of a set, and a margin.
func gridAround(set *dataset.Set) (grid [][]float64) {
	var axes [2][]float64
	for k := range axes {
		low, high := bounds(set, k)
		margin := 0.08 * (high - low)
		for i := range gridSide {
			axes[k] = append(axes[k], low-margin+(high-low+2*margin)*(float64(i)+0.5)/gridSide)
		}
	}
	for _, y := range axes[1] {
		for _, x := range axes[0] {
			grid = append(grid, []float64{x, y})
		}
	}
	return grid
}

// bounds returns the lowest and the highest value of a coordinate of a set.
func bounds(set *dataset.Set, axis int) (low, high float64) {
	low = float64(set.Train.Floats[axis])
	high = low
	for _, split := range []dataset.Split{set.Train, set.Test} {
		for i := axis; i < len(split.Floats); i += set.Channels {
			low, high = min(low, float64(split.Floats[i])), max(high, float64(split.Floats[i]))
		}
	}
	if high == low {
		high = low + 1
	}
	return low, high
}
