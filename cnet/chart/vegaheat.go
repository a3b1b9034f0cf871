package chart

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// heat draws the cells of a heat map; a cell under the pointer shows its value, or chooses the frame of other panels.
func (b *panelBuilder) heat() {
	cells := b.panel.Cells
	if cells == nil {
		cells = b.panel.Frames[0].Cells
	}
	rows, cols := len(cells), 0
	if rows > 0 {
		cols = len(cells[0])
	}
	columns, lines := numbered(cleaned(b.X.Labels), cols), numbered(cleaned(b.Y.Labels), rows)
	z := b.panel.zSpan().middled()
	digits := digitsFor(span{lo: z.lo, hi: z.hi})
	var data []vlRow
	add := func(cells [][]float64, frame *int) {
		r := vlRow{Frame: frame, X: nums{digits: 6}, Y: nums{digits: 6}, Value: nums{digits: digits}}
		for i, row := range cells {
			for j, v := range row {
				r.X.values, r.Y.values = append(r.X.values, float64(j)), append(r.Y.values, float64(i))
				r.Value.values = append(r.Value.values, v)
			}
		}
		if len(r.X.values) > 0 {
			data = append(data, r)
		}
	}
	add(b.panel.Cells, nil)
	for k, f := range b.panel.Frames {
		add(f.Cells, &k)
	}
	shown := append(b.rowsShown(data, "x", "y", "v"),
		vlTransform{Calculate: fmt.Sprintf("datum.y * %d + datum.x", cols), As: "cell"},
		vlTransform{Calculate: js(columns) + "[datum.x]", As: "tx"},
		vlTransform{Calculate: js(lines) + "[datum.y]", As: "ty"},
		vlTransform{Calculate: b.Z.vegaNumber("datum.v", digits), As: "tv"})
	x := &vlChannel{Field: "x", Type: "ordinal", Scale: &vlScale{Domain: counted(cols), PaddingInner: 0.03}}
	x.Axis = &vlAxis{Title: text(clean(b.X.Title)), LabelExpr: js(columns) + "[datum.value]", LabelAngle: 0,
		LabelOverlap: cols > 30, Ticks: no(), Domain: no()}
	b.named(x.Axis, columns, cols)
	b.limitTitle(x.Axis)
	y := &vlChannel{Field: "y", Type: "ordinal", Scale: &vlScale{Domain: counted(rows), PaddingInner: 0.03}}
	y.Axis = &vlAxis{Title: text(clean(b.Y.Title)), LabelExpr: js(lines) + "[datum.value]", LabelOverlap: rows > 30,
		Ticks: no(), Domain: no()}
	bare := func(c *vlChannel) *vlChannel { d := *c; d.Axis = nil; return &d }

	var colors []string
	domain := nums{digits: digits + 3}
	for i, c := range blues {
		colors = append(colors, hex(c))
		domain.values = append(domain.values, z.lo+(z.hi-z.lo)*float64(i)/float64(len(blues)-1))
	}
	title := clean(b.Z.Title)
	if title == "" {
		title = clean(b.panel.Title)
	}
	if title == "" {
		title = "value"
	}
	set := b.add(data)
	rect := vlLayer{
		Data: set, Transform: shown, Mark: vlMark{Type: "rect", Invalid: json.RawMessage("null")},
		Encoding: vlEncoding{X: x, Y: y,
			Fill: &vlChannel{Field: "v", Type: "quantitative", noLegend: true,
				Scale:     &vlScale{Domain: domain, Range: colors, Clamp: yes()},
				Condition: &vlCondition{Test: "!isValid(datum.v)", Value: hex(gridColor)}},
			Tooltip: []vlChannel{
				{Field: "ty", Type: "nominal", Title: text(named(b.Y.Title, "row"))},
				{Field: "tx", Type: "nominal", Title: text(named(b.X.Title, "column"))},
				{Field: "tv", Type: "nominal", Title: text(title)},
			}},
	}
	if b.driver == b.view {
		s := b.chart.Slider
		rect.Transform = append(rect.Transform, vlTransform{Calculate: "datum.cell", As: "k"})
		rect.Params = []vlParam{{Name: "hovered", Value: []map[string]int{{"k": s.Start}},
			Select: &vlSelect{Type: "point", On: "mouseover", Fields: []string{"k"}, Clear: false, Toggle: false}}}
	}
	b.layers = append(b.layers, rect)
	if b.driver == b.view {
		frame := rect
		frame.Params, frame.Encoding.Tooltip, frame.Encoding.Fill = nil, nil, nil
		frame.Encoding.X, frame.Encoding.Y = bare(x), bare(y)
		frame.Transform = append(slices.Clone(rect.Transform), vlTransform{Filter: "datum.k === " + b.index()})
		frame.Mark = vlMark{Type: "rect", Filled: no(), Stroke: Orange, StrokeWidth: 3}
		b.layers = append(b.layers, frame)
	}
	b.fitted(func() {
		w, h := b.plot.w()/float64(max(cols, 1)), b.plot.h()/float64(max(rows, 1))
		texts := b.valuesInCells(set, shown, bare(x), bare(y), z, w, h)
		// The pointer meets the texts before the cell. Where cells drive a slider, they would be in the way.
		if texts != nil && b.driver != b.view {
			texts.Encoding.Tooltip = rect.Encoding.Tooltip
		}
	})
	if framed := b.framedCells(rows, cols); len(framed) > 0 {
		b.layers = append(b.layers, vlLayer{
			Data: b.add(framed), Transform: b.rowsShown(framed, "x", "y"),
			Mark:     vlMark{Type: "rect", Filled: no(), Stroke: themed(Black), StrokeWidth: 2.5},
			Encoding: vlEncoding{X: bare(x), Y: bare(y)},
		})
	}
}

// valuesInCells writes the values where there is room. It returns the layer of them, or nil.
func (b *panelBuilder) valuesInCells(set vlData, ts []vlTransform, x, y *vlChannel, z extent, w, h float64) *vlLayer {
	widest, labels := 0.0, b.panel.cellLabels()
	for _, cells := range append([][][]float64{b.panel.Cells}, cellsOf(b.panel.Frames)...) {
		for _, row := range cells {
			for _, v := range row {
				if finite(v) {
					widest = max(widest, tickLetters.width(labels.of(v)))
				}
			}
		}
	}
	if h < 13 || widest > w-2 {
		return nil
	}
	// From about the middle of the scale on, white can be read better.
	light := fmt.Sprintf("isValid(datum.v) && datum.v > %s", js(z.lo+0.6*(z.hi-z.lo)))
	b.layers = append(b.layers, vlLayer{
		Data: set, Transform: append(slices.Clone(ts), vlTransform{Calculate: labels.vega("datum.v"), As: "tl"}),
		Mark: vlMark{Type: "text", FontSize: 11},
		Encoding: vlEncoding{X: x, Y: y, Text: &vlChannel{Field: "tl", Type: "nominal"},
			Color: &vlChannel{Condition: &vlCondition{Test: light, Value: "white"}, Value: Black}},
	})
	return &b.layers[len(b.layers)-1]
}

func cellsOf(frames []Frame) (list [][][]float64) {
	for _, f := range frames {
		list = append(list, f.Cells)
	}
	return list
}

// framedCells returns the cells with a frame.
func (b *panelBuilder) framedCells(rows, cols int) (data []vlRow) {
	add := func(framed [][2]int, frame *int) {
		r := vlRow{Frame: frame, X: nums{digits: 6}, Y: nums{digits: 6}}
		for _, at := range framed {
			if 0 <= at[0] && at[0] < rows && 0 <= at[1] && at[1] < cols {
				r.X.values, r.Y.values = append(r.X.values, float64(at[1])), append(r.Y.values, float64(at[0]))
			}
		}
		if len(r.X.values) > 0 {
			data = append(data, r)
		}
	}
	add(b.panel.Framed, nil)
	for k, f := range b.panel.Frames {
		add(f.Framed, &k)
	}
	return data
}

// counted returns 0, 1, ..., n-1.
func counted(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// numbered returns the names of n rows or columns: their numbers if they have none.
func numbered(names []string, n int) []string {
	if len(names) > 0 {
		return names
	}
	list := make([]string, n)
	for i := range list {
		list[i] = strconv.Itoa(i)
	}
	return list
}

func named(title, otherwise string) string {
	if title = clean(title); title != "" {
		return title
	}
	return otherwise
}
