package figures

import (
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

// A stage refined from one interval to two is drawn as a staircase over the dashed constant it was.
func TestWeightsChart(t *testing.T) {
	stage := StageWeights{"stage 1", OverDepth{coefficients: [][]float64{{1}, {3}}},
		OverDepth{coefficients: [][]float64{{2}}}}
	c := Weights([]StageWeights{stage}, "after 3 epochs")
	p := c.Panels[0]
	if p.Title != "stage 1: varies by 44.7 %" { // √(1/5)
		t.Errorf("title %q", p.Title)
	}
	before, now := p.Series[0], p.Series[1]
	if !before.Dashed || !reflect.DeepEqual(before.X, []float64{0, 1}) || !reflect.DeepEqual(before.Y, []float64{2}) {
		t.Errorf("before: %+v", before)
	}
	if now.Dashed || !reflect.DeepEqual(now.X, []float64{0, 0.5, 1}) || !reflect.DeepEqual(now.Y, []float64{1, 3}) ||
		now.Color != before.Color {
		t.Errorf("now: %+v", now)
	}
	if p.Series[2].Name != "after 3 epochs" || p.Series[3].Name != "now" {
		t.Errorf("legend: %q, %q", p.Series[2].Name, p.Series[3].Name)
	}
	if c := Weights([]StageWeights{stage}, ""); len(c.Panels[0].Series) != 1 ||
		c.Panels[0].Series[0].Kind != chart.Steps {
		t.Errorf("without a comparison: %+v", c.Panels[0].Series)
	}
}

// Functions that are not constant on intervals are drawn as what they are, not as their coefficients.
func TestWeightsOfOtherBases(t *testing.T) {
	hat := NewOverDepth(basis.Hat{K: 3}, [][]float64{{0}, {1}, {0}})
	wave := NewOverDepth(basis.Fourier{K: 2}, [][]float64{{2}, {1}})
	c := Weights([]StageWeights{{"stage 1", hat, wave}}, "after 3 epochs")
	before, now := c.Panels[0].Series[0], c.Panels[0].Series[1]
	for _, s := range []chart.Series{before, now} {
		if s.Kind != chart.Line || len(s.X) != samples || len(s.Y) != samples {
			t.Fatalf("drawn as %v with %d and %d numbers", s.Kind, len(s.X), len(s.Y))
		}
		for i, x := range s.X {
			want := 1 - math.Abs(2*x-1)
			if s.Dashed {
				want = 2 + math.Cos(2*math.Pi*x)
			}
			if math.Abs(s.Y[i]-want) > 1e-12 {
				t.Errorf("dashed %v: %g at %g, want %g", s.Dashed, s.Y[i], x, want)
			}
		}
	}
	// The hat of height 1 has mean 1/2 and mean square 1/3.
	if got := hat.Variation(); math.Abs(got-0.5) > 1e-4 {
		t.Errorf("varies by %g, want 1/2", got)
	}
}
