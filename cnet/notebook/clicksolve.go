package notebook

import (
	"encoding/binary"
	"errors"
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
	"sync"

	"continuousnet/cnet/chart"
	"continuousnet/cnet/internal/smooth"
	"continuousnet/cnet/internal/words"
	"continuousnet/cnet/ode"
	"continuousnet/cnet/ode/plane"
	"continuousnet/kernel/widget"
)

const (
	maxStarts  = 50     // initial values in a plane
	fieldCells = 21     // arrows of the vector field in a row
	maxSteps   = 50_000 // of a solution, after which it ends
	maxDrawn   = 4000   // points of a curve
	maxDots    = 120    // steps of a curve that are marked, if they are given
	mostNotes  = 3      // on solutions that end early, for each scheme
	within     = 20     // widths of the plane beyond which a curve is not followed
)

// noEstimate is why a scheme does not solve with steps that adapt.
const noEstimate = "estimates no error for steps to adapt to: choose a step size, or another scheme"

// clickPlane is a system in the plane and its solutions from some initial values.
type clickPlane struct {
	f func(x, y float64) (dx, dy float64)

	mu      sync.Mutex
	options PlaneOptions
	adapts  bool
	starts  [][2]float64
	curves  []curve
	version int
	over    bool

	view  *widget.Any
	watch watch
	said  *widget.Control[string]
	box   *widget.Box
}

// curve is a solution.
type curve struct {
	start  int
	second bool // by the second scheme
	x, y   []float64
	stats  ode.Stats
	note   string // why it ends early
	dots   []int  // the points that are steps, if these are given and few
}

func newPlane(f func(x, y float64) (dx, dy float64), o PlaneOptions) *clickPlane {
	return &clickPlane{f: f, options: o, starts: append([][2]float64{}, o.Starts...)}
}

func finite(values ...float64) bool {
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}

// solve solves from all initial values. mu is held.
func (p *clickPlane) solve() {
	p.curves = nil
	for i := range p.starts {
		p.curves = append(p.curves, p.curve(i, false))
		if p.options.Second != "" {
			p.curves = append(p.curves, p.curve(i, true))
		}
	}
}

// scheme returns the first or the second scheme.
func (p *clickPlane) scheme(second bool) string {
	if second {
		return p.options.Second
	}
	return p.options.Scheme
}

// adaptive reports whether the steps of the first or the second scheme adapt. A scheme that switches between two has
// no others.
func (p *clickPlane) adaptive(second bool) bool {
	m, err := ode.Lookup(p.scheme(second))
	_, switches := m.(ode.Switching)
	return p.adapts || err == nil && switches
}

func (p *clickPlane) curve(start int, second bool) curve {
	o := p.options
	c := curve{start: start, second: second}
	at := p.starts[start]
	wide, high := o.X[1]-o.X[0], o.Y[1]-o.Y[0]
	far := func(x []float64) float64 { // negative outside
		u := max(math.Abs(x[0]-(o.X[0]+o.X[1])/2)/wide, math.Abs(x[1]-(o.Y[0]+o.Y[1])/2)/high)
		if math.IsNaN(u) {
			return -1
		}
		return within - u
	}
	how := ode.Options{Scheme: p.scheme(second), MaxSteps: maxSteps, EveryStep: true}
	adapts := p.adaptive(second)
	if m, err := ode.Lookup(how.Scheme); adapts && err == nil && !m.Info().Adaptive {
		c.note = noEstimate
		c.x, c.y = []float64{at[0]}, []float64{at[1]}
		return c
	}
	if adapts {
		how.RTols, how.ATols = plane.Tolerances(o.Tolerance, o.X, o.Y)
		how.Dense = true
	} else {
		how.StepSize = o.StepSize
	}
	problem := ode.Problem{
		F: func(_ float64, x, dx []float64) { dx[0], dx[1] = p.f(x[0], x[1]) }, X0: at[:], T1: o.T,
	}
	s, err := ode.Solve(problem, how)
	var failure *ode.Failure
	switch {
	case errors.As(err, &failure):
		c.note = failure.Reason + fmt.Sprintf(" at t = %.3g", failure.T)
	case err != nil:
		c.note = words.Message(err)
	}
	if s == nil {
		c.x, c.y = []float64{at[0]}, []float64{at[1]}
		return c
	}
	c.stats = s.Stats
	unseen := []float64{smooth.Relative * wide, smooth.Relative * high}
	if !adapts {
		smooth.Interpolate(s, problem, how, unseen)
	}
	line := smooth.Through(s, !adapts, unseen)
	if !adapts && len(line.Steps) <= maxDots {
		c.dots = line.Steps
	}
	var points [][2]float64
	for i, x := range line.X {
		if !finite(x...) || far(x) < 0 {
			c.note = fmt.Sprintf("leaves the plane for good at t = %.3g", line.T[i])
			break
		}
		points = append(points, [2]float64{x[0], x[1]})
	}
	c.dots = slices.DeleteFunc(c.dots, func(i int) bool { return i >= len(points) })
	kept := make([]int, len(points))
	for i := range kept {
		kept[i] = i
	}
	for within := 1.; len(c.dots) == 0 && len(kept) > maxDrawn; within *= 2 {
		kept = smooth.Thinned(points, [2]float64{within * unseen[0], within * unseen[1]})
	}
	for _, i := range kept {
		c.x, c.y = append(c.x, points[i][0]), append(c.y, points[i][1])
	}
	return c
}

// method names a scheme and its steps.
func (p *clickPlane) method(second bool) string {
	if p.adaptive(second) {
		return p.scheme(second) + ", adaptive steps"
	}
	return fmt.Sprintf("%s, h = %g", p.scheme(second), p.options.StepSize)
}

// costs tells for each scheme what the solutions have cost, and why they end early.
func (p *clickPlane) costs() (lines []string) {
	for _, second := range []bool{false, true} {
		if p.scheme(second) == "" {
			continue
		}
		var steps, rejected, evaluations int
		var notes []string
		for _, c := range p.curves {
			if c.second != second {
				continue
			}
			steps, rejected = steps+c.stats.Accepted, rejected+c.stats.Rejected
			evaluations += c.stats.NFE
			if c.note != "" {
				notes = append(notes, fmt.Sprintf("from (%s, %s): %s", chart.Number(p.starts[c.start][0], 3),
					chart.Number(p.starts[c.start][1], 3), c.note))
			}
		}
		if len(notes) > 0 && strings.HasSuffix(notes[0], noEstimate) {
			lines = append(lines, p.scheme(second)+" "+noEstimate)
			continue
		}
		if more := len(notes) - mostNotes; more > 0 {
			notes = append(notes[:mostNotes], fmt.Sprintf("and %d more end early", more))
		}
		line := fmt.Sprintf("%s: %s", p.method(second), words.Plural(steps, "step"))
		if rejected > 0 {
			line += fmt.Sprintf(" and %d rejected", rejected)
		}
		lines = append(append(lines, line+", "+words.Grouped(evaluations)+" evaluations of f"), notes...)
	}
	return lines
}

// html is costs for a widget.
func (p *clickPlane) html() string {
	lines := p.costs()
	if len(p.starts) == maxStarts {
		lines = append(lines, fmt.Sprintf("%d initial values are the most: remove some to start elsewhere", maxStarts))
	}
	return `<div style="line-height:1.4">` + strings.ReplaceAll(html.EscapeString(strings.Join(lines, "\n")), "\n",
		"<br/>") + "</div>"
}

// text is the plane where there are no pictures.
func (p *clickPlane) text() string {
	title := p.options.Title
	if title == "" {
		title = fmt.Sprintf("plane of %s and %s", p.options.Names[0], p.options.Names[1])
	}
	lines := append([]string{fmt.Sprintf("[%s, from %s to t = %g]", title, words.Plural(len(p.starts), "initial value"),
		p.options.T)}, p.costs()...)
	for _, in := range p.options.Inputs {
		lines = append(lines, in.Text())
	}
	return strings.Join(lines, "\n")
}

// cells calls f with the centre of each cell of the vector field, row by row from the top, and the rate there.
func (p *clickPlane) cells(f func(x, y, dx, dy float64)) {
	o := p.options
	for row := range fieldCells {
		for column := range fieldCells {
			x := o.X[0] + (o.X[1]-o.X[0])*(float64(column)+0.5)/fieldCells
			y := o.Y[1] - (o.Y[1]-o.Y[0])*(float64(row)+0.5)/fieldCells
			dx, dy := p.f(x, y)
			f(x, y, dx, dy)
		}
	}
}

// field returns the rates of the vector field as 32-bit floats.
func (p *clickPlane) field() []byte {
	var b []byte
	p.cells(func(_, _, dx, dy float64) { b = pair(b, dx, dy) })
	return b
}

// pair appends two numbers as 32-bit floats, least significant byte first.
func pair(b []byte, x, y float64) []byte {
	b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(x)))
	return binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(y)))
}

// encode returns the curves for click.js: what they are, and all their points.
func (p *clickPlane) encode() (curves []map[string]any, points []byte) {
	curves = []map[string]any{}
	for _, c := range p.curves {
		says := p.method(c.second)
		if c.note != "" {
			says += ": " + c.note
		}
		dots := c.dots
		if dots == nil {
			dots = []int{}
		}
		curves = append(curves, map[string]any{"start": c.start, "second": c.second, "n": len(c.x), "dots": dots,
			"says": says})
		for i := range c.x {
			points = pair(points, c.x[i], c.y[i])
		}
	}
	return curves, points
}

// chart draws the plane as it is.
func (p *clickPlane) chart() chart.Chart {
	p.mu.Lock()
	defer p.mu.Unlock()
	o := p.options
	wide, high := o.X[1]-o.X[0], o.Y[1]-o.Y[0]
	arrows := chart.Series{Kind: chart.Arrows, Color: chart.Gray, Light: true}
	p.cells(func(x, y, dx, dy float64) {
		u, v := dx/wide, dy/high
		length := math.Hypot(u, v)
		if !(length > 0) || math.IsInf(length, 0) {
			return
		}
		u, v = 0.7/fieldCells*wide*u/length, 0.7/fieldCells*high*v/length // all alike, shorter than a cell
		add(&arrows, x-u/2, y-v/2)
		arrows.DX, arrows.DY = append(arrows.DX, u), append(arrows.DY, v)
	})
	colors := []string{chart.Blue, chart.Vermillion, chart.Green, chart.Purple, chart.Orange, chart.SkyBlue}
	title := []string{}
	if o.Title != "" {
		title = append(title, o.Title)
	}
	for _, in := range o.Inputs {
		title = append(title, in.Text())
	}
	panel := chart.Panel{Title: strings.Join(title, " · "), X: chart.Axis{Title: o.Names[0], Min: o.X[0], Max: o.X[1]},
		Y: chart.Axis{Title: o.Names[1], Min: o.Y[0], Max: o.Y[1]}, Series: []chart.Series{arrows}}
	named := map[bool]bool{}
	for _, c := range p.curves {
		line := chart.Series{X: c.x, Y: c.y, Color: colors[c.start%len(colors)], Dashed: c.second}
		if !named[c.second] {
			line.Name, named[c.second] = p.method(c.second), true
		}
		panel.Series = append(panel.Series, line)
		steps := chart.Series{Color: line.Color, Dots: true}
		for _, i := range c.dots {
			add(&steps, c.x[i], c.y[i])
			add(&steps, math.NaN(), math.NaN())
		}
		if len(c.dots) > 0 {
			panel.Series = append(panel.Series, steps)
		}
	}
	for i, at := range p.starts {
		panel.Series = append(panel.Series, chart.Series{Kind: chart.Points, X: []float64{at[0]}, Y: []float64{at[1]},
			Color: colors[i%len(colors)]})
	}
	return chart.Chart{Width: 560, Height: 570, Panels: []chart.Panel{panel}}
}

func add(s *chart.Series, x, y float64) { s.X, s.Y = append(s.X, x), append(s.Y, y) }
