package chart

import (
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
