package chart

import (
	"fmt"
	"math"
)

// Guide is a thin straight line of a given slope, to compare a series with. On two logarithmic axes the slope is an
// exponent: a guide of slope −2 shows how an error of order two falls with the number of steps.
type Guide struct {
	// X and Y are where the line begins, To is the x at which it ends.
	X, Y, To float64
	Slope    float64
	// Label stands at its end, such as "order 2".
	Label string
}

// Text is a short text in the plot, to the right of its point.
type Text struct {
	X, Y float64
	Text string
	// Color is "#rrggbb"; empty: that of labels.
	Color string
	// Left puts the text to the left of the point, Center on it.
	Left, Center bool
}

// end returns the y at the end of the guide.
func (g Guide) end(p Panel) float64 {
	t := g.To - g.X
	if p.X.Log {
		t = math.Log(g.To / g.X)
	}
	if p.Y.Log {
		return g.Y * math.Exp(g.Slope*t)
	}
	return g.Y + g.Slope*t
}

func (g Guide) check(p Panel) error {
	bad := p.X.Log && (g.X <= 0 || g.To <= 0) || p.Y.Log && g.Y <= 0
	if bad || !finite(g.X) || !finite(g.To) || !finite(g.end(p)) || g.X == g.To {
		return fmt.Errorf("runs from (%v, %v) to x = %v with slope %v; expected two ends that the axes can show",
			g.X, g.Y, g.To, g.Slope)
	}
	return nil
}

// guided returns the panel with its guides as series and texts.
func (p Panel) guided() Panel {
	if len(p.Guides) == 0 {
		return p
	}
	p.Series, p.Texts = p.Series[:len(p.Series):len(p.Series)], p.Texts[:len(p.Texts):len(p.Texts)]
	for _, g := range p.Guides {
		y := g.end(p)
		p.Series = append(p.Series, Series{X: []float64{g.X, g.To}, Y: []float64{g.Y, y}, Color: Gray, Dashed: true,
			Light: true})
		if g.Label != "" {
			p.Texts = append(p.Texts, Text{X: g.To, Y: y, Text: g.Label, Left: g.To < g.X})
		}
	}
	p.Guides = nil
	return p
}

func (p pen) texts(f *frame) {
	for _, t := range f.Texts {
		q, ok := f.place(t.X, t.Y)
		if !ok || !f.plot.has(q) {
			continue
		}
		l := markLetters.colored(textColor)
		if c, err := parseColor(t.Color); err == nil {
			l = l.colored(c)
		}
		s := clean(t.Text)
		w := l.width(s)
		x := q.x + 5
		switch {
		case t.Center:
			x = q.x - w/2
		case t.Left || x+w > f.plot.x1+10: // no room to the right
			x = q.x - 5 - w
		}
		y := q.y - 5 // above the line that the point may be on
		if t.Center {
			y = q.y + 4
		}
		p.text(l, x, y, s)
	}
}

// across draws the marks at y values.
func (p pen) across(f *frame) {
	var lines [][]point
	for _, m := range f.Marks {
		t, ok := f.y.frac(m.At)
		if !m.Across || !ok || t < 0 || t > 1 {
			continue
		}
		y := math.Round(f.py(m.At))
		lines = append(lines, []point{{f.plot.x0, y}, {f.plot.x1, y}})
		base := y - 4
		if base-9 < f.plot.y0 {
			base = y + 12
		}
		p.text(markLetters.aligned(1), f.plot.x1-4, base, markLetters.fit(clean(m.Label), f.plot.w()-8))
	}
	p.lines(stroke{color: paler(markColor, 0.25), width: 1, dotted: true}, lines...)
}
