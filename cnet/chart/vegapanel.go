package chart

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// panelBuilder makes the view of a panel.
type panelBuilder struct {
	*specBuilder
	*frame
	small  *frame // in a narrow window, if the plot has another size there
	panel  Panel  // with its frames
	layers []vlLayer
	err    error
}

// panel returns the view of a panel whose place and ranges are f.
func (b *specBuilder) panel(f *frame, p Panel) (vlView, error) {
	pb := panelBuilder{specBuilder: b, frame: f, panel: p}
	if f.isEqual() {
		f.x, f.y = f.xSpan(), f.ySpan()
		unit := max((f.x.hi-f.x.lo)/f.plot.w(), (f.y.hi-f.y.lo)/max(f.plot.h(), min(f.plot.w(), 400)))
		f.plot = rect{0, 0, math.Round((f.x.hi - f.x.lo) / unit), math.Round((f.y.hi - f.y.lo) / unit)}
	}
	f.plot, f.left = rect{0, 0, max(f.plot.w(), 20), max(f.plot.h(), 20)}, 0
	narrow := pb.narrowed()
	if b.chart.columns() > 1 {
		f.plot = narrow // which is all that views beside each other can have
	} else if narrow != f.plot {
		small := *f
		small.plot = narrow
		if !p.isHeat() {
			small.xTicks = small.tickX()
		}
		pb.small = &small
	}
	if p.isHeat() {
		pb.heat()
	} else {
		pb.base()
		pb.background()
		pb.vertical()
		pb.horizontal()
		pb.series()
		pb.fitted(pb.texts)
	}
	v := vlView{
		Name: fmt.Sprintf("p%d", b.view), Width: f.plot.w(), Height: f.plot.h(), Layer: spoken(pb.layers),
		Title: pb.title(), narrow: narrow,
	}
	return v, pb.err
}

func (b *panelBuilder) title() *vlTitle {
	titles := b.titlesOf(b.panel)
	t := &vlTitle{Text: titles[0], Anchor: "start", FontSize: 12.5, Offset: 8}
	switch {
	case len(b.panel.Frames) > 0:
		t.Text = vlExpr{js(titles) + "[" + b.index() + "]"}
	case t.Text == "":
		return nil
	}
	return t
}

// titlesOf returns the title of a panel in each of its frames, or the one of a panel without frames.
func (b *specBuilder) titlesOf(p Panel) []string {
	if len(p.Frames) == 0 {
		return []string{clean(p.Title)}
	}
	titles := make([]string, len(p.Frames))
	for k, f := range p.Frames {
		titles[k] = clean(f.Title)
		if titles[k] == "" {
			titles[k] = strings.TrimPrefix(clean(p.Title)+", "+b.chart.Slider.caption(k), ", ")
		}
	}
	return titles
}

// base is a layer without data: it has the axes, and takes zooming and moving.
func (b *panelBuilder) base() {
	id := b.view
	l := vlLayer{
		Data: b.add([]vlRow{}), Mark: vlMark{Type: "point"},
		Encoding: vlEncoding{X: b.channel("x"), Y: b.channel("y")},
	}
	x, y := l.Encoding.X, l.Encoding.Y
	x.noAxis, y.noAxis = b.Bare, b.Bare
	if !b.Bare {
		x.Axis = b.axis("x", func(f *frame) ([]tick, float64) { return f.xTicks, f.plot.w() })
		y.Axis = b.axis("y", func(f *frame) ([]tick, float64) { return f.yTicks, f.plot.h() })
		if n := len(b.X.Labels); n > 0 {
			b.named(x.Axis, cleaned(b.X.Labels), n)
		}
		b.limitTitle(x.Axis)
		// Not Shift, with which Chrome and macOS turn the wheel sideways: Vega-Lite takes its way down alone. Fingers
		// that part on a touchpad are a wheel with Ctrl.
		l.Params = []vlParam{{Name: fmt.Sprintf("zoom%d", id), Bind: "scales",
			Select: &vlSelect{Type: "interval", Zoom: "wheel![event.ctrlKey || event.metaKey]"}}}
		b.hasZoom = true
	}
	b.layers = append(b.layers, l)
	if !b.Bare && len(b.chart.Panels) > 1 {
		// Titles stand above all that is in a panel: as high above plots with a label at the very top as above others.
		b.layers = append(b.layers, vlLayer{
			Data: b.add([]vlRow{{}}), Mark: vlMark{Type: "rule", Opacity: new(float64), Clip: no(), Aria: no()},
			Encoding: vlEncoding{X: &vlChannel{Value: 0}, Y: &vlChannel{Value: -6}, Y2: &vlChannel{Value: 0}},
		})
	}
}

// channel returns the position of a field x, x2, y or y2.
func (b *panelBuilder) channel(field string) *vlChannel {
	s := b.x
	if field[0] == 'y' {
		s = b.y
	}
	if len(field) > 1 {
		return &vlChannel{Field: field}
	}
	c := &vlChannel{Field: field, Type: "quantitative",
		Scale: &vlScale{Domain: nums{[]float64{s.lo, s.hi}, max(finer(s), 12)}, Nice: no()}}
	if s.log {
		c.Scale.Type = "log"
	} else {
		c.Scale.Zero = no()
	}
	return c
}

// axis returns the axis of a field, with about as many ticks as the axis of a PNG. along returns the ticks of a plot,
// and how long it is in the axis's direction. What depends on the range follows it when it is zoomed.
func (b *panelBuilder) axis(field string, along func(f *frame) (ticks []tick, room float64)) *vlAxis {
	a, s := b.X, b.x
	if field == "y" {
		a, s = b.Y, b.y
	}
	v := &vlAxis{Title: text(clean(a.Title)), LabelOverlap: true}
	count := b.either(func(f *frame) float64 {
		ticks, room := along(f)
		least := min(int(room/30), 4) // or else -0.19 to 0.19 has a label at 0 alone
		return float64(max(len(ticks), least, 2))
	})
	v.TickCount = count
	number := js(count)
	if e, ok := count.(vlExpr); ok {
		number = "(" + e.Expr + ")"
	}
	zoomed := fmt.Sprintf("(zoom%d.%s || %s)", b.view, field, js(at(s, s.lo, s.hi)))
	switch {
	case len(a.Labels) > 0:
		v.Grid, v.LabelOverlap = no(), false
		v.Values.digits = 5
		for i := range a.Labels {
			v.Values.values = append(v.Values.values, float64(i))
		}
		v.LabelExpr = js(cleaned(a.Labels)) + "[datum.value]"
		_, room := along(b.frame)
		v.LabelLimit = max(room/float64(len(a.Labels))-4, 30)
	case s.log:
		// Vega has lines at 1, 2, ..., 9 times the powers of ten. If there are less than half as many as asked for, it
		// has equally spaced ones; within half a decade all lines have labels.
		decades := fmt.Sprintf("log(%[1]s[1] / %[1]s[0]) / LN10", zoomed)
		v.TickCount = vlExpr{fmt.Sprintf("%[1]s < 0.5 ? max(%[2]s, 5) : floor(clamp(%[1]s, 2, 8))", decades, number)}
		// Of the many lines between powers of ten a few have labels, as long as there are few powers.
		mantissas := fmt.Sprintf("%[1]s < 1.5 ? [1,2,3,5,7] : %[1]s < 3 ? [1,2,5] : [1]", decades)
		first := "datum.value / pow(10, floor(log(datum.value) / LN10 + 1e-9))"
		label := "format(datum.value, '.12~r')"
		if a.powers(s) {
			label = fmt.Sprintf("(%s < 0.5 ? %s : %s)", decades, Axis{}.vegaNumber("datum.value", 12),
				vegaPower("datum.value", 12))
		}
		v.LabelExpr = fmt.Sprintf("%s < 0.5 || indexof(%s, round(%s * 1e6) / 1e6) >= 0 ? %s : ''", decades, mantissas,
			first, label)
	case a.Percent:
		// Format has as many decimals as the distance of the ticks needs.
		v.Format, v.LabelExpr = "%", "replace(datum.label, '%', ' %')"
	case a.powers(s):
		v.LabelExpr = vegaPower("datum.value", 12)
	}
	if a.Integer && !s.log && len(a.Labels) == 0 {
		// Vega takes 1, 2 or 5 times a power of ten for the distance of ticks: the one next to this many of them. Its
		// tickMinStep still has ticks at halves.
		v.TickCount = vlExpr{fmt.Sprintf("min(%[1]s, 1.4 * abs(%[2]s[1] - %[2]s[0]))", number, zoomed)}
	}
	return v
}

// background puts pictures into the plot.
func (b *panelBuilder) background() {
	var rows []vlRow
	smooth := false
	add := func(bg *Background, frame *int) {
		if bg == nil || b.err != nil {
			return
		}
		if b.quality.pixels > 1 {
			bg = bg.coarser(b.quality.pixels)
			b.omitted.pixels = true
		}
		uri, err := bg.dataURI()
		if err != nil {
			b.err = err
			return
		}
		smooth = bg.Smooth
		rows = append(rows, vlRow{Frame: frame, URL: uri,
			X: at(b.x, bg.X0), X2: at(b.x, bg.X1),
			Y: at(b.y, bg.Y0), Y2: at(b.y, bg.Y1)})
	}
	for k, f := range b.panel.Frames {
		bg := f.Background
		if bg == nil {
			continue
		}
		add(bg, &k)
	}
	if len(rows) == 0 {
		add(b.panel.Background, nil)
	} else if b.panel.Background != nil { // in the frames without one of their own
		for k, f := range b.panel.Frames {
			if f.Background == nil {
				add(b.panel.Background, &k)
			}
		}
	}
	if len(rows) == 0 {
		return
	}
	b.layers = append(b.layers, vlLayer{
		Data:      b.add(rows),
		Transform: b.rowsShown(rows, "x", "x2", "y", "y2"),
		Mark:      vlMark{Type: "image", Aspect: no(), Smooth: &smooth, Clip: yes()},
		Encoding: vlEncoding{X: b.channel("x"), X2: b.channel("x2"), Y: b.channel("y"), Y2: b.channel("y2"),
			URL: &vlChannel{Field: "u", Type: "nominal"}},
	})
}

// rowsShown returns the transforms that choose the rows of the frame that is shown and flatten them.
func (b *panelBuilder) rowsShown(rows []vlRow, fields ...string) []vlTransform {
	var ts []vlTransform
	if slices.ContainsFunc(rows, func(r vlRow) bool { return r.Frame != nil }) {
		ts = append(ts, vlTransform{Filter: "!isValid(datum.k) || datum.k === " + b.index()})
	}
	return append(ts, vlTransform{Flatten: fields})
}

// vertical draws the marks at x values, with labels above the plot.
func (b *panelBuilder) vertical() {
	var lines []vlRow
	placed, _ := b.placeMarks()
	for _, l := range placed {
		lines = append(lines, vlRow{X: at(b.x, l.at)})
	}
	for k, f := range b.panel.Frames {
		for _, m := range f.Marks {
			if !m.Across && finite(m.At) {
				lines = append(lines, vlRow{Frame: &k, X: at(b.x, m.At)})
			}
		}
	}
	if len(lines) == 0 {
		return
	}
	b.layers = append(b.layers, vlLayer{
		Data: b.add(lines), Transform: b.rowsShown(lines, "x"),
		Mark:     vlMark{Type: "rule", Color: Gray, StrokeDash: []float64{2, 3}, Clip: yes()},
		Encoding: vlEncoding{X: b.channel("x")},
	})
	b.fitted(b.markLabels)
}

// markLabels writes the labels of the marks at x values above the plot.
func (b *panelBuilder) markLabels() {
	b.labels, b.rows = b.placeMarks()
	type place struct {
		row   int
		right bool
	}
	labels := map[place]*vlRow{}
	var places []place
	put := func(l markLabel) {
		p := place{l.row, l.right}
		if labels[p] == nil {
			labels[p] = &vlRow{X: nums{digits: finer(b.x)}}
			places = append(places, p)
		}
		labels[p].X.values = append(labels[p].X.values, l.at)
		labels[p].Text = append(labels[p].Text, l.text)
	}
	for _, l := range b.labels {
		if l.row >= 0 && l.text != "" {
			put(l)
		}
	}
	inside := "true"
	if !b.Bare {
		inside = fmt.Sprintf("!zoom%[1]d.x || inrange(datum.x, zoom%[1]d.x)", b.view)
	}
	text := func(rows []vlRow, row int, right bool) {
		m := vlMark{Type: "text", Align: "left", DX: 3, Baseline: "bottom", FontSize: 10.5, Clip: no(),
			Color: themed(Black)}
		if right {
			m.Align, m.DX = "right", -3
		}
		b.layers = append(b.layers, vlLayer{
			Data: b.add(rows), Transform: b.rowsShown(rows, "x", "t"), Mark: m,
			Encoding: vlEncoding{X: b.channel("x"), Y: &vlChannel{Value: -2 - markRow*float64(row)},
				Text:    &vlChannel{Field: "t", Type: "nominal"},
				Opacity: &vlChannel{Condition: &vlCondition{Test: inside, Value: 1}, Value: 0}},
		})
	}
	for _, p := range places {
		text([]vlRow{*labels[p]}, p.row, p.right)
	}
	var moving [2][]vlRow // at the left and at the right of their ends
	for k, f := range b.panel.Frames {
		for _, m := range f.Marks {
			if m.Across || !finite(m.At) {
				continue
			}
			label, side := clean(m.Label), 0
			if t, ok := b.x.frac(m.At); ok && t*b.plot.w()+4+markLetters.width(label) > b.plot.w()+2 {
				side = 1
			}
			moving[side] = append(moving[side], vlRow{Frame: &k, X: at(b.x, m.At), Text: []string{label}})
		}
	}
	for side, rows := range moving {
		if len(rows) > 0 {
			text(rows, b.rows, side == 1)
		}
	}
}

// horizontal draws the marks at y values, with labels on their lines.
func (b *panelBuilder) horizontal() {
	var rows []vlRow
	add := func(m Mark, frame *int) {
		if m.Across && finite(m.At) {
			rows = append(rows, vlRow{Frame: frame, Y: at(b.y, m.At), Text: []string{clean(m.Label)}})
		}
	}
	for _, m := range b.panel.Marks {
		add(m, nil)
	}
	for k, f := range b.panel.Frames {
		for _, m := range f.Marks {
			add(m, &k)
		}
	}
	if len(rows) == 0 {
		return
	}
	data, shown := b.add(rows), b.rowsShown(rows, "y", "t")
	b.layers = append(b.layers, vlLayer{
		Data: data, Transform: shown, Mark: vlMark{Type: "rule", Color: Gray, StrokeDash: []float64{2, 3}, Clip: yes()},
		Encoding: vlEncoding{Y: b.channel("y")},
	}, vlLayer{
		Data: data, Transform: shown,
		Mark: vlMark{Type: "text", Align: "right", Baseline: "bottom", DY: -2, FontSize: 10.5, Clip: yes(),
			Color: themed(Black)},
		Encoding: vlEncoding{X: &vlChannel{Value: b.either(func(f *frame) float64 { return f.plot.w() - 4 })},
			Y:    b.channel("y"),
			Text: &vlChannel{Field: "t", Type: "nominal"}},
	})
}

// texts writes into the plot.
func (b *panelBuilder) texts() {
	type style struct {
		color string
		align float64
	}
	rows := map[style][]vlRow{}
	var styles []style
	add := func(t Text, frame *int) {
		q, ok := b.place(t.X, t.Y)
		if !ok {
			return
		}
		k := style{color: t.Color}
		switch s := clean(t.Text); {
		case t.Center:
			k.align = 0.5
		case t.Left || q.x+5+markLetters.width(s) > b.plot.x1+10:
			k.align = 1
		}
		if rows[k] == nil {
			styles = append(styles, k)
		}
		rows[k] = append(rows[k], vlRow{Frame: frame, X: at(b.x, t.X), Y: at(b.y, t.Y),
			Text: []string{clean(t.Text)}})
	}
	for _, t := range b.Texts { // of the panel and its guides
		add(t, nil)
	}
	for k, f := range b.panel.Frames {
		for _, t := range f.Texts {
			add(t, &k)
		}
	}
	for _, k := range styles {
		m := vlMark{Type: "text", Align: "left", DX: 5, DY: -5, Baseline: "bottom", FontSize: 10.5, Clip: yes()}
		switch k.align {
		case 0.5:
			m.Align, m.DX = "center", 0
			m.Baseline, m.DY = "middle", 0
		case 1:
			m.Align, m.DX = "right", -5
		}
		m.Color = themed(cmp.Or(k.color, Black))
		b.layers = append(b.layers, vlLayer{
			Data: b.add(rows[k]), Transform: b.rowsShown(rows[k], "x", "y", "t"), Mark: m,
			Encoding: vlEncoding{X: b.channel("x"), Y: b.channel("y"), Text: &vlChannel{Field: "t", Type: "nominal"}},
		})
	}
}
