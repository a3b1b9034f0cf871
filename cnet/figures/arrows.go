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

// pixels returns a vector of the plane as one of the picture.
func (v view) pixels(d [2]float64) [2]float64 {
	return [2]float64{d[0] / (v.x[1] - v.x[0]) * v.width, d[1] / (v.y[1] - v.y[0]) * v.height}
}

// plane returns a vector of the picture as one of the plane.
func (v view) plane(d [2]float64) [2]float64 {
	return [2]float64{d[0] * (v.x[1] - v.x[0]) / v.width, d[1] * (v.y[1] - v.y[0]) / v.height}
}

// arrow appends an arrow from a place to another to a series of lines.
func (v view) arrow(s *chart.Series, from, to [2]float64) {
	line(s, [][2]float64{from, to})
	v.head(s, to, [2]float64{to[0] - from[0], to[1] - from[1]}, 0.35)
}

// head appends the head of an arrow: its sides are a share of d long, and at most maxHead pixels.
func (v view) head(s *chart.Series, tip, d [2]float64, share float64) {
	const maxHead, angle = 7, 0.45
	p := v.pixels(d)
	length := math.Hypot(p[0], p[1])
	if !(length > 0) {
		return
	}
	size := min(share*length, maxHead) / length
	side := func(turn float64) [2]float64 {
		sin, cos := math.Sincos(turn)
		q := v.plane([2]float64{-size * (cos*p[0] - sin*p[1]), -size * (sin*p[0] + cos*p[1])})
		return [2]float64{tip[0] + q[0], tip[1] + q[1]}
	}
	line(s, [][2]float64{side(angle), tip, side(-angle)})
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
