package figures

import (
	"math"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
)

// Confusion draws a heat map with a row for each class and a column for each class that was predicted: the share of the
// class's images. What never happened is empty; what is right has a frame.
func Confusion(c cnet.Confusion) chart.Chart {
	n := len(c.Classes)
	p := chart.Panel{
		X: chart.Axis{Title: "predicted", Labels: c.Classes}, Y: chart.Axis{Title: "class", Labels: c.Classes},
		Z: chart.Axis{Percent: true, Min: 0, Max: 1},
	}
	scores := c.PerClass()
	for k, row := range c.Counts {
		cells := make([]float64, n)
		for j, count := range row {
			cells[j] = float64(count) / float64(scores[k].Images)
			if count == 0 {
				cells[j] = math.NaN()
			}
		}
		p.Cells = append(p.Cells, cells)
		p.Framed = append(p.Framed, [2]int{k, k})
	}
	cell := 60. // enough for "100.0 %"
	if n > 20 {
		cell = 24
	}
	return chart.Chart{
		Panels: []chart.Panel{p}, Width: 260 + cell*float64(max(n, 3)), Height: 140 + cell/2*float64(max(n, 3)),
	}
}
