package chart_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"continuousnet/cnet/chart"
	"continuousnet/cnet/internal/vegatest"
)

func specOf(t *testing.T, c chart.Chart) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := c.VegaLite(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// framed is a chart with a frame for each label.
func framed(labels ...string) chart.Chart {
	p := chart.Panel{Title: "Solution", X: chart.Axis{Title: "t in s"}, Y: chart.Axis{Title: "x"},
		Marks: []chart.Mark{{At: 1, Label: "limit", Across: true}}}
	for k, l := range labels {
		s := chart.Series{Name: "Euler"}
		for i := range 40 {
			s.Y = append(s.Y, math.Sin(float64(i)*float64(k+1)/20))
		}
		p.Frames = append(p.Frames, chart.Frame{
			Series: []chart.Series{s}, Marks: []chart.Mark{{At: float64(k), Label: l}},
			Texts: []chart.Text{{X: 3, Y: 0.5, Text: "frame " + l}},
		})
	}
	return chart.Chart{Title: "Frames", Panels: []chart.Panel{p}, Slider: chart.Slider{Name: "steps", Labels: labels}}
}

// interactive are charts with everything that only some have.
func interactive() map[string]chart.Chart {
	plane := chart.Axis{Title: "x", Min: -2, Max: 2}
	z := make([][]float64, 9)
	class := make([][]int, 9)
	for i := range z {
		for j := range 9 {
			z[i] = append(z[i], math.Hypot(float64(i-4), float64(j-4)))
			class[i] = append(class[i], (i+j)/6)
		}
	}
	circle := func(x, y float64) (dx, dy float64) { return -y, x }
	numbers := make([]string, 15)
	for i := range numbers {
		numbers[i] = fmt.Sprint(2 * i)
	}
	heat := chart.Panel{Title: "Heat", X: chart.Axis{Title: "steps", Labels: []string{"1", "2"}},
		Y: chart.Axis{Labels: []string{"euler", "rk4"}}, Z: chart.Axis{Percent: true},
		Cells: [][]float64{{0.5, 0.6}, {nan, 1}}, Framed: [][2]int{{0, 1}}}
	driven := framed("a", "b", "c", "d")
	driver := heat
	driver.Drives, driver.Framed = true, nil
	driven.Panels = append([]chart.Panel{driver}, driven.Panels...)
	cells := chart.Panel{Frames: []chart.Frame{{Cells: [][]float64{{1, 2}}}, {Cells: [][]float64{{3, nan}},
		Framed: [][2]int{{0, 0}}}}}
	picture := func(shade uint8) *chart.Background {
		img := image.NewGray(image.Rect(0, 0, 8, 8))
		for i := range img.Pix {
			img.Pix[i] = shade * uint8(i)
		}
		return &chart.Background{Image: img, X1: 8, Y1: 8}
	}
	return map[string]chart.Chart{
		"slider": framed("1", "2", "4"), "play": framed(numbers...), "hovered": driven,
		"heat":  {Panels: []chart.Panel{heat}},
		"cells": {Panels: []chart.Panel{cells}, Slider: chart.Slider{Labels: []string{"one", "two"}}},
		"images": {Panels: []chart.Panel{{Bare: true, Equal: true,
			Frames: []chart.Frame{{Background: picture(1)}, {Background: picture(3)}}}},
			Slider: chart.Slider{Name: "depth", Labels: []string{"0", "1"}}},
		"field": {Panels: []chart.Panel{{X: plane, Y: plane, Equal: true,
			Background: chart.Filled(-2, 2, -2, 2, z, nil), Series: []chart.Series{chart.Field(plane, plane, 9, circle),
				{Name: "start", Kind: chart.Points, X: []float64{1}, Y: []float64{0}}}}}},
		"classes": {Panels: []chart.Panel{{X: plane, Y: plane, Background: chart.Classes(-2, 2, -2, 2, class)}}},
		"guides": {Panels: []chart.Panel{{
			X: chart.Axis{Title: "steps", Log: true}, Y: chart.Axis{Title: "error", Log: true},
			Series: []chart.Series{{Name: "heun", X: []float64{1, 10, 100}, Y: []float64{1e-2, 1.1e-4, 0}, Dots: true},
				{Name: "euler", X: []float64{1, 10, 100}, Y: []float64{0.1, 0.01, 1e-3}, Dashed: true}},
			Guides: []chart.Guide{{X: 1, Y: 0.02, To: 100, Slope: -2, Label: "order 2"}},
			Texts:  []chart.Text{{X: 10, Y: 1e-3, Text: "here", Color: chart.Green, Center: true}}}}},
		"named in two panels": {Panels: []chart.Panel{
			{Series: []chart.Series{{Name: "a", Y: []float64{1, 2}}, {Like: "a", Light: true, Y: []float64{2, 1}},
				{Name: "b", Kind: chart.Points, Y: []float64{3, 4}}, {Y: []float64{4, 4}, Color: chart.Black}}},
			{Series: []chart.Series{{Name: "b", Kind: chart.Steps, Y: []float64{1, nan, 2}}},
				Y: chart.Axis{Percent: true}}}},
	}
}

// Vega draws every chart, and the texts of a chart are in its picture.
func TestVegaDrawsEverything(t *testing.T) {
	specs := map[string][]byte{}
	for _, charts := range []map[string]chart.Chart{everything(), interactive()} {
		for name, c := range charts {
			specs[name] = specOf(t, c)
			if len(specs[name]) > 300_000 {
				t.Errorf("%s takes %d bytes", name, len(specs[name]))
			}
		}
	}
	pictures := vegatest.Draw(t, specs)
	for name, want := range map[string][]string{
		"slider":     {"Solution, steps = 1", "frame 1", ">limit<", ">t in s<"},
		"play":       {"Solution, steps = 0", "frame 0"},
		"hovered":    {">50 %<", "Solution, steps = a", ">rk4<"},
		"heat":       {">60 %<", ">–<", ">euler<", ">steps<"},
		"guides":     {">order 2<", ">here<", ">10⁻³<", ">heun<", ">error<"},
		"cells":      {">one<", ">1<"},
		"images":     {"data:image/png;base64,", "depth = 0"},
		"field":      {"data:image/png;base64,", ">start<"},
		"many marks": {"refined again"},
	} {
		for _, text := range want {
			if !strings.Contains(pictures[name].SVG, text) {
				t.Errorf("the picture of %s lacks %s", name, text)
			}
		}
	}
	for name, p := range pictures {
		if strings.Contains(p.SVG, "NaN") {
			t.Errorf("the picture of %s contains NaN", name)
		}
		if w, _ := vegatest.Size(t, p.Narrow); w > 332 {
			t.Errorf("%s is %.0f px wide in a narrow window", name, w)
		}
		if !strings.Contains(p.Dark, "#333") {
			t.Errorf("the picture of %s does not follow a dark theme", name)
		}
	}
	if p := pictures["field"].Dark; strings.Contains(p, chart.Gray) {
		t.Errorf("arrows are as dark on a dark background as on a light one")
	}
}

// A point between gaps is marked, as in a picture; so are points that are all at one place.
func TestVegaMarksLonePoints(t *testing.T) {
	specs, want := map[string][]byte{}, map[string]int{}
	for name, c := range map[string]struct {
		series chart.Series
		marks  int
	}{
		"one":        {chart.Series{Name: "a", X: []float64{3}, Y: []float64{5}}, 1},
		"no name":    {chart.Series{X: []float64{3}, Y: []float64{5}}, 1},
		"gap":        {chart.Series{Name: "a", Y: []float64{5, nan, 6, 7, nan, 8}}, 2},
		"light":      {chart.Series{Y: []float64{5, nan, 6}, Light: true}, 2},
		"staircase":  {chart.Series{Kind: chart.Steps, Y: []float64{5}}, 1},
		"interval":   {chart.Series{Kind: chart.Steps, X: []float64{0, 1}, Y: []float64{5}}, 0},
		"one place":  {chart.Series{X: []float64{1, 1, 1}, Y: []float64{2, 2, 2}}, 1},
		"dots":       {chart.Series{Y: []float64{5, nan, 6}, Dots: true}, 2},
		"whole line": {chart.Series{Y: []float64{5, 6, 8}}, 0},
	} {
		specs[name], want[name] = specOf(t, one(c.series)), c.marks
	}
	group := regexp.MustCompile(`(?s)<g class="mark-symbol role-mark[^>]*>(.*?)</g>`)
	for name, picture := range vegatest.Draw(t, specs) {
		marks := 0
		for _, g := range group.FindAllStringSubmatch(picture.SVG, -1) {
			for path := range strings.SplitSeq(g[1], "<path") {
				if strings.Contains(path, `fill="#`) && !strings.Contains(path, `opacity="0"`) {
					marks++
				}
			}
		}
		if marks != want[name] {
			t.Errorf("%s: %d points are marked, want %d", name, marks, want[name])
		}
	}
}

// Cells that are all equal have the middle of the scale, and those without a value are grey, as in a picture; small
// differences of large values have different shades.
func TestVegaCells(t *testing.T) {
	framed := chart.Panel{}
	for range 2 {
		framed.Frames = append(framed.Frames, chart.Frame{Cells: [][]float64{{7, 7}}})
	}
	const grey, middle, palest, darkest = "#e8eaed", "#6aaed6", "#f3f8fd", "#083f80"
	charts := map[string]struct {
		chart chart.Chart
		want  []string
	}{
		"equal": {chart.Chart{Panels: []chart.Panel{{Cells: [][]float64{{3, 3}}}}}, []string{middle, middle}},
		"zero":  {chart.Chart{Panels: []chart.Panel{{Cells: [][]float64{{0}}}}}, []string{middle}},
		"huge":  {chart.Chart{Panels: []chart.Panel{{Cells: [][]float64{{1e20}}}}}, []string{middle}},
		"frames": {chart.Chart{Panels: []chart.Panel{framed}, Slider: chart.Slider{Labels: []string{"a", "b"}}},
			[]string{middle, middle}},
		"gap": {chart.Chart{Panels: []chart.Panel{{Cells: [][]float64{{0, nan, 1}}}}},
			[]string{palest, grey, darkest}},
		"close": {chart.Chart{Panels: []chart.Panel{{Cells: [][]float64{{1e7, 1e7 + 1, 1e7 + 2}}}}},
			[]string{palest, middle, darkest}},
	}
	specs := map[string][]byte{}
	for name, c := range charts {
		specs[name] = specOf(t, c.chart)
		var b bytes.Buffer
		if err := c.chart.SVG(&b); err != nil {
			t.Fatal(err)
		}
		for _, color := range c.want {
			if !strings.Contains(strings.ToLower(b.String()), color) {
				t.Errorf("%s: no %s in the picture", name, color)
			}
		}
	}
	fill := regexp.MustCompile(`fill="(rgb\([^)]*\)|#[0-9a-f]+)"`)
	for name, picture := range vegatest.Draw(t, specs) {
		var got []string
		_, svg, _ := strings.Cut(picture.SVG, "mark-rect role-mark")
		svg, _, _ = strings.Cut(svg, "</g>")
		for _, m := range fill.FindAllStringSubmatch(svg, -1) {
			var r, g, b int
			if _, err := fmt.Sscanf(m[1], "rgb(%d, %d, %d)", &r, &g, &b); err == nil {
				m[1] = fmt.Sprintf("#%02x%02x%02x", r, g, b)
			}
			got = append(got, m[1])
		}
		if !slices.Equal(got, charts[name].want) {
			t.Errorf("%s: cells are %v, want %v", name, got, charts[name].want)
		}
	}
}

// All percentages of an axis and of a heat map have as many decimals.
func TestVegaPercentages(t *testing.T) {
	axis := chart.Chart{Panels: []chart.Panel{{Y: chart.Axis{Percent: true},
		Series: []chart.Series{{Y: []float64{0.7871, 0.7925, 0.7903}}}}}}
	heat := chart.Chart{Panels: []chart.Panel{{Z: chart.Axis{Percent: true},
		Cells: [][]float64{{0.628, 0.61}, {nan, 0.6}}}}}
	pictures := vegatest.Draw(t, map[string][]byte{"axis": specOf(t, axis), "heat": specOf(t, heat)})
	for name, picture := range pictures {
		texts := regexp.MustCompile(`>([0-9.]+ %)<`).FindAllStringSubmatch(picture.SVG, -1)
		if len(texts) < 3 {
			t.Fatalf("%s: %q", name, texts)
		}
		for _, text := range texts {
			if _, decimals, _ := strings.Cut(text[1], "."); len(decimals) != len("8 %") {
				t.Errorf("%s: %q", name, text[1])
			}
		}
	}
}

// Where some lines are dashed, the symbols of the legend are long enough to show it.
func TestVegaLegendShowsDashes(t *testing.T) {
	c := chart.Chart{Panels: []chart.Panel{{Series: []chart.Series{
		{Name: "solid", Y: []float64{1, 2}, Color: chart.Blue},
		{Name: "dashed", Y: []float64{2, 1}, Color: chart.Blue, Dashed: true}}}}}
	points := c
	points.Panels = []chart.Panel{{Series: append(c.Panels[0].Series, chart.Series{Name: "points", Kind: chart.Points,
		Y: []float64{1}})}}
	solid := c
	solid.Panels = []chart.Panel{{Series: c.Panels[0].Series[:1]}}
	pictures := vegatest.Draw(t, map[string][]byte{"dashed": specOf(t, c), "points": specOf(t, points),
		"solid": specOf(t, solid)})
	symbol := regexp.MustCompile(`<path transform="[^"]*" d="M-([0-9.]+),0L[0-9.]+,0"`)
	for name, want := range map[string]int{"dashed": 2, "points": 2, "solid": 1} {
		_, legend, _ := strings.Cut(pictures[name].SVG, "role-legend-symbol")
		symbols := symbol.FindAllStringSubmatch(legend, -1)
		if len(symbols) != want {
			t.Fatalf("%s: %d lines in the legend, want %d", name, len(symbols), want)
		}
		for _, s := range symbols {
			if half, err := strconv.ParseFloat(s[1], 64); err != nil || (half > 12) != (name != "solid") {
				t.Errorf("%s: a symbol %v pixels long", name, 2*half)
			}
		}
	}
}

// Titles of panels beside each other are equally high above the plots, whether or not an axis ends with a label.
func TestVegaTitlesAreLevel(t *testing.T) {
	c := chart.Chart{Panels: []chart.Panel{
		{Title: "ends between labels", Y: chart.Axis{Min: 0, Max: 0.95}},
		{Title: "ends with a label", Y: chart.Axis{Min: 0, Max: 1}},
	}}
	svg := vegatest.Draw(t, map[string][]byte{"two": specOf(t, c)})["two"].SVG
	title := regexp.MustCompile(`role-title"[^>]*><g transform="translate\([^,]*,([^)]*)\)`)
	heights := title.FindAllStringSubmatch(svg, -1)
	if len(heights) < 2 || heights[0][1] != heights[1][1] {
		t.Errorf("titles are at %q", heights)
	}
}

// Only a frame's own series are in the data that is shown at a time, and each frame is there once.
func TestFramesAreRows(t *testing.T) {
	type param struct {
		Name string
		Bind struct{ Min, Max, Step float64 }
	}
	var spec struct {
		Datasets map[string][]struct {
			K *int       `json:"k"`
			X []*float64 `json:"x"`
		} `json:"datasets"`
		Params []param `json:"params"`
	}
	if err := json.Unmarshal(specOf(t, framed("1", "2", "3")), &spec); err != nil {
		t.Fatal(err)
	}
	frames := map[int]int{}
	for _, rows := range spec.Datasets {
		for _, r := range rows {
			if len(r.X) > 10 { // the line, of whose 40 points some lie on straight parts
				frames[*r.K]++
			}
		}
	}
	if len(frames) != 3 || frames[0] != 1 || frames[2] != 1 {
		t.Errorf("rows of frames: %v, want one of each of three", frames)
	}
	i := slices.IndexFunc(spec.Params, func(p param) bool { return p.Name == "frame" })
	if i < 0 || spec.Params[i].Bind.Min != 1 || spec.Params[i].Bind.Max != 3 || spec.Params[i].Bind.Step != 1 {
		t.Errorf("the slider is %+v, want 1 to 3", spec.Params)
	}
}

// Large charts keep their specifications below 300 kB, and these say what is missing.
func TestLargeChartsAreThinned(t *testing.T) {
	long := make([]float64, 20_000)
	for i := range long {
		long[i] = math.Sin(float64(i)/3000) + math.Sin(float64(i))/3
	}
	long[12_345] = 7
	c := chart.Chart{Panels: []chart.Panel{{Series: make([]chart.Series, 40)}}}
	for i := range c.Panels[0].Series {
		c.Panels[0].Series[i].Y = long
	}
	labels := make([]string, 200)
	for i := range labels {
		labels[i] = fmt.Sprint(i)
	}
	many := framed(labels...)
	for k := range labels {
		many.Panels[0].Frames[k].Series[0].Y = long[90*k : 90*k+200]
	}
	noise := image.NewGray(image.Rect(0, 0, 520, 520))
	state := uint32(1)
	for i := range noise.Pix {
		state = state*1664525 + 1013904223
		noise.Pix[i] = uint8(state >> 24)
	}
	picture := chart.Chart{Panels: []chart.Panel{{Background: &chart.Background{Image: noise, X1: 1, Y1: 1}}}}
	for name, c := range map[string]struct {
		chart chart.Chart
		note  string
	}{
		"long":    {c, "of 800000 points"},
		"frames":  {many, "of 200 frames"},
		"picture": {picture, "fine detail of pictures"},
	} {
		spec := specOf(t, c.chart)
		if len(spec) > 300_000 || !strings.Contains(string(spec), "Left out here: ") ||
			!strings.Contains(string(spec), c.note) {
			t.Errorf("%s takes %d bytes and begins %.300s", name, len(spec), spec)
		}
	}
	if !strings.Contains(string(specOf(t, c)), ",7,") {
		t.Error("a peak of a long line is missing")
	}
}

// A curve of many turns needs more points than a straight one, and has them as long as there is room for them.
func TestLongCurveIsWhole(t *testing.T) {
	var s chart.Series
	for i := range 40_000 {
		a := float64(i) / 100
		s.X, s.Y = append(s.X, math.Cos(a)*(1+a/100)), append(s.Y, math.Sin(1.1*a)*(1+a/100))
	}
	spec := string(specOf(t, chart.Chart{Panels: []chart.Panel{{Series: []chart.Series{s}, Equal: true}}}))
	if strings.Contains(spec, "Left out") {
		t.Errorf("of %d bytes: %.300s", len(spec), spec)
	}
	for i := range s.X {
		s.X[i], s.Y[i] = math.Sin(float64(i*i)), math.Cos(float64(i*i*i)) // as good as any noise
	}
	spec = string(specOf(t, chart.Chart{Panels: []chart.Panel{{Series: []chart.Series{s}}}}))
	if !strings.Contains(spec, "of 40000 points") {
		t.Errorf("what is seen to be missing is not told: %.300s", spec)
	}
}

func TestSameChartSameSpecification(t *testing.T) {
	for name, c := range interactive() {
		if first := specOf(t, c); !bytes.Equal(first, specOf(t, c)) {
			t.Errorf("two specifications of %s differ", name)
		}
	}
}
