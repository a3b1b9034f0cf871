package figures

import (
	"math"

	"continuousnet/cnet/chart"
)

// view is the rectangle of a panel in data and in pixels, up to rounding.
type view struct {
	x, y          [2]float64
	width, height float64
}

// pixels returns how long a vector of the plane is in the picture.
func (v view) pixels(dx, dy float64) float64 {
	return math.Hypot(dx/(v.x[1]-v.x[0])*v.width, dy/(v.y[1]-v.y[0])*v.height)
}

// arrow appends an arrow to a series of arrows.
func arrow(s *chart.Series, x, y, dx, dy float64) {
	add(s, x, y)
	s.DX, s.DY = append(s.DX, dx), append(s.DY, dy)
}

// line appends a line to a series, after a gap.
func line(s *chart.Series, points [][2]float64) {
	if len(s.X) > 0 {
		add(s, math.NaN(), math.NaN())
	}
	for _, p := range points {
		add(s, p[0], p[1])
	}
}

// lines returns a series of several lines.
func lines(list [][][2]float64, like chart.Series) chart.Series {
	like.X, like.Y = []float64{}, []float64{}
	for _, l := range list {
		line(&like, l)
	}
	return like
}
