package chart_test

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"continuousnet/cnet/chart"
	"continuousnet/cnet/internal/vegatest"
)

// Series have the same colours and shapes in a picture and in Vega-Lite, those without a name as well.
func TestVegaHasTheColoursOfPictures(t *testing.T) {
	line := func(name string, k float64) chart.Series { return chart.Series{Name: name, Y: []float64{k, k + 1}} }
	points := chart.Series{Kind: chart.Points, Y: []float64{1, 3}}
	lone := chart.Series{Y: []float64{2, nan, 1}}
	moving := func(list ...chart.Series) chart.Panel {
		p := chart.Panel{Series: []chart.Series{line("", 9)}}
		for _, s := range list {
			p.Frames = append(p.Frames, chart.Frame{Series: []chart.Series{line("", 7), s}})
		}
		return p
	}
	still := chart.Panel{Series: []chart.Series{line("", 0), line("still", 5)}}
	framed := chart.Chart{Panels: []chart.Panel{moving(line("a", 1), line("b", 2), line("", 3)), still},
		Slider: chart.Slider{Labels: []string{"1", "2", "3"}, Start: 1, Shown: []int{1}}}
	last := framed
	last.Slider.Start, last.Slider.Shown = 2, []int{2}
	specs, pictures := map[string][]byte{}, map[string][]string{}
	color := regexp.MustCompile(`(?i)#(0072b2|d55e00|009e73|cc79a7|e69f00|56b4e9|222222)`)
	colors := func(svg string) (list []string) {
		for _, c := range color.FindAllString(svg, -1) {
			if c = strings.ToLower(c); c != chart.Black && !slices.Contains(list, c) {
				list = append(list, c)
			}
		}
		slices.Sort(list)
		return list
	}
	for name, c := range map[string]chart.Chart{
		"two lines": one(line("", 1), line("", 2)), "points": one(points), "points and line": one(line("", 1), points),
		"named later": one(line("", 1), line("a", 2), line("", 3)), "gap": one(line("", 1), lone),
		"panels": {Panels: []chart.Panel{still, {Series: []chart.Series{line("", 4), line("new", 1)}}, still}},
		"frames": framed, "last frame": last,
	} {
		specs[name] = specOf(t, c)
		var b bytes.Buffer
		if err := c.SVG(&b); err != nil {
			t.Fatal(err)
		}
		pictures[name] = colors(b.String())
	}
	for name, p := range vegatest.Draw(t, specs) {
		svg, _, _ := strings.Cut(p.SVG, "role-legend") // which has the names of all frames
		if got := colors(svg); !slices.Equal(got, pictures[name]) || len(got) == 0 {
			t.Errorf("%s has the colours %v, in a picture %v", name, got, pictures[name])
		}
	}
	if !bytes.Contains(specs["points"], []byte(`"shape":"circle"`)) {
		t.Error("points without a name are not discs")
	}
}

// A series without a name keeps its colour when the slider moves.
func TestFramesKeepColours(t *testing.T) {
	c := chart.Chart{Slider: chart.Slider{Labels: []string{"1", "2", "3"}}, Panels: make([]chart.Panel, 1)}
	for k := range 3 {
		s := chart.Series{Y: []float64{1, float64(k)}}
		c.Panels[0].Frames = append(c.Panels[0].Frames, chart.Frame{Series: []chart.Series{s}})
	}
	var b bytes.Buffer
	if err := c.SVG(&b); err != nil {
		t.Fatal(err)
	}
	svg := strings.ToLower(b.String())
	if strings.Count(svg, chart.Blue) != 3 || strings.Contains(svg, chart.Vermillion) {
		t.Errorf("%d of three curves are blue", strings.Count(svg, chart.Blue))
	}
}
