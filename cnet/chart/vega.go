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
// the picture least, then frames, then pixels of backgrounds; the specification says what.
func (c Chart) VegaLite(w io.Writer) error {
	if err := c.check(); err != nil {
		return err
	}
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
	// liveWidth is the width of interactive charts that have none of their own: that of an output in JupyterLab in a
	// window of 1280 pixels, with the file browser open.
	liveWidth = 800
	// pairWidth is that of two panels beside each other: below each other they fit into an output of 332 pixels.
	pairWidth = 640
	// narrowWindow is the width of a window below which panels stand below each other. Half of it is the browser of
	// files, and the element of a specification is as wide as what is in it.
	narrowWindow = 1000
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
	omitted  leftOut
	longest  int // number of points of a series

	view      int  // index of the panel that is being made
	hasLegend bool // some panel before has shown the legend
	hasZoom   bool
	driver    int // the panel whose cells are the positions of the slider; −1: none
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
		for _, s := range p.all().Series { // looks are given in the order in which names appear
			b.looks.of(s)
		}
		if p.Drives {
			b.driver = i
		}
	}
	b.names = c.namesOfSeries()
	spec := vlSpec{
		Schema: "https://vega.github.io/schema/vega-lite/v5.json", Spacing: 24,
		Config: vlConfig{
			Axis: vlAxis{LabelFontSize: 11, TitleFontSize: 12, TitleFontWeight: "normal", LabelLimit: 160,
				GridOpacity: vlExpr{onBackground("0.3", "0.7")}},
			Legend: vlLegend{LabelFontSize: 12, SymbolSize: symbolSize, LabelLimit: 320},
		},
	}
	width, height := c.size()
	switch cols := c.columns(); {
	case cols == 2:
		width = min(width, pairWidth)
	case cols > 1:
		width = min(width, liveWidth)
	case c.Width == 0:
		width = liveWidth * 3 / 4
	}
	bounded := c
	bounded.Panels = nil
	for _, p := range c.Panels {
		bounded.Panels = append(bounded.Panels, p.bounded())
	}
	frames := bounded.frames(width, height, margin+titleRow)
	for i := range frames {
		b.view = i
		v, err := b.panel(&frames[i], c.Panels[i])
		if err != nil {
			return spec, err
		}
		spec.Concat = append(spec.Concat, v)
	}
	if len(spec.Concat) == 0 { // an empty chart is drawn as empty axes
		v, err := b.panel(&frame{x: span{0, 1, false}, y: span{0, 1, false}, plot: rect{0, 0, width - 80, height - 80}},
			Panel{})
		if err != nil {
			return spec, err
		}
		spec.Concat = []vlView{v}
	}
	// Where nothing tells the width, as when a picture is made, there is room.
	narrow := fmt.Sprintf("windowSize()[0] < %d", narrowWindow)
	spec.Config.Signals = append(spec.Config.Signals, vgSignal{
		Name: "narrow", Init: narrow, On: []vgHandler{{Events: "window:resize", Update: narrow}},
	})
	spec.Autosize = &vlAutosize{Type: "pad", Resize: true}
	spec.Columns = 1
	if cols := c.columns(); cols > 1 { // panels stand below each other where there is no room beside each other
		spec.Columns = vlSignal{fmt.Sprintf("narrow ? 1 : %d", cols)}
	}
	if len(c.Slider.Labels) > 0 && b.driver < 0 {
		b.slider(&spec)
	}
	spec.Datasets = b.datasets
	spec.Description = c.alt()
	if note := b.omitted.String(); note != "" {
		spec.Description += " " + note
	}
	spec.Title = b.title(c)
	return spec, nil
}

// title returns the title of the chart; below it is what a reader can do with it.
func (b *specBuilder) title(c Chart) *vlTitle {
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
		small = append(small, wrapped(line, hintLetters)...)
	}
	if note := b.omitted.String(); note != "" {
		wide, small = append(wide, note), append(small, wrapped(note, hintLetters)...)
	}
	wide = slices.DeleteFunc(wide, func(line string) bool { return line == "" })
	hint := unlessNarrow(wide, small)
	t := &vlTitle{Anchor: "start", FontSize: 15, SubtitleFontSize: 10, SubtitleColor: themed(Gray)}
	if title := clean(c.Title); title != "" {
		t.Text = unlessNarrow([]string{title}, wrapped(title, titleLetters))
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

// narrowText is how wide a line of text may be in a narrow window.
const narrowText = 320

// wrapped breaks a text into lines that fit into a narrow window.
func wrapped(s string, letters letters) (lines []string) {
	line := ""
	for _, word := range strings.Fields(s) {
		if longer := strings.TrimSpace(line + " " + word); line == "" || letters.width(longer) <= narrowText {
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

// add keeps rows as a data set and returns its name.
func (b *specBuilder) add(rows []vlRow) vlData {
	name := fmt.Sprintf("d%d", len(b.datasets))
	b.datasets[name] = rows
	return vlData{name}
}
