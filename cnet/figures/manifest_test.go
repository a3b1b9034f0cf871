package figures

import (
	"bytes"
	"math"
	"reflect"
	"strings"
	"testing"

	"continuousnet/cnet"
)

// A cell is where its scheme and steps are, what is not computed is a gap, and the trained one has the frame.
func TestManifestations(t *testing.T) {
	list := []cnet.Manifestation{
		{Scheme: "euler", Steps: 2, Trained: true, Score: cnet.Score{Accuracy: 0.8}},
		{Scheme: "midpoint", Steps: 1, Score: cnet.Score{Accuracy: 0.81}},
		{Scheme: "rk4", Steps: 1, Score: cnet.Score{Accuracy: 0.1}}, // not asked for
	}
	c := Manifestations(list, []string{"euler", "midpoint"}, []int{1, 2})
	p := c.Panels[0]
	if !math.IsNaN(p.Cells[0][0]) || p.Cells[0][1] != 0.8 || p.Cells[1][0] != 0.81 ||
		!reflect.DeepEqual(p.Framed, [][2]int{{0, 1}}) {
		t.Errorf("got %+v", p)
	}
	if !reflect.DeepEqual(p.X.Labels, []string{"1", "2"}) || p.Z.Max != 0.81 || math.Abs(p.Z.Min-0.71) > 1e-12 {
		t.Errorf("axes %+v, %+v", p.X, p.Z)
	}
	var svg bytes.Buffer
	if err := c.SVG(&svg); err != nil || !strings.Contains(svg.String(), ">80 %<") {
		t.Errorf("drawn: %v", err)
	}
	if err := Manifestations(nil, []string{"euler"}, []int{1}).SVG(&svg); err != nil {
		t.Errorf("empty: %v", err)
	}
}

// Errors become lines with their orders, behind them the slopes; what is not finite is a gap.
func TestConvergence(t *testing.T) {
	scheme := cnet.SchemeConvergence{Scheme: "midpoint", Order: 2, Measured: 1.98, From: 4, To: 8,
		Points: []cnet.ConvergencePoint{
			{Steps: 2, Error: math.MaxFloat64}, {Steps: 4, Error: 0.4}, {Steps: 8, Error: 0.1},
		}}
	c := Convergence(&cnet.Convergence{Schemes: []cnet.SchemeConvergence{scheme}})
	p := c.Panels[0]
	slope, line := p.Series[0], p.Series[1]
	if line.Name != "midpoint (order 1.98)" || !math.IsNaN(line.Y[0]) ||
		!reflect.DeepEqual(line.X, []float64{0, 1, 2}) || line.Y[2] != 0.1 {
		t.Errorf("line %+v", line)
	}
	if slope.Y[0] != 0.4 || slope.X[0] != 1 || math.Abs(slope.X[1]-2) > 1e-12 ||
		math.Abs(slope.Y[1]-0.1) > 1e-12 { // down by four in one doubling
		t.Errorf("slope %+v", slope)
	}
	if p.X.Log || !reflect.DeepEqual(p.X.Labels, []string{"2", "4", "8"}) {
		t.Errorf("axis %+v", p.X)
	}
	scheme.Points[1].Steps = 5
	if p := Convergence(&cnet.Convergence{Schemes: []cnet.SchemeConvergence{scheme}}).Panels[0]; !p.X.Log ||
		p.Series[1].X[1] != 5 {
		t.Errorf("steps that do not double: %+v", p.X)
	}
	var svg bytes.Buffer
	if err := c.SVG(&svg); err != nil {
		t.Error(err)
	}
	if err := Convergence(&cnet.Convergence{}).SVG(&svg); err != nil {
		t.Errorf("empty: %v", err)
	}
}
