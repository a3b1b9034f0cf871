package figures

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
)

// Convergence draws errors over the number of steps, both logarithmic: a line for each scheme with its measured order,
// and behind it a dashed line with the slope that the scheme's order promises.
func Convergence(c *cnet.Convergence) chart.Chart {
	p := convergencePanel(c, func(s cnet.SchemeConvergence) string {
		if s.To > 0 {
			return fmt.Sprintf("%s (order %.2f)", s.Scheme, s.Measured)
		}
		return s.Scheme
	})
	return chart.Chart{Panels: []chart.Panel{p}, Width: 760, Height: 460}
}

// convergencePanel is Convergence with other names for the schemes.
func convergencePanel(c *cnet.Convergence, name func(cnet.SchemeConvergence) string) chart.Panel {
	at, x := stepsAxis(c)
	p := chart.Panel{X: x, Y: chart.Axis{Title: "relative error of the hidden state", Log: true}}
	if c.Stage == 0 { // of a problem, and not of a net
		p.X.Title, p.Y.Title = "steps", "relative error at the end"
	}
	first, last := math.Inf(1), 0.0
	low, high := math.Inf(1), 0.0
	for _, s := range c.Schemes {
		line := chart.Series{Name: name(s), Dots: true}
		for _, q := range s.Points {
			y := math.NaN()
			if q.Error > 0 && q.Error < math.MaxFloat64 {
				y = q.Error
				low, high = min(low, y), max(high, y)
			}
			line.X, line.Y = append(line.X, float64(q.Steps)), append(line.Y, y)
			first, last = min(first, float64(q.Steps)), max(last, float64(q.Steps))
		}
		p.Series = append(p.Series, line)
	}
	if low < high {
		p.Series = append(slopes(c.Schemes, last, low), p.Series...)
	}
	if c.Uncertainty > low {
		p.Series = append(p.Series, chart.Series{
			Name: "uncertainty of the reference", Color: chart.Gray, Dashed: true,
			X: []float64{first, last}, Y: []float64{c.Uncertainty, c.Uncertainty},
		})
	}
	for _, s := range p.Series {
		for i := range s.X {
			s.X[i] = at(s.X[i])
		}
	}
	return p
}

// stepsAxis returns a logarithmic axis for numbers of steps, and the position of a number on it. If each number is
// twice the one before, the axis is linear in their logarithms and has its ticks where the points are.
func stepsAxis(c *cnet.Convergence) (at func(steps float64) float64, x chart.Axis) {
	x = chart.Axis{Title: "steps over the stage", Log: true}
	at = func(steps float64) float64 { return steps }
	var labels []string
	for _, s := range c.Schemes {
		labels = nil
		for i, p := range s.Points {
			if i > 0 && p.Steps != 2*s.Points[i-1].Steps {
				return at, x
			}
			labels = append(labels, strconv.Itoa(p.Steps))
		}
	}
	if len(labels) == 0 {
		return at, x
	}
	first := float64(c.Schemes[0].Points[0].Steps)
	x.Log, x.Labels = false, labels
	return func(steps float64) float64 { return math.Log2(steps / first) }, x
}

// slopes returns a line for each scheme with the slope of its order, from its first finite error down to the least
// error.
func slopes(schemes []cnet.SchemeConvergence, last, low float64) []chart.Series {
	var list []chart.Series
	for _, s := range schemes {
		finite := slices.IndexFunc(s.Points, func(p cnet.ConvergencePoint) bool {
			return p.Error > low &&
				p.Error < math.MaxFloat64
		})
		if finite < 0 {
			continue
		}
		first, high := float64(s.Points[finite].Steps), s.Points[finite].Error
		end := min(last, first*math.Pow(high/low, 1/float64(s.Order)))
		line := chart.Series{
			Light: true, Color: chart.Gray, Dashed: true,
			X: []float64{first, end}, Y: []float64{high, high * math.Pow(end/first, -float64(s.Order))},
		}
		if len(list) == 0 {
			line.Name = "what the schemes' orders promise"
		}
		list = append(list, line)
	}
	return list
}
