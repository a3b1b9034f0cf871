package figures

import (
	"context"
	"fmt"
	"slices"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
)

// gridSide is how many points each way the plane is classified at.
const gridSide = 64

// Regions draws the class that the net of a run finds most probable all over the plane, and the test points.
func Regions(ctx context.Context, run *cnet.Run) (chart.Chart, error) {
	set, err := run.Dataset()
	if err != nil {
		return chart.Chart{}, err
	}
	points, err := set.Plane(set.Test)
	if err != nil {
		return chart.Chart{}, err
	}
	trained, err := set.Plane(set.Train)
	if err != nil {
		return chart.Chart{}, err
	}
	grid := gridAround(slices.Concat(trained.X, points.X))
	probabilities, err := run.PredictPoints(ctx, grid)
	if err != nil {
		return chart.Chart{}, err
	}
	classes := make([][]int, gridSide)
	for i, p := range probabilities {
		classes[i/gridSide] = append(classes[i/gridSide], slices.Index(p, slices.Max(p)))
	}
	// The legend has the classes in their order, whichever have a point.
	var series []chart.Series
	for _, class := range set.Classes {
		series = append(series, chart.Series{Name: class, Kind: chart.Points, X: []float64{}, Y: []float64{}})
	}
	c := points.Chart()
	c.Title = fmt.Sprintf("%s, %s", set.Title, run.Network())
	c.Width, c.Height = 620, 480
	panel := &c.Panels[0]
	panel.Series = append(series, panel.Series...)
	first, last := grid[0], grid[len(grid)-1]
	panel.Background = chart.Classes(first[0], last[0], first[1], last[1], classes)
	return c, nil
}

// gridAround returns a lattice of points in the plane that holds others, and a margin.
func gridAround(points [][2]float64) (grid [][]float64) {
	var axes [2][]float64
	for k := range axes {
		low, high := points[0][k], points[0][k]
		for _, x := range points {
			low, high = min(low, x[k]), max(high, x[k])
		}
		if high == low {
			high = low + 1
		}
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
