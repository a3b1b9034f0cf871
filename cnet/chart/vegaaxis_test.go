package chart_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"continuousnet/cnet/chart"
	"continuousnet/cnet/internal/vegatest"
)

// axisLabels returns the labels of the x or y axis in a picture, in the order of the values, without those that are
// left out.
func axisLabels(svg, axis string) (labels []string) {
	_, svg, _ = strings.Cut(svg, `aria-label="`+strings.ToUpper(axis)+`-axis`)
	_, svg, _ = strings.Cut(svg, "role-axis-label")
	svg, _, _ = strings.Cut(svg, "</g>")
	for _, m := range regexp.MustCompile(`<text[^>]*opacity="1"[^>]*>([^<]*)</text>`).FindAllStringSubmatch(svg, -1) {
		if m[1] != "" {
			labels = append(labels, m[1])
		}
	}
	return labels
}

// along is a chart of points at some x.
func along(x chart.Axis, at ...float64) chart.Chart {
	return chart.Chart{Panels: []chart.Panel{{X: x, Series: []chart.Series{{X: at, Y: make([]float64, len(at))}}}}}
}

// The labels of an axis differ, and are as many as can be read; so are those of a part of it.
func TestVegaLabels(t *testing.T) {
	whole, log, linear := chart.Axis{Integer: true}, chart.Axis{Log: true}, chart.Axis{}
	charts := map[string]struct {
		chart  chart.Chart
		zoomed string // part of the axis that is seen; empty: all
		labels []string
	}{
		"whole numbers":      {along(whole, 1, 2), "", []string{"1", "2"}},
		"one whole number":   {along(whole, 3), "", []string{"2", "3", "4"}},
		"part of whole ones": {along(whole, 0, 100), "[1,2.5]", []string{"1", "2"}},
		"less than one":      {along(whole, 0, 100), "[1.9,2.2]", []string{"2"}},
		"two epochs":         {along(chart.Axis{Integer: true, Max: 2}, 0, 1, 2), "", []string{"0", "1", "2"}},
		"seconds since 1970": {along(linear, 1.7e9, 1.7e9+86400, 1.7e9+172800), "",
			[]string{"1.7·10⁹", "1.70005·10⁹", "1.7001·10⁹", "1.70015·10⁹"}},
		"a million": {along(linear, 1000000, 1000020), "",
			[]string{"10⁶", "1.000005·10⁶", "1.00001·10⁶", "1.000015·10⁶", "1.00002·10⁶"}},
		"part of powers": {along(linear, 0, 4e6), "[1000000,1000002]",
			[]string{"10⁶", "1.0000008·10⁶", "1.0000016·10⁶"}},
		"thousandths": {along(linear, 0, 3e-3), "", []string{"0", "5·10⁻⁴", "10⁻³", "1.5·10⁻³", "2·10⁻³", "2.5·10⁻³",
			"3·10⁻³"}},
		"part of a decade": {along(log, 0.52, 0.55, 0.6, 0.53), "",
			[]string{"0.52", "0.53", "0.54", "0.55", "0.56", "0.57", "0.58", "0.59", "0.6"}},
		"between powers": {along(log, 3.5, 6.5), "", []string{"3.5", "4", "4.5", "5", "5.5", "6", "6.5"}},
		"narrow, of a log": {along(log, 2.30255, 2.30265), "",
			[]string{"2.30255", "2.30257", "2.30259", "2.30261", "2.30263", "2.30265"}},
		"a decade":    {along(log, 2, 15), "", []string{"2", "3", "5", "7", "10"}},
		"two decades": {along(log, 1, 100), "", []string{"1", "10", "100"}},
		"part of decades": {along(log, 1, 1e4), "[2.1,2.4]",
			[]string{"2.1", "2.12", "2.14", "2.16", "2.18", "2.2", "2.22", "2.24", "2.26", "2.28", "2.3", "2.32",
				"2.34", "2.36", "2.38", "2.4"}},
	}
	specs := map[string][]byte{}
	for name, c := range charts {
		spec := specOf(t, c.chart)
		if c.zoomed != "" {
			zoom := []byte(`{"name":"zoom0",`)
			is := fmt.Sprintf(`{"name":"zoom0","value":{"x":%s,"y":[-1,1]},`, c.zoomed)
			if !bytes.Contains(spec, zoom) {
				t.Fatalf("%s: no selection that zooms in %.400s", name, spec)
			}
			spec = bytes.Replace(spec, zoom, []byte(is), 1)
		}
		specs[name] = spec
	}
	pictures := vegatest.Draw(t, specs)
	for name, c := range charts {
		if got := axisLabels(pictures[name].SVG, "x"); !slices.Equal(got, c.labels) {
			t.Errorf("%s: labels %q, want %q", name, got, c.labels)
		}
		got := axisLabels(pictures[name].Narrow, "x")
		if slices.Sort(got); len(slices.Compact(slices.Clone(got))) != len(got) || len(got) < min(len(c.labels), 2) {
			t.Errorf("%s: labels %q in a narrow window", name, got)
		}
	}
}

// Points keep their distances where an axis shows a small part of large numbers, or less than a decade.
func TestVegaDigits(t *testing.T) {
	for name, c := range map[string]struct {
		axis  chart.Axis
		value func(i int) float64
	}{
		"log":    {chart.Axis{Log: true}, func(i int) float64 { return 2.3026 - 0.0001*math.Sin(float64(i)/5) }},
		"linear": {chart.Axis{}, func(i int) float64 { return 1e7 + math.Sin(float64(i)/5) }},
	} {
		s := chart.Series{Kind: chart.Points}
		for i := range 100 {
			s.Y = append(s.Y, c.value(i))
		}
		mark := chart.Mark{At: s.Y[7], Across: true}
		spec := specOf(t, chart.Chart{Panels: []chart.Panel{{Y: c.axis, Series: []chart.Series{s},
			Marks: []chart.Mark{mark}}}})
		var read struct {
			Datasets map[string][]struct{ Y []float64 }
		}
		if err := json.Unmarshal(spec, &read); err != nil {
			t.Fatal(err)
		}
		points := 0
		for _, rows := range read.Datasets {
			for _, r := range rows {
				for i, y := range r.Y {
					want, all := s.Y[i], slices.Max(s.Y)-slices.Min(s.Y)
					if len(r.Y) == 1 {
						want = mark.At
					}
					if points++; math.Abs(y-want) > 1e-4*all {
						t.Errorf("%s: %v is written as %v", name, want, y)
					}
				}
			}
		}
		if points != 101 {
			t.Errorf("%s: %d values", name, points)
		}
	}
}
