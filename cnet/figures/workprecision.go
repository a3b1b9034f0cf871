package figures

import (
	"math"
	"strings"

	"continuousnet/cnet/chart"
)

// Work is what a method took to solve a problem to a tolerance, and how far off it was.
type Work struct {
	Problem, Method string
	NFE             int // evaluations of the rate
	Error           float64
}

// WorkPrecision draws errors over evaluations of the rate, both logarithmic: a panel for each problem, a line for each
// method with a point for each tolerance, in the order of the works. Lower and further left is better. The methods of
// peers, whose names have a space, as in "scipy Radau", are dashed, in the colour of the same method here if there is
// one. Solutions without an error or evaluations are left out.
func WorkPrecision(title string, works []Work) chart.Chart {
	c := chart.Chart{Title: title, Alt: "Errors of solvers over the evaluations of the rate that they took, a line " +
		"for each method and a panel for each problem."}
	panels, lines := map[string]int{}, map[[2]string]int{}
	for _, w := range works {
		if w.NFE <= 0 || !(w.Error > 0) || math.IsInf(w.Error, 0) {
			continue
		}
		k, known := panels[w.Problem]
		if !known {
			k = len(c.Panels)
			panels[w.Problem] = k
			c.Panels = append(c.Panels, chart.Panel{
				Title: w.Problem,
				X:     chart.Axis{Title: "evaluations of the rate", Log: true},
				Y:     chart.Axis{Title: "error", Log: true},
			})
		}
		p := &c.Panels[k]
		i, known := lines[[2]string{w.Problem, w.Method}]
		if !known {
			i = len(p.Series)
			lines[[2]string{w.Problem, w.Method}] = i
			p.Series = append(p.Series, chart.Series{
				Name: w.Method, Dots: true, Dashed: strings.Contains(w.Method, " "),
			})
		}
		s := &p.Series[i]
		s.X, s.Y = append(s.X, float64(w.NFE)), append(s.Y, w.Error)
	}
	for k := range c.Panels {
		series := c.Panels[k].Series
		for i := range series {
			_, method, peer := strings.Cut(series[i].Name, " ")
			for _, own := range series {
				if peer && strings.HasPrefix(own.Name, strings.ToLower(method)) {
					series[i].Like = own.Name
				}
			}
		}
	}
	c.Columns = min(3, len(c.Panels))
	if c.Columns > 0 {
		rows := (len(c.Panels) + c.Columns - 1) / c.Columns
		c.Width, c.Height = max(420, 320*float64(c.Columns)), 60+280*float64(rows)
	}
	return c
}
