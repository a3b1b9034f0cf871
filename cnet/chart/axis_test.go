package chart

import (
	"math"
	"slices"
	"testing"
)

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		axis   Axis
		lo, hi float64
		n      int
		want   []string
	}{
		{Axis{}, 0, 1, 5, []string{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"}},
		{Axis{}, -1, 1, 4, []string{"−1.0", "−0.5", "0.0", "0.5", "1.0"}},
		{Axis{Integer: true}, 0, 3, 12, []string{"0", "1", "2", "3"}},
		{Axis{Integer: true}, 0.5, 1.5, 5, []string{"1"}},
		{Axis{Percent: true}, 0.5, 0.9, 4, []string{"50 %", "60 %", "70 %", "80 %", "90 %"}},
		{Axis{Percent: true}, 0.98, 1, 4, []string{"98.0 %", "98.5 %", "99.0 %", "99.5 %", "100.0 %"}},
		{Axis{Log: true}, 0.001, 10, 8, []string{"10⁻³", "10⁻²", "10⁻¹", "10⁰", "10¹"}},
		{Axis{Log: true}, 0.01, 100, 8, []string{"0.01", "0.1", "1", "10", "100"}},
		{Axis{Log: true}, 2e-5, 2e-4, 8, []string{"2·10⁻⁵", "3·10⁻⁵", "5·10⁻⁵", "7·10⁻⁵", "10⁻⁴", "2·10⁻⁴"}},
		{Axis{Log: true}, 800, 15000, 2, []string{"10³", "3·10³", "10⁴"}},
		{Axis{Log: true}, 800, 15000, 1, []string{"10³", "10⁴"}},
		{Axis{}, 0, 3e-6, 3, []string{"0", "10⁻⁶", "2·10⁻⁶", "3·10⁻⁶"}},
		{Axis{}, 0, 4e6, 2, []string{"0", "2·10⁶", "4·10⁶"}},
		{Axis{}, 2.30255, 2.30265, 4, []string{"2.30255", "2.30260", "2.30265"}},
		{Axis{}, 1.00011, 1.00021, 2, []string{"1.00015", "1.00020"}},
		{Axis{}, -1e6, 1e6, 4, []string{"-10⁶", "-5·10⁵", "0", "5·10⁵", "10⁶"}},
		{Axis{}, 1e6, 1e6 + 20, 2, []string{"10⁶", "1.00001·10⁶", "1.00002·10⁶"}},
		{Axis{Labels: []string{"a", "b"}}, -0.5, 1.5, 9, []string{"a", "b"}},
	} {
		var got []string
		for _, k := range c.axis.ticks(span{c.lo, c.hi, c.axis.Log}, c.n) {
			got = append(got, k.label)
		}
		for i := range got { // the minus of an exponent is a minus, too
			got[i] = minus(got[i])
		}
		var want []string
		for _, w := range c.want {
			want = append(want, minus(w))
		}
		if !slices.Equal(got, want) {
			t.Errorf("ticks of %+v from %v to %v are %q, want %q", c.axis, c.lo, c.hi, got, want)
		}
	}
}

func TestRangeOfDataIsNeverEmpty(t *testing.T) {
	for _, a := range []Axis{{}, {Integer: true}, {Percent: true}, {Zero: true}, {Log: true}} {
		for _, v := range [][]float64{{}, {0}, {1}, {-3, -3}, {1e-300}, {1e149}, {5, 5 + 1e-15}, {math.NaN()}} {
			e := newExtent()
			for _, x := range v {
				e.add(x, a.Log)
			}
			if s := a.round(e, 0.05); !(s.lo < s.hi) || math.IsInf(s.hi-s.lo, 0) {
				t.Errorf("%+v of %v runs from %v to %v", a, v, s.lo, s.hi)
			}
		}
	}
}

// A loss of some steps that explodes must not make the others a flat line.
func TestSpikesOfLightLinesDoNotStretchTheAxis(t *testing.T) {
	y := make([]float64, 200)
	for i := range y {
		y[i] = 1 + float64(i%10)/10
	}
	y[7], y[8] = 1e4, 2e4
	p := Panel{Series: []Series{{Y: y, Light: true}}}
	if e := p.yExtent(); e.hi > 4 || e.lo != 1 {
		t.Errorf("axis runs from %v to %v, want 1 to less than 4", e.lo, e.hi)
	}
	p.Series[0].Light = false
	if e := p.yExtent(); e.hi != 2e4 {
		t.Errorf("without Light the axis ends at %v, want 2e4", e.hi)
	}
}

func TestThinKeepsExtremes(t *testing.T) {
	run := make([]point, 50_000)
	for i := range run {
		run[i] = point{float64(i) / 1000, math.Mod(float64(i)*0.618, 1)}
	}
	run[12_345].y, run[40_000].y = -7, 9
	kept := thin(run)
	if len(kept) > 500 {
		t.Errorf("%d points are left on 50 pixels", len(kept))
	}
	for _, want := range []point{run[0], run[12_345], run[40_000], run[len(run)-1]} {
		if !slices.Contains(kept, want) {
			t.Errorf("%v is lost", want)
		}
	}
}

// Labels of marks must not lie over each other while there is room for rows.
func TestMarkLabelsDoNotOverlap(t *testing.T) {
	f := frame{plot: rect{40, 0, 440, 200}, x: span{lo: 0, hi: 12}}
	f.Marks = []Mark{{At: 7, Label: "scheme rk4_classic"}, {At: 3, Label: "refined to 2-2-2"},
		{At: 11.5, Label: "refined to 8-8-8"}, {At: 6, Label: "refined to 4-4-4"}}
	ls, rows := f.placeMarks()
	if len(ls) != 4 || rows < 2 {
		t.Fatalf("%d labels in %d rows", len(ls), rows)
	}
	for i, l := range ls {
		if l.row < 0 {
			t.Errorf("%q has no place", l.text)
		}
		for _, o := range ls[i+1:] {
			if l.row == o.row && !o.right && f.px(l.at)+4+markLetters.width(l.text) > f.px(o.at) {
				t.Errorf("%q reaches into %q", l.text, o.text)
			}
		}
	}
	if !ls[3].right {
		t.Errorf("%q does not fit to the right of its mark", ls[3].text)
	}
}
