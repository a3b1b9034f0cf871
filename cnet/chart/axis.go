package chart

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// span maps data values to [0, 1], linearly or logarithmically.
type span struct {
	lo, hi float64
	log    bool
}

// frac returns the position of v, from 0 at lo to 1 at hi; ok is false for a gap.
func (s span) frac(v float64) (f float64, ok bool) {
	if !finite(v) || s.log && v <= 0 {
		return 0, false
	}
	if s.log {
		return math.Log(v/s.lo) / math.Log(s.hi/s.lo), true
	}
	return (v - s.lo) / (s.hi - s.lo), true
}

// at returns the value at a fraction of the range: the inverse of frac.
func (s span) at(f float64) float64 {
	if s.log {
		return s.lo * math.Pow(s.hi/s.lo, f)
	}
	return s.lo + f*(s.hi-s.lo)
}

// extent collects the range of data.
type extent struct{ lo, hi float64 }

func newExtent() extent { return extent{math.Inf(1), math.Inf(-1)} }

func (e *extent) add(v float64, log bool) {
	if finite(v) && (!log || v > 0) {
		e.lo, e.hi = min(e.lo, v), max(e.hi, v)
	}
}

func (e extent) empty() bool { return e.lo > e.hi }

// xSpan returns the range of the x axis of a panel.
func (p Panel) xSpan() span {
	if p.X.fixed() {
		return span{p.X.Min, p.X.Max, p.X.Log}
	}
	e := newExtent()
	pad := 0.0
	for _, s := range p.Series {
		n := len(s.Y)
		if s.edges() {
			n++
		}
		for i := range n {
			e.add(s.x(i), p.X.Log)
			if s.Kind == Arrows {
				e.add(s.x(i)+s.DX[i], p.X.Log)
			}
		}
		if s.Kind == Points {
			pad = 0.05
		}
	}
	for _, m := range p.Marks {
		if !m.Across {
			e.add(m.At, p.X.Log)
		}
	}
	if b := p.Background; b != nil {
		if len(p.Series) == 0 {
			return span{b.X0, b.X1, p.X.Log}
		}
		e.add(b.X0, p.X.Log)
		e.add(b.X1, p.X.Log)
		pad = 0
	}
	for _, g := range p.Guides {
		e.add(g.X, p.X.Log)
		e.add(g.To, p.X.Log)
	}
	for _, t := range p.Texts {
		e.add(t.X, p.X.Log)
	}
	if n := len(p.X.Labels); n > 0 {
		e.add(-0.5, false)
		e.add(float64(n)-0.5, false)
	}
	return p.X.round(e, pad)
}

// ySpan returns the range of the y axis of a panel.
func (p Panel) ySpan() span {
	if p.Y.fixed() {
		return span{p.Y.Min, p.Y.Max, p.Y.Log}
	}
	e, pad := p.yExtent(), 0.06
	if b := p.Background; b != nil {
		if len(p.Series) == 0 {
			return span{b.Y0, b.Y1, p.Y.Log}
		}
		e.add(b.Y0, p.Y.Log)
		e.add(b.Y1, p.Y.Log)
		pad = 0
	}
	return p.Y.round(e, pad)
}

func (p Panel) yExtent() extent {
	e := newExtent()
	for _, s := range p.Series {
		if s.Light && s.Kind == Line {
			e.addMost(s.Y, p.Y.Log)
			continue
		}
		for i, v := range s.Y {
			e.add(v, p.Y.Log)
			if s.Kind == Arrows {
				e.add(v+s.DY[i], p.Y.Log)
			}
		}
	}
	for _, m := range p.Marks {
		if m.Across {
			e.add(m.At, p.Y.Log)
		}
	}
	for _, g := range p.Guides {
		e.add(g.Y, p.Y.Log)
		e.add(g.end(p), p.Y.Log)
	}
	for _, t := range p.Texts {
		e.add(t.Y, p.Y.Log)
	}
	return e
}

// zSpan returns the range of the values of a heat map, of all frames.
func (p Panel) zSpan() extent {
	if p.Z.fixed() {
		return extent{p.Z.Min, p.Z.Max}
	}
	e := newExtent()
	add := func(cells [][]float64) {
		for _, row := range cells {
			for _, v := range row {
				e.add(v, false)
			}
		}
	}
	add(p.Cells)
	for _, f := range p.Frames {
		add(f.Cells)
	}
	if e.empty() {
		return extent{0, 1}
	}
	return e
}

// middled returns a range that is not empty, with a single value in its middle.
func (e extent) middled() extent {
	if e.lo == e.hi {
		half := max(math.Abs(e.lo), 1)
		return extent{e.lo - half, e.hi + half}
	}
	return e
}

// addMost adds values but leaves out outliers, so that the spikes of a noisy series do not flatten all others. A value
// is an outlier if it lies further outside the 5 % and 95 % quantiles than these are apart.
func (e *extent) addMost(values []float64, log bool) {
	kept := make([]float64, 0, len(values))
	for _, v := range values {
		if finite(v) && (!log || v > 0) {
			if log {
				v = math.Log(v)
			}
			kept = append(kept, v)
		}
	}
	if len(kept) == 0 {
		return
	}
	slices.Sort(kept)
	n := len(kept) - 1
	low, high := kept[n/20], kept[n-n/20]
	lo := max(kept[0], low-(high-low))
	hi := min(kept[n], high+(high-low))
	if log {
		lo, hi = math.Exp(lo), math.Exp(hi)
	}
	e.add(lo, log)
	e.add(hi, log)
}

// round returns the range to draw for the range of the data: padded by the fraction pad, and never empty.
func (a Axis) round(e extent, pad float64) span {
	if a.Zero && !a.Log {
		e.add(0, false)
	}
	if e.empty() {
		if a.Log {
			return span{1, 10, true}
		}
		return span{0, 1, false}
	}
	if a.Log {
		r := math.Pow(e.hi/e.lo, pad)
		if e.lo == e.hi {
			r = 2
		}
		return span{e.lo / r, e.hi * r, true}
	}
	lo, hi := e.lo, e.hi
	if w := hi - lo; w <= 1e-12*max(math.Abs(lo), math.Abs(hi)) {
		half := 0.1 * max(math.Abs(lo), math.Abs(hi))
		switch {
		case a.Integer:
			half = max(half, 1)
		case a.Percent:
			half = max(half, 0.05)
		case half == 0:
			half = 1
		}
		lo, hi = lo-half, hi+half
	} else {
		lo, hi = lo-pad*w, hi+pad*w
	}
	if a.Zero || a.Percent && e.lo >= 0 { // no empty strip beyond a natural end
		if e.lo >= 0 {
			lo = max(lo, 0)
		}
		if e.hi <= 0 && e.lo < 0 {
			hi = min(hi, 0)
		}
	}
	if a.Percent && e.hi <= 1 {
		hi = min(hi, 1)
	}
	return span{lo, hi, false}
}

// equalize widens one of two ranges until a unit of x, drawn w pixels wide, is as long as a unit of y, h pixels high.
func equalize(x, y span, w, h float64) (span, span) {
	widen := func(s span, width float64) span {
		mid := (s.lo + s.hi) / 2
		return span{mid - width/2, mid + width/2, false}
	}
	if unit := (x.hi - x.lo) / w; unit*h > y.hi-y.lo {
		return x, widen(y, unit*h)
	}
	return widen(x, (y.hi-y.lo)/h*w), y
}

type tick struct {
	at    float64
	label string
}

// ticks returns about n labelled positions inside s.
func (a Axis) ticks(s span, n int) []tick {
	if len(a.Labels) > 0 {
		var ts []tick
		for i, l := range a.Labels {
			if v := float64(i); v >= s.lo && v <= s.hi {
				ts = append(ts, tick{v, clean(l)})
			}
		}
		return ts
	}
	if s.log {
		if ts := logTicks(s, n); len(ts) >= 2 {
			return ts
		}
	}
	step := niceStep((s.hi-s.lo)/float64(max(n, 1)), a)
	first, last := math.Ceil(s.lo/step-1e-9), math.Floor(s.hi/step+1e-9)
	var ts []tick
	for k := first; k <= last && len(ts) < 100; k++ {
		v := k * step
		if v == 0 {
			v = 0 // and not −0
		}
		label := a.format(v, step)
		if m := max(math.Abs(s.lo), math.Abs(s.hi)); !a.Percent && (m >= 1e6 || m < 5e-3 && step < 1e-4) {
			label = scientific(v, min(max(2+int(math.Log10(max(math.Abs(v), step)/step)), 1), 15))
		}
		ts = append(ts, tick{v, label})
	}
	return ts
}

// niceStep returns the smallest of 1, 2, 5 times a power of ten that is not below raw.
func niceStep(raw float64, a Axis) float64 {
	if !(raw > 0) {
		return 1
	}
	if a.Integer && raw <= 1 {
		return 1
	}
	mag := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 5, 10} {
		if m*mag >= raw*(1-1e-9) {
			return m * mag
		}
	}
	return 10 * mag
}

func logTicks(s span, n int) []tick {
	decades := math.Log10(s.hi / s.lo)
	factors := []float64{1}
	if decades < 1 {
		factors = []float64{1, 1.5, 2, 3, 5, 7}
	} else if decades < 1.5 {
		factors = []float64{1, 2, 3, 5, 7}
	} else if decades < float64(n)/2 {
		factors = []float64{1, 2, 5}
	}
	every := max(1, int(math.Ceil(decades/float64(max(n, 1)))))
	if decades < 2 { // few labels have to be others, or there may be none
		every = 1
		switch {
		case n <= 1:
			factors = []float64{1}
		case n == 2:
			factors = []float64{1, 3}
		}
	}
	label := func(v float64) string { return plainNumber(v, 6) }
	if (Axis{}).powers(s) {
		label = func(v float64) string { return scientific(v, 2) }
	}
	var ts []tick
	for d := int(math.Floor(math.Log10(s.lo))); d <= int(math.Ceil(math.Log10(s.hi))); d++ {
		if d%every != 0 {
			continue
		}
		for _, f := range factors {
			v, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'f', -1, 64)+"e"+strconv.Itoa(d), 64)
			if v >= s.lo*(1-1e-9) && v <= s.hi*(1+1e-9) {
				ts = append(ts, tick{v, label(v)})
			}
		}
	}
	return ts
}

// format returns v with enough decimals to tell ticks apart that differ by step.
func (a Axis) format(v, step float64) string {
	if a.Percent {
		return minus(strconv.FormatFloat(v*100, 'f', decimals(step*100), 64)) + " %"
	}
	return minus(strconv.FormatFloat(v, 'f', decimals(step), 64))
}

// decimals returns the number of digits after the point that step needs.
func decimals(step float64) int {
	return min(max(0, -int(math.Floor(math.Log10(step)+1e-9))), 17)
}

// plainNumber formats v with at most the given number of digits.
func plainNumber(v float64, digits int) string {
	if t := strconv.FormatFloat(v, 'g', digits, 64); !strings.Contains(t, "e") {
		return minus(t)
	}
	return scientific(v, digits)
}

func minus(s string) string { return strings.ReplaceAll(s, "-", "−") }
