package chart

import (
	"image/color"
	"math"
	"strconv"
)

// cellSpans returns the axes of a heat map: column j lies at x = j and row i at y = −i, so that row 0 is at the top.
func (p Panel) cellSpans() (x, y span) {
	rows, cols := len(p.Cells), 0
	if rows > 0 {
		cols = len(p.Cells[0])
	}
	return span{lo: -0.5, hi: max(float64(cols), 1) - 0.5}, span{lo: 0.5 - max(float64(rows), 1), hi: 0.5}
}

func (f *frame) rowTicks() []tick {
	ts := make([]tick, len(f.Cells))
	for i := range f.Cells {
		label := strconv.Itoa(i)
		if len(f.Y.Labels) > 0 {
			label = clean(f.Y.Labels[i])
		}
		ts[i] = tick{-float64(i), label}
	}
	return ts
}

// cells draws a heat map, with the value in each cell where there is room.
func (p pen) cells(f *frame) {
	e := f.zSpan()
	for i, row := range f.Cells {
		for j, v := range row {
			x, y := float64(j), -float64(i)
			r := rect{f.px(x-0.5) + 1, f.py(y+0.5) + 1, f.px(x+0.5) - 1, f.py(y-0.5) - 1}
			fill, label := gridColor, "–"
			if finite(v) {
				t := 0.5
				if e.hi > e.lo {
					t = (v - e.lo) / (e.hi - e.lo)
				}
				fill, label = heatColor(t), cellLabel(v, f.Z.Percent)
			}
			p.fill(fill, r.polygon())
			ink := inkColor
			if dark(fill) {
				ink = white
			}
			l := tickLetters.aligned(0.5).colored(ink)
			if r.h() >= 13 && l.width(label) <= r.w()-2 {
				p.text(l, (r.x0+r.x1)/2, (r.y0+r.y1)/2+4, label)
			}
		}
	}
	for _, at := range f.Framed {
		if i, j := at[0], at[1]; 0 <= i && i < len(f.Cells) && 0 <= j && j < len(f.Cells[i]) {
			x, y := float64(j), -float64(i)
			p.frame(rect{f.px(x-0.5) + 1, f.py(y+0.5) + 1, f.px(x+0.5) - 1, f.py(y-0.5) - 1})
		}
	}
}

// frame draws a dark frame with a light one inside, which shows on any colour.
func (p pen) frame(r rect) {
	for _, line := range []struct {
		inset, width float64
		color        color.NRGBA
	}{{3.5, 2, white}, {1.25, 2.5, inkColor}} {
		q := rect{r.x0 + line.inset, r.y0 + line.inset, r.x1 - line.inset, r.y1 - line.inset}.polygon()
		p.lines(stroke{color: line.color, width: line.width}, append(q, q[0], q[1]))
	}
}

func dark(c color.NRGBA) bool {
	return 0.299*float64(c.R)+0.587*float64(c.G)+0.114*float64(c.B) < 140
}

func cellLabel(v float64, percent bool) string {
	if percent {
		return Axis{Percent: true}.format(v, 0.001)
	}
	if v != 0 && (math.Abs(v) < tiny || math.Abs(v) >= huge) {
		return scientific(v, 2)
	}
	return plainNumber(v, 3)
}
