package chart

import (
	"cmp"
	"math"
	"slices"
)

// Distances in CSS pixels.
const (
	margin     = 14.0
	gapX       = 26.0 // between panels
	gapY       = 16.0
	titleRow   = 26.0 // title or legend
	legendRow  = 20.0
	panelRow   = 20.0 // title of a panel
	markRow    = 14.0
	tickRow    = 20.0 // labels of the x axis
	axisRow    = 18.0 // title of the x axis
	mostMarks  = 4    // rows of mark labels
	tickMargin = 7.0  // between labels of the y axis and the plot
)

// frame is a panel with its place on the canvas.
type frame struct {
	Panel
	plot   rect // where data is drawn
	x, y   span
	xTicks []tick
	yTicks []tick
	labels []markLabel
	rows   int     // rows of mark labels above the plot
	top    float64 // where the panel begins
	left   float64
}

// markLabel is a mark with the place of its label.
type markLabel struct {
	at    float64
	text  string
	row   int // −1: no room
	right bool
}

// entry is one name in the legend, with a sample of how it is drawn.
type entry struct {
	name   string
	look   look
	like   []Series // one of each way in which this name is drawn
	x, y   float64
	w      float64 // of all of it
	swatch float64 // of the sample
}

// legend returns one entry for each name of a series.
func (c Chart) legend(l *looks) []entry {
	var es []entry
	for _, p := range c.Panels {
		for _, s := range p.Series {
			name := clean(s.Name)
			if name == "" {
				continue
			}
			k := l.of(s)
			i := slices.IndexFunc(es, func(e entry) bool { return e.name == name })
			if i < 0 {
				es = append(es, entry{name: name, look: k, swatch: 9})
				i = len(es) - 1
			}
			if !slices.ContainsFunc(es[i].like, func(o Series) bool { return o.Kind == s.Kind }) {
				s.X, s.Y = nil, nil
				es[i].like = append(es[i].like, s)
				if s.Kind != Points {
					es[i].swatch = 20
				}
			}
		}
	}
	for i := range es {
		es[i].name = legendLetters.fit(es[i].name, 320)
		es[i].w = es[i].swatch + 6 + legendLetters.width(es[i].name)
	}
	return es
}

// placeLegend sets the places of the entries, right of a title that ends at x if they fit there and below it otherwise,
// and returns where the panels may begin.
func placeLegend(es []entry, titleEnd, right, top float64, hasTitle bool) float64 {
	const between = 18
	total := -float64(between)
	for _, e := range es {
		total += e.w + between
	}
	y := top
	if hasTitle {
		y += titleRow
	}
	if len(es) == 0 {
		return y
	}
	x := margin
	base := y + 12
	if one := right - total; one > titleEnd+24 || !hasTitle && total <= right-margin {
		base = top + 13
		x = one
		if !hasTitle {
			y += legendRow + 4
		}
	} else {
		y += legendRow + 2
	}
	for i := range es {
		if x > margin && x+es[i].w > right+0.5 {
			x = margin
			base += legendRow
			y += legendRow
		}
		es[i].x, es[i].y = x, base
		x += es[i].w + between
	}
	return y
}

// frames lays out the panels below top and returns their places.
func (c Chart) frames(width, height, top float64) []frame {
	n := len(c.Panels)
	cols := c.columns()
	rows := (n + cols - 1) / cols
	tileW := (width - 2*margin - gapX*float64(cols-1)) / float64(cols)
	tileH := (height - top - margin*0.7 - gapY*float64(rows-1)) / float64(rows)

	fs := make([]frame, n)
	for i, p := range c.Panels {
		fs[i] = frame{Panel: p.guided()}
		f := &fs[i]
		if f.Cells != nil {
			f.x, f.y = f.cellSpans()
		} else {
			f.x, f.y = f.xSpan(), f.ySpan()
		}
		f.top = top + float64(i/cols)*(tileH+gapY)
		f.left = margin + float64(i%cols)*(tileW+gapX)
	}
	// The plots of a column begin at one x, those of a row at one y, so that they can be compared.
	left := make([]float64, cols)
	head := make([]float64, rows)
	foot := make([]float64, rows)
	for i := range fs {
		f := &fs[i]
		f.yTicks = f.tickY(tileH)
		w := 0.0
		for _, t := range f.yTicks {
			w = max(w, tickLetters.width(t.label))
		}
		w += tickMargin
		if f.Y.Title != "" {
			w += axisRow
		}
		if f.Bare {
			w = 0
		}
		left[i%cols] = max(left[i%cols], min(w, tileW/2))
		if clean(f.Title) != "" {
			head[i/cols] = max(head[i/cols], panelRow)
		}
		bottom := tickRow
		if f.X.Title != "" {
			bottom += axisRow
		}
		if f.Bare {
			bottom = 0
		}
		foot[i/cols] = max(foot[i/cols], bottom)
	}
	marks := make([]int, rows)
	for i := range fs {
		f := &fs[i]
		f.plot.x0 = math.Round(f.left + left[i%cols])
		f.plot.x1 = math.Round(f.left + tileW)
		f.labels, f.rows = f.placeMarks()
		marks[i/cols] = max(marks[i/cols], f.rows)
	}
	for i := range fs {
		f := &fs[i]
		r := i / cols
		f.plot.y0 = math.Round(f.top + head[r] + markRow*float64(marks[r]) + 4)
		f.plot.y1 = math.Round(f.top + tileH - foot[r])
		f.plot.x1 = max(f.plot.x1, f.plot.x0+10)
		f.plot.y1 = max(f.plot.y1, f.plot.y0+10)
		if f.Equal && !f.x.log && !f.y.log && f.Cells == nil {
			f.x, f.y = equalize(f.x, f.y, f.plot.w(), f.plot.h())
			f.yTicks = f.tickY(tileH)
		}
		f.xTicks = f.tickX()
	}
	return fs
}

func (f *frame) tickY(tileH float64) []tick {
	if f.Cells != nil {
		return f.rowTicks()
	}
	return f.Y.ticks(f.y, int(min(max((tileH-60)/36, 2), 8)))
}

// tickX takes as many labels as fit beside each other.
func (f *frame) tickX() []tick {
	for n := int(min(max(f.plot.w()/45, 2), 12)); ; n-- {
		ts := f.X.ticks(f.x, n)
		end := math.Inf(-1)
		fits := true
		for _, t := range ts {
			w := tickLetters.width(t.label)
			x := f.px(t.at)
			if x-w/2 < end+8 {
				fits = false
			}
			end = x + w/2
		}
		if fits || n <= 1 {
			return ts
		}
		if len(f.X.Labels) > 0 { // names cannot be thinned out: shorten them
			room := f.plot.w()/float64(len(ts)) - 4
			for i := range ts {
				ts[i].label = tickLetters.fit(ts[i].label, room)
			}
			return ts
		}
	}
}

// px and py return the horizontal and vertical place of a value on the canvas; the value must not be a gap.
func (f *frame) px(v float64) float64 {
	t, _ := f.x.frac(v)
	return f.plot.x0 + t*f.plot.w()
}

func (f *frame) py(v float64) float64 {
	t, _ := f.y.frac(v)
	return f.plot.y1 - t*f.plot.h()
}

// placeMarks puts the labels of marks into as few rows as possible without overlap, nearest row first.
func (f *frame) placeMarks() (ls []markLabel, rows int) {
	marks := slices.DeleteFunc(slices.Clone(f.Marks), func(m Mark) bool { return m.Across })
	slices.SortStableFunc(marks, func(a, b Mark) int { return cmp.Compare(a.At, b.At) })
	for _, m := range marks {
		t, ok := f.x.frac(m.At)
		if !ok || t < 0 || t > 1 {
			continue
		}
		label := clean(m.Label)
		if n := len(ls); n > 0 && ls[n-1].at == m.At {
			if label != "" && ls[n-1].text != "" {
				label = ls[n-1].text + ", " + label
			}
			if label != "" {
				ls[n-1].text = label
			}
			continue
		}
		ls = append(ls, markLabel{at: m.At, text: label, row: -1})
	}
	// From right to left: a label reaches to the right over lower ones, whose lines it does not cross then.
	boxes := make([]rect, len(ls))
	for i := len(ls) - 1; i >= 0; i-- {
		l := &ls[i]
		x := f.px(l.at)
		l.text = markLetters.fit(l.text, max(f.plot.x1-x, x-f.left)-4)
		if l.text == "" {
			continue
		}
		w := markLetters.width(l.text)
		l.right = x+4+w > f.plot.x1+2
		boxes[i] = rect{x0: x - 1, x1: x + 4 + w + 6}
		if l.right {
			boxes[i] = rect{x0: x - 4 - w - 6, x1: x + 1}
		}
		for _, crossing := range []bool{false, true} { // if need be over the line of another
			for r := 0; r < mostMarks && l.row < 0; r++ {
				free := true
				for j := i + 1; j < len(ls); j++ {
					o, box := ls[j], boxes[j]
					overlap := boxes[i].x0 < box.x1 && box.x0 < boxes[i].x1
					switch at := f.px(o.at); {
					case o.row < 0:
					case o.row == r && overlap,
						o.row > r && !crossing && at > boxes[i].x0 && at < boxes[i].x1,
						o.row < r && !crossing && x > box.x0 && x < box.x1:
						free = false
					}
				}
				if free {
					l.row = r
					rows = max(rows, r+1)
				}
			}
		}
	}
	return ls, rows
}
