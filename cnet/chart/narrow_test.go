package chart

import (
	"bytes"
	"encoding/json"
	"fmt"
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
