package chart

import "math"

// draw puts the chart on a white canvas.
func (c Chart) draw(p pen, width, height float64) {
	l := newLooks(c)
	title := titleLetters.fit(clean(c.Title), width-2*margin)
	p.text(titleLetters, margin, margin+13, title)
	es := c.legend(l)
	top := placeLegend(es, margin+titleLetters.width(title), width-margin, margin, title != "")
	for _, e := range es {
		p.legendEntry(e)
	}
	if len(c.Panels) == 0 {
		return
	}
	for _, f := range c.frames(width, height, top) {
		p.panel(&f, l)
	}
}

func (p pen) legendEntry(e entry) {
	mid := e.y - 4
	end := e.x + e.swatch
	dot := []point{{(e.x + end) / 2, mid}}
	for _, s := range e.like {
		switch s.Kind {
		case Line, Steps:
			p.lines(strokeOf(e.look, s), []point{{e.x, mid}, {end, mid}})
			if s.Dots {
				p.dots(e.look.color, 0, 2.6, dot)
			}
		case Points:
			p.dots(e.look.color, e.look.index, 4, dot)
		case Arrows:
			st := strokeOf(e.look, s)
			p.lines(stroke{color: st.color, width: 1.4}, arrow(point{e.x, mid}, point{end, mid}))
		}
	}
	p.text(legendLetters, e.x+e.swatch+6, e.y, e.name)
}

func (p pen) panel(f *frame, l *looks) {
	if t := panelLetters.fit(clean(f.Title), f.plot.x1-f.left); t != "" {
		x := min(f.plot.x0, f.plot.x1-panelLetters.width(t)) // a long one begins left of the plot
		p.text(panelLetters, x, f.top+12, t)
	}
	if f.Cells != nil {
		p.cells(f)
		p.axes(f)
		return
	}
	p.background(f)
	if !f.Bare && f.Background == nil {
		p.grid(f)
	}
	p.marks(f)
	p.across(f)
	p.series(f, l)
	p.texts(f)
	if !f.Bare {
		p.axes(f)
	}
	if note := f.empty(); note != "" {
		p.text(axisLetters.aligned(0.5).colored(axisColor), (f.plot.x0+f.plot.x1)/2, (f.plot.y0+f.plot.y1)/2+4, note)
	}
}

// empty returns a note for a panel without any visible point, and "" for others.
func (f *frame) empty() string {
	if f.Background != nil || len(f.Texts) > 0 {
		return ""
	}
	note := "no data yet"
	for _, s := range f.Series {
		for i := range s.Y {
			_, okX := f.x.frac(s.x(i))
			_, okY := f.y.frac(s.Y[i])
			if okX && okY {
				return ""
			}
			note = "no finite values"
		}
	}
	return note
}

func (p pen) grid(f *frame) {
	var lines [][]point
	for _, t := range f.yTicks {
		y := math.Round(f.py(t.at))
		lines = append(lines, []point{{f.plot.x0, y}, {f.plot.x1, y}})
	}
	if len(f.X.Labels) == 0 {
		for _, t := range f.xTicks {
			x := math.Round(f.px(t.at))
			lines = append(lines, []point{{x, f.plot.y0}, {x, f.plot.y1}})
		}
	}
	p.lines(stroke{color: gridColor, width: 1}, lines...)
}

// axes draws the base line and all that is written beside the plot.
func (p pen) axes(f *frame) {
	if f.Cells == nil {
		base := []point{{f.plot.x0, f.plot.y1}, {f.plot.x1, f.plot.y1}}
		ticks := [][]point{base}
		if len(f.X.Labels) == 0 {
			for _, t := range f.xTicks {
				x := math.Round(f.px(t.at))
				ticks = append(ticks, []point{{x, f.plot.y1}, {x, f.plot.y1 + 4}})
			}
		}
		p.lines(stroke{color: axisColor, width: 1}, ticks...)
	}
	for _, t := range f.xTicks {
		p.text(tickLetters.aligned(0.5), f.px(t.at), f.plot.y1+16, t.label)
	}
	for _, t := range f.yTicks {
		label := tickLetters.fit(t.label, f.plot.x0-f.left)
		p.text(tickLetters.aligned(1), f.plot.x0-tickMargin, f.py(t.at)+4, label)
	}
	if t := axisLetters.fit(clean(f.X.Title), f.plot.w()); t != "" {
		p.text(axisLetters.aligned(0.5), (f.plot.x0+f.plot.x1)/2, f.plot.y1+tickRow+13, t)
	}
	if t := axisLetters.fit(clean(f.Y.Title), f.plot.h()); t != "" {
		p.up(axisLetters.aligned(0.5), f.left+9, (f.plot.y0+f.plot.y1)/2, t)
	}
}

func (p pen) marks(f *frame) {
	var lines [][]point
	for _, l := range f.labels {
		x := math.Round(f.px(l.at))
		y := f.plot.y0
		if l.row >= 0 {
			base := f.plot.y0 - 5 - markRow*float64(l.row)
			y = base - 9
			if l.right {
				p.text(markLetters.aligned(1), x-4, base, l.text)
			} else {
				p.text(markLetters, x+4, base, l.text)
			}
		}
		lines = append(lines, []point{{x, f.plot.y1}, {x, y}})
	}
	p.lines(stroke{color: paler(markColor, 0.25), width: 1, dotted: true}, lines...)
}
