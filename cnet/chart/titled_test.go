package chart

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Titled widens a chart for a long title, so that it is not cut off, and leaves it as it is for a short one.
func TestTitled(t *testing.T) {
	c := Chart{Width: 300, Height: 200, Panels: []Panel{{Series: []Series{{X: []float64{0, 1}, Y: []float64{0, 1}}}}}}
	if got := c.Titled("short"); got.Width != 300 || got.Title != "short" {
		t.Errorf("%g wide, %q", got.Width, got.Title)
	}
	long := strings.Repeat("rate mlp-64-64-softplus-t ", 4)
	for _, wide := range []bool{false, true} {
		d := c
		if d.Title = long; wide {
			d = c.Titled(long)
		}
		width, _ := d.Size()
		if fits := titleLetters.fit(clean(d.Title), width-2*margin) == clean(d.Title); fits != wide {
			t.Errorf("%g wide: the title fits %t, want %t", width, fits, wide)
		}
	}
}

// The title of a panel begins at its plot, or left of it where it would otherwise reach out of the picture.
func TestPanelTitlesStayInside(t *testing.T) {
	long := strings.Repeat("very long ", 20)
	for _, title := range []string{"short", "stage 2 after 8 epochs: varies by 3.0 %", long} {
		c := Chart{Width: 300, Height: 200, Panels: []Panel{{Title: title, Y: Axis{Title: "y"},
			Series: []Series{{X: []float64{0, 1}, Y: []float64{0, 1e-3}}}}}}
		var b bytes.Buffer
		if err := c.SVG(&b); err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(`<text x="([0-9.]+)"[^>]*>(` + title[:5] + `[^<]*)<`).FindStringSubmatch(b.String())
		if found == nil {
			t.Fatalf("no title %q", title)
		}
		x, err := strconv.ParseFloat(found[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		if end := x + panelLetters.width(found[2]); x < margin-1 || end > 300-margin+1 {
			t.Errorf("%q is drawn from %.0f to %.0f in a picture of 300", found[2], x, end)
		}
	}
}
