package figures

import (
	"errors"
	"io"
	"math"
	"reflect"
	"testing"

	"continuousnet/cnet/basis"
	"continuousnet/cnet/chart"
)

func TestVariation(t *testing.T) {
	for _, tc := range []struct {
		name string
		rows [][]float64
		want float64
	}{
		{"one interval", [][]float64{{1, -2}}, 0},
		{"constant", [][]float64{{1, -2}, {1, -2}}, 0},
		{"opposite", [][]float64{{1}, {-1}}, 1},
		{"half and one and a half", [][]float64{{0.5}, {1.5}}, 0.5 / math.Sqrt(1.25)},
		{"nothing", [][]float64{{0, 0}}, 0},
	} {
		if got := (OverDepth{coefficients: tc.rows}).Variation(); math.Abs(got-tc.want) > 1e-15 {
			t.Errorf("%s: %g, want %g", tc.name, got, tc.want)
		}
	}
}

// The weights that vary most come first; constant ones are told apart by how far they moved, then by their size.
func TestNotable(t *testing.T) {
	for _, tc := range []struct {
		name        string
		now, before [][]float64
		want        []int
	}{
		{"varying", [][]float64{{0, 5, 1}, {1, 5, 3}}, nil, []int{2, 0}},
		{"moved", [][]float64{{1, 5, 3}}, [][]float64{{3, 4, 3}}, []int{0, 1}},
		{"large", [][]float64{{1, -5, 3}}, nil, []int{1, 2}},
	} {
		if got := (StageWeights{Now: OverDepth{coefficients: tc.now},
			Before: OverDepth{coefficients: tc.before}}).notable(2); !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}

// named returns the series of a panel with a name.
func named(p chart.Panel, name string) (list []chart.Series) {
	for _, s := range p.Series {
		if s.Name == name {
			list = append(list, s)
		}
	}
	return list
}

// What has changed since a stage had one interval is drawn as one distribution on each of its two.
func TestWeightsChart(t *testing.T) {
	stage := StageWeights{"stage 1",
		NewOverDepth(basis.PiecewiseConstant{K: 2}, [][]float64{{1, 2, 3, 4, 5}, {3, 2, 7, 0, 5}}),
		NewOverDepth(basis.PiecewiseConstant{K: 1}, [][]float64{{0, 0, 0, 0, 5}})}
	c := Weights([]StageWeights{stage}, "after 3 epochs")
	p := c.Panels[0]
	nan := math.NaN()
	for name, want := range map[string][][]float64{ // of 0 1 2 3 4, and of 0 0 2 3 7
		"median": {{2, nan, 2}}, "middle half": {{1, nan, 0}, {3, nan, 3}},
		"middle 90 %":    {{0.2, nan, 0}, {3.8, nan, 6.2}},
		"single weights": {{4, 0}, {3, 7}, {1, 3}},
	} {
		for i, s := range named(p, name) {
			edges := []float64{0, 0.5, 0.5, 1}
			if len(want[i]) == 2 {
				edges = []float64{0, 0.5, 1}
			}
			if s.Kind != chart.Steps || !reflect.DeepEqual(s.X, edges) || len(s.Y) != len(want[i]) {
				t.Fatalf("%s: kind %d over %v, %v", name, s.Kind, s.X, s.Y)
			}
			for k, y := range s.Y {
				if !(math.Abs(y-want[i][k]) < 1e-12) && !(math.IsNaN(y) && math.IsNaN(want[i][k])) {
					t.Errorf("%s: %v, want %v", name, s.Y, want[i])
				}
			}
		}
		if n := len(named(p, name)); n != len(want) {
			t.Errorf("%s: %d lines, want %d", name, n, len(want))
		}
	}
	if b := p.Background; b == nil || b.X0 != 0 || b.X1 != 1 || b.Y0 != 0 || math.Abs(b.Y1-6.2) > 1e-12 {
		t.Errorf("boxes %+v", b)
	} else if size := b.Image.Bounds(); !filled(b, size.Dx()/4, size.Dy()*3/4) || !filled(b, size.Dx()*3/4, 1) ||
		filled(b, size.Dx()/4, 1) || filled(b, size.Dx()/2, size.Dy()*3/4) {
		t.Error("boxes are not where the distributions are, with a gap between them")
	}
	if p.Y.Title != "weight now − weight after 3 epochs" || len(p.Marks) != 1 {
		t.Errorf("axis %q, marks %v", p.Y.Title, p.Marks)
	}
	p = Weights([]StageWeights{stage}, "").Panels[0]
	if m := named(p, "median")[0]; p.Y.Title != "weight" || len(p.Marks) > 0 || m.Y[0] != 3 || m.Y[2] != 3 {
		t.Errorf("without a comparison: axis %q, median %v", p.Y.Title, m.Y)
	}
}

func filled(b *chart.Background, x, y int) bool {
	_, _, _, alpha := b.Image.At(x, y).RGBA()
	return alpha > 0
}

// A refinement splits each interval in two with the same distribution, and nothing has changed by it.
func TestChanged(t *testing.T) {
	row := []float64{-1, 0, 1, 2}
	whole := NewOverDepth(basis.PiecewiseConstant{K: 1}, [][]float64{row})
	halves := NewOverDepth(basis.PiecewiseConstant{K: 2}, [][]float64{row, row})
	c := Changed([]StageChange{{"stage 1", StageState{whole, []float64{0}}, StageState{halves, []float64{0, 0.5}}},
		{"stage 2", StageState{whole, nil}, StageState{whole, nil}}})
	if c.Columns != 2 || len(c.Panels) != 4 {
		t.Fatalf("%d panels in %d columns", len(c.Panels), c.Columns)
	}
	before, after := c.Panels[0], c.Panels[2]
	if before.Title != "stage 1 before: 1 interval" || after.Title != "stage 1 after: 2 intervals" {
		t.Errorf("titles %q, %q", before.Title, after.Title)
	}
	for i, was := range before.Series[:len(before.Series)-1] {
		is := after.Series[i]
		if len(was.Y) != 1 || is.Y[0] != was.Y[0] || is.Y[2] != was.Y[0] {
			t.Errorf("%s: %v became %v", was.Name, was.Y, is.Y)
		}
	}
	if s := named(after, "R is evaluated"); len(s) != 1 || !reflect.DeepEqual(s[0].X, []float64{0, 0.5}) ||
		!reflect.DeepEqual(s[0].Y, []float64{0.5, 0.5}) {
		t.Errorf("evaluations %+v", s)
	}
	if !reflect.DeepEqual(before.Y, after.Y) {
		t.Errorf("axes %+v, %+v", before.Y, after.Y)
	}
	if n := len(named(c.Panels[1], "R is evaluated")); n != 0 {
		t.Errorf("%d series of evaluations that are not known", n)
	}
	stage := StageWeights{Name: "stage 1", Before: whole, Now: halves}
	p := Weights([]StageWeights{stage}, "before training").Panels[0]
	if m := named(p, "middle 90 %"); p.Background != nil || m[0].Y[0] != 0 || m[1].Y[2] != 0 {
		t.Errorf("changed by %v", m)
	}
}

// Weights that are no numbers leave gaps, whatever the picture is made of.
func TestWeightsThatAreNoNumbers(t *testing.T) {
	nan := math.NaN()
	stage := StageWeights{Name: "stage 1", Now: NewOverDepth(basis.PiecewiseConstant{K: 2},
		[][]float64{{nan, nan, nan}, {1, math.Inf(1), 3}})}
	c := Weights([]StageWeights{stage, {Name: "stage 2"}}, "")
	if m := named(c.Panels[0], "median")[0]; !math.IsNaN(m.Y[0]) || m.Y[2] != 2 {
		t.Errorf("median %v", m.Y)
	}
	if err := errors.Join(c.SVG(io.Discard), c.VegaLite(io.Discard)); err != nil {
		t.Error(err)
	}
}

// Functions that are not constant on intervals are drawn as what they are, not as their coefficients; with other
// functions than before, the difference is taken at the same depths.
func TestWeightsOfOtherBases(t *testing.T) {
	hat := NewOverDepth(basis.Hat{K: 3}, [][]float64{{0}, {1}, {0}})
	wave := NewOverDepth(basis.Fourier{K: 2}, [][]float64{{2}, {1}})
	step := NewOverDepth(basis.PiecewiseConstant{K: 2}, [][]float64{{2}, {4}})
	for name, tc := range map[string]struct {
		before OverDepth
		want   func(x float64) float64
	}{
		"waves": {wave, func(x float64) float64 { return 1 - math.Abs(2*x-1) - 2 - math.Cos(2*math.Pi*x) }},
		"steps": {step, func(x float64) float64 { return 1 - math.Abs(2*x-1) - 2 - 2*math.Floor(2*x) }},
	} {
		s := Weights([]StageWeights{{"stage 1", hat, tc.before}}, "after 3 epochs").Panels[0].Series[0]
		if s.Kind != chart.Line || len(s.X) != samples || len(s.Y) != samples {
			t.Fatalf("%s: drawn as %v with %d and %d numbers", name, s.Kind, len(s.X), len(s.Y))
		}
		for i, x := range s.X {
			if math.Abs(s.Y[i]-tc.want(x)) > 1e-12 {
				t.Errorf("%s: %g at %g, want %g", name, s.Y[i], x, tc.want(x))
			}
		}
	}
	// The hat of height 1 has mean 1/2 and mean square 1/3.
	if got := hat.Variation(); math.Abs(got-0.5) > 1e-4 {
		t.Errorf("varies by %g, want 1/2", got)
	}
}
