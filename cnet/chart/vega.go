package chart

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// VegaLiteType is the MIME type of what VegaLite writes.
const VegaLiteType = "application/vnd.vegalite.v5+json"

// mostBytes is the size of a specification from which on something is left out: a notebook keeps it with every output.
const mostBytes = 300_000

// VegaLite writes the chart as a specification in JSON of Vega-Lite 5, of what version 5.6 knows. It needs neither a
// kernel nor a network: the slider moves, values appear under the pointer, Ctrl and the wheel zoom, dragging moves what
// is seen, a double click goes back, a click on a name of the legend lets the other series fade, a second one brings
// them back. Colours follow a dark theme.
//
// The specification has at most 300 kB. Of a larger chart, points of long lines are left out first, those that change
// the picture least and what a line draws over itself, then frames, then pixels of backgrounds; the specification says
// what. A line is not left with fewer points than it is recognised by; a chart that is too large with them is an error.
func (c Chart) VegaLite(w io.Writer) error {
	if err := c.check(); err != nil {
		return err
	}
	c = c.looked()
	q := quality{points: 16_000, frames: 1, pixels: 1} // a line needs fewer, unless it is long indeed
	for {
		var out bytes.Buffer
		b := specBuilder{chart: c, quality: q, datasets: map[string][]vlRow{}}
		spec, err := b.spec()
		if err != nil {
			return err
		}
		e := json.NewEncoder(&out)
		e.SetEscapeHTML(false)
		if err := e.Encode(spec); err != nil {
			return fmt.Errorf("chart: %w", err)
		}
		if out.Len() <= mostBytes {
			if _, err := w.Write(bytes.TrimSpace(out.Bytes())); err != nil {
				return fmt.Errorf("chart: %w", err)
			}
			return nil
		}
		q.points = min(q.points, b.longest) // to allow fewer has no effect before
		if !q.lower(c) {
			return fmt.Errorf("chart: as Vega-Lite the chart takes %d kB; expected at most %d (fewer series, cells, "+
				"texts or panels)", out.Len()/1000, mostBytes/1000)
		}
	}
}

const (
	// liveWidth is the width of interactive charts with panels in a row that have none of their own: that of an output
	// in JupyterLab in a window of 1200 pixels, with the file browser open.
	liveWidth = 725
	// singleWidth is that of a chart of one panel.
	singleWidth = 600
	// pairWidth is that of two panels beside each other: below each other they fit into a narrow output.
	pairWidth = 640
)

// quality is how much of a chart a specification holds.
type quality struct {
	points int // of a series, at most
	frames int // every n-th
	pixels int // a background's pixels are n times as long and as high
}

// lower takes the next step down; it reports false if there is none.
func (q *quality) lower(c Chart) bool {
	switch n := len(c.Slider.Labels); {
	case q.points > 250:
		q.points /= 2
	case q.frames*4 <= n && q.frames < 8:
		q.frames *= 2
	case q.pixels < 4:
		q.pixels *= 2
	case q.points > 60:
		q.points /= 2
	case q.frames*2 <= n:
		q.frames *= 2
	default:
		return false
	}
	return true
}

// specBuilder makes the specification of a chart.
type specBuilder struct {
	chart    Chart
	quality  quality
	looks    *looks
	names    []string // in the legend
	datasets map[string][]vlRow
	added    map[string]string // names of data sets by their content
	omitted  leftOut
	longest  int // number of points of a series

	view      int  // index of the panel that is being made
	hasLegend bool // some panel before has shown the legend
	hasZoom   bool
	driver    int // the panel whose cells are the positions of the slider; −1: none

	room float64 // how wide a plot may be in a narrow window
}

// leftOut counts what is not in the specification.
type leftOut struct {
	points, of     int
	frames, framed int
	pixels         bool
}

func (l leftOut) String() string {
	var parts []string
	if l.points > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d points", l.points, l.of))
	}
	if l.frames > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d frames", l.frames, l.framed))
	}
	if l.pixels {
		parts = append(parts, "fine detail of pictures")
	}
	if len(parts) == 0 {
		return ""
	}
	return "Left out here: " + strings.Join(parts, ", ") + "."
}

func (b *specBuilder) spec() (vlSpec, error) {
	b.thinFrames()
	c := b.chart
	b.looks, b.driver = newLooks(c), -1
	for i, p := range c.Panels {
		if p.Drives {
			b.driver = i
		}
	}
	b.names = c.namesOfSeries()
	spec := vlSpec{
		Schema: "https://vega.github.io/schema/vega-lite/v5.json",
		Config: vlConfig{
			Axis: vlAxis{LabelFontSize: 11, TitleFontSize: 12, TitleFontWeight: "normal", LabelLimit: mostLabel,
				GridOpacity: vlExpr{onBackground("0.3", "0.7")}},
			Legend: vlLegend{LabelFontSize: 12, SymbolSize: symbolSize},
		},
	}
	width, height := c.size()
	switch cols := c.columns(); {
	case cols == 2:
		width = min(width, pairWidth)
	case cols > 1:
		width = min(width, liveWidth)
	case c.Width == 0:
		width = singleWidth
	}
	bounded := c
	bounded.Panels = nil
	for _, p := range c.Panels {
		bounded.Panels = append(bounded.Panels, p.bounded())
	}
	frames, panels := bounded.frames(width, height, margin+titleRow), c.Panels
	if len(frames) == 0 { // an empty chart is drawn as empty axes
		f := frame{x: span{0, 1, false}, y: span{0, 1, false}, plot: rect{0, 0, width - 80, height - 80}}
		f.yTicks = f.tickY(height)
		frames, panels = []frame{f}, []Panel{{}}
	}
	b.room = narrowRoom(frames)
	spec.Config.Legend.LabelLimit = vlExpr{fmt.Sprintf("narrow ? %s : 320", js(math.Floor(b.legendRoom()-b.swatch())))}
	var views []vlView
	for i := range frames {
		b.view = i
		v, err := b.panel(&frames[i], panels[i])
		if err != nil {
			return spec, err
		}
		views = append(views, v)
	}
	spec.Config.Signals = append(spec.Config.Signals, narrowSignal(width))
	spec.Autosize = &vlAutosize{Type: "pad", Resize: true}
	spec.arrange(views, c.columns())
	if len(c.Slider.Labels) > 0 && b.driver < 0 {
		b.slider(&spec)
	}
	spec.Datasets = b.datasets
	spec.Description = c.alt()
	if note := b.omitted.String(); note != "" {
		spec.Description += " " + note
	}
	spec.Title = b.title(c, width)
	return spec, nil
}

// title returns the title of a chart that is so wide; below it is what a reader can do with it. The title of the only
// panel is part of it.
func (b *specBuilder) title(c Chart, width float64) *vlTitle {
	var can []string
	if b.hasZoom {
		can = append(can, "Drag to move, Ctrl + wheel to zoom, double-click to go back")
	}
	if len(b.names) > 1 && b.hasLegend {
		can = append(can, "Click on a name to bring it out")
	}
	if b.driver >= 0 {
		what := "curves"
		if slices.ContainsFunc(c.Panels, func(p Panel) bool { return p.Bare }) {
			what = "pictures"
		}
		can = append(can, "Point at a cell to see its "+what)
	}
	one := func(list []string) []string { return list[:min(len(list), 1)] }
	wide, small := slices.Clone(can), []string{}
	if width, _ := c.size(); width >= 560 {
		wide = one([]string{strings.Join(can, ". ")})
	}
	for _, line := range can {
		small = append(small, wrapped(line, hintLetters, narrowText)...)
	}
	if note := b.omitted.String(); note != "" {
		wide, small = append(wide, note), append(small, wrapped(note, hintLetters, narrowText)...)
	}
	wide = slices.DeleteFunc(wide, func(line string) bool { return line == "" })
	hint := unlessNarrow(wide, small)
	t := &vlTitle{Anchor: "start", FontSize: 15, SubtitleFontSize: 10, SubtitleColor: themed(Gray)}
	t.Text = clean(c.Title)
	switch {
	case len(c.Panels) == 1:
		t.Text = b.joinedTitle(width)
	case t.Text != "":
		t.Text = unlessNarrow([]string{clean(c.Title)}, wrapped(clean(c.Title), titleLetters, narrowText))
	}
	if t.Text != "" {
		if len(wide) > 0 {
			t.Subtitle = hint
		}
		return t
	}
	if len(wide) == 0 {
		return nil
	}
	// Without a title there would be no subtitle.
	return &vlTitle{Text: hint, Anchor: "start", FontSize: 10, FontWeight: "normal", Color: themed(Gray)}
}

// thinFrames leaves frames out.
func (b *specBuilder) thinFrames() {
	every, n := b.quality.frames, len(b.chart.Slider.Labels)
	if every <= 1 || n == 0 {
		return
	}
	var kept []int
	for k := 0; k < n; k += every {
		kept = append(kept, k)
	}
	if last := kept[len(kept)-1]; last != n-1 {
		kept[len(kept)-1] = n - 1 // the last frame is what came of it
	}
	b.omitted.frames, b.omitted.framed = n-len(kept), n
	s := &b.chart.Slider
	labels := s.Labels
	s.Labels, s.Start = nil, min(s.Start/every, len(kept)-1)
	for _, k := range kept {
		s.Labels = append(s.Labels, labels[k])
	}
	panels := b.chart.Panels
	b.chart.Panels = nil
	for _, p := range panels {
		if len(p.Frames) > 0 {
			frames := p.Frames
			p.Frames = nil
			for _, k := range kept {
				p.Frames = append(p.Frames, frames[k])
			}
		}
		p.Drives = false
		b.chart.Panels = append(b.chart.Panels, p)
	}
}

// slider adds the slider, and a box to let it run where there are many frames.
func (b *specBuilder) slider(spec *vlSpec) {
	s := b.chart.Slider
	from, step, ok := s.values()
	if !ok {
		from, step = 1, 1
	}
	first, last := from, from+step*float64(len(s.Labels)-1)
	start := from + step*float64(s.Start)
	name := clean(s.Name)
	if name == "" {
		name = "frame"
	}
	if !ok { // beside the slider stands its number; the title of the panel has the label
		name += ", position"
	}
	bind := &vlBind{Input: "range", Name: name + " ", Min: &first, Max: &last, Step: step}
	if !s.plays() {
		spec.Params = append(spec.Params, vlParam{Name: "frame", Value: start, Bind: bind})
		return
	}
	// Vega-Lite has no timer. It passes signals in its configuration on to Vega, which has.
	next := fmt.Sprintf("play ? (frame >= %s ? %s : frame + %s) : frame", js(last-step/2), js(first), js(step))
	spec.Config.Signals = append(spec.Config.Signals,
		vgSignal{Name: "play", Value: false, Bind: &vlBind{Input: "checkbox", Name: "Play "}},
		vgSignal{Name: "frame", Value: start, Bind: bind, On: []vgHandler{
			{Events: vgEvents{Type: "timer", Throttle: math.Round(1000 * s.period())}, Update: next},
		}})
}

// index returns the expression for the frame that is shown, counted from 0.
func (b *specBuilder) index() string {
	s := b.chart.Slider
	if b.driver >= 0 {
		return fmt.Sprintf("(hovered.k ? hovered.k[0] : %d)", s.Start)
	}
	from, step, ok := s.values()
	if !ok {
		return "(frame - 1)"
	}
	return fmt.Sprintf("round((frame - %s) / %s)", js(from), js(step))
}

// js returns a value as an expression.
func js(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return "null"
	}
	return string(text)
}

// add keeps rows as a data set and returns its name; equal rows are one data set.
func (b *specBuilder) add(rows []vlRow) vlData {
	text := js(rows)
	if b.added == nil {
		b.added = map[string]string{}
	}
	name, ok := b.added[text]
	if !ok {
		name = fmt.Sprintf("d%d", len(b.datasets))
		b.added[text], b.datasets[name] = name, rows
	}
	return vlData{name}
}
