package chart

import (
	"fmt"
	"slices"
	"strings"
)

// In a narrow window panels stand below each other, and the plot of a chart of one panel is narrower. The specification
// has a signal of Vega for it, narrow, on which titles, legends and places depend. Vega-Lite takes numbers for the size
// of a view; but where there is one view it calls Vega's own signals of the size by their names, and a parameter of
// such a name replaces the number.

const (
	// besideOutput is what JupyterLab needs of a window beside a chart, for the browser of files, margins and axes. The
	// element of a specification is as wide as what is in it, and does not tell.
	besideOutput = 465
	// narrowOutput is the width of an output in JupyterLab in a window of 700 pixels, with the file browser open.
	narrowOutput = 332
	// narrowText is how wide a line of text may be there.
	narrowText = narrowOutput - 2*vegaPadding - 2
	// vegaPadding is what Vega leaves free at each edge of a chart.
	vegaPadding = 5
	// narrowRight is free at the right of a plot, for half of the last label of its x axis.
	narrowRight = 12
	// mostLabel is how wide a label of an axis can be.
	mostLabel = 160
)

// narrowSignal returns the signal of a chart of a width. Where nothing tells that of the window, as when a picture is
// made, there is room.
func narrowSignal(width float64) vgSignal {
	narrow := fmt.Sprintf("windowSize()[0] < %.0f", width+besideOutput)
	return vgSignal{Name: "narrow", Init: narrow, On: []vgHandler{{Events: "window:resize", Update: narrow}}}
}

// narrowRoom returns how wide plots may be in a narrow window, where all of them begin at one x.
func narrowRoom(frames []frame) float64 {
	left := 0.0
	for _, f := range frames {
		left = max(left, f.leftOfPlot())
	}
	return narrowOutput - 2*vegaPadding - left - narrowRight
}

// legendRoom returns how wide the legend may be in a narrow window. It begins at the plot.
func (b *specBuilder) legendRoom() float64 { return b.room + narrowRight }

// leftOfPlot returns how wide the y axis is with its labels and title.
func (f *frame) leftOfPlot() float64 {
	if f.Bare {
		return 0
	}
	w := 0.0
	for _, t := range f.yTicks {
		w = max(w, tickLetters.width(t.label))
	}
	for _, name := range f.Y.Labels {
		w = max(w, tickLetters.width(clean(name)))
	}
	w = min(w, mostLabel) + tickMargin
	if f.Y.Title != "" {
		w += axisRow
	}
	return w
}

// narrowed returns the plot of a panel in a narrow window.
func (b *panelBuilder) narrowed() rect {
	w, h := b.plot.w(), b.plot.h()
	room := max(b.room, 60)
	if w <= room {
		return b.plot
	}
	if b.isEqual() {
		h = max(h*room/w, 20)
	}
	return rect{0, 0, float64(int(room)), float64(int(h))}
}

// isEqual reports whether one unit of x is as long as one unit of y.
func (f *frame) isEqual() bool { return f.Equal && !f.x.log && !f.y.log && !f.isHeat() }

// arrange puts views beside each other or, in a narrow window, below each other.
func (s *vlSpec) arrange(views []vlView, columns int) {
	v := views[0]
	if len(views) == 1 { // a view of its own, whose height can change as well
		s.Width, s.Height, s.Layer = v.Width, v.Height, v.Layer
		s.size("height", v.Height, v.narrow.h())
	} else {
		s.Concat, s.Columns, s.Spacing = views, columns, 24
	}
	if columns > 1 {
		s.Columns = vlSignal{fmt.Sprintf("narrow ? 1 : %d", columns)}
		return
	}
	// Views below each other of the same width share one signal of it.
	if !slices.ContainsFunc(views, func(o vlView) bool { return o.Width != v.Width || o.narrow.w() != v.narrow.w() }) {
		s.size("width", v.Width, v.narrow.w())
	}
}

// size makes a size of the view another one in a narrow window.
func (s *vlSpec) size(name string, wide, narrow float64) {
	if wide != narrow {
		s.Params = append(s.Params, vlParam{Name: name, Expr: fmt.Sprintf("narrow ? %s : %s", js(narrow), js(wide))})
	}
}

// either returns what a number is for the plot, and for that in a narrow window.
func (b *panelBuilder) either(of func(f *frame) float64) any {
	wide := of(b.frame)
	if b.small == nil || of(b.small) == wide {
		return wide
	}
	return vlExpr{fmt.Sprintf("narrow ? %s : %s", js(of(b.small)), js(wide))}
}

// fitted adds the layers that draw adds, twice where they depend on the size of the plot: for wide and narrow windows.
func (b *panelBuilder) fitted(draw func()) {
	from := len(b.layers)
	draw()
	if b.small == nil {
		return
	}
	wide, frame := slices.Clone(b.layers[from:]), b.frame
	b.frame = b.small
	draw()
	b.frame = frame
	small := slices.Clone(b.layers[from+len(wide):])
	b.layers = b.layers[:from+len(wide)]
	if js(wide) == js(small) {
		return
	}
	for i := range wide {
		b.layers[from+i] = wide[i].onlyIf("!narrow")
	}
	for _, l := range small {
		b.layers = append(b.layers, l.onlyIf("narrow"))
	}
}

// onlyIf returns a layer that is empty otherwise.
func (l vlLayer) onlyIf(test string) vlLayer {
	l.Transform = append([]vlTransform{{Filter: test}}, l.Transform...)
	return l
}

// named sets how names stand below n columns: shortened, or from bottom to top where little would be left of them in a
// narrow window.
func (b *panelBuilder) named(a *vlAxis, names []string, n int) {
	room := func(f *frame) float64 { return f.plot.w()/float64(max(n, 1)) - 4 }
	a.LabelLimit = b.either(func(f *frame) float64 { return max(room(f), 30) })
	if b.small == nil {
		return
	}
	widest := 0.0
	for _, name := range names {
		widest = max(widest, tickLetters.width(name))
	}
	if widest <= room(b.small) || room(b.small) >= 50 {
		return
	}
	a.LabelAngle = vlExpr{"narrow ? -90 : 0"}
	a.LabelLimit = vlExpr{fmt.Sprintf("narrow ? 100 : %s", js(max(room(b.frame), 30)))}
	if room(b.small) < 9 {
		a.LabelOverlap = true
	}
}

// limitTitle shortens the title of the x axis in a narrow window, where it would be the widest part of the chart.
func (b *panelBuilder) limitTitle(a *vlAxis) {
	if b.small != nil && axisLetters.width(*a.Title) > b.small.plot.w() {
		a.TitleLimit = vlExpr{fmt.Sprintf("narrow ? %s : 0", js(b.small.plot.w()))}
	}
}

// joinedTitle returns the title of a chart and that of its only panel, in one line where there is room.
func (b *specBuilder) joinedTitle(width float64) any {
	p := b.chart.Panels[0]
	titles := b.titlesOf(p)
	lines := func(room float64) [][]string {
		parts := make([][]string, len(titles)) // with two titles that do not fit beside each other
		apart := false
		for k, t := range titles {
			parts[k] = slices.DeleteFunc([]string{clean(b.chart.Title), t}, func(s string) bool { return s == "" })
			apart = apart || titleLetters.width(strings.Join(parts[k], " · ")) > room
		}
		most := 0
		for k, part := range parts {
			if !apart {
				part = []string{strings.Join(part, " · ")}
			}
			parts[k] = nil
			for _, s := range part {
				parts[k] = append(parts[k], wrapped(s, titleLetters, room)...)
			}
			most = max(most, len(parts[k]))
		}
		for k := range parts { // the plot stays where it is when the slider moves
			for len(parts[k]) < most {
				parts[k] = append(parts[k], "")
			}
		}
		return parts
	}
	wide, small := lines(max(width, narrowText)), lines(narrowText)
	if len(p.Frames) == 0 {
		if len(wide[0]) == 1 && wide[0][0] == "" {
			return ""
		}
		return unlessNarrow(wide[0], small[0])
	}
	if js(wide) == js(small) {
		return vlExpr{js(wide) + "[" + b.index() + "]"}
	}
	return vlExpr{fmt.Sprintf("(narrow ? %s : %s)[%s]", js(small), js(wide), b.index())}
}

// wrapped breaks a text into lines of a width.
func wrapped(s string, letters letters, width float64) (lines []string) {
	line := ""
	for _, word := range strings.Fields(s) {
		if longer := strings.TrimSpace(line + " " + word); line == "" || letters.width(longer) <= width {
			line = longer
			continue
		}
		lines, line = append(lines, line), word
	}
	return append(lines, line)
}

// unlessNarrow returns lines of a title for wide and for narrow windows.
func unlessNarrow(wide, small []string) any {
	if slices.Equal(wide, small) {
		if len(wide) == 1 {
			return wide[0]
		}
		return wide
	}
	return vlExpr{fmt.Sprintf("narrow ? %s : %s", js(small), js(wide))}
}
