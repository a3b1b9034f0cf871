package chart

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// In a narrow window titles and hints are broken into lines, legends into rows, and panels stand below each other, each
// as wide as the window; in a wide one, panels beside each other fit as well.
func TestVegaNarrow(t *testing.T) {
	line := func(name string) Series { return Series{Name: name, X: []float64{0, 1}, Y: []float64{0, 1e-3}} }
	for columns, want := range map[int]float64{2: 332, 3: 332} {
		c := Chart{Title: "8-8-8 euler: first convolution of the block (ode/conv1/kernel)"}
		for range columns {
			c.Panels = append(c.Panels, Panel{Y: Axis{Title: "y"}, Series: []Series{
				line("median"), line("middle half"), line("middle 90 %"), line("single weights"),
			}})
		}
		var b bytes.Buffer
		if err := c.VegaLite(&b); err != nil {
			t.Fatal(err)
		}
		var spec struct {
			Title   struct{ Text, Subtitle struct{ Expr string } }
			Columns struct{ Signal string }
			Concat  []struct{ Width float64 }
		}
		if err := json.Unmarshal(b.Bytes(), &spec); err != nil {
			t.Fatal(err)
		}
		if got := spec.Columns.Signal; got != fmt.Sprintf("narrow ? 1 : %d", columns) {
			t.Errorf("%d panels stand in %q columns", columns, got)
		}
		const axis = 60 // labels and title of the y axis
		if w := spec.Concat[0].Width + axis; w > want+5 || float64(columns)*w > 840 {
			t.Errorf("each of %d panels takes %.0f px; a narrow output has 332, a wide one 840", columns, w)
		}
		for _, e := range []string{spec.Title.Text.Expr, spec.Title.Subtitle.Expr} {
			small, wide, ok := strings.Cut(strings.TrimPrefix(e, "narrow ? "), " : ")
			var lines, one []string
			if !ok || json.Unmarshal([]byte(small), &lines) != nil || json.Unmarshal([]byte(wide), &one) != nil {
				t.Fatalf("unexpected text %q", e)
			}
			if len(one) != 1 || len(lines) != 2 {
				t.Errorf("%q: %d lines in a narrow window and %d in a wide one, want 2 and 1", e, len(lines), len(one))
			}
			for _, l := range lines {
				if w := hintLetters.width(l); w > narrowText {
					t.Errorf("%q is %.0f px wide", l, w)
				}
			}
		}
		if !strings.Contains(b.String(), `"columns":{"signal":"narrow ? 2 : 4"}`) {
			t.Error("the legend is not broken into two rows")
		}
	}
}

// sizes returns the width and height of a specification in wide and in narrow windows.
func sizes(t *testing.T, spec string) (wide, narrow [2]float64) {
	t.Helper()
	var s struct {
		Width, Height float64
		Concat        []struct{ Width, Height float64 }
		Params        []struct{ Name, Expr string }
	}
	if err := json.Unmarshal([]byte(spec), &s); err != nil {
		t.Fatal(err)
	}
	if len(s.Concat) > 0 {
		s.Width, s.Height = s.Concat[0].Width, s.Concat[0].Height
	}
	wide = [2]float64{s.Width, s.Height}
	narrow = wide
	for _, p := range s.Params {
		if i := slices.Index([]string{"width", "height"}, p.Name); i >= 0 {
			var otherwise float64
			_, err := fmt.Sscanf(p.Expr, "narrow ? %g : %g", &narrow[i], &otherwise)
			if err != nil || otherwise != wide[i] {
				t.Errorf("%s is %q, want one that is %v in a wide window (%v)", p.Name, p.Expr, wide[i], err)
			}
		}
	}
	return wide, narrow
}

// A chart of one panel is narrower in a narrow window and as high; where units are equal it keeps its shape. Panels
// below each other share their width. What fits in any case has no other size.
func TestVegaNarrowPanel(t *testing.T) {
	line := []Series{{X: []float64{0, 2}, Y: []float64{0, 1}}}
	for name, c := range map[string]struct {
		chart           Chart
		narrower, lower bool
	}{
		"one":       {Chart{Panels: []Panel{{Series: line}}}, true, false},
		"heat map":  {Chart{Panels: []Panel{{Cells: [][]float64{{1, 2}}}}}, true, false},
		"equal":     {Chart{Panels: []Panel{{Series: line, Equal: true}}}, true, true},
		"stack":     {Chart{Panels: []Panel{{Series: line}, {Series: line}}, Columns: 1}, true, false},
		"small":     {Chart{Panels: []Panel{{Series: line}}, Width: 300}, false, false},
		"two":       {Chart{Panels: []Panel{{Series: line}, {Series: line}}}, false, false},
		"no panels": {Chart{}, true, false},
	} {
		wide, narrow := sizes(t, vegaOf(t, c.chart))
		if got := narrow[0] < wide[0]; got != c.narrower || narrow[0] > 320 {
			t.Errorf("%s is %v px wide in a wide window and %v in a narrow one", name, wide[0], narrow[0])
		}
		if got := narrow[1] < wide[1]; got != c.lower {
			t.Errorf("%s is %v px high in a wide window and %v in a narrow one", name, wide[1], narrow[1])
		}
		if c.lower && math.Abs(narrow[0]/narrow[1]-wide[0]/wide[1]) > 0.02 {
			t.Errorf("%s has another shape in a narrow window: %v, and %v in a wide one", name, narrow, wide)
		}
	}
}

// What stands at places in pixels follows the width: labels of marks and of lines, texts, names below columns, and
// values in cells, which are shown where they fit.
func TestVegaNarrowPlaces(t *testing.T) {
	labels := vegaOf(t, Chart{Panels: []Panel{{
		Series: []Series{{X: []float64{0, 100}, Y: []float64{0, 1}}},
		Marks: []Mark{{At: 0.5, Label: "half", Across: true}, {At: 30, Label: "refined to 2-2-2"},
			{At: 50, Label: "refined to 4-4-4"}},
		Texts: []Text{{X: 80, Y: 0.5, Text: "the largest one"}},
	}}})
	names, cells := []string{}, [][]float64{{}}
	for i := range 10 {
		names, cells[0] = append(names, fmt.Sprintf("sneaker %d", i)), append(cells[0], 0.123)
	}
	heat := vegaOf(t, Chart{Panels: []Panel{{Cells: cells, X: Axis{Labels: names}, Z: Axis{Percent: true}}}})
	for _, want := range []struct {
		what, spec, text string
		n                int
	}{
		{"labels of lines at the right end", labels, `"x":{"value":{"expr":"narrow ? `, 1},
		{"marks in two rows", labels, `"y":{"value":-16}`, 1},
		{"layers of a narrow window", labels, `"transform":[{"filter":"narrow"}`, 3}, // two rows, and the text
		{"layers of a wide window", labels, `"transform":[{"filter":"!narrow"}`, 2},
		{"names from bottom to top", heat, `"labelAngle":{"expr":"narrow ? -90 : 0"}`, 1},
		{"values in cells of a wide window", heat, `"transform":[{"filter":"!narrow"}`, 1},
		{"values in cells of a narrow window", heat, `"transform":[{"filter":"narrow"}`, 0},
	} {
		if n := strings.Count(want.spec, want.text); n != want.n {
			t.Errorf("%s: %q is there %d times, want %d", want.what, want.text, n, want.n)
		}
	}
}

// The titles of a chart and of its only panel are one, in as many lines as there is room for.
func TestVegaJoinedTitle(t *testing.T) {
	one := func(title, panel string) Chart {
		return Chart{Title: title, Panels: []Panel{{Title: panel, Series: []Series{{Y: []float64{1, 2}}}}}}
	}
	moving := one("Spirals", "")
	moving.Slider = Slider{Name: "steps", Labels: []string{"2", "4"}}
	moving.Panels[0].Frames = make([]Frame, 2)
	long := "Error of the gradient with a tolerance of 1e-6, in seconds"
	for _, c := range []struct {
		chart Chart
		want  any
	}{
		{one("Oscillator", "Solution"), "Oscillator · Solution"},
		{one("", "Solution"), "Solution"},
		{one("Oscillator", ""), "Oscillator"},
		{one(long, "dopri5"), map[string]any{"expr": `narrow ? ["Error of the gradient with a tolerance of 1e-6,",` +
			`"in seconds","dopri5"] : ["` + long + ` · dopri5"]`}},
		{moving, map[string]any{"expr": `[["Spirals · steps = 2"],["Spirals · steps = 4"]][round((frame - 2) / 2)]`}},
	} {
		var spec struct{ Title struct{ Text any } }
		if err := json.Unmarshal([]byte(vegaOf(t, c.chart)), &spec); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(spec.Title.Text, c.want) {
			t.Errorf("the title is %q, want %q", spec.Title.Text, c.want)
		}
	}
}

// Pictures stand in fewer columns in a narrow window, and one that is too wide for it is smaller.
func TestVegaNarrowGallery(t *testing.T) {
	for _, c := range []struct{ n, width, height, wide, narrow int }{
		{16, 28, 28, 8*86 + 7*10, 3*86 + 2*10}, {16, 16, 16, 8*82 + 7*10, 3*82 + 2*10},
		{2, 28, 28, 2*86 + 10, 2*86 + 10}, {1, 600, 300, 602, 322},
	} {
		g := Gallery{Width: c.width, Height: c.height, Pixels: make([]uint8, c.n*c.width*c.height)}
		var b bytes.Buffer
		if err := g.VegaLite(&b); err != nil {
			t.Fatal(err)
		}
		wide, narrow := sizes(t, b.String())
		if wide[0] != float64(c.wide) || narrow[0] != float64(c.narrow) {
			t.Errorf("%d pictures of %d×%d are %v px wide, and %v in a narrow window; want %d and %d", c.n, c.width,
				c.height, wide[0], narrow[0], c.wide, c.narrow)
		}
	}
}

func vegaOf(t *testing.T, c Chart) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.VegaLite(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
