package notebook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"continuousnet/cnet/chart"
	"continuousnet/kernel/widget"
	"continuousnet/kernel/widget/widgettest"
)

// titled draws a chart whose title tells the values.
func titled(steps int, scheme string) (chart.Chart, error) {
	if steps == 7 {
		return chart.Chart{}, errors.New("seven <steps>")
	}
	return chart.Chart{Title: fmt.Sprintf("%s in %d steps", scheme, steps), Height: 100, Width: 200}, nil
}

func inputs() (*widget.Control[int], *widget.Control[string]) {
	return widget.NewIntSlider("steps of Interact", 1, 64, 4),
		widget.NewDropdown("scheme", []string{"euler", "rk4"}, "euler")
}

// What the inputs are moved to is drawn at once, errors included; the last drawing stays as a PNG.
func TestInteract(t *testing.T) {
	session.Show(t, true)
	r := newRecorder(true)
	steps, scheme := inputs()
	over := make(chan bool)
	go func() {
		defer close(over)
		r.interact(titled, steps, scheme)
	}()
	slider := described("steps of Interact")
	menu := session.Await(map[string]string{"_model_name": `"DropdownModel"`, "_options_labels": `["euler","rk4"]`})
	done := described("Done")
	session.Move(slider.ID, "value", "5")
	drawing := session.Find(map[string]string{"_model_name": `"HTMLModel"`})
	follows := func(id, name, value, want string) {
		t.Helper()
		session.Move(id, name, value)
		got := htmlOf(t, drawing)
		wellFormed(t, got)
		wantParts(t, got, want)
		var left map[string]string // were the process to end now
		if err := json.Unmarshal([]byte(session.Settled(drawing.ID).Left), &left); err != nil {
			t.Fatal(err)
		}
		wantParts(t, left["text/plain"], html.UnescapeString(want))
	}
	wantParts(t, htmlOf(t, drawing), "euler in 5 steps")
	follows(slider.ID, "value", "9", "euler in 9 steps")
	follows(menu.ID, "index", "1", "rk4 in 9 steps")
	follows(slider.ID, "value", "7", "seven &lt;steps&gt;")
	follows(slider.ID, "value", "12", "rk4 in 12 steps")
	session.Press(done.ID)
	session.Press(done.ID)
	<-over
	if r.stderr.Len() > 0 || len(r.exits) > 0 {
		t.Fatal(r.stderr.String())
	}
	var shown []string
	for _, m := range r.sent {
		shown = append(shown, m.Data[protocol.MIMETextPlain].(string))
	}
	want := []string{"steps of Interact: 4 · scheme: euler", "When this cell began: [chart: euler in 4 steps]",
		"[chart: rk4 in 12 steps]", "steps of Interact: 12 · scheme: rk4"}
	if !slices.Equal(shown, want) {
		t.Errorf("shown %q, want %q", shown, want)
	}
	for i, what := range []string{"the inputs are", "the drawing is"} {
		first, last := r.sent[i], r.sent[len(r.sent)-1-i]
		replaced := first.Data[widget.ViewType] != nil && last.Data[widget.ViewType] == nil
		if !replaced || first.DisplayID != last.DisplayID {
			t.Errorf("%s not replaced by what stays", what)
		}
	}
	wellFormed(t, r.sent[1].Data[protocol.MIMETextHTML].(string))
	if data := r.last(t, protocol.MIMEImagePNG); !strings.HasPrefix(data, "\x89PNG") {
		t.Error("no PNG stays")
	}
	// A page that was loaded again keeps the inputs, which are off, and the last drawing.
	for _, w := range []*widgettest.State{slider, menu, done} {
		if w = session.Settled(w.ID); string(w.Values["disabled"]) != "true" || w.Last == nil || w.Closed {
			t.Errorf("%s is not off: %v", w.Values["description"], w)
		}
	}
	wantParts(t, htmlOf(t, drawing), "rk4 in 12 steps")
	if w := session.Settled(drawing.ID); w.Last == nil || w.Closed {
		t.Errorf("the drawing goes with the process: %v", w)
	}
}

// A notebook that is saved in the middle of a long cell has more than its beginning, at times that double.
func TestKept(t *testing.T) {
	session.Show(t, true)
	r := newRecorder(true)
	p := r.newPlace("line")
	for i := range 100 {
		p.update(status{left: fmt.Sprintf("minute %d", i), done: -1}.content())
		r.clock.advance(time.Minute)
	}
	p.finish(content{text: "over"})
	var kept []string
	for _, m := range r.sent {
		if id := r.sent[0].DisplayID; m.DisplayID != id {
			t.Errorf("an output %s, want %s alone", m.DisplayID, id)
		}
		kept = append(kept, m.Data[protocol.MIMETextPlain].(string))
	}
	want := []string{"When this cell began: minute 0", "After 1 min 00 s of this cell: minute 1"}
	for _, minute := range []int{2, 4, 8, 16, 32} {
		want = append(want, fmt.Sprintf("After %d min 00 s of this cell: minute %d", minute, minute))
	}
	if want = append(want, "After 1 h 04 min of this cell: minute 64", "over"); !slices.Equal(kept, want) {
		t.Errorf("%q, want %q", kept, want)
	}
}

// An interrupt ends it as Done does.
func TestInteractInterrupted(t *testing.T) {
	session.Show(t, true)
	r := newRecorder(true)
	steps, scheme := inputs()
	over, waits := make(chan bool), make(chan context.CancelFunc, 1)
	r.surface.signals = func(ctx context.Context) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancel(ctx)
		waits <- cancel
		return ctx, cancel
	}
	go func() {
		defer close(over)
		r.interact(titled, steps, scheme)
	}()
	(<-waits)() // what an interrupt does
	<-over
	if len(r.exits) > 0 || !strings.HasPrefix(r.last(t, protocol.MIMEImagePNG), "\x89PNG") {
		t.Errorf("exits %v", r.exits)
	}
}

// Where nobody sees widgets it is drawn once, with the values that the inputs begin with.
func TestInteractNobody(t *testing.T) {
	session.Show(t, false)
	before := session.Messages()
	for _, inNotebook := range []bool{true, false} {
		r := newRecorder(inNotebook)
		steps, scheme := inputs()
		calls := 0
		r.interact(func(n int, name string) Drawing {
			calls++
			c, _ := titled(n, name)
			return c
		}, steps, scheme)
		text := r.stdout.String()
		for _, m := range r.sent {
			text += m.Data[protocol.MIMETextPlain].(string) + "\n"
		}
		if calls != 1 || text != "steps of Interact: 4 · scheme: euler\n[chart: euler in 4 steps]\n" {
			t.Errorf("%d calls, %q", calls, text)
		}
	}
	if n := session.Messages() - before; n != 0 {
		t.Errorf("%d messages", n)
	}
}

func TestInteractMisuse(t *testing.T) {
	steps, scheme := inputs()
	for _, c := range []struct {
		f    any
		want string
	}{
		{nil, "it draws with nil; expected a function"},
		{chart.Chart{}, "it draws with a chart.Chart; expected a function"},
		{func(string, int) chart.Chart { return chart.Chart{} },
			"the function is a func(string, int) chart.Chart; expected one that takes (int, string), the values of " +
				"its inputs"},
		{func(int) chart.Chart { return chart.Chart{} }, "expected one that takes (int, string)"},
		{func(int, ...string) chart.Chart { return chart.Chart{} }, "expected one that takes (int, string)"},
		{func(int, string) {},
			"expected one that returns a Drawing, such as chart.Chart, or a Drawing and an error"},
		{func(int, string) (chart.Chart, string) { return chart.Chart{}, "" }, "expected one that returns a Drawing"},
		{func(int, string) (chart.Chart, error) { return chart.Chart{}, errors.New("my error") }, "my error"},
		{func(int, string) Drawing { return nil }, "the function has returned no drawing"},
	} {
		r := newRecorder(false)
		r.interact(c.f, steps, scheme)
		if got := r.stderr.String(); !strings.Contains(got, c.want) || strings.Count(got, "\n") != 1 ||
			len(r.exits) != 1 {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// A drawing without a title has a label that says what it shows, and letters that can be read in a narrow output.
func TestInteractLabel(t *testing.T) {
	r := newRecorder(true)
	p := &interaction{surface: r.surface, chart: r.newPlace("drawing")}
	p.live(chart.Chart{Panels: []chart.Panel{{Title: "decay", X: chart.Axis{Title: "time"},
		Series: []chart.Series{{Name: "euler", Y: []float64{1, 0.5}}}}}})
	drawn := r.last(t, protocol.MIMETextHTML)
	wellFormed(t, drawn)
	wantParts(t, drawn, `aria-label="[chart: decay over time (euler)]"`)
	checkReadable(t, drawn)
}

// Where nobody sees widgets, too, a bad input is an error.
func TestInteractBadInput(t *testing.T) {
	session.Show(t, false)
	r := newRecorder(false)
	r.interact(func(int) Drawing { t.Error("called"); return chart.Chart{} }, widget.NewIntSlider("steps", 1, 9, 30))
	wantParts(t, r.stderr.String(), `slider "steps"`, "30")
	if len(r.exits) != 1 {
		t.Errorf("exits %v", r.exits)
	}
}
