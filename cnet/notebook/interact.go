package notebook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"reflect"
	"strings"
	"sync"

	"github.com/janpfeifer/gonb/gonbui"

	"continuousnet/cnet/internal/words"
	"continuousnet/kernel/cell"
	"continuousnet/kernel/widget"
)

// Interact shows inputs, and below them what f draws for their values; it is drawn again whenever one changes. F takes
// the value of each input, in their order, and returns a Drawing, or a Drawing and an error:
//
//	notebook.Interact(func(steps int, scheme string) chart.Chart { ... },
//		widget.NewIntSlider("steps", 1, 64, 4), widget.NewDropdown("scheme", []string{"euler", "rk4"}, "euler"))
//
// The cell runs until Done is pressed or it is interrupted; the last drawing stays. Moves that come faster than f draws
// are left out, but for the last one. Where nobody sees widgets, Interact draws once and returns.
func Interact(f any, inputs ...widget.Input) { here().interact(f, inputs...) }

func (s *surface) interact(f any, inputs ...widget.Input) {
	draw, err := drawer(f, inputs)
	if err != nil {
		s.fail(fmt.Errorf("notebook: Interact: %w", err))
		return
	}
	if !s.shows() { // otherwise a bad input is an error of showing it
		for _, in := range inputs {
			if _, err := in.MIMEBundle(); err != nil {
				s.fail(err)
				return
			}
		}
	}
	p := &interaction{surface: s, draw: draw, inputs: inputs, chart: s.newPlace("drawing")}
	first, err := draw()
	if err != nil {
		s.fail(err)
		return
	}
	if !s.shows() {
		if len(inputs) > 0 {
			s.show(content{text: p.values()})
		}
		s.draw(first, describe(first))
		return
	}
	done := make(chan struct{})
	var once sync.Once
	button := widget.NewButton("Done")
	_ = button.Set("icon", "check") // fails only where it is sent
	_ = button.SetLayout(map[string]string{"width": "auto"})
	button.OnClick(func() { once.Do(func() { close(done) }) })
	row := []widget.Widget{}
	for _, in := range inputs {
		_ = in.SetDisabled(false) // as it is after a drawing before with the same input
		row = append(row, in)
		in.OnChange(p.redraw)
	}
	watch := newWatch(endedCell, endedKernel)
	box := widget.NewHBox(append(row, button, watch)...)
	watch.over(box)
	_ = box.SetLast(nil)
	_ = box.SetLayout(map[string]string{"flex_flow": "row wrap", "max_width": "900px"})
	id := "inputs_" + gonbui.UniqueId()
	p.leave = func() { box.SetStill(cell.Bundle{"text/plain": p.values()}) }
	p.leave()
	p.mu.Lock() // the inputs act when the first drawing is there
	if err := s.place(id, box); err != nil {
		s.fail(err)
		return
	}
	p.live(first)
	p.mu.Unlock()
	ctx, stop := s.signals(context.Background())
	defer stop()
	select {
	case <-done:
	case <-ctx.Done():
	}
	p.end()
	s.update(id, content{text: p.values()})
	_ = box.SetDisabled(true) // on pages that were loaded again it stays
	watch.end(endedCell)
	s.sync()
}

// interaction is a drawing that follows its inputs.
type interaction struct {
	*surface
	draw   func() (Drawing, error)
	inputs []widget.Input
	chart  *livePlace
	leave  func()

	mu   sync.Mutex
	last Drawing
	over bool
}

// values returns the values of the inputs as text.
func (p *interaction) values() string {
	var all []string
	for _, in := range p.inputs {
		all = append(all, in.Text())
	}
	return strings.Join(all, " · ")
}

// redraw draws for the present values. An error takes the place of the drawing, until the next one.
func (p *interaction) redraw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return
	}
	d, err := p.draw()
	if err != nil {
		p.problem(err)
		return
	}
	p.leave()
	p.live(d)
}

func (p *interaction) problem(err error) {
	text := words.Message(err)
	p.chart.update(content{text: text,
		html: `<div style="color:#d32f2f;color:var(--jp-error-color1,#d32f2f)">` + html.EscapeString(text) + "</div>"})
	p.last = nil
}

// live shows a drawing that others will follow: as SVG if it has that, which is ready soonest. mu is held.
func (p *interaction) live(d Drawing) {
	p.last = d
	v, ok := d.(interface{ SVG(io.Writer) error })
	if !ok {
		c, err := picture(d, describe(d))
		if err != nil {
			p.problem(err)
			return
		}
		p.chart.update(c)
		return
	}
	var b bytes.Buffer
	if err := v.SVG(&b); err != nil {
		p.problem(err)
		return
	}
	width, _ := d.Size()
	p.chart.update(content{html: inline(b.String(), spoken(d), width), text: describe(d)})
}

// end shows the last drawing in a form that stays.
func (p *interaction) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	if p.last == nil {
		return
	}
	c, err := picture(p.last, describe(p.last))
	if err != nil {
		p.problem(err)
		return
	}
	p.chart.finish(c)
}

// drawer returns a function that calls f with the values of inputs.
func drawer(f any, inputs []widget.Input) (func() (Drawing, error), error) {
	v := reflect.ValueOf(f)
	if f == nil || v.Kind() != reflect.Func || v.IsNil() {
		return nil, fmt.Errorf("it draws with %s; expected a function", kindOf(f))
	}
	t := v.Type()
	var takes []string
	fits := t.NumIn() == len(inputs) && !t.IsVariadic()
	for i, in := range inputs {
		value := reflect.TypeOf(in.Current())
		takes = append(takes, value.String())
		fits = fits && value.AssignableTo(t.In(i))
	}
	drawing, failure := reflect.TypeFor[Drawing](), reflect.TypeFor[error]()
	switch {
	case !fits:
		return nil, fmt.Errorf("the function is a %s; expected one that takes (%s), the values of its inputs", t,
			strings.Join(takes, ", "))
	case t.NumOut() == 0 || t.NumOut() > 2 || !t.Out(0).Implements(drawing) || t.NumOut() == 2 && t.Out(1) != failure:
		return nil, fmt.Errorf("the function is a %s; expected one that returns a Drawing, such as chart.Chart, or a "+
			"Drawing and an error", t)
	}
	return func() (Drawing, error) {
		values := make([]reflect.Value, len(inputs))
		for i, in := range inputs {
			values[i] = reflect.ValueOf(in.Current())
		}
		results := v.Call(values)
		if len(results) == 2 {
			if err, _ := results[1].Interface().(error); err != nil {
				return nil, err
			}
		}
		d, _ := results[0].Interface().(Drawing)
		if d == nil {
			return nil, errors.New("notebook: Interact: the function has returned no drawing")
		}
		return d, nil
	}, nil
}

func kindOf(f any) string {
	if f == nil {
		return "nil"
	}
	return "a " + reflect.TypeOf(f).String()
}
