package figures

import (
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"continuousnet/cnet"
	"continuousnet/cnet/dataset"
)

// A frame for each depth, with the points at their places; the trails end there.
func TestFlowChart(t *testing.T) {
	h := &cnet.HiddenStates{
		Scheme: "euler", T: []float64{0, 0.5, 1}, Shape: []int{1, 1, 2}, Labels: []int32{1, 0},
		X: [][][]float64{{{0, 1}, {2, 3}}, {{4, 5}, {6, 7}}, {{8, 9}, {10, 11}}},
	}
	f := &cnet.Flow{HiddenStates: h, Classes: []string{"a", "b"}}
	c := Flow(f)
	if !slices.Equal(c.Slider.Labels, []string{"0", "0.5", "1"}) || len(c.Panels[0].Frames) != 3 {
		t.Fatalf("%v, %d frames", c.Slider.Labels, len(c.Panels[0].Frames))
	}
	last := c.Panels[0].Frames[2].Series
	trails, a, b := last[0], last[1], last[2]
	if a.Name != "a" || a.X[0] != 10 || a.Y[0] != 11 || b.Name != "b" || b.X[0] != 8 {
		t.Errorf("points %+v, %+v", a, b)
	}
	if !slices.Equal(trails.X[:3], []float64{0, 4, 8}) || !math.IsNaN(trails.X[3]) {
		t.Errorf("trails %v", trails.X)
	}
	if err := c.PNG(io.Discard); err != nil {
		t.Error(err)
	}
	for _, n := range []int{2, 33, 34, 65, 1000} {
		if list := thinnedDepths(n); len(list) > mostFrames || list[0] != 0 || list[len(list)-1] != n-1 {
			t.Errorf("%d depths: %v", n, list)
		}
	}
}

// Without classes there are the points. A single coordinate is drawn over depth.
func TestFlowChartWithoutClasses(t *testing.T) {
	h := &cnet.HiddenStates{
		Scheme: "euler", T: []float64{0, 0.5, 1}, Shape: []int{1, 1, 1},
		X: [][][]float64{{{1}, {3}}, {{5}, {7}}, {{9}, {11}}},
	}
	c := Flow(&cnet.Flow{HiddenStates: h})
	if len(c.Panels[0].Frames) != 3 || c.Panels[0].X.Title != "t" || !strings.HasPrefix(c.Alt, "2 points, carried") {
		t.Fatalf("%d frames, %q, %q", len(c.Panels[0].Frames), c.Panels[0].X.Title, c.Alt)
	}
	points := c.Panels[0].Frames[1].Series[1]
	if points.Name != "points" || !slices.Equal(points.X, []float64{0.5, 0.5}) ||
		!slices.Equal(points.Y, []float64{5, 7}) {
		t.Errorf("%+v", points)
	}
	if err := c.PNG(io.Discard); err != nil {
		t.Error(err)
	}
}

// Frames are at the depths that have regions.
func TestFlowChartOfSomeRegions(t *testing.T) {
	h := &cnet.HiddenStates{Scheme: "euler", Shape: []int{1, 1, 2}, Labels: []int32{0}}
	f := &cnet.Flow{HiddenStates: h, Classes: []string{"a", "b"}, RegionX: []float64{0, 1}, RegionY: []float64{0, 1}}
	for k := range 41 {
		h.T, h.X = append(h.T, float64(k)/40), append(h.X, [][]float64{{0, 1}})
		f.Regions = append(f.Regions, nil)
		if k%5 == 0 {
			f.Regions[k] = [][]int{{0, 1}, {1, 1}}
		}
	}
	c := Flow(f)
	if len(c.Slider.Labels) != 9 || c.Slider.Labels[1] != "0.125" {
		t.Fatalf("%v", c.Slider.Labels)
	}
	for _, frame := range c.Panels[0].Frames {
		if frame.Background == nil {
			t.Error("a frame without regions")
		}
	}
}

// The directions of greatest variation of points on an ellipse in space are its axes.
func TestPrincipal(t *testing.T) {
	var points [][]float64
	for k := range 100 {
		sin, cos := math.Sincos(2 * math.Pi * float64(k) / 100)
		points = append(points, []float64{1 + 3*cos, 5, 2*sin - 4})
	}
	d := principal([][][]float64{points})
	for n, want := range [][]float64{{1, 0, 0}, {0, 0, 1}} {
		for k := range want {
			if math.Abs(d[n][k]-want[k]) > 1e-9 {
				t.Errorf("direction %d is %v, want %v", n, d[n], want)
			}
		}
	}
	states, _ := inPlane([][][]float64{points})
	if math.Abs(states[0][0][0]-4) > 1e-9 || math.Abs(states[0][25][1]+2) > 1e-9 {
		t.Errorf("points at %v, %v", states[0][0], states[0][25])
	}
}

// The line between two classes is where their probabilities are equal, and that between three where the most probable
// changes.
func TestDecisionBoundary(t *testing.T) {
	b := &Boundary{Classes: []string{"left", "right"}, Points: dataset.Points{
		Classes: []string{"left", "right"}, X: [][2]float64{{-1, 0}, {1, 0}}, Labels: []int32{0, 1},
	}}
	b.X, b.Y = axesAround(b.Points.X)
	for range b.Y {
		var row [][]float64
		for _, x := range b.X {
			p := 1 / (1 + math.Exp(10*(x-0.2)))
			row = append(row, []float64{p, 1 - p})
		}
		b.Probabilities = append(b.Probabilities, row)
	}
	c := DecisionBoundary(b)
	unsure, line := c.Panels[0].Series[2], c.Panels[0].Series[3]
	for _, x := range line.X {
		if math.Abs(x-0.2) > 1e-3 {
			t.Errorf("the line between the classes is at %g", x)
		}
	}
	for _, x := range unsure.X {
		if !math.IsNaN(x) && math.Abs(math.Abs(x-0.2)-math.Log(9)/10) > 2e-3 {
			t.Errorf("the line of 10 or 90 %% is at %g", x)
		}
	}
	if err := c.PNG(io.Discard); err != nil {
		t.Error(err)
	}
	b.Classes = []string{"a", "b", "c"}
	for i, row := range b.Probabilities {
		for j := range row {
			p := []float64{0.1, 0.1, 0.1}
			p[min(j/27, 2)] = 0.8
			b.Probabilities[i][j] = p
		}
	}
	lines := b.between()
	if len(lines) != 1 || len(lines[0].X) == 0 {
		t.Fatalf("%d series", len(lines))
	}
	for _, x := range lines[0].X {
		if !math.IsNaN(x) && min(math.Abs(x-(b.X[26]+b.X[27])/2), math.Abs(x-(b.X[53]+b.X[54])/2)) > 1e-9 {
			t.Errorf("a line at %g", x)
		}
	}
}
