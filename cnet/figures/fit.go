package figures

import (
	"context"
	"fmt"
	"slices"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
)

// Fit draws what the net of a run predicts for the test points over what their targets are: a panel for each of the
// first maxFits targets, in their units. Where the two are equal there is a line.
func Fit(ctx context.Context, run *cnet.Run) (chart.Chart, error) {
	set, err := run.Dataset()
	if err != nil {
		return chart.Chart{}, err
	}
	if !set.Regression() {
		return chart.Chart{}, fmt.Errorf("run %s: its data have classes, and no targets to draw", run.Dir())
	}
	score, err := run.Evaluate(ctx)
	if err != nil {
		return chart.Chart{}, err
	}
	rows, err := run.Predict(set.Test.Len())
	if err != nil {
		return chart.Chart{}, err
	}
	c := chart.Chart{Title: fmt.Sprintf("%s, %s: test %s", set.Title, run.Network(), score.Quality())}
	n := len(set.Targets)
	for k, name := range set.Targets[:min(n, maxFits)] {
		points := chart.Series{Kind: chart.Points, Color: chart.Blue}
		for i, row := range rows {
			add(&points, float64(set.Test.Targets[i*n+k]), float64(row[k]))
		}
		low := min(slices.Min(points.X), slices.Min(points.Y))
		high := max(slices.Max(points.X), slices.Max(points.Y))
		equal := chart.Series{X: []float64{low, high}, Y: []float64{low, high}, Color: chart.Vermillion, Light: true}
		c.Panels = append(c.Panels, chart.Panel{
			X: chart.Axis{Title: name}, Y: chart.Axis{Title: name + ", predicted"}, Equal: true,
			Series: []chart.Series{equal, points},
		})
	}
	return c, nil
}

// maxFits is how many targets are drawn.
const maxFits = 4
