package chart

import (
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

func strokeOf(k look, s Series) stroke {
	st := stroke{color: k.color, width: 2, dashed: k.dashed}
	if s.Dashed {
		st.width = 1.5
	}
	if s.Light {
		st.color, st.width = paler(k.color, 0.6), 1
		if st.dashed {
			st.color = paler(k.color, 0.4)
		}
	}
	return st
}

// series draws all series of a panel: pale ones first, then the others, each in the order given.
func (p pen) series(f *frame, l *looks) {
	ks := make([]look, len(f.Series))
	for i, s := range f.Series {
		ks[i] = l.of(s)
	}
	for _, light := range []bool{true, false} {
		for i, s := range f.Series {
			if s.Light != light {
				continue
			}
			switch s.Kind {
			case Line, Steps:
				p.line(f, s, ks[i])
			case Points:
				p.points(f, s, ks[i])
			case Arrows:
				p.arrows(f, s, ks[i])
			}
		}
	}
}

func (p pen) line(f *frame, s Series, k look) {
	st := strokeOf(k, s)
	var strokes [][]point
	var dots []point
	for _, run := range f.runs(s) {
		var marked []point
		switch {
		case s.Dots:
			marked = run
		case still(run):
			marked = run[:1]
		}
		for _, q := range marked {
			if f.plot.has(q) {
				dots = append(dots, q)
			}
		}
		if s.Kind == Steps && !s.edges() {
			run = staircase(run)
		}
		strokes = append(strokes, f.plot.clipLine(thin(run))...)
	}
	p.lines(st, strokes...)
	p.dots(st.color, 0, 1.6*math.Sqrt(st.width+0.6), apart(dots))
}

// still reports whether the points of a line are all at one place.
func still(run []point) bool {
	return !slices.ContainsFunc(run, func(q point) bool { return q != run[0] })
}

func (p pen) points(f *frame, s Series, k look) {
	var at []point
	for _, run := range f.runs(s) {
		for _, q := range run {
			if f.plot.has(q) {
				at = append(at, q)
			}
		}
	}
	c, r := k.color, 3.4
	if len(at) > 400 {
		r = 2.4
	}
	if s.Light {
		c = paler(c, 0.5)
	}
	p.dots(c, k.index, r, apart(at))
}

// runs returns the stretches of a series between gaps, as places on the canvas. An interval becomes its two corners.
func (f *frame) runs(s Series) [][]point {
	var runs [][]point
	var run []point
	end := func() {
		if len(run) > 0 {
			runs = append(runs, run)
			run = nil
		}
	}
	for i, v := range s.Y {
		ty, ok := f.y.frac(v)
		tx, okX := f.x.frac(s.x(i))
		if !ok || !okX {
			end()
			continue
		}
		py := f.plot.y1 - ty*f.plot.h()
		px := f.plot.x0 + tx*f.plot.w()
		if !s.edges() {
			run = append(run, point{px, py})
			continue
		}
		next, okNext := f.x.frac(s.X[i+1])
		if !okNext {
			end()
			continue
		}
		run = append(run, point{px, py}, point{f.plot.x0 + next*f.plot.w(), py})
	}
	end()
	return runs
}

func staircase(run []point) []point {
	var st []point
	for i, q := range run {
		if i > 0 {
			st = append(st, point{q.x, run[i-1].y})
		}
		st = append(st, q)
	}
	return st
}

func (r rect) has(q point) bool {
	const slack = 0.01
	return q.x >= r.x0-slack && q.x <= r.x1+slack && q.y >= r.y0-slack && q.y <= r.y1+slack
}

func (r rect) inside(run []point) bool {
	for _, q := range run {
		if !r.has(q) {
			return false
		}
	}
	return true
}

// area is r for the clipping of gonum/plot, which does not care which way y runs.
func (r rect) area() *draw.Canvas {
	return &draw.Canvas{Rectangle: vg.Rectangle{
		Min: vg.Point{X: vg.Length(r.x0), Y: vg.Length(r.y0)},
		Max: vg.Point{X: vg.Length(r.x1), Y: vg.Length(r.y1)},
	}}
}

func (r rect) clipLine(run []point) [][]point {
	if len(run) < 2 {
		return nil
	}
	if r.inside(run) {
		return [][]point{run}
	}
	var lines [][]point
	for _, l := range r.area().ClipLinesXY(toVG(run)) {
		lines = append(lines, fromVG(l))
	}
	return lines
}

func toVG(run []point) []vg.Point {
	out := make([]vg.Point, len(run))
	for i, q := range run {
		out[i] = vg.Point{X: vg.Length(q.x), Y: vg.Length(q.y)}
	}
	return out
}

func fromVG(run []vg.Point) []point {
	out := make([]point, len(run))
	for i, q := range run {
		out[i] = point{float64(q.X), float64(q.Y)}
	}
	return out
}
