package notebook

import (
	"context"
	_ "embed" // click.js
	"encoding/json"
	"fmt"
	"html"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/janpfeifer/gonb/gonbui"

	"continuousnet/cnet/internal/optional"
	"continuousnet/cnet/ode"
	"continuousnet/kernel/cell"
	"continuousnet/kernel/widget"
)

// PlaneOptions are the choices that Plane leaves open. The zero value is a good default.
type PlaneOptions struct {
	Title string
	X, Y  [2]float64 // the ends of the axes; both 0: -3 to 3
	Names [2]string  // of the axes; "x" and "y"
	T     float64    // the time to solve for, negative: backwards; 0: 20

	Starts    [][2]float64 // initial values to begin with; none: four
	Schemes   []string     // of the menus; none: all but those for separable systems
	Scheme    string       // the one to begin with; "rk4", or else the first of Schemes
	Second    string       // to compare with; "": none
	StepSizes []float64    // of the menu; none: from 0.01 to 1
	StepSize  float64      // the one to begin with; 0: 0.1, or else the first of StepSizes
	Tolerance float64      // where steps adapt, relative and, a thousandth of it, of the window; 0: 1e-6

	// Inputs are parameters of f, such as a slider that f asks for its value: when one changes, everything is solved
	// again.
	Inputs []widget.Input
}

// Plane shows the plane of dx/dt = f(x, y): its vector field, and solutions from initial values. A click makes an
// initial value, which is dragged, or moved with the arrow keys, and removed by a double click; Go solves from it in
// the running cell, by the scheme and with the step size of menus, and by a second scheme (dashed) to compare. Steps
// that adapt are one of the step sizes. Below are the steps and evaluations of f that it took.
//
// The cell runs until Done is pressed or it is interrupted; a chart stays. Where nobody sees widgets, Plane draws that
// chart at once and returns.
func Plane(f func(x, y float64) (dx, dy float64), options ...PlaneOptions) {
	here().plane(f, options...)
}

//go:embed click.js
var planeModule string

// What the menus have beside schemes and step sizes.
const (
	noScheme  = "none"
	adaptable = "adaptive"
)

func (s *surface) plane(f func(x, y float64) (dx, dy float64), options ...PlaneOptions) {
	o, err := optional.One("notebook: Plane", "PlaneOptions", options, PlaneOptions{})
	if err == nil && f == nil {
		err = fmt.Errorf("notebook: Plane: f is nil; expected a function of x and y")
	}
	if err == nil {
		err = o.complete()
	}
	if err != nil {
		s.fail(err)
		return
	}
	p := newPlane(f, o)
	p.solve()
	if !s.shows() {
		s.finish("", p)
		return
	}
	done := make(chan struct{})
	var once sync.Once
	box := p.widgets(func() { once.Do(func() { close(done) }) })
	id := "plane_" + gonbui.UniqueId()
	if err := s.place(id, box); err != nil {
		s.fail(err)
		return
	}
	ctx, stop := s.signals(context.Background())
	defer stop()
	select {
	case <-done:
	case <-ctx.Done():
	}
	p.mu.Lock()
	p.over = true
	p.mu.Unlock()
	s.finish(id, p)
	_ = box.SetDisabled(true) // on pages that were loaded again it stays; an error is one of sending
	p.watch.end(endedCell)
}

// finish shows the plane in a form that stays, and below it what it has cost.
func (s *surface) finish(id string, p *clickPlane) {
	if !s.notebook {
		s.draw(p.chart(), p.text())
		return
	}
	c, err := picture(p.chart(), p.text())
	if err != nil {
		s.fail(err)
		return
	}
	s.update(id, c)
	s.show(content{text: strings.Join(p.costs(), "\n")})
}

// complete fills in what is left open, and checks the rest.
func (o *PlaneOptions) complete() error {
	bad := func(name string, value any, want string) error {
		return fmt.Errorf("notebook: Plane: %s is %v, must be %s", name, value, want)
	}
	for _, axis := range []struct {
		name   string
		range_ *[2]float64
	}{{"X", &o.X}, {"Y", &o.Y}} {
		if *axis.range_ == [2]float64{} {
			*axis.range_ = [2]float64{-3, 3}
		}
		if r := *axis.range_; !(r[0] < r[1]) || !finite(r[0], r[1]) {
			return bad(axis.name, r, "a smaller and a larger number")
		}
	}
	for i, name := range []string{"x", "y"} {
		if o.Names[i] == "" {
			o.Names[i] = name
		}
	}
	if o.T == 0 {
		o.T = 20
	}
	if !finite(o.T) {
		return bad("T", o.T, "a finite time")
	}
	if o.Tolerance == 0 {
		o.Tolerance = 1e-6
	}
	if !(o.Tolerance > 0) || !finite(o.Tolerance) {
		return bad("Tolerance", o.Tolerance, "positive")
	}
	if len(o.Schemes) == 0 {
		for _, m := range ode.Methods() {
			if _, splits := m.(ode.Splitting); !splits {
				o.Schemes = append(o.Schemes, m.Info().Name)
			}
		}
	}
	for _, name := range slices.Concat(o.Schemes, []string{o.Scheme, o.Second}) {
		if name == "" {
			continue
		}
		m, err := ode.Lookup(name)
		if err != nil {
			return fmt.Errorf("notebook: Plane: %w", err)
		}
		if _, splits := m.(ode.Splitting); splits {
			return bad("a scheme", strconv.Quote(name), "one for any system, not for separable ones alone")
		}
	}
	if o.Scheme == "" {
		o.Scheme = chosen(o.Schemes, "rk4")
	}
	for _, name := range []string{o.Scheme, o.Second} {
		if name != "" && !slices.Contains(o.Schemes, name) {
			o.Schemes = append(slices.Clone(o.Schemes), name)
		}
	}
	if len(o.StepSizes) == 0 {
		o.StepSizes = []float64{0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1}
	}
	if o.StepSize == 0 {
		o.StepSize = chosen(o.StepSizes, 0.1)
	}
	if !slices.Contains(o.StepSizes, o.StepSize) {
		o.StepSizes = append(slices.Clone(o.StepSizes), o.StepSize)
		slices.Sort(o.StepSizes)
	}
	for _, h := range o.StepSizes {
		if !(h > 0) || !finite(h) {
			return bad("a step size", h, "positive")
		}
	}
	if len(o.Starts) == 0 {
		for _, at := range [][2]float64{{0.6, 0.5}, {0.85, 0.8}, {0.2, 0.85}, {0.3, 0.25}} {
			o.Starts = append(o.Starts, [2]float64{
				rounded(o.X[0] + at[0]*(o.X[1]-o.X[0])), rounded(o.Y[0] + at[1]*(o.Y[1]-o.Y[0])),
			})
		}
	}
	for _, at := range o.Starts {
		if !finite(at[0], at[1]) {
			return bad("an initial value", at, "finite")
		}
	}
	return nil
}

// chosen returns a value if it is in the list, or else the first of it.
func chosen[T comparable](list []T, value T) T {
	if slices.Contains(list, value) {
		return value
	}
	return list[0]
}

// widgets returns the plane with its menus.
func (p *clickPlane) widgets(end func()) *widget.Box {
	o := p.options
	p.view = widget.NewAny("continuousnet.Plane", planeModule, p.state())
	p.view.OnMessage(func(content json.RawMessage, _ [][]byte) {
		var said struct {
			Add    *[2]float64
			Remove *int
		}
		if json.Unmarshal(content, &said) != nil {
			return
		}
		p.change(func() {
			switch {
			case said.Add != nil && len(p.starts) < maxStarts:
				p.starts = append(p.starts, *said.Add)
			case said.Remove != nil && *said.Remove >= 0 && *said.Remove < len(p.starts):
				p.starts = slices.Delete(p.starts, *said.Remove, *said.Remove+1)
			}
		})
	})
	p.view.OnChange("moved", func(value json.RawMessage) {
		var moved struct {
			Index int
			To    [2]float64
		}
		if json.Unmarshal(value, &moved) == nil {
			p.change(func() {
				if moved.Index >= 0 && moved.Index < len(p.starts) {
					p.starts[moved.Index] = moved.To
				}
			})
		}
	})

	var sizes []string
	for _, h := range o.StepSizes {
		sizes = append(sizes, fmt.Sprint(h))
	}
	scheme := widget.NewDropdown("scheme", o.Schemes, o.Scheme)
	second := widget.NewDropdown("beside it", append([]string{noScheme}, o.Schemes...), p.second())
	size := widget.NewDropdown("step size", append(sizes, adaptable), fmt.Sprint(o.StepSize))
	scheme.Observe(func(name string) { p.change(func() { p.options.Scheme = name }) })
	second.Observe(func(name string) { p.change(func() { p.options.Second = strings.TrimPrefix(name, noScheme) }) })
	size.Observe(func(text string) {
		p.change(func() {
			h, err := strconv.ParseFloat(text, 64)
			p.options.StepSize, p.adapts = h, err != nil
		})
	})
	clear, ready := widget.NewButton("Clear"), widget.NewButton("Done")
	clear.OnClick(func() { p.change(func() { p.starts = nil }) })
	ready.OnClick(end)
	for b, icon := range map[*widget.Button]string{clear: "eraser", ready: "check"} {
		_ = b.Set("icon", icon)
		_ = b.SetLayout(map[string]string{"width": "auto"})
	}
	p.watch, p.said = newWatch(endedCell, endedKernel), widget.NewHTML(p.html())
	side := []widget.Widget{}
	for _, in := range append([]widget.Input{scheme, second, size}, o.Inputs...) {
		side = append(side, in)
		_ = in.SetLayout(map[string]string{"width": "auto", "max_width": "320px"})
	}
	for _, in := range o.Inputs {
		_ = in.SetDisabled(false) // as it is after a drawing before with the same input
		in.OnChange(func() { p.change(func() {}) })
	}
	const about = `<div style="line-height:1.4">%sClick in the plane to start there. Drag a circle to move it; ` +
		`a double click removes it.</div>`
	title := ""
	if o.Title != "" {
		title = "<b>" + html.EscapeString(o.Title) + "</b><br/>"
	}
	side = append([]widget.Widget{widget.NewHTML(fmt.Sprintf(about, title))}, side...)
	side = append(side, widget.NewHBox(clear, ready, p.watch), p.said)
	column := widget.NewVBox(side...)
	_ = column.SetLayout(map[string]string{"min_width": "260px", "flex": "1 1 270px"})
	_ = p.view.SetLayout(map[string]string{"flex": "2 1 370px", "min_width": "300px", "max_width": "540px"})
	p.box = widget.NewHBox(p.view, column)
	_ = p.box.SetLayout(map[string]string{"flex_flow": "row wrap", "max_width": "900px", "align_items": "flex-start"})
	p.watch.over(p.box)
	_ = p.box.SetLast(nil)
	p.still()
	return p.box
}

// second returns the second scheme as its menu has it.
func (p *clickPlane) second() string {
	if p.options.Second == "" {
		return noScheme
	}
	return p.options.Second
}

// change changes something, and shows what comes of it.
func (p *clickPlane) change(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return
	}
	f()
	p.solve()
	p.version++
	_ = p.view.Update(p.state())
	_ = p.said.SetValue(p.html())
	p.still()
}

// still says what is left if the process ends in the middle.
func (p *clickPlane) still() { p.box.SetStill(cell.Bundle{"text/plain": p.text()}) }

// state returns the values that click.js shows.
func (p *clickPlane) state() map[string]any {
	starts := p.starts
	if starts == nil {
		starts = [][2]float64{}
	}
	curves, points := p.encode()
	return map[string]any{
		"x": p.options.X, "y": p.options.Y, "names": p.options.Names, "field": p.field(), "starts": starts,
		"curves": curves, "points": points, "version": p.version,
	}
}
