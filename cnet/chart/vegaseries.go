package chart

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"
)

// style is what series in one layer have in common.
type style struct {
	kind   Kind
	light  bool
	dashed bool
	dots   bool
	lone   bool   // points of a line with gaps on both sides
	color  string // of series that do not have the colour of their name; empty: the colour of the name
	shape  int    // of points without a name
}

// group is the series of a style, as rows of data.
type group struct {
	style
	rows []vlRow
}

// series draws all series of the panel: a layer for each style, light ones first, and one for the values under the
// pointer.
func (b *panelBuilder) series() {
	var groups []*group
	points := 0
	add := func(s Series, frame *int) {
		k := b.looks.of(s)
		name := clean(s.Name)
		if s.Like != "" {
			name = clean(s.Like)
		}
		st := style{kind: s.Kind, light: s.Light, dashed: s.Dashed || k.dashed, dots: s.Dots}
		if st.kind == Steps {
			st.kind = Line
		}
		if named := b.looks.byName[name]; !slices.Contains(b.names, name) || named.color != k.color {
			name, st.color = "", hex(k.color)
			if st.kind == Points {
				st.shape = k.index % len(shapes)
			}
		}
		i := slices.IndexFunc(groups, func(g *group) bool { return g.style == st })
		if i < 0 {
			i = len(groups)
			groups = append(groups, &group{style: st})
		}
		row := b.row(s)
		if len(row.Y.values) == 0 {
			return
		}
		row.Frame, row.Series = frame, name
		if !s.Light {
			points += len(row.Y.values)
		}
		groups[i].rows = append(groups[i].rows, row)
		alone := row.lone()
		if st.kind != Line || st.dots || len(alone.X.values) == 0 {
			return
		}
		st.lone, st.kind, st.dashed = true, Points, false
		i = slices.IndexFunc(groups, func(g *group) bool { return g.style == st })
		if i < 0 {
			i = len(groups)
			groups = append(groups, &group{style: st})
		}
		groups[i].rows = append(groups[i].rows, alone)
	}
	for _, s := range b.frame.Series { // of the panel and its guides
		add(s, nil)
	}
	for k, f := range b.panel.Frames {
		for _, s := range f.Series {
			add(s, &k)
		}
	}
	groups = slices.DeleteFunc(groups, func(g *group) bool { return len(g.rows) == 0 })
	slices.SortStableFunc(groups, func(g, h *group) int { // light first
		switch {
		case g.light == h.light:
			return 0
		case g.light:
			return -1
		}
		return 1
	})
	// Groups share a data set, so that the values under the pointer are looked for in all of them.
	var rows []vlRow
	lines := false
	for i, g := range groups {
		for _, r := range g.rows {
			r.Group = &i
			rows = append(rows, r)
		}
		lines = lines || g.kind == Line && !g.light
	}
	if len(rows) == 0 {
		b.ownLegend()
		return
	}
	data := b.add(rows)
	var under []string
	for i, g := range groups {
		chosen := []vlTransform{{Filter: fmt.Sprintf("datum.g === %d", i)}}
		chosen = append(chosen, b.rowsShown(g.rows, "x", "y")...)
		if !g.light && g.kind != Arrows && !g.lone {
			under = append(under, fmt.Sprint(i))
		}
		l := b.layer(g.style, data, chosen)
		if g.lone {
			l.Mark.Size, l.Mark.Shape, l.Encoding.Shape = 26, "circle", nil
			if g.light {
				l.Mark.Size = 13
			} else {
				l.Transform, l.says = append(l.Transform, b.readable()...), b.tooltip()
			}
		}
		if g.kind == Points && !g.light && !lines {
			l.Transform = append(l.Transform, b.readable()...)
			l.Encoding.Tooltip = b.tooltip()
		}
		b.layers = append(b.layers, l)
		if g.kind == Line && g.dots {
			dots := g.style
			dots.kind, dots.dashed = Points, false
			l := b.layer(dots, data, chosen)
			l.Mark.Size, l.Mark.Shape, l.Encoding.Shape = 26, "circle", nil
			l.Transform, l.says = append(l.Transform, b.readable()...), b.tooltip()
			b.layers = append(b.layers, l)
		}
	}
	if lines && points <= 8000 {
		b.pointer(data, rows, under)
	}
	b.ownLegend()
}

// lone returns the points of a line between gaps that are all at one place: nothing would be seen of them.
func (r vlRow) lone() vlRow {
	x, y := r.X.values, r.Y.values
	r.X.values, r.Y.values = nil, nil
	for from := 0; from < len(x); {
		to, still := from, true
		for ; to < len(x) && finite(x[to]) && finite(y[to]); to++ {
			still = still && x[to] == x[from] && y[to] == y[from]
		}
		if to > from && still {
			r.X.values, r.Y.values = append(r.X.values, x[from]), append(r.Y.values, y[from])
		}
		from = to + 1
	}
	return r
}

// ownLegend adds a layer for the legend alone, if all names are those of series without points.
func (b *panelBuilder) ownLegend() {
	if len(b.names) == 0 || b.hasLegend || b.view < len(b.chart.Panels)-1 {
		return
	}
	b.layers = append(b.layers, b.layer(style{kind: Line}, b.add([]vlRow{}), nil))
}

// pointer marks the point next to the pointer and shows its values.
func (b *panelBuilder) pointer(data vlData, rows []vlRow, groups []string) {
	ts := []vlTransform{{Filter: fmt.Sprintf("indexof([%s], datum.g) >= 0", strings.Join(groups, ","))}}
	ts = append(ts, b.rowsShown(rows, "x", "y")...)
	ts = append(ts, vlTransform{Filter: "isValid(datum.x) && isValid(datum.y)"})
	near := fmt.Sprintf("near%d", b.view)
	b.layers = append(b.layers, vlLayer{
		Data: data, Transform: append(ts, b.readable()...),
		Mark: vlMark{Type: "point", Filled: no(), Size: 90, StrokeWidth: 2, Color: themed(Black), Clip: yes(),
			Aria: no()},
		Params: []vlParam{{Name: near, Select: &vlSelect{Type: "point", On: "mouseover", Nearest: true,
			Fields: []string{"s", "x", "y"}, Clear: "mouseout", Toggle: false}}},
		Encoding: vlEncoding{X: b.channel("x"), Y: b.channel("y"),
			Opacity: &vlChannel{Condition: &vlCondition{Param: near, Empty: no(), Value: 1}, Value: 0},
			Tooltip: b.tooltip()},
	})
}

// readable computes the texts that are shown of a point.
func (b *panelBuilder) readable() []vlTransform {
	return []vlTransform{
		{Calculate: b.X.vegaNumber("datum.x", digitsFor(b.x)), As: "tx"},
		{Calculate: b.Y.vegaNumber("datum.y", digitsFor(b.y)), As: "ty"},
		{Calculate: "datum.s || '–'", As: "ts"}, // some series have no name
	}
}

func (b *panelBuilder) tooltip() []vlChannel {
	x, y := clean(b.X.Title), clean(b.Y.Title)
	if x == "" {
		x = "x"
	}
	if y == "" {
		y = clean(b.panel.Title)
	}
	if y == "" {
		y = "y"
	}
	if x == y {
		y += " "
	}
	var fields []vlChannel
	if len(b.names) > 0 {
		fields = append(fields, vlChannel{Field: "ts", Type: "nominal", Title: text("series")})
	}
	return append(fields, vlChannel{Field: "tx", Type: "nominal", Title: text(x)},
		vlChannel{Field: "ty", Type: "nominal", Title: text(y)})
}

// layer returns the layer of a style.
func (b *panelBuilder) layer(st style, data vlData, ts []vlTransform) vlLayer {
	l := vlLayer{Data: data, Transform: ts, Encoding: vlEncoding{X: b.channel("x"), Y: b.channel("y")}}
	opacity := 1.0
	switch st.kind {
	case Points:
		l.Mark = vlMark{Type: "point", Filled: yes(), Size: 44, Clip: yes()}
	case Arrows:
		l.Mark = vlMark{Type: "line", Order: no(), StrokeWidth: 1.4, Clip: yes()}
	default:
		// Mitred, a narrow peak would end above its last point.
		l.Mark = vlMark{Type: "line", Order: no(), StrokeWidth: 2, StrokeJoin: "round", Clip: yes()}
	}
	if st.dashed && st.kind == Line {
		l.Mark.StrokeDash, l.Mark.StrokeWidth = dash, 1.5
	}
	if st.light {
		opacity = 0.45
		if st.kind != Points {
			l.Mark.StrokeWidth = 1
		}
		if st.dashed || st.kind == Arrows {
			opacity = 0.7
		}
	}
	if l.Mark.Type == "line" {
		// Frames and series are lines of their own.
		l.Encoding.Detail = &vlChannel{Field: "s", Type: "nominal"}
	}
	if st.color != "" {
		l.Mark.Color, l.Mark.Opacity = themed(st.color), &opacity
		if st.kind == Points {
			l.Mark.Shape = vegaShapes[st.shape]
		}
		return l
	}
	b.colours(&l, st, opacity)
	return l
}

// vegaShapes are the names of shapes in Vega.
var vegaShapes = [...]string{"circle", "square", "triangle-up", "diamond"}

// dash is how dashed lines are drawn, in pixels of lines and gaps.
var dash = []float64{6, 3.5}

// longStroke is the symbol of lines in a legend with dashed ones: 25 pixels long, so that three dashes are seen. It is
// a path, in units of half the root of symbolSize; a greater size would make the rows of the legend higher.
const (
	symbolSize = 90
	longStroke = "M-2.64,0L2.64,0"
	longerBy   = 8 // pixels, on either side
)

// A second click on a name of the legend, and one beside everything, brings the other series back. Vega-Lite's own
// binding has the latter alone, and there is nothing beside a plot in which the pointer always has a nearest point.
const (
	// legendClick are the clicks that choose: not those on marks, with which Vega-Lite would choose the last name once
	// more.
	legendClick = "click[!event.item || !event.item.datum || indexof(event.item.mark.role, 'legend') >= 0]"
	// again is whether a click takes a name out of those chosen, or adds it to them, instead of replacing them.
	again = "event.shiftKey || indexof(picked.s || [], datum && datum.value) >= 0"
)

// colours gives a layer the colours, and points the shapes, of the names of its series. Panels share their scales, and
// so the legend; a click on it is a selection of the first such layer.
func (b *panelBuilder) colours(l *vlLayer, st style, opacity float64) {
	var colors, forms []any
	var dashes [][]float64
	stroke, dashed := "stroke", slices.ContainsFunc(b.names, b.dashed)
	if dashed {
		stroke = longStroke
	}
	for _, name := range b.names {
		k := b.looks.byName[name]
		colors = append(colors, themed(hex(k.color)))
		form := vegaShapes[k.index%len(vegaShapes)]
		if !b.isPoints(name) {
			form = stroke
		}
		forms = append(forms, form)
		if b.dashed(name) {
			dashes = append(dashes, dash)
		} else {
			dashes = append(dashes, []float64{1, 0})
		}
	}
	channel := func(values any) *vlChannel {
		c := &vlChannel{Field: "s", Type: "nominal", Title: text(""),
			Scale:  &vlScale{Domain: b.names, Range: values},
			Legend: &vlLegend{Orient: "top", Title: text(""), SymbolOpacity: 1, Offset: 4}}
		if n := b.legendColumns(); n < len(b.names) {
			c.Legend.Columns = vlSignal{fmt.Sprintf("narrow ? %d : %d", n, len(b.names))}
		}
		if !b.pointsNamed() {
			c.Legend.SymbolType, c.Legend.SymbolStroke = stroke, 2.5
		}
		if dashed {
			c.Legend.SymbolOffset, c.Legend.LabelOffset = longerBy, longerBy+4
		}
		return c
	}
	l.Encoding.Color = channel(colors)
	if st.kind == Points {
		l.Encoding.Shape = channel(forms)
	}
	if dashed && st.kind == Line {
		l.Encoding.StrokeDash = channel(dashes)
		l.Mark.StrokeDash = nil
	}
	if len(b.names) < 2 {
		l.Mark.Opacity = &opacity
		b.hasLegend = true
		return
	}
	if !b.hasLegend {
		l.Params = append(l.Params, vlParam{Name: "picked", Bind: vlLegendBind{legendClick},
			Select: &vlSelect{Type: "point", Fields: []string{"s"}, Toggle: again}})
		b.hasLegend = true
	}
	l.Encoding.Opacity = &vlChannel{Condition: &vlCondition{Param: "picked", Value: opacity},
		Value: math.Round(15*opacity) / 100}
}

// swatch returns the width of a sample in the legend, with the gaps beside it.
func (b *specBuilder) swatch() float64 {
	if slices.ContainsFunc(b.names, b.dashed) {
		return 36 + 2*longerBy
	}
	return 36
}

// legendColumns returns how many names of the legend fit beside each other in a narrow window.
func (b *specBuilder) legendColumns() int {
	widest := 0.0
	for _, name := range b.names {
		widest = max(widest, legendLetters.width(name)+b.swatch())
	}
	return min(max(int(b.legendRoom()/widest), 1), len(b.names))
}

// pointsNamed reports whether there are points in the legend.
func (b *specBuilder) pointsNamed() bool { return slices.ContainsFunc(b.names, b.isPoints) }

// isPoints reports whether a name in the legend has series of points.
func (b *specBuilder) isPoints(name string) bool {
	for _, p := range b.chart.Panels {
		for _, s := range p.all().Series {
			if s.Kind == Points && (clean(s.Name) == name || clean(s.Like) == name) {
				return true
			}
		}
	}
	return false
}

// dashed reports whether all series of a name are dashed lines.
func (b *specBuilder) dashed(name string) bool {
	dashed := false
	for _, p := range b.chart.Panels {
		for _, s := range p.all().Series {
			if clean(s.Name) != name {
				continue
			}
			if !b.looks.of(s).dashed {
				return false
			}
			dashed = true
		}
	}
	return dashed
}

// mostSeparate is how many points and arrows of a series are drawn at most, each by itself.
const mostSeparate = 2000

// row returns the points of a series; of a long one those that its picture needs.
func (b *panelBuilder) row(s Series) vlRow {
	var xs, ys []float64
	most := b.quality.points
	if s.Kind == Arrows || s.Kind == Points || s.Dots {
		most = min(most, mostSeparate)
	}
	switch {
	case s.Kind == Arrows:
		all := b.arrows(s)
		every := max(1, (len(all)+most-1)/most)
		b.leave(len(all)-(len(all)+every-1)/every, len(all))
		for i := 0; i < len(all); i += every {
			for _, q := range all[i] {
				xs = append(xs, b.x.at((q.x-b.plot.x0)/b.plot.w()))
				ys = append(ys, b.y.at((b.plot.y1-q.y)/b.plot.h()))
			}
			if i+every < len(all) {
				xs, ys = append(xs, math.NaN()), append(ys, math.NaN())
			}
		}
	case s.Kind == Points:
		every := max(1, (len(s.Y)+most-1)/most)
		for i := 0; i < len(s.Y); i += every {
			if _, ok := b.place(s.x(i), s.Y[i]); ok {
				xs, ys = append(xs, s.x(i)), append(ys, s.Y[i])
			}
		}
		b.leave(len(s.Y)-(len(s.Y)+every-1)/every, len(s.Y))
	default:
		xs, ys = b.corners(s)
		if s.Dots && len(xs) <= most {
			break
		}
		line := make([]point, len(xs))
		for i := range xs {
			line[i] = point{math.NaN(), math.NaN()}
			if p, ok := b.place(xs[i], ys[i]); ok {
				line[i] = p
			}
		}
		if s.Light { // context; as dense as its pixels it would be a band
			most = min(most, int(1.5*b.plot.w()))
		}
		kept, seen := fewer(line, most)
		if (seen || s.Dots) && !s.Light {
			b.leave(len(xs)-len(kept), len(xs))
		}
		xs, ys = pick(xs, kept), pick(ys, kept)
	}
	b.longest = max(b.longest, len(xs))
	if s.Kind != Points && len(xs) > 0 { // the next series is another line
		xs, ys = append(xs, math.NaN()), append(ys, math.NaN())
	}
	return vlRow{X: nums{xs, digitsFor(b.x)}, Y: nums{ys, digitsFor(b.y)}}
}

// leave counts points that are left out.
func (b *specBuilder) leave(n, of int) {
	b.omitted.points += n
	if n > 0 {
		b.omitted.of += of
	}
}

// corners returns the corners of a line or staircase, with NaN for gaps.
func (b *panelBuilder) corners(s Series) (xs, ys []float64) {
	put := func(x, y float64) {
		if _, ok := b.place(x, y); !ok {
			x, y = math.NaN(), math.NaN()
		}
		xs, ys = append(xs, x), append(ys, y)
	}
	for i, y := range s.Y {
		switch {
		case s.edges():
			if i > 0 && finite(s.X[i]) && !finite(s.Y[i-1]) {
				put(math.NaN(), math.NaN())
			}
			put(s.X[i], y)
			put(s.X[i+1], y)
		case s.Kind == Steps && i > 0 && finite(s.Y[i-1]):
			put(s.x(i), s.Y[i-1])
			put(s.x(i), y)
		default:
			put(s.x(i), y)
		}
	}
	return xs, ys
}

// pick returns the values at the indices, with NaN for missing ones.
func pick(values []float64, indices []int) []float64 {
	picked := make([]float64, len(indices))
	for i, at := range indices {
		if picked[i] = math.NaN(); at != missing {
			picked[i] = values[at]
		}
	}
	return picked
}

func hex(c color.NRGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// onDark is what the colours of the palette become on a dark background, with at least 4.5 times its luminance.
var onDark = map[string]string{
	Blue: "#4fa8e0", Vermillion: "#ff8540", Green: "#2ec49a", Purple: "#e6a3c8", Orange: "#f2b53a", SkyBlue: "#8fd0f7",
	Black: "#ececec", Gray: "#a9aeb6",
}

// onBackground returns the expression for one of two, depending on whether the front end's background is dark.
func onBackground(dark, light string) string {
	return "background && background != 'transparent' && luminance(background) < 0.3 ? " + dark + " : " + light
}

// themed returns a colour that is another one on a dark background if it is one of the palette's.
func themed(c string) any {
	dark, known := onDark[strings.ToLower(c)]
	if !known {
		return c
	}
	return vlExpr{onBackground("'"+dark+"'", "'"+c+"'")}
}
