package chart_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"continuousnet/cnet/chart"
)

var nan, inf = math.NaN(), math.Inf(1)

func line(y ...float64) chart.Series { return chart.Series{Name: "a", Y: y} }

func one(s ...chart.Series) chart.Chart {
	return chart.Chart{Panels: []chart.Panel{{Series: s}}}
}

func pngOf(t *testing.T, c chart.Chart) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := c.PNG(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// svgOf is the text and the paths of a chart's SVG, which must be well-formed.
func svgOf(t *testing.T, c chart.Chart) (texts, paths []string) {
	t.Helper()
	var b bytes.Buffer
	if err := c.SVG(&b); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"NaN", "Inf"} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("SVG contains %s", bad)
		}
	}
	inText := false
	for d := xml.NewDecoder(&b); ; {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return texts, paths
		}
		if err != nil {
			t.Fatalf("SVG is not well-formed: %v", err)
		}
		switch e := tok.(type) {
		case xml.StartElement:
			inText = e.Name.Local == "text"
			for _, a := range e.Attr {
				if e.Name.Local == "path" && a.Name.Local == "d" {
					paths = append(paths, a.Value)
				}
			}
		case xml.EndElement:
			inText = false
		case xml.CharData:
			if inText {
				texts = append(texts, string(e))
			}
		}
	}
}

func has(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

func TestPNGHasScaleTimesTheSize(t *testing.T) {
	for _, c := range []struct {
		chart         chart.Chart
		width, height int
	}{
		{chart.Chart{}, 1800, 680},
		{chart.Chart{Width: 300, Height: 200, Scale: 1}, 300, 200},
		{chart.Chart{Width: 301, Height: 201, Scale: 1.5, Panels: []chart.Panel{{Series: []chart.Series{line(1, 2)}}}},
			452, 302},
		{chart.Chart{Panels: make([]chart.Panel, 2), Columns: 1, Scale: 1}, 900, 640},
	} {
		img, err := png.DecodeConfig(bytes.NewReader(pngOf(t, c.chart)))
		if err != nil {
			t.Fatal(err)
		}
		if img.Width != c.width || img.Height != c.height {
			t.Errorf("PNG is %d×%d, want %d×%d", img.Width, img.Height, c.width, c.height)
		}
	}
}

func TestSVGHasAllText(t *testing.T) {
	const awkward = `it's <b>"5" & more</b>`
	c := chart.Chart{Title: awkward, Panels: []chart.Panel{{
		Title:  "panel <1>",
		X:      chart.Axis{Title: "x & y", Integer: true},
		Y:      chart.Axis{Title: "accuracy", Percent: true},
		Series: []chart.Series{{Name: "tom & jerry", X: []float64{1, 2, 3}, Y: []float64{0.2, 0.4, 0.6}}},
		Marks:  []chart.Mark{{At: 2, Label: "refined to 2-2-2"}, {At: 2, Label: "<rk4>"}},
	}}}
	texts, _ := svgOf(t, c)
	for _, want := range []string{awkward, "panel <1>", "x & y", "accuracy", "tom & jerry", "refined to 2-2-2, <rk4>",
		"1", "2", "3", "40 %"} {
		if !has(texts, want) {
			t.Errorf("SVG lacks the text %q; it has %q", want, texts)
		}
	}
}

// Control characters cannot be written in XML at all.
func TestTextIsMadePrintable(t *testing.T) {
	texts, _ := svgOf(t, chart.Chart{Title: "a\x00b\nc\x1b[1m\xff"})
	if want := "ab c[1m\uFFFD"; !has(texts, want) {
		t.Errorf("title is %q, want %q", texts, want)
	}
}

func TestGapsInterruptLines(t *testing.T) {
	strokes := func(y ...float64) int { // number of stretches of the curve
		_, paths := svgOf(t, chart.Chart{Panels: []chart.Panel{{Series: []chart.Series{{Y: y, Color: "#123456"}},
			X: chart.Axis{Min: -1, Max: 9}, Y: chart.Axis{Min: -1, Max: 9}}}})
		// background, grid, [curve], [lone dots], axis
		return strings.Count(paths[2], "M")
	}
	for _, c := range []struct {
		y    []float64
		want int
	}{
		{[]float64{1, 2, 3, 4, 5}, 1},
		{[]float64{1, 2, nan, 4, 5}, 2},
		{[]float64{1, 2, inf, 4, 5}, 2},
		{[]float64{nan, 2, 3, 4, -inf}, 1},
		{[]float64{1, 2, 1e300, 4, 5}, 2},
	} {
		if got := strokes(c.y...); got != c.want {
			t.Errorf("%v is drawn in %d stretches, want %d", c.y, got, c.want)
		}
	}
}

// What a training run can throw at a chart: nothing, one point, no finite value, enormous ones.
func everything() map[string]chart.Chart {
	cells := func(rows ...[]float64) chart.Chart { return chart.Chart{Panels: []chart.Panel{{Cells: rows}}} }
	log := func(y ...float64) chart.Chart {
		return chart.Chart{Panels: []chart.Panel{{X: chart.Axis{Log: true}, Y: chart.Axis{Log: true},
			Series: []chart.Series{line(y...)}}}}
	}
	many := make([]float64, 100_000)
	for i := range many {
		many[i] = math.Sin(float64(i) / 1000)
	}
	crowd := make([]chart.Mark, 60)
	for i := range crowd {
		crowd[i] = chart.Mark{At: float64(i) / 10, Label: "refined again and again"}
	}
	return map[string]chart.Chart{
		"nothing":        {},
		"empty panels":   {Panels: make([]chart.Panel, 7)},
		"no points":      one(line()),
		"one point":      one(line(3)),
		"one zero":       one(line(0)),
		"equal values":   one(line(2, 2, 2)),
		"all NaN":        one(line(nan, nan)),
		"all Inf":        one(line(inf, -inf)),
		"huge":           one(line(-1e149, 1e149)),
		"beyond huge":    one(line(-1.7e308, 1.7e308)),
		"tiny":           one(line(1e-300, 2e-300)),
		"close together": one(line(1e6, 1e6+1e-6)),
		"NaN in X":       one(chart.Series{X: []float64{nan, 1, inf}, Y: []float64{1, 2, 3}}),
		"backwards":      one(chart.Series{X: []float64{3, 2, 1}, Y: []float64{1, 2, 3}}),
		"long":           one(line(many...)),
		"log":            log(-1, 0, 1, 10, 1e9, nan),
		"log, none":      log(-1, 0),
		"log, one":       log(0, 5),
		"all kinds": one(
			chart.Series{Kind: chart.Steps, Y: []float64{1, nan, 2, 3}},
			chart.Series{Kind: chart.Steps, X: []float64{0, 1, nan, 3}, Y: []float64{1, 2, 3}},
			chart.Series{Kind: chart.Points, Y: []float64{1, nan, 2}}),
		"outside": {Panels: []chart.Panel{{X: chart.Axis{Min: 5, Max: 6}, Y: chart.Axis{Min: 5, Max: 6},
			Series: []chart.Series{line(1, 2, 3)}}}},
		"many marks": {Panels: []chart.Panel{{Marks: crowd, Series: []chart.Series{line(1, 2, 3)}}}},
		"NaN mark":   {Panels: []chart.Panel{{Marks: []chart.Mark{{At: nan, Label: "x"}}}}},
		"small": {Width: 1, Height: 1, Title: "title",
			Panels: []chart.Panel{{Title: "t", Series: []chart.Series{line(1, 2)}}}},
		"narrow":      {Width: 40, Height: 400, Title: "title", Panels: make([]chart.Panel, 3)},
		"equal":       {Panels: []chart.Panel{{Equal: true, Series: []chart.Series{line(1, 2, 50)}}}},
		"no cells":    cells(),
		"empty cells": cells([]float64{}),
		"cells":       cells([]float64{1, nan, inf}, []float64{0, -1e-9, 1e9}),
		"one cell":    cells([]float64{2}),
		"labels": {Panels: []chart.Panel{{X: chart.Axis{Labels: []string{"one", "",
			strings.Repeat("long ", 50)}}}}},
		"endless names": one(chart.Series{Name: strings.Repeat("name ", 100), Y: []float64{1}}),
	}
}

func TestEverythingCanBeDrawn(t *testing.T) {
	for name, c := range everything() {
		t.Run(name, func(t *testing.T) {
			c.Scale = 1
			pngOf(t, c)
			svgOf(t, c)
		})
	}
}

func TestLegendNamesEachSeriesOnce(t *testing.T) {
	p := chart.Panel{Series: []chart.Series{line(1, 2), {Name: "b", Y: []float64{2, 1}}, {Y: []float64{3}}}}
	texts, _ := svgOf(t, chart.Chart{Panels: []chart.Panel{p, p}})
	for _, name := range []string{"a", "b"} {
		n := 0
		for _, s := range texts {
			if s == name {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%q appears %d times in %q, want once", name, n, texts)
		}
	}
}

func TestSameNameSameColour(t *testing.T) {
	var b bytes.Buffer
	c := chart.Chart{Panels: []chart.Panel{
		{Series: []chart.Series{{Name: "a", Y: []float64{1, 2}}, {Name: "b", Y: []float64{1, 2}}}},
		{Series: []chart.Series{{Name: "b", Y: []float64{1, 2}}, {Like: "b", Y: []float64{1, 2}}}},
	}}
	if err := c.SVG(&b); err != nil {
		t.Fatal(err)
	}
	// One sample in the legend for each, one curve of a and three of b.
	for color, want := range map[string]int{chart.Blue: 2, chart.Vermillion: 4, chart.Green: 0} {
		if got := strings.Count(b.String(), "stroke:"+strings.ToUpper(color)); got != want {
			t.Errorf("%d strokes in %s, want %d", got, color, want)
		}
	}
}

func TestSameChartSameBytes(t *testing.T) {
	wave := make([]float64, 300)
	for i := range wave {
		wave[i] = math.Sin(float64(i) / 20)
	}
	c := chart.Chart{Title: "all at once", Panels: []chart.Panel{
		{Title: "lines", Marks: []chart.Mark{{At: 100, Label: "here"}, {At: 200, Label: "there"}},
			Series: []chart.Series{{Name: "wave", Y: wave},
				{Name: "steps", Kind: chart.Steps, Y: []float64{0, 1, nan, 2}}}},
		{Title: "cells", Cells: [][]float64{{1, 2, 3}, {4, nan, 6}}},
		{Series: []chart.Series{{Name: "wave", Light: true, Y: wave},
			{Name: "points", Kind: chart.Points, Y: wave[:50]}}},
	}}
	first := pngOf(t, c)
	var svg bytes.Buffer
	if err := c.SVG(&svg); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if !bytes.Equal(first, pngOf(t, c)) {
			t.Fatal("two PNGs of one chart differ")
		}
		var again bytes.Buffer
		if err := c.SVG(&again); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(svg.Bytes(), again.Bytes()) {
			t.Fatal("two SVGs of one chart differ")
		}
	}
}

func TestErrorsNameThePlace(t *testing.T) {
	loss := func(s chart.Series) chart.Chart {
		return chart.Chart{Panels: []chart.Panel{{Title: "Loss", Series: []chart.Series{s}}}}
	}
	three, two := []float64{1, 2, 3}, []float64{1, 2}
	for _, c := range []struct {
		chart chart.Chart
		want  string
	}{
		{loss(chart.Series{Name: "train", X: three, Y: two}),
			`chart: panel "Loss": series "train": has 3 values in X and 2 in Y; expected as many X`},
		{loss(chart.Series{Kind: chart.Steps, X: two, Y: three}),
			`chart: panel "Loss": series 1: has 2 values in X and 3 in Y; expected as many X or one more`},
		{loss(chart.Series{Y: two, Color: "red"}),
			`chart: panel "Loss": series 1: colour "red"; expected the form #rrggbb`},
		{loss(chart.Series{Kind: 9}),
			`chart: panel "Loss": series 1: unknown kind 9; expected Line, Steps, Points or Arrows`},
		{chart.Chart{Panels: []chart.Panel{{X: chart.Axis{Min: 2, Max: 1}}}},
			`chart: panel 1: x axis runs from 2 to 1; expected Min < Max`},
		{chart.Chart{Panels: []chart.Panel{{Y: chart.Axis{Max: 1, Log: true}}}},
			`chart: panel 1: y axis is logarithmic and starts at 0; expected Min > 0`},
		{chart.Chart{Panels: []chart.Panel{{Cells: [][]float64{two, three}}}},
			`chart: panel 1: row 1 of Cells has 3 values, row 0 has 2`},
		{chart.Chart{Panels: []chart.Panel{{Cells: [][]float64{two}, X: chart.Axis{Labels: []string{"a"}}}}},
			`chart: panel 1: has 1 names in X.Labels for 2 columns of Cells`},
		{chart.Chart{Width: -1}, `chart: Width is -1; expected 1 to 8192 pixels (16384 at scale 2)`},
		{chart.Chart{Height: nan}, `chart: Height is NaN; expected 1 to 8192 pixels (16384 at scale 2)`},
		{chart.Chart{Scale: 100}, `chart: Scale is 100; expected 0.1 to 16`},
		{chart.Chart{Scale: nan}, `chart: Scale is NaN; expected 0.1 to 16`},
		{chart.Chart{Columns: -1}, `chart: Columns is -1; expected 0 or more`},
	} {
		for format, err := range map[string]error{"PNG": c.chart.PNG(io.Discard), "SVG": c.chart.SVG(io.Discard)} {
			if err == nil || err.Error() != c.want {
				t.Errorf("%s: error is %v\nwant %s", format, err, c.want)
			}
		}
	}
}

func TestSaveWritesWholeFilesOnly(t *testing.T) {
	dir := t.TempDir()
	c := one(line(1, 2, 3))
	for name, begin := range map[string]string{"a.png": "\x89PNG", "a.SVG": "<?xml"} {
		path := filepath.Join(dir, name)
		for range 2 { // the second replaces the first
			if err := c.Save(path); err != nil {
				t.Fatal(err)
			}
		}
		b, err := os.ReadFile(path)
		if err != nil || !strings.HasPrefix(string(b), begin) {
			t.Errorf("%s begins with %.5q, %v; want %q", name, b, err, begin)
		}
	}
	bad := one(chart.Series{X: []float64{1}})
	if err := bad.Save(filepath.Join(dir, "b.png")); err == nil {
		t.Error("an impossible chart was saved")
	}
	if err := c.Save(filepath.Join(dir, "c.pdf")); err == nil ||
		!strings.Contains(err.Error(), `unknown extension ".pdf"; expected .png or .svg`) {
		t.Errorf("saving a PDF: %v", err)
	}
	if err := c.Save(filepath.Join(dir, "none", "d.png")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("saving into a folder that does not exist: %v", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("the folder holds %v, %v; want the two charts", entries, err)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestWriteErrorsAreReturned(t *testing.T) {
	c := one(line(1, 2))
	if err := c.PNG(fullDisk{}); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("PNG: %v", err)
	}
	if err := c.SVG(fullDisk{}); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("SVG: %v", err)
	}
}

func TestByClass(t *testing.T) {
	ss, err := chart.ByClass([]float64{1, 2, 3}, []float64{4, 5, 6}, []int{1, 0, 1}, "left")
	if err != nil {
		t.Fatal(err)
	}
	if len(ss) != 2 || ss[0].Name != "left" || ss[1].Name != "class 1" || len(ss[1].X) != 2 || ss[1].Y[1] != 6 {
		t.Errorf("series are %+v", ss)
	}
	if _, err := chart.ByClass([]float64{1}, []float64{1}, nil); err == nil {
		t.Error("points without classes are no error")
	}
}

// A line that stays where it is looks like a single point.
func TestLineAtOnePlaceIsMarked(t *testing.T) {
	single := one(chart.Series{Name: "a", X: []float64{1}, Y: []float64{2}})
	still := one(chart.Series{Name: "a", X: []float64{1, 1, 1}, Y: []float64{2, 2, 2}})
	if !bytes.Equal(pngOf(t, single), pngOf(t, still)) {
		t.Error("three points at one place look otherwise than one")
	}
}
