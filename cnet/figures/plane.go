package figures

import (
	"fmt"
	"math"
	"slices"

	"continuousnet/cnet/chart"
	"continuousnet/cnet/internal/smooth"
	"continuousnet/cnet/ode/plane"
)

// VectorField draws the arrows of a vector field. Lengths grow with the square root of the speed, so that slow parts
// can be seen; where the field is 0 or not finite there is no arrow.
func VectorField(f *plane.Field) chart.Chart {
	c, v := planeChart("Vector field", f.Ends, false)
	c.Panels[0].Series = []chart.Series{fieldArrows(f, v, chart.Series{Color: chart.Blue})}
	return c
}

// planeChart returns a chart with one panel for a window of the plane, which fills it: a unit of x is as long as a unit
// of y, unless the window is much longer than high, or higher than long.
func planeChart(title string, ends [2][2]float64, legend bool) (chart.Chart, view) {
	v := view{x: ends[0], y: ends[1], width: 520, height: 430}
	p := chart.Panel{
		X: chart.Axis{Title: "x₁", Min: ends[0][0], Max: ends[0][1]},
		Y: chart.Axis{Title: "x₂", Min: ends[1][0], Max: ends[1][1]},
	}
	if width, height := ends[0][1]-ends[0][0], ends[1][1]-ends[1][0]; max(width, height) <= 4*min(width, height) {
		p.Equal = true
		v.height = v.width * height / width
		if v.height > 520 {
			v.width, v.height = 520*width/height, 520
		}
	}
	// What package chart needs for titles and labels around the panel.
	c := chart.Chart{Title: title, Panels: []chart.Panel{p}, Width: v.width + 74, Height: v.height + 92}
	if legend && v.width < 420 { // not beside the title
		c.Height += 22
	}
	return c, v
}

// fieldArrows returns the arrows of a field as a series like another one.
func fieldArrows(f *plane.Field, v view, like chart.Series) chart.Series {
	like.Kind, like.X, like.Y = chart.Arrows, []float64{}, []float64{}
	fastest := 0.0
	speed := func(d [2]float64) float64 { return v.pixels(d[0], d[1]) }
	for _, row := range f.V {
		for _, d := range row {
			if s := speed(d); s > fastest && !math.IsInf(s, 0) {
				fastest = s
			}
		}
	}
	longest := 0.95 * min(v.width/float64(len(f.X)), v.height/float64(len(f.Y)))
	for i, row := range f.V {
		for j, d := range row {
			s := speed(d)
			if !(s > 0) || math.IsInf(s, 0) {
				continue
			}
			scale := longest * math.Sqrt(s/fastest) / s
			arrow(&like, f.X[j]-scale*d[0]/2, f.Y[i]-scale*d[1]/2, scale*d[0], scale*d[1])
		}
	}
	return like
}

// PhasePortrait draws the solutions of a phase portrait with the direction in which they go, over its vector field,
// with nullclines and equilibria.
func PhasePortrait(p *plane.Portrait) chart.Chart {
	c, v := planeChart("Phase portrait", p.Ends, true)
	series := []chart.Series{fieldArrows(&p.Field, v, chart.Series{Color: chart.Gray, Light: true})}
	for k, color := range []string{chart.Orange, chart.Green} {
		if len(p.Nullclines[k]) > 0 {
			name := fmt.Sprintf("x%s′ = 0", [...]string{"₁", "₂"}[k])
			series = append(series, lines(p.Nullclines[k], chart.Series{Name: name, Color: color, Dashed: true}))
		}
	}
	curves := chart.Series{Color: chart.Blue, X: []float64{}, Y: []float64{}}
	heads := chart.Series{Color: chart.Blue, Kind: chart.Arrows, X: []float64{}, Y: []float64{}}
	for _, curve := range p.Curves {
		line(&curves, v.seen(curve.X, curve.Y))
		v.direction(&heads, curve)
	}
	series = append(series, curves, heads)
	colors := map[plane.Kind]string{
		plane.StableNode: chart.Black, plane.StableSpiral: chart.Black, plane.UnstableNode: chart.Vermillion,
		plane.UnstableSpiral: chart.Vermillion, plane.Saddle: chart.Purple, plane.Center: chart.SkyBlue,
		plane.Degenerate: chart.Gray,
	}
	for _, e := range p.Equilibria {
		name := string(e.Kind)
		i := slices.IndexFunc(series, func(s chart.Series) bool { return s.Name == name })
		if i < 0 {
			i = len(series)
			series = append(series, chart.Series{Name: name, Kind: chart.Points, Color: colors[e.Kind]})
		}
		add(&series[i], e.X[0], e.X[1])
	}
	c.Panels[0].Series = series
	return c
}

// direction appends an arrow where a curve begins.
func (v view) direction(s *chart.Series, c plane.Curve) {
	i := slices.IndexFunc(c.T, func(t float64) bool { return t > c.At })
	if i < 1 {
		return
	}
	const length = 15
	dx, dy := c.X[i]-c.X[i-1], c.Y[i]-c.Y[i-1]
	if l := v.pixels(dx, dy); l > 0 {
		dx, dy = dx/l*length, dy/l*length
		arrow(s, c.X[i]-dx, c.Y[i]-dy, dx, dy)
	}
}

// seen returns the points of a curve that a picture needs.
func (v view) seen(x, y []float64) (points [][2]float64) {
	for i := range x {
		points = append(points, [2]float64{x[i], y[i]})
	}
	kept := smooth.Thinned(points, [2]float64{smooth.Relative * (v.x[1] - v.x[0]), smooth.Relative * (v.y[1] - v.y[0])})
	for i, at := range kept {
		points[i] = points[at]
	}
	return points[:len(kept)]
}
