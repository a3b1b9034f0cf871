package figures

import (
	"io"
	"math"
	"testing"

	"continuousnet/cnet/chart"
)

// A panel for each problem, a line for each method with a point for each solution that has an error.
func TestWorkPrecision(t *testing.T) {
	c := WorkPrecision("Work", []Work{
		{"a", "dopri5", 10, 1e-2}, {"a", "dopri5", 20, 1e-4}, {"a", "scipy RK45", 11, 2e-2}, {"b", "dopri5", 30, 1e-3},
		{"a", "diffrax Dopri5", 12, 1e-3}, {"a", "diffrax Tsit5", 0, 1e-3}, {"b", "scipy RK45", 7, math.NaN()}, {"b", "tsit5", 40, 0},
	})
	if len(c.Panels) != 2 || c.Panels[0].Title != "a" || len(c.Panels[0].Series) != 3 || len(c.Panels[1].Series) != 1 {
		t.Fatalf("got %+v", c.Panels)
	}
	if like := c.Panels[0].Series[2].Like; like != "dopri5" {
		t.Errorf("Dopri5 has the colour of %q", like)
	}
	own, peer := c.Panels[0].Series[0], c.Panels[0].Series[1]
	if len(own.X) != 2 || own.X[1] != 20 || own.Y[1] != 1e-4 || own.Dashed || !peer.Dashed || peer.Like != "" {
		t.Errorf("got %+v and %+v", own, peer)
	}
	for _, c := range []chart.Chart{c, WorkPrecision("", nil)} {
		if err := c.PNG(io.Discard); err != nil {
			t.Error(err)
		}
	}
}
