package figures

import (
	"math"
	"reflect"
	"testing"

	"continuousnet/cnet/basis"
	"continuousnet/cnet/chart"
)

// stagesAt returns what a stage with equally many intervals of one weight is after some epochs.
func stagesAt(epochs, since float64, weights ...float64) WeightsMoment {
	now := [][]float64{}
	for _, w := range weights {
		now = append(now, []float64{w})
	}
	st := StageWeights{"stage 1", NewOverDepth(basis.PiecewiseConstant{K: len(now)}, now),
		NewOverDepth(basis.PiecewiseConstant{K: 1}, [][]float64{{1}})}
	return WeightsMoment{Epochs: epochs, Since: since, Stages: []StageSummary{st.Summary()}}
}

// The slider goes over the epochs from the first with more than one interval on; single weights are those of the last
// net, and all that is drawn lies within the axes, which stand still.
func TestWeightsOverEpochs(t *testing.T) {
	c := WeightsOverEpochs([]WeightsMoment{
		stagesAt(1, 0, 100), stagesAt(2, 1, 1, 3), stagesAt(3, 1, 1, 4), stagesAt(4, 3, 1, 1.5, 1, 1),
		stagesAt(4.5, 3, 1, 2, 1, 1),
	})
	if want := []string{"2", "3", "4", "4.5"}; !reflect.DeepEqual(c.Slider.Labels, want) || c.Slider.Start != 3 {
		t.Errorf("the slider has %v and starts at %d; want %v", c.Slider.Labels, c.Slider.Start, want)
	}
	if want := []int{1, 3}; !reflect.DeepEqual(c.Slider.Shown, want) {
		t.Errorf("a picture shows %v, want %v: the last before the net changed, and the last", c.Slider.Shown, want)
	}
	if len(c.Panels) != 1 || len(c.Panels[0].Frames) != 4 {
		t.Fatalf("%d panels with %d frames", len(c.Panels), len(c.Panels[0].Frames))
	}
	p := c.Panels[0]
	for k, intervals := range []int{2, 2, 4, 4} {
		f := p.Frames[k]
		if single := len(framed(f, "single weights")); (single > 0) != (k >= 2) {
			t.Errorf("frame %d has %d single weights", k, single)
		}
		if m := framed(f, "median")[0]; len(m.Y) != 2*intervals-1 {
			t.Errorf("frame %d has a median of %v, want %d intervals", k, m.Y, intervals)
		}
		for _, s := range f.Series {
			for _, y := range s.Y {
				if y < p.Y.Min || y > p.Y.Max {
					t.Errorf("frame %d: %g lies outside of %g to %g", k, y, p.Y.Min, p.Y.Max)
				}
			}
		}
	}
	if p.Y.Max > 4 {
		t.Errorf("the axis reaches to %g, for the change of 99 with a single interval", p.Y.Max)
	}
	if got := p.Frames[3].Title; got != "stage 1 after 4.5 epochs: varies by 32.7 %" {
		t.Errorf("title %q", got)
	}
	if p.Y.Title != "change since the net last changed" {
		t.Errorf("axis %q", p.Y.Title)
	}

	one := WeightsOverEpochs([]WeightsMoment{
		stagesAt(1, 0, 1), stagesAt(2, 0, 2), stagesAt(3, 0, 2), stagesAt(4, 0, 3),
	})
	if want := []int{0, 1, 3}; !reflect.DeepEqual(one.Slider.Shown, want) || len(one.Slider.Labels) != 4 {
		t.Errorf("of a net that stays the same %v of %v are shown, want %v of all", one.Slider.Shown,
			one.Slider.Labels, want)
	}
	if one.Panels[0].Y.Title != "weight − weight before training" {
		t.Errorf("axis %q", one.Panels[0].Y.Title)
	}
	if n := len(WeightsOverEpochs(nil).Panels); n != 0 {
		t.Errorf("%d panels of nothing", n)
	}
}

// Fewer depths of a smooth function lie on the same curve, and a staircase keeps its intervals.
func TestCoarse(t *testing.T) {
	line := NewOverDepth(basis.Hat{K: 2}, [][]float64{{0}, {1}}).Coarse()
	rows := line.on(intervals(line))
	if len(rows) != coarse {
		t.Fatalf("%d depths, want %d", len(rows), coarse)
	}
	for i, row := range rows {
		if want := (float64(i) + 0.5) / coarse; math.Abs(row[0]-want) > 0.5/samples+1e-12 {
			t.Errorf("depth %d: %g, want about %g", i, row[0], want)
		}
	}
	stairs := NewOverDepth(basis.PiecewiseConstant{K: 32}, make([][]float64, 32)).Coarse()
	if n := len(stairs.coefficients); n != 32 || stairs.sampling != nil {
		t.Errorf("%d intervals of a staircase with 32", n)
	}
}

// framed returns the series with a name that a frame adds.
func framed(f chart.Frame, name string) []chart.Series {
	return named(chart.Panel{Series: f.Series}, name)
}
