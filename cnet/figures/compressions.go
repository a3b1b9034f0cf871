package figures

import (
	"fmt"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
)

// Compressions draws the test accuracy, or R² where targets are numbers, over the number of functions of depth, with a
// line for each basis, and a line across for the net as it was trained.
func Compressions(list []cnet.Compression) chart.Chart {
	p := chart.Panel{X: chart.Axis{Title: "functions of depth per stage", Integer: true},
		Y: chart.Axis{Title: "test R²"}}
	at := map[string]int{}
	for _, c := range list {
		i, ok := at[c.Basis]
		if !ok {
			i = len(p.Series)
			at[c.Basis] = i
			p.Series = append(p.Series, chart.Series{Name: c.Basis, Dots: true})
		}
		q := c.Quality()
		add(&p.Series[i], float64(c.Functions), q.Compared())
		if !q.Regression() { // the whole range: a point of difference is noise
			p.Y = chart.Axis{Title: "test accuracy", Percent: true, Min: 0, Max: 1}
		}
		if c.Trained {
			p.Marks = []chart.Mark{{Across: true, At: q.Compared(),
				Label: fmt.Sprintf("as trained: %s", q.Short())}}
		}
	}
	return chart.Chart{Title: "Weights on fewer functions of depth", Panels: []chart.Panel{p}, Width: 640, Height: 380}
}
