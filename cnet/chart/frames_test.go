package chart

import (
	"fmt"
	"image"
	"math"
	"strconv"
	"testing"
)

// Labels that are rounded numbers at equal distances are numbers; others are not, however few their digits are.
func TestSliderValues(t *testing.T) {
	evenly := func(n, digits int) (list []string) {
		for i := range n + 1 {
			list = append(list, strconv.FormatFloat(float64(i)/float64(n), 'g', digits, 64))
		}
		return list
	}
	for _, c := range []struct {
		labels     []string
		from, step float64 // 0: no numbers at equal distances
	}{
		{[]string{"1", "2", "3"}, 1, 1}, {[]string{"0", "0.5", "1"}, 0, 0.5}, {[]string{"-1.5", "0", "1.5"}, -1.5, 1.5},
		{evenly(16, 3), 0, 1. / 16}, {evenly(32, 3), 0, 1. / 32}, {evenly(3, 3), 0, 1. / 3}, {evenly(7, 2), 0, 1. / 7},
		{[]string{"0.333", "0.667", "1"}, 0.333, 0.3335}, {[]string{"10", "10.3", "10.7", "11"}, 10, 1. / 3},
		{[]string{"1", "2", "4"}, 0, 0}, {[]string{"0", "3", "7", "10"}, 0, 0}, {[]string{"0.1", "0.2", "0.4"}, 0, 0},
		{[]string{"0.01", "0.1", "1"}, 0, 0}, {[]string{"0", "0.25", "0.55", "0.75", "1"}, 0, 0},
		{[]string{"3", "2", "1"}, 0, 0}, {[]string{"2", "2"}, 0, 0}, {[]string{"one", "two"}, 0, 0},
		{[]string{"1"}, 0, 0}, {[]string{"0", "1", "Inf"}, 0, 0},
	} {
		from, step, ok := Slider{Labels: c.labels}.values()
		if ok != (c.step != 0) || ok && (math.Abs(from-c.from) > 1e-12 || math.Abs(step-c.step) > 1e-12) {
			t.Errorf("%q: from %v in steps of %v, %v; want %v, %v", c.labels, from, step, ok, c.from, c.step)
		}
	}
}

// Without a slider, panels that stand beside each other do so in every frame; panels below each other are rows of
// frames; and one frame of each panel is as high as it is with the slider.
func TestStillLayout(t *testing.T) {
	panel := func(name string, frames int) (p Panel) {
		for k := range frames {
			p.Frames = append(p.Frames, Frame{Title: fmt.Sprint(name, k), Series: []Series{{Y: []float64{1, 2}}}})
		}
		return p
	}
	for _, c := range []struct {
		columns, shown int
		panels         []Panel
		want           []string
		wantColumns    int
		height         float64
	}{
		{2, 3, []Panel{panel("a", 3), panel("b", 3)}, []string{"a0", "b0", "a1", "b1", "a2", "b2"}, 2, 940},
		{1, 3, []Panel{panel("a", 3), panel("b", 3)}, []string{"a0", "a1", "a2", "b0", "b1", "b2"}, 3, 640},
		{2, 1, []Panel{{Title: "fixed"}, panel("a", 3)}, []string{"fixed", "a0"}, 2, 500},
		{0, 3, []Panel{panel("a", 3)}, []string{"a0", "a1", "a2"}, 3, 340},
	} {
		chart := Chart{Panels: c.panels, Columns: c.columns, Height: 500,
			Slider: Slider{Labels: []string{"0", "1", "2"}, Shown: []int{0, 1, 2}[:c.shown]}}
		still := chart.still()
		var titles []string
		for _, p := range still.Panels {
			titles = append(titles, p.Title)
		}
		_, height := chart.Size()
		if fmt.Sprint(titles) != fmt.Sprint(c.want) || still.Columns != c.wantColumns || height != c.height {
			t.Errorf("%q in %d columns, %g high; want %q, %d, %g", titles, still.Columns, height, c.want, c.wantColumns,
				c.height)
		}
	}
}

// Pictures of frames fill a panel without axes: nothing is kept free above and below.
func TestPicturesFillTheirPanel(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 4, 2))
	p := Panel{Bare: true, Equal: true, Frames: []Frame{{Background: &Background{Image: img, X1: 4, Y1: 2}},
		{Background: &Background{Image: img, X1: 3, Y1: 2}}}}
	b := p.bounded()
	if x, y := b.xSpan(), b.ySpan(); x != (span{0, 4, false}) || y != (span{0, 2, false}) {
		t.Errorf("axes from %v to %v and %v to %v", x.lo, x.hi, y.lo, y.hi)
	}
}
