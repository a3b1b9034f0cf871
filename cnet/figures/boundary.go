package figures

import (
	"context"
	"fmt"
	"math"
	"slices"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
	"continuousnet/cnet/dataset"
	"continuousnet/cnet/internal/contour"
	"continuousnet/cnet/internal/words"
)

// gridSide is how many points each way the plane is classified at.
const gridSide = 81

// Boundary holds what a net makes of the plane: the probabilities of the classes on a lattice, and test points.
type Boundary struct {
	Title         string
	Classes       []string
	X, Y          []float64     // the places of the lattice along the axes, ascending
	Probabilities [][][]float64 // [y][x][classes]
	Points        dataset.Points
}

// NewBoundary classifies the plane around the points of a run.
func NewBoundary(ctx context.Context, run *cnet.Run) (*Boundary, error) {
	set, err := run.Dataset()
	if err != nil {
		return nil, err
	}
	if set.Regression() {
		return nil, fmt.Errorf("run %s: it has no classes whose regions could be drawn, because its targets are "+
			"numbers; notebook.Predictions or figures.Fit draws what it predicts", run.Dir())
	}
	if set.Points() && set.Channels != 2 {
		return nil, fmt.Errorf("run %s: it has no points in the plane, whose regions could be drawn, but %s each; "+
			"notebook.Predictions or Run.Predict has the probabilities of the classes", run.Dir(),
			words.Plural(set.Channels, "coordinate"))
	}
	points, err := set.Plane(set.Test)
	if err != nil {
		return nil, err
	}
	trained, err := set.Plane(set.Train)
	if err != nil {
		return nil, err
	}
	b := &Boundary{Title: fmt.Sprintf("%s, %s", set.Title, run.Network()), Classes: set.Classes, Points: points}
	if n := run.Config().AugmentDim; n > 0 {
		b.Title += fmt.Sprintf(", %s appended", words.Plural(n, "zero"))
	}
	b.X, b.Y = axesAround(slices.Concat(trained.X, points.X))
	var grid [][]float64
	for _, y := range b.Y {
		for _, x := range b.X {
			grid = append(grid, []float64{x, y})
		}
	}
	rows, err := run.PredictPoints(ctx, grid)
	if err != nil {
		return nil, err
	}
	for row := range slices.Chunk(rows, len(b.X)) {
		wide := make([][]float64, len(row))
		for i, p := range row {
			for _, v := range p {
				wide[i] = append(wide[i], float64(v))
			}
		}
		b.Probabilities = append(b.Probabilities, wide)
	}
	return b, nil
}

// Regions draws the decision boundary of the net of a run; see DecisionBoundary.
func Regions(ctx context.Context, run *cnet.Run) (chart.Chart, error) {
	b, err := NewBoundary(ctx, run)
	if err != nil {
		return chart.Chart{}, err
	}
	return DecisionBoundary(b), nil
}

// DecisionBoundary draws the class that a net finds most probable all over the plane, lines between classes, and the
// test points. With two classes, dashed lines are where the probabilities are 10 and 90 %.
func DecisionBoundary(b *Boundary) chart.Chart {
	c := b.Points.Chart()
	c.Title = b.Title
	c.Width, c.Height = 620, 480
	panel := &c.Panels[0]
	if width, height := b.X[len(b.X)-1]-b.X[0], b.Y[len(b.Y)-1]-b.Y[0]; panel.Equal {
		c.Width = min(max(74+388*width/height, 360), 760) // so that the plane fills the plot
	}
	classes := make([][]int, len(b.Y))
	for i, row := range b.Probabilities {
		for _, p := range row {
			classes[i] = append(classes[i], slices.Index(p, slices.Max(p)))
		}
	}
	last := len(b.X) - 1
	panel.Background = chart.Classes(b.X[0], b.X[last], b.Y[0], b.Y[len(b.Y)-1], classes)
	panel.X.Min, panel.X.Max, panel.Y.Min, panel.Y.Max = b.X[0], b.X[last], b.Y[0], b.Y[len(b.Y)-1]
	series := classSeries(b.Classes)
	series = append(series, b.between()...)
	panel.Series = append(series, panel.Series...)
	return c
}

// classSeries returns an empty series for each class, so that the legend and the colours have all of them, in their
// order.
func classSeries(classes []string) (series []chart.Series) {
	for _, class := range classes {
		series = append(series, chart.Series{Name: class, Kind: chart.Points, X: []float64{}, Y: []float64{}})
	}
	return series
}

// between returns the lines between the regions of classes.
func (b *Boundary) between() []chart.Series {
	// border returns the lines on which the share of class k, beside the others of most probable classes, is a level.
	border := func(k int, level float64) [][][2]float64 {
		share := make([][]float64, len(b.Y))
		for i, row := range b.Probabilities {
			for _, p := range row {
				others := 0.
				for j, v := range p {
					if j != k {
						others = max(others, v)
					}
				}
				share[i] = append(share[i], p[k]/(p[k]+others))
			}
		}
		return contour.Lines(b.X, b.Y, share, level)
	}
	if len(b.Classes) == 2 {
		unsure := append(border(0, 0.1), border(0, 0.9)...)
		return []chart.Series{
			lines(unsure, chart.Series{Color: chart.Gray, Dashed: true}),
			lines(border(0, 0.5), chart.Series{Color: chart.Black}),
		}
	}
	var all [][][2]float64
	for k := range max(len(b.Classes)-1, 0) { // the lines around the last one are around others
		all = append(all, border(k, 0.5)...)
	}
	return []chart.Series{lines(all, chart.Series{Color: chart.Black})}
}

// axesAround returns the axes of a lattice in the plane that holds points, and a margin.
func axesAround(points [][2]float64) (x, y []float64) {
	var axes [2][]float64
	for k := range axes {
		low, high := math.Inf(1), math.Inf(-1)
		for _, p := range points {
			low, high = min(low, p[k]), max(high, p[k])
		}
		if high == low {
			high = low + 1
		}
		margin := 0.08 * (high - low)
		axes[k] = contour.Lattice(low-margin, high+margin, gridSide)
	}
	return axes[0], axes[1]
}
