package chart

import (
	"fmt"
	"image/color"
	"math"
	"strconv"
	"strings"
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
	e := f.zSpan().middled()
	labels := f.cellLabels()
	for i, row := range f.Cells {
		for j, v := range row {
			x, y := float64(j), -float64(i)
			r := rect{f.px(x-0.5) + 1, f.py(y+0.5) + 1, f.px(x+0.5) - 1, f.py(y-0.5) - 1}
			fill, label := gridColor, "–"
			if finite(v) {
				fill, label = heatColor((v-e.lo)/(e.hi-e.lo)), labels.of(v)
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

// cellLabels is how the values in the cells of a heat map are written: all with as many decimals.
type cellLabels struct {
	percent  bool
	decimals int // −1: powers of ten, and what a value needs
}

// cellLabels returns how the values of all frames are written: percentages with one decimal at most, others with three
// digits of the greatest, or more if two digits of the least need them; none of the decimals is 0 everywhere.
func (p Panel) cellLabels() cellLabels {
	var values []float64
	least, greatest := math.Inf(1), 0.0
	for _, cells := range append([][][]float64{p.Cells}, cellsOf(p.Frames)...) {
		for _, row := range cells {
			for _, v := range row {
				if !finite(v) {
					continue
				}
				values = append(values, v)
				if v != 0 {
					least, greatest = min(least, math.Abs(v)), max(greatest, math.Abs(v))
				}
			}
		}
	}
	l := cellLabels{percent: p.Z.Percent, decimals: 1}
	if !p.Z.Percent {
		if greatest == 0 {
			return cellLabels{}
		}
		if least < tiny || greatest >= huge {
			return cellLabels{decimals: -1}
		}
		digits := func(v float64, n int) int { return max(n-1-int(math.Floor(math.Log10(v))), 0) }
		l.decimals = max(digits(greatest, 3), digits(least, 2))
	}
	needed := 0
	for _, v := range values {
		if _, fraction, _ := strings.Cut(strings.TrimRight(l.number(v), "0"), "."); len(fraction) > needed {
			needed = len(fraction)
		}
	}
	l.decimals = needed
	return l
}

func (l cellLabels) number(v float64) string {
	if l.percent {
		v *= 100
	}
	text := strconv.FormatFloat(v, 'f', l.decimals, 64)
	if !strings.ContainsAny(text, "123456789") {
		return strings.TrimPrefix(text, "-")
	}
	return text
}

// of returns the label of a finite value.
func (l cellLabels) of(v float64) string {
	switch {
	case l.percent:
		return minus(l.number(v)) + " %"
	case l.decimals >= 0:
		return minus(l.number(v))
	case v != 0 && (math.Abs(v) < tiny || math.Abs(v) >= huge):
		return scientific(v, 2)
	}
	return plainNumber(v, 3)
}

// vega returns the expression for the label of an expression's value.
func (l cellLabels) vega(v string) string {
	switch {
	case l.percent:
		return fmt.Sprintf("(isValid(%[1]s) ? format(100 * %[1]s, '.%[2]df') + ' %%' : '–')", v, l.decimals)
	case l.decimals >= 0:
		return fmt.Sprintf("(isValid(%[1]s) ? format(%[1]s, '.%[2]df') : '–')", v, l.decimals)
	}
	return Axis{}.vegaNumber(v, 5)
}
