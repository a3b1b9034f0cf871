package chart

import "math"

// Field returns a vector field as Arrows: f at n × n points of the part of the plane that the axes bound. The longest
// arrow is a little shorter than the points are apart; the square root of the others' lengths is drawn, so that slow
// parts can be seen beside fast ones. Points where f is not finite have no arrow.
func Field(x, y Axis, n int, f func(x, y float64) (dx, dy float64)) Series {
	s := Series{Kind: Arrows, Light: true, Color: Gray}
	n = max(n, 1)
	// In units of the distance between points, so that a field on axes of unlike lengths has visible arrows.
	w, h := (x.Max-x.Min)/float64(n), (y.Max-y.Min)/float64(n)
	longest := 0.0
	for i := range n {
		for j := range n {
			px, py := x.Min+(float64(j)+0.5)*w, y.Min+(float64(i)+0.5)*h
			dx, dy := f(px, py)
			if length := math.Hypot(dx/w, dy/h); finite(length) {
				longest = max(longest, length)
				s.X, s.Y = append(s.X, px), append(s.Y, py)
				s.DX, s.DY = append(s.DX, dx), append(s.DY, dy)
			}
		}
	}
	for i := range s.X {
		length := math.Hypot(s.DX[i]/w, s.DY[i]/h)
		if length == 0 {
			continue
		}
		by := 0.85 * math.Sqrt(length/longest) / length
		s.DX[i] *= by
		s.DY[i] *= by
		s.X[i] -= s.DX[i] / 2 // centred on its point
		s.Y[i] -= s.DY[i] / 2
	}
	return s
}

// arrow returns the shaft and the barbs of an arrow between two places on the canvas, nil if it is too short to have a
// direction.
func arrow(from, to point) []point {
	dx, dy := to.x-from.x, to.y-from.y
	length := math.Hypot(dx, dy)
	if length < 0.5 {
		return nil
	}
	size := min(6, max(2, 0.4*length))
	ux, uy := dx/length*size, dy/length*size
	const spread = 0.45 // tangent of half the angle of the head
	left := point{to.x - ux - spread*uy, to.y - uy + spread*ux}
	right := point{to.x - ux + spread*uy, to.y - uy - spread*ux}
	return []point{from, to, left, to, right}
}

// arrows returns the strokes of a series of arrows; gaps and arrows that begin outside of the plot are left out.
func (f *frame) arrows(s Series) (strokes [][]point) {
	for i := range s.Y {
		from, ok := f.place(s.x(i), s.Y[i])
		to, okTo := f.place(s.x(i)+s.DX[i], s.Y[i]+s.DY[i])
		if !ok || !okTo || !f.plot.has(from) {
			continue
		}
		if a := arrow(from, to); a != nil {
			strokes = append(strokes, a)
		}
	}
	return strokes
}

// place returns where a point lies on the canvas; ok is false for a gap.
func (f *frame) place(x, y float64) (q point, ok bool) {
	tx, okX := f.x.frac(x)
	ty, okY := f.y.frac(y)
	return point{f.plot.x0 + tx*f.plot.w(), f.plot.y1 - ty*f.plot.h()}, okX && okY
}

func (p pen) arrows(f *frame, s Series, k look) {
	st := strokeOf(k, s)
	st.dashed, st.width = false, 1.4
	if s.Light {
		st.color, st.width = paler(k.color, 0.2), 1
	}
	var strokes [][]point
	for _, a := range f.arrows(s) {
		strokes = append(strokes, f.plot.clipLine(a)...)
	}
	p.lines(st, strokes...)
}
