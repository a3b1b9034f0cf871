package chart

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Slider chooses one of several frames; its position k shows Frames[k] of every panel that has frames. A chart has one
// slider, so that panels move together. PNG and SVG show a few frames beside each other.
//
// The range of an axis without bounds holds all frames, so that the axes stand still.
type Slider struct {
	// Name says what the frames run over, such as "steps" or "epoch".
	Name string
	// Labels has one label for each frame, such as "1", "2", "4".
	Labels []string
	// Start is the frame shown first.
	Start int
	// Shown are the frames in a PNG or SVG, in this order. nil: up to four, evenly spaced, with the first and the last.
	Shown []int
	// Play offers to run through the frames by itself, as it is offered from twelve frames on. PerSecond is how many it
	// shows; 0 means 5.
	Play      bool
	PerSecond float64
}

// Frame is what one position of the slider adds to a panel.
type Frame struct {
	// Title replaces that of the panel; empty: the title of the panel and the label of the frame.
	Title string
	// Series, Marks and Texts are drawn after those of the panel.
	Series []Series
	Marks  []Mark
	Texts  []Text
	// Background and Cells replace those of the panel.
	Background *Background
	Cells      [][]float64
	Framed     [][2]int
}

// manyFrames is the number of frames from which on they can be played.
const manyFrames = 12

func (s Slider) plays() bool { return s.Play || len(s.Labels) >= manyFrames }

func (s Slider) period() float64 {
	if s.PerSecond > 0 {
		return 1 / s.PerSecond
	}
	return 1. / 5
}

// caption names frame k, as in "steps = 4".
func (s Slider) caption(k int) string {
	label := clean(s.Labels[k])
	if name := clean(s.Name); name != "" {
		return name + " = " + label
	}
	return label
}

// shown returns the frames of a picture that does not move.
func (s Slider) shown() []int {
	if s.Shown != nil {
		return s.Shown
	}
	n := len(s.Labels)
	most := min(n, 4)
	ks := make([]int, most)
	for i := range ks {
		if most > 1 {
			ks[i] = int(math.Round(float64(i) * float64(n-1) / float64(most-1)))
		}
	}
	return ks
}

// At returns the chart with the slider at frame k, without its slider. It panics if there is no such frame.
func (c Chart) At(k int) Chart {
	panels := slices.Clone(c.Panels)
	for i, p := range panels {
		if len(p.Frames) > 0 {
			panels[i] = p.bounded().at(k)
			if panels[i].Title == "" {
				panels[i].Title = c.Slider.caption(k)
			} else if p.Frames[k].Title == "" {
				panels[i].Title += ", " + c.Slider.caption(k)
			}
		}
	}
	c.Panels, c.Slider = panels, Slider{}
	return c
}

// at returns the panel with what frame k adds.
func (p Panel) at(k int) Panel {
	f := p.Frames[k]
	p.Frames = nil
	if f.Title != "" {
		p.Title = f.Title
	}
	p.Series = slices.Concat(p.Series, f.Series)
	p.Marks = slices.Concat(p.Marks, f.Marks)
	p.Texts = slices.Concat(p.Texts, f.Texts)
	if f.Background != nil {
		p.Background = f.Background
	}
	if f.Cells != nil {
		p.Cells, p.Framed = f.Cells, f.Framed
	}
	return p
}

// all returns the panel with what any of its frames adds, as far as the ranges of axes depend on it.
func (p Panel) all() Panel {
	frames := p.Frames
	p.Frames = nil
	p.Series, p.Marks, p.Texts = slices.Clone(p.Series), slices.Clone(p.Marks), slices.Clone(p.Texts)
	for _, f := range frames {
		p.Series = append(p.Series, f.Series...)
		p.Marks = append(p.Marks, f.Marks...)
		p.Texts = append(p.Texts, f.Texts...)
	}
	return p
}

// bounded returns the panel with ranges that hold all of its frames.
func (p Panel) bounded() Panel {
	if len(p.Frames) == 0 {
		return p
	}
	if z := p.zSpan().middled(); !p.Z.fixed() {
		p.Z.Min, p.Z.Max = z.lo, z.hi
	}
	all := p.all()
	for _, f := range p.Frames {
		all.Background = all.Background.around(f.Background)
	}
	if p.isHeat() {
		return p
	}
	if x := all.xSpan(); !p.X.fixed() {
		p.X.Min, p.X.Max = x.lo, x.hi
	}
	if y := all.ySpan(); !p.Y.fixed() {
		p.Y.Min, p.Y.Max = y.lo, y.hi
	}
	return p
}

// isHeat reports whether the panel is a heat map.
func (p Panel) isHeat() bool {
	return p.Cells != nil || slices.ContainsFunc(p.Frames, func(f Frame) bool { return f.Cells != nil })
}

// still returns a chart without a slider: panels that are always the same come first, then the chosen frames of the
// others. Several panels with frames are rows, the frames their columns; but panels that Columns puts into one row stay
// beside each other, and the frames are rows.
func (c Chart) still() Chart {
	if len(c.Slider.Labels) == 0 || c.checkSlider() != nil {
		return c
	}
	moving := 0
	for _, p := range c.Panels {
		if len(p.Frames) > 0 {
			moving++
		}
	}
	var panels []Panel
	for _, p := range c.Panels {
		if len(p.Frames) == 0 {
			panels = append(panels, p)
		}
	}
	fixed := len(panels)
	shown := c.Slider.shown()
	beside := moving > 1 && fixed == 0 && c.Columns == moving
	if beside {
		for _, k := range shown {
			panels = append(panels, c.At(k).Panels...)
		}
	}
	for i, p := range c.Panels {
		if len(p.Frames) == 0 || beside {
			continue
		}
		for _, k := range shown {
			panels = append(panels, c.At(k).Panels[i])
		}
	}
	if beside {
		c.Columns = moving
	} else if moving > 1 && fixed == 0 {
		c.Columns = len(shown)
	} else if fixed > 0 || c.Columns == 0 {
		c.Columns = min(len(panels), 4)
		if fixed > 0 && len(panels) > 4 {
			c.Columns = 3
		}
	}
	c.Width = max(c.Width, min(900, 300*float64(c.Columns)))
	if len(panels) != len(c.Panels) { // otherwise it is what is shown at a time
		c.Height = 0
	}
	c.Panels, c.Slider = panels, Slider{}
	return c
}

func (c Chart) checkSlider() error {
	s := c.Slider
	n := len(s.Labels)
	drivers, frames := 0, 0
	for i, p := range c.Panels {
		frames += len(p.Frames)
		if len(p.Frames) > 0 && len(p.Frames) != n {
			return fmt.Errorf("%s: has %d frames for %d labels of the slider", nameOf("panel", i, p.Title),
				len(p.Frames), n)
		}
		for k, f := range p.Frames {
			if (f.Cells != nil) != (p.Frames[0].Cells != nil) {
				return fmt.Errorf("%s: frame %d: expected Cells in all frames or in none",
					nameOf("panel", i, p.Title), k)
			}
		}
		if !p.Drives {
			continue
		}
		drivers++
		cells := 0
		for _, row := range p.Cells {
			cells += len(row)
		}
		if cells != n || len(p.Frames) > 0 {
			return fmt.Errorf("%s: drives the slider with %d cells and %d frames of its own; expected a cell for "+
				"each of the slider's %d labels and no frames", nameOf("panel", i, p.Title), cells, len(p.Frames), n)
		}
	}
	if n == 0 {
		return nil
	}
	if frames == 0 {
		return fmt.Errorf("the slider has %d labels, but no panel has frames", n)
	}
	if drivers > 1 {
		return fmt.Errorf("%d panels drive the slider; expected one at most", drivers)
	}
	if s.Start < 0 || s.Start >= n {
		return fmt.Errorf("the slider starts at frame %d; expected 0 to %d", s.Start, n-1)
	}
	if !(s.PerSecond >= 0 && s.PerSecond <= 60) {
		return fmt.Errorf("the slider plays %v frames per second; expected 0 to 60", s.PerSecond)
	}
	if s.Shown != nil && len(s.Shown) == 0 {
		return fmt.Errorf("the slider shows no frame in a PNG; expected one at least, or nil")
	}
	for _, k := range s.Shown {
		if k < 0 || k >= n {
			return fmt.Errorf("the slider shows frame %d in a PNG; expected 0 to %d", k, n-1)
		}
	}
	return nil
}

// values returns the labels as numbers with equal distances, if they are such but for the rounding of decimals: 0,
// 0.333 and 0.667 are thirds.
func (s Slider) values() (from, step float64, ok bool) {
	n := len(s.Labels)
	if n < 2 {
		return 0, 0, false
	}
	values := make([]float64, n)
	decimals, digits := 0, 0 // at most: zeros at the end may have been left out
	for i, l := range s.Labels {
		v, err := strconv.ParseFloat(l, 64)
		if err != nil || !finite(v) {
			return 0, 0, false
		}
		values[i] = v
		mantissa, _, _ := strings.Cut(strings.ToLower(strings.TrimLeft(l, "+-0.")), "e")
		digits = max(digits, len(strings.ReplaceAll(mantissa, ".", "")))
		if _, fraction, found := strings.Cut(l, "."); found {
			decimals = max(decimals, len(fraction))
		}
	}
	from, step = values[0], (values[n-1]-values[0])/float64(n-1)
	rounding := func(v float64) float64 { // whole numbers have none
		if decimals == 0 {
			return 0
		}
		unit := math.Pow(10, -float64(decimals))
		if v != 0 {
			unit = max(unit, math.Pow(10, math.Floor(math.Log10(math.Abs(v)))+1-float64(digits)))
		}
		return unit / 2
	}
	for i, v := range values {
		along := float64(i) / float64(n-1)
		slack := rounding(v) + (1-along)*rounding(values[0]) + along*rounding(values[n-1])
		// A coarse rounding could make 0.1, 0.2, 0.4 even.
		if math.Abs(from+float64(i)*step-v) > min(slack, step/8)+1e-9*step {
			return 0, 0, false
		}
	}
	return from, step, step > 0
}
