package chart

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"io"
	"math"
)

// VegaLite writes the gallery as a specification in JSON of Vega-Lite 5, as Chart.VegaLite does for charts: the class,
// the probability and the true class of a picture appear under the pointer, and captions follow a dark theme. It has at
// most 300 kB; of larger galleries, pixels are left out, and the specification says so. An error is returned for those
// that are too large even then.
func (g Gallery) VegaLite(w io.Writer) error {
	l, err := g.layout()
	if err != nil {
		return err
	}
	for coarse := 1; coarse <= 8; coarse *= 2 {
		spec, err := g.spec(l, coarse)
		if err != nil {
			return err
		}
		var out bytes.Buffer
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
	}
	return fmt.Errorf("chart: as Vega-Lite the gallery of %d pictures takes more than %d kB (fewer pictures)", l.n,
		mostBytes/1000)
}

// String returns what the gallery shows in a sentence, as readers of a screen hear it.
func (g Gallery) String() string {
	title := clean(g.Title)
	if title == "" {
		title = "pictures"
	}
	n, right, known := 0, 0, 0
	if l, err := g.layout(); err == nil {
		n = l.n
	}
	for i := range n {
		switch _, _, _, c := g.caption(i); c {
		case rightColor:
			right, known = right+1, known+1
		case wrongColor:
			known++
		}
	}
	if known > 0 {
		return fmt.Sprintf("[%s: %d pictures, %d of %d classified right]", title, n, right, known)
	}
	return fmt.Sprintf("[%s: %d pictures]", title, n)
}

// onDarkCaption are the colours of captions on a dark background.
var onDarkCaption = map[color.NRGBA]string{rightColor: "#4cc9a0", wrongColor: "#ff8a6b", inkColor: "#eeeeee",
	textColor: "#cccccc"}

// spec returns the specification of the gallery with pictures of every coarse-th pixel.
func (g Gallery) spec(l galleryLayout, coarse int) (vlSpec, error) {
	scale := float64(l.scale)
	wide := g.places(l, l.cols, galleryWidth-2*vegaPadding)
	small := g.places(l, l.narrowColumns(), narrowOutput-2*vegaPadding)
	data := map[color.NRGBA][]vlRow{} // by the colour of the caption
	for i := range l.n {
		uri, err := g.dataURI(i, l, coarse)
		if err != nil {
			return vlSpec{}, err
		}
		first, percent, second, c := g.caption(i)
		first = tickLetters.fit(first, float64(l.tileW+l.gap)/scale-tickLetters.width(percent)) + percent
		data[c] = append(data[c], vlRow{Index: &i, URL: uri, Text: append([]string{first, second}, g.told(i)...)})
	}
	along := func(field string) *vlChannel { // in pixels
		return &vlChannel{Field: field, Type: "quantitative", noAxis: true,
			Scale: &vlScale{Domain: []int{0, 1}, Range: []int{0, 1}, Nice: no(), Zero: no()}}
	}
	spec := vlSpec{Schema: "https://vega.github.io/schema/vega-lite/v5.json", Width: wide.width, Height: wide.height,
		Autosize: &vlAutosize{Type: "pad", Resize: true}, Description: g.String()}
	spec.Config.Signals = []vgSignal{narrowSignal(wide.width)}
	spec.size("width", wide.width, small.width)
	spec.size("height", wide.height, small.height)
	either := func(of func(p galleryPlaces) float64) string {
		if of(wide) == of(small) {
			return js(of(wide))
		}
		return fmt.Sprintf("(narrow ? %s : %s)", js(of(small)), js(of(wide)))
	}
	cols := either(func(p galleryPlaces) float64 { return float64(p.cols) })
	across, down := either(func(p galleryPlaces) float64 { return p.across }),
		either(func(p galleryPlaces) float64 { return p.down })
	placed := []vlTransform{
		{Calculate: "datum.i % " + cols + " * " + across, As: "x"},
		{Calculate: "floor(datum.i / " + cols + ") * " + down, As: "y"},
		{Calculate: "datum.x + " + either(func(p galleryPlaces) float64 { return p.w }), As: "x2"},
		{Calculate: "datum.y + " + either(func(p galleryPlaces) float64 { return p.h }), As: "y2"},
	}
	for k, name := range []string{"first", "second", "predicted", "confidence", "class"} {
		placed = append(placed, vlTransform{Calculate: fmt.Sprintf("datum.t[%d]", k), As: name})
	}
	b := specBuilder{datasets: map[string][]vlRow{}}
	for _, c := range []color.NRGBA{rightColor, wrongColor, inkColor, textColor} {
		if len(data[c]) == 0 {
			continue
		}
		set, smooth := b.add(data[c]), false
		ink := vlExpr{onBackground("'"+onDarkCaption[c]+"'", "'"+hex(c)+"'")}
		x, y := along("x"), along("y")
		spec.Layer = append(spec.Layer, vlLayer{Data: set, Transform: placed,
			Mark: vlMark{Type: "image", Aspect: no(), Smooth: &smooth},
			Encoding: vlEncoding{X: x, Y: y, X2: &vlChannel{Field: "x2"}, Y2: &vlChannel{Field: "y2"},
				URL: &vlChannel{Field: "u", Type: "nominal"}, Tooltip: g.tooltips()}})
		if c == rightColor || c == wrongColor {
			spec.Layer = append(spec.Layer, vlLayer{Data: set, Transform: placed,
				Mark:     vlMark{Type: "rect", Filled: no(), Stroke: ink, StrokeWidth: 1.5},
				Encoding: vlEncoding{X: x, Y: y, X2: &vlChannel{Field: "x2"}, Y2: &vlChannel{Field: "y2"}}})
		}
		for k, name := range []string{"first", "second"}[:l.lines] {
			spec.Layer = append(spec.Layer, vlLayer{Data: set, Transform: placed,
				Mark: vlMark{Type: "text", Align: "left", Baseline: "top", DY: 4 + 13*float64(k), FontSize: 11,
					Color: ink},
				Encoding: vlEncoding{X: x, Y: along("y2"), Text: &vlChannel{Field: name, Type: "nominal"}}})
		}
	}
	if len(spec.Layer) == 0 { // a gallery of nothing
		spec.Layer = []vlLayer{{Data: b.add([]vlRow{}), Mark: vlMark{Type: "point"},
			Encoding: vlEncoding{X: along("x"), Y: along("y")}}}
	}
	spec.Layer = spoken(spec.Layer)
	spec.Datasets = b.datasets
	title := clean(g.Title)
	note := ""
	if coarse > 1 {
		note = leftOut{pixels: true}.String()
		spec.Description += " " + note
	}
	lines := func(s string, letters letters) any {
		return unlessNarrow(wrapped(s, letters, max(wide.width, narrowText)), wrapped(s, letters, narrowText))
	}
	switch {
	case title != "":
		spec.Title = &vlTitle{Text: lines(title, titleLetters), Anchor: "start", FontSize: 15}
		if note != "" {
			spec.Title.Subtitle = lines(note, axisLetters)
		}
	case note != "":
		spec.Title = &vlTitle{Text: lines(note, hintLetters), Anchor: "start", FontSize: 10, FontWeight: "normal"}
	}
	return spec, nil
}

// galleryPlaces says where pictures are in a number of columns, in CSS pixels: how large each is, how far it is from
// one to the next, and the size of all of them.
type galleryPlaces struct {
	cols                              int
	w, h, across, down, width, height float64
}

// places returns the places in a number of columns. A picture that is wider than there is room is made smaller.
func (g Gallery) places(l galleryLayout, cols int, room float64) galleryPlaces {
	scale := float64(l.scale)
	p := galleryPlaces{cols: cols, w: float64(g.Width*l.zoom) / scale, h: float64(g.Height*l.zoom) / scale,
		across: float64(l.tileW+l.gap) / scale, down: float64(l.tileH+l.gap) / scale}
	if cols == 1 && p.w > room {
		h := p.h
		p.w, p.h, p.across = room, math.Round(h*room/p.w), room+galleryGap
		p.down += p.h - h
	}
	rows := (l.n + cols - 1) / cols
	p.width = float64(cols)*p.across - galleryGap
	p.height = max(float64(rows)*p.down-galleryGap, 1)
	return p
}

// narrowColumns returns how many columns fit into a narrow window.
func (l galleryLayout) narrowColumns() int {
	return max(1, min(l.cols, (narrowOutput-2*vegaPadding+galleryGap)*l.scale/(l.tileW+l.gap)))
}

// told returns what the tooltip of picture i says: the predicted class, its probability, and the class that it is of.
func (g Gallery) told(i int) []string {
	told := []string{"", "", ""}
	if g.Predicted != nil {
		told[0] = g.class(g.Predicted[i])
	}
	if g.Confidence != nil && finite(g.Confidence[i]) {
		told[1] = Axis{Percent: true}.format(g.Confidence[i], 0.001)
	}
	if g.Labels != nil {
		told[2] = g.class(g.Labels[i])
	}
	return told
}

// tooltips returns what tooltips have, of what the gallery knows.
func (g Gallery) tooltips() (list []vlChannel) {
	for _, f := range []struct {
		field, title string
		has          bool
	}{{"predicted", "predicted", g.Predicted != nil}, {"confidence", "probability", g.Confidence != nil},
		{"class", "is", g.Labels != nil}} {
		if f.has {
			list = append(list, vlChannel{Field: f.field, Type: "nominal", Title: text(f.title)})
		}
	}
	return list
}

// dataURI returns picture i, with every coarse-th of its pixels each way, as an address that holds it.
func (g Gallery) dataURI(i int, l galleryLayout, coarse int) (string, error) {
	src := g.Pixels[i*g.Width*g.Height*l.channels:]
	r := image.Rect(0, 0, (g.Width+coarse-1)/coarse, (g.Height+coarse-1)/coarse)
	gray, colored := image.NewGray(r), image.NewNRGBA(r)
	for y := range r.Dy() {
		for x := range r.Dx() {
			p := src[(y*coarse*g.Width+x*coarse)*l.channels:]
			if l.channels == 1 {
				gray.SetGray(x, y, color.Gray{Y: p[0]})
			} else {
				colored.SetNRGBA(x, y, color.NRGBA{p[0], p[1], p[2], 0xff})
			}
		}
	}
	b := Background{Image: colored}
	if l.channels == 1 {
		b.Image = gray
	}
	return b.dataURI()
}
