package notebook

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"continuousnet/cnet"
	"continuousnet/kernel/widget"
	"continuousnet/kernel/widget/widgettest"
)

// session has a front end that shows widgets, in the tests that say so.
var session = widgettest.New()

// described returns the widget with a description as soon as it is there.
func described(name string) *widgettest.State {
	return session.Await(map[string]string{"description": `"` + name + `"`})
}

// valueOf returns what the front end has of a widget, after all that was sent.
func valueOf(w *widgettest.State, name string) string {
	return string(session.Settled(w.ID).Values[name])
}

// awaitSaid waits until a widget says something: what is asked for during a test is done after it.
func awaitSaid(said *widgettest.State, part string) {
	for !strings.Contains(valueOf(said, "value"), part) {
		runtime.Gosched()
	}
}

// htmlOf returns the HTML that the front end has of a widget.
func htmlOf(t *testing.T, w *widgettest.State) string {
	t.Helper()
	var text string
	if err := json.Unmarshal([]byte(valueOf(w, "value")), &text); err != nil {
		t.Fatal(err)
	}
	return text
}

// A user refines, sets the learning rate and the scheme, saves and stops while a run is trained: each is done, said,
// marked on the curves and kept by the run; afterwards the controls are off.
func TestControls(t *testing.T) {
	session.Show(t, true)
	run, err := cnet.Open(t.TempDir(), cnet.Config{Channels: 1, BatchSize: 50, TestBatchSize: 50, NoAugment: true,
		Adjoint: cnet.Checkpoint})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { run.Close() })
	small(t, run)
	r := newRecorder(true)
	over := make(chan bool)
	go func() {
		defer close(over)
		r.train(run, Until(1_000_000))
	}()
	refine := described("Refine ×2")
	box := session.Await(map[string]string{"_model_name": `"VBoxModel"`})
	var html []*widgettest.State
	for _, w := range session.All() {
		if string(w.Values["_model_name"]) == `"HTMLModel"` {
			html = append(html, w)
		}
	}
	line, curves, said := html[0], html[1], html[2]
	session.Press(refine.ID)
	awaitSaid(said, "refined to 2-2-2 ")
	if got := valueOf(refine, "disabled"); got != "false" {
		t.Errorf("refining cannot be done again: %s", got)
	}
	rate := described("learning rate")
	session.Move(rate.ID, "value", "0.0446683592150963")
	awaitSaid(said, "rate 0.045 ")
	if got := valueOf(rate, "value"); got != "0.1" { // what the process has set last
		t.Errorf("the slider was set to %s, as if it did not show what was chosen", got)
	}
	scheme := described("scheme")
	schemes := cnet.NetworkSchemes()
	choose := func(name string) {
		session.Move(scheme.ID, "index", strconv.Itoa(slices.Index(schemes, name)))
	}
	choose("midpoint")
	awaitSaid(said, `\u003emidpoint `)
	choose("ab2") // which the adjoint does not allow
	awaitSaid(said, "a Runge–Kutta scheme with the adjoint")
	if got := valueOf(scheme, "index"); got != strconv.Itoa(slices.Index(schemes, "midpoint")) {
		t.Errorf("the menu is at %s of %q", got, schemes)
	}
	session.Press(described("Save").ID)
	awaitSaid(said, "saved as checkpoint ")
	for _, name := range []string{"2-2-2", "rate 0.045", "midpoint", "saved"} {
		awaitSaid(curves, name) // a mark
	}
	// Were the process to end now, all would say so.
	const ended = "process has ended in the middle of the training"
	wantParts(t, session.State(box.ID).Left, ended, "2-2-2 midpoint", "rate 0.045")
	wantParts(t, session.State(line.ID).Left, ended)
	wantParts(t, string(session.State(line.ID).Last["value"]), ended)
	wantParts(t, session.State(curves.ID).Left, "svg", "midpoint")
	wantParts(t, string(session.State(said.ID).Last["value"]), "its controls are off")
	stop := described("Stop")
	session.Press(stop.ID)
	<-over

	if r.stderr.Len() > 0 || len(r.exits) > 0 || run.Network().String() != "2-2-2 midpoint" ||
		run.LearningRate() != 0.045 {
		t.Errorf("%s with rate %g: %s", run.Network(), run.LearningRate(), r.stderr.String())
	}
	var events []string
	for _, record := range run.History() {
		if record.Event != cnet.EventEpoch && record.Event != cnet.EventLoss {
			events = append(events, record.Event)
		}
	}
	if !slices.Equal(events, []string{cnet.EventStart, cnet.EventRefine, cnet.EventRate, cnet.EventScheme}) {
		t.Errorf("the history has %q", events)
	}
	if list, err := run.Checkpoints(); err != nil || len(list) != 1 || list[0].Net != "2-2-2 midpoint" {
		t.Errorf("checkpoints %v, %v", list, err)
	}
	views, last := 0, map[string]*protocol.DisplayData{}
	for _, m := range r.sent {
		if m.Data[widget.ViewType] != nil {
			views++
			// In a notebook that is saved now:
			wantParts(t, m.Data[protocol.MIMETextPlain].(string), "When this cell began")
			wellFormed(t, m.Data[protocol.MIMETextHTML].(string))
		}
		last[m.DisplayID] = m
	}
	wantParts(t, r.last(t, protocol.MIMETextHTML), "Stopped as told")
	if views != 3 || len(last) != 3 || len(r.sent) != 6 {
		t.Errorf("%d outputs in %d messages, %d with widgets; want 3, 6 and 3", len(last), len(r.sent), views)
	}
	off := 0
	for _, m := range last {
		if text := m.Data[protocol.MIMETextPlain].(string); strings.HasPrefix(text, "The training has ended") {
			off++
			wantParts(t, text, "2-2-2 midpoint", "learning rate 0.045",
				"done while it was trained: refined to 2-2-2, rate 0.045, midpoint, saved as checkpoint ")
			wellFormed(t, m.Data[protocol.MIMETextHTML].(string))
		}
	}
	// On a page that was loaded again all stays and says that the training has ended.
	wantParts(t, htmlOf(t, line), "Stopped as told")
	wantParts(t, htmlOf(t, curves), "svg", "stopped")
	wantParts(t, htmlOf(t, said), "The training has ended, and its controls are off")
	for _, w := range append(html, box) {
		if w = session.State(w.ID); w.Closed || w.Last == nil || w.Last["value"] != nil {
			t.Errorf("it does not stay as it is: %v", w)
		}
	}
	if off != 1 {
		t.Errorf("%d outputs say that the controls are off", off)
	}
	for _, w := range []*widgettest.State{stop, refine, rate, scheme} {
		if valueOf(w, "disabled") != "true" {
			t.Errorf("%s is not disabled", w.Values["description"])
		}
	}
}

// A rate that is chosen while the one before is still to be done stays chosen.
func TestControlsInARow(t *testing.T) {
	session.Show(t, true)
	run := tiny(t)
	r := newRecorder(true)
	over := make(chan bool)
	go func() {
		defer close(over)
		r.train(run, Until(1_000_000))
	}()
	session.Await(map[string]string{"_model_name": `"VBoxModel"`}) // the last one to come
	rate := described("learning rate")
	for _, value := range []string{"0.0316227766016838", "0.0398107170553497", "0.0446683592150963"} {
		session.Start(rate.ID, fmt.Sprintf(`{"method":"update","state":{"value":%s},"buffer_paths":[]}`, value))
	}
	stop := described("Stop")
	session.Press(stop.ID) // handled after what comes before
	<-over
	if run.LearningRate() != 0.045 {
		t.Errorf("rate %g", run.LearningRate())
	}
	if got := valueOf(rate, "value"); got != "0.1" { // what the process has set last
		t.Errorf("the slider was set back to %s while it was moved", got)
	}
}

// A model that is not continuous in depth has neither steps nor scheme to change.
func TestControlsOfResNet(t *testing.T) {
	session.Show(t, true)
	run, err := cnet.Open(t.TempDir(), cnet.Config{Model: cnet.ResNetV2, Channels: 1, BatchSize: 50, TestBatchSize: 50,
		NoAugment: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { run.Close() })
	d := newDashboard(newRecorder(true).surface, run, 1)
	c, err := newControls(d, &cnet.Queue{})
	if err != nil {
		t.Fatal(err)
	}
	if c.refine != nil || c.scheme != nil || !slices.Equal(c.names, []string{"Stop", "Save"}) {
		t.Errorf("%q", c.names)
	}
	c.batch()
	session.Press(described("Stop").ID) // after the training has ended
	if got := c.said.Value(); !strings.Contains(got, "the training ended before it could be done") {
		t.Errorf("said %s", got)
	}
}

// Where nobody sees widgets a training sends none, and waits for nothing.
func TestNobodyControls(t *testing.T) {
	session.Show(t, false)
	before := session.Messages()
	run := tiny(t)
	r := newRecorder(true)
	r.train(run)
	for _, m := range r.sent {
		if m.Data[widget.ViewType] != nil {
			t.Errorf("%v", m.Data)
		}
	}
	if n := session.Messages() - before; n != 0 || run.Epoch() != 1 {
		t.Errorf("%d messages, %d epochs", n, run.Epoch())
	}
}

// While the net is tested, what is pressed is said to come after the test, and does; the user may still stop.
func TestControlsWhileTested(t *testing.T) {
	session.Show(t, true)
	run := tiny(t)
	r := newRecorder(true)
	d := newDashboard(r.surface, run, 9)
	queue := &cnet.Queue{}
	c, err := newControls(d, queue)
	if err != nil {
		t.Fatal(err)
	}
	refine, stop := described("Refine ×2"), described("Stop")
	said := session.Await(map[string]string{"_model_name": `"HTMLModel"`})
	tests := 0
	err = run.TrainTo(t.Context(), 9, cnet.TrainOptions{Commands: queue, OnTest: func() {
		d.test()
		c.test(true)
		switch tests++; tests {
		case 1: // the handlers return: the training, which they run beside, waits for them here
			session.Press(refine.ID)
			session.Press(described("Save").ID)
			if got := valueOf(said, "value"); !strings.Contains(got, "saving after the test …") {
				t.Errorf("said %s", got)
			}
			if got := valueOf(refine, "disabled"); got != "true" {
				t.Errorf("refining can be asked for twice: %s", got)
			}
		case 2:
			if got := valueOf(said, "value"); !strings.Contains(got, "saved as checkpoint after-epoch-1") {
				t.Errorf("said %s", got)
			}
			if valueOf(refine, "disabled") != "false" || run.Network().String() != "2-2-2 euler" {
				t.Errorf("%s, refining cannot be asked for: %s", run.Network(), valueOf(refine, "disabled"))
			}
			session.Press(refine.ID)
			session.Start(stop.ID, `{"method":"custom","content":{"event":"click"}}`)
		}
	}, OnBatch: func(cnet.Progress) { c.batch() }, OnRecord: c.record})
	if !errors.Is(err, cnet.ErrStopped) {
		t.Errorf("ended with %v", err)
	}
	if first := run.History().Epochs()[0]; first.Net != "1-1-1 euler" || run.Network().String() != "4-4-4 euler" {
		t.Errorf("the first epoch was measured as %s, in the end it is %s", first.Net, run.Network())
	}
	c.end()
}
