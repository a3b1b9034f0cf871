package widget_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"continuousnet/kernel/cell"
	"continuousnet/kernel/widget"
	"continuousnet/kernel/widget/widgettest"
)

var session = widgettest.New()

func TestMain(m *testing.M) {
	code := m.Run()
	session.Close()
	os.Exit(code)
}

// shown returns what the front end knows of a widget, after it is displayed.
func shown(t *testing.T, w widget.Widget) *widgettest.State {
	t.Helper()
	session.Show(t, true)
	b, err := w.MIMEBundle()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(b[widget.ViewType])
	if err != nil {
		t.Fatal(err)
	}
	var view struct {
		Major int    `json:"version_major"`
		Model string `json:"model_id"`
	}
	if json.Unmarshal(text, &view) != nil || view.Major != 2 || view.Model == "" {
		t.Fatalf("the output that shows it is %s", text)
	}
	return state(t, view.Model)
}

func state(t *testing.T, id string) *widgettest.State {
	t.Helper()
	s := session.State(id)
	if s == nil {
		t.Fatalf("the front end knows no widget %s", id)
	}
	return s
}

// want compares values of a widget with JSON.
func want(t *testing.T, s *widgettest.State, values map[string]string) {
	t.Helper()
	for name, value := range values {
		if got := string(s.Values[name]); got != value {
			t.Errorf("%s is %s, want %s", name, got, value)
		}
	}
}

// What the front end is told of each kind of control, what the user does to it, and what comes of that.
func TestControls(t *testing.T) {
	check := func(name string, w widget.Input, state map[string]string, trait, move string, moved any, bad ...string) {
		t.Run(name, func(t *testing.T) {
			s := shown(t, w)
			want(t, s, map[string]string{
				"_model_module": `"@jupyter-widgets/controls"`, "_model_module_version": `"2.0.0"`,
				"_view_module": `"@jupyter-widgets/controls"`, "_model_name": `"` + name + `Model"`,
			})
			want(t, s, state)
			calls := 0
			w.OnChange(func() { calls++ })
			session.Move(s.ID, trait, move)
			if w.Current() != moved || calls != 1 {
				t.Errorf("moved to %s it is %v after %d calls, want %v after 1", move, w.Current(), calls, moved)
			}
			for _, value := range bad {
				session.Move(s.ID, trait, value)
				if w.Current() != moved || calls != 1 {
					t.Errorf("%s was taken, as %v", value, w.Current())
				}
			}
		})
	}
	check("IntSlider", widget.NewIntSlider("steps", 1, 64, 4),
		map[string]string{"description": `"steps"`, "min": "1", "max": "64", "value": "4",
			"_view_name": `"IntSliderView"`},
		"value", "9", 9, "65", "0", `"x"`, "1.5", "null")
	check("FloatSlider", widget.NewFloatSlider("µ", 0, 5, 0.1, 1),
		map[string]string{"min": "0", "max": "5", "step": "0.1", "value": "1"}, "value", "2.5", 2.5, "5.1", "[1]")
	check("FloatLogSlider", widget.NewFloatLogSlider("learning rate", 1e-4, 1, 0.1),
		map[string]string{"min": "-4", "max": "0", "base": "10", "value": "0.1"}, "value", "1.0000000000000002",
		1.0000000000000002, "2", "-1")
	check("Dropdown", widget.NewDropdown("scheme", []string{"euler", "rk4"}, "rk4"),
		map[string]string{"_options_labels": `["euler","rk4"]`, "index": "1"}, "index", "0", "euler", "2", "-1",
		`"euler"`)
	check("Checkbox", widget.NewCheckbox("log", false), map[string]string{"value": "false"}, "value", "true", true, "3",
		"null")
	check("Text", widget.NewText("name", "a"), map[string]string{"value": `"a"`, "continuous_update": "false"}, "value",
		`"b <c>"`, "b <c>", "3", "null")
	check("FloatProgress", widget.NewProgress("done", 0, 1, 0.25),
		map[string]string{"value": "0.25", "_view_name": `"ProgressView"`}, "value", "0.5", 0.5, "2")
	check("HTML", widget.NewHTML("<b>a</b>"), map[string]string{"value": `"\u003cb\u003ea\u003c/b\u003e"`}, "value",
		`"x"`, "x")
}

func TestSetValue(t *testing.T) {
	menu := widget.NewDropdown("scheme", []string{"euler", "rk4"}, "rk4")
	called := false
	menu.Observe(func(string) { called = true })
	if err := menu.SetValue("euler"); err != nil { // before it is shown
		t.Fatal(err)
	}
	s := shown(t, menu)
	want(t, s, map[string]string{"index": "0"})
	if err := menu.SetValue("rk4"); err != nil {
		t.Fatal(err)
	}
	if err := menu.SetDisabled(true); err != nil {
		t.Fatal(err)
	}
	want(t, session.Settled(s.ID), map[string]string{"index": "1", "disabled": "true"})
	err := menu.SetValue("heun")
	if err == nil || err.Error() != `widget: menu "scheme": its value is "heun", must be one of ["euler" "rk4"]` {
		t.Error(err)
	}
	if menu.Value() != "rk4" || called {
		t.Errorf("it is %s, observers were called: %v", menu.Value(), called)
	}
	if err := menu.Close(); err != nil || !session.Settled(s.ID).Closed {
		t.Errorf("not closed: %v", err)
	}
	if err := menu.SetValue("euler"); err != nil || menu.Value() != "euler" {
		t.Errorf("after it was closed: %v", err)
	}
}

// A slider's range follows what it shows.
func TestSetRange(t *testing.T) {
	rate := widget.NewFloatLogSlider("rate", 1e-3, 1, 0.1)
	s := shown(t, rate)
	if err := rate.SetValue(1e-5); err == nil {
		t.Error("a value beyond the range")
	}
	if err := widget.SetRange(rate, 1e-6, 1e-2); err != nil || rate.Value() != 1e-2 {
		t.Fatalf("%g, %v", rate.Value(), err)
	}
	if err := rate.SetValue(1e-5); err != nil {
		t.Error(err)
	}
	want(t, session.Settled(s.ID), map[string]string{"min": "-6", "max": "-2", "value": "0.00001"})
	for _, ends := range [][2]float64{{0, 1}, {1, 1}, {2, 1}, {1, math.Inf(1)}} {
		if err := widget.SetRange(rate, ends[0], ends[1]); err == nil {
			t.Errorf("range %v", ends)
		}
	}
}

// What the user chooses while the program sets another value is said again, as the front end shows the latter.
func TestCrossing(t *testing.T) {
	n := widget.NewIntSlider("n", 1, 9, 4)
	s := shown(t, n)
	if err := n.SetValue(5); err != nil {
		t.Fatal(err)
	}
	want(t, session.Settled(s.ID), map[string]string{"value": "5"})
	session.Move(s.ID, "value", "6")
	session.Await(map[string]string{"description": `"n"`, "value": "6"})
}

func TestBadArguments(t *testing.T) {
	session.Show(t, true)
	before := session.Messages()
	for _, c := range []struct {
		w    widget.Widget
		want string
	}{
		{widget.NewIntSlider("n", 8, 1, 4), `slider "n": its range is 8 to 1; expected a smaller and a larger number`},
		{widget.NewIntSlider("n", 1, 8, 9), `slider "n": its value is 9, must be 1 to 8`},
		{widget.NewFloatSlider("x", 0, 1, 0, 0.5), `slider "x": its step is 0, must be positive`},
		{widget.NewFloatLogSlider("r", 0, 1, 0.5),
			`slider "r": it begins at 0, must be positive for a logarithmic scale`},
		{widget.NewDropdown("s", nil, ""), `menu "s": its value is "", must be one of []`},
		{widget.NewImage([]byte("BM")), `image: its bytes are none of PNG, JPEG, GIF and SVG`},
		{widget.NewAny("a.B", "", map[string]any{"_esm": 1}),
			`widget a.B: the name _esm is anywidget's own; take another one`},
		{widget.NewVBox(widget.NewButton("a"), widget.NewHBox(widget.NewIntSlider("n", 1, 8, 9))),
			`slider "n": its value is 9, must be 1 to 8`},
	} {
		if _, err := c.w.MIMEBundle(); err == nil || err.Error() != "widget: "+c.want {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
	if n := session.Messages() - before; n != 0 {
		t.Errorf("%d messages were sent", n)
	}
}

func TestBoxesAndButtons(t *testing.T) {
	session.Show(t, true)
	stop, steps := widget.NewButton("Stop"), widget.NewIntSlider("steps", 1, 8, 2)
	if err := stop.Set("icon", "stop"); err != nil {
		t.Fatal(err)
	}
	if err := steps.SetLayout(map[string]string{"max-width": "400px"}); err != nil {
		t.Fatal(err)
	}
	box := widget.NewVBox(stop, widget.NewHBox(steps))
	s := shown(t, box)
	var parts []string
	if err := json.Unmarshal(s.Values["children"], &parts); err != nil || len(parts) != 2 {
		t.Fatalf("children %s", s.Values["children"])
	}
	button := state(t, strings.TrimPrefix(parts[0], "IPY_MODEL_"))
	want(t, button, map[string]string{"_model_name": `"ButtonModel"`, "description": `"Stop"`, "icon": `"stop"`})
	slider := session.Find(map[string]string{"description": `"steps"`})
	var layout string
	if json.Unmarshal(slider.Values["layout"], &layout) != nil {
		t.Fatalf("layout %s", slider.Values["layout"])
	}
	want(t, state(t, strings.TrimPrefix(layout, "IPY_MODEL_")), map[string]string{"max_width": `"400px"`,
		"_model_module": `"@jupyter-widgets/base"`, "_model_name": `"LayoutModel"`, "_view_name": `"LayoutView"`})

	pressed := 0
	stop.OnClick(func() { pressed++ })
	session.Press(button.ID)
	session.Do(button.ID, `{"method":"custom","content":{"event":"hover"}}`)
	if err := box.SetDisabled(true); err != nil {
		t.Fatal(err)
	}
	session.Press(button.ID) // on its way when it was disabled
	if pressed != 1 {
		t.Errorf("pressed %d times, want 1", pressed)
	}
	for _, id := range []string{button.ID, slider.ID} {
		want(t, session.Settled(id), map[string]string{"disabled": "true"})
	}
	if left := session.State(s.ID).Left; left != "" {
		t.Errorf("left is %s", left)
	}
	session.Move(slider.ID, "value", "7")
	if left := session.State(s.ID).Left; left != `{"text/plain":"[Stop]\nsteps: 7"}` {
		t.Errorf("left is %s", left)
	}
	box.SetStill(cell.Bundle{"text/plain": "the end"})
	session.Move(slider.ID, "value", "8")
	if left := session.Settled(s.ID).Left; left != `{"text/plain":"the end"}` {
		t.Errorf("left is %s", left)
	}
	before := session.Messages()
	if again := shown(t, box); again.ID != s.ID || session.Messages() != before {
		t.Error("a second display opened it again")
	}
}

// A function that is called by one widget may make others, and change itself.
func TestCallbacks(t *testing.T) {
	button := widget.NewButton("more")
	s := shown(t, button)
	button.OnClick(func() {
		more := widget.NewText("made", "x")
		if _, err := more.MIMEBundle(); err != nil {
			t.Error(err)
		}
		if err := button.Set("description", "less"); err != nil {
			t.Error(err)
		}
	})
	session.Press(s.ID)
	want(t, session.Settled(s.ID), map[string]string{"description": `"less"`})
	if session.Find(map[string]string{"description": `"made"`}) == nil {
		t.Error("the widget that was made is not there")
	}
}

func TestBytes(t *testing.T) {
	png := []byte("\x89PNG\r\n\x1a\nfirst")
	image := widget.NewImage(png)
	s := shown(t, image)
	if !bytes.Equal(s.Buffers["value"], png) || s.Values["value"] != nil {
		t.Errorf("bytes %q, values %s", s.Buffers, s.Values)
	}
	want(t, s, map[string]string{"format": `"png"`})
	if err := image.SetValue(append(png, 2)); err != nil {
		t.Fatal(err)
	}
	if got := session.Settled(s.ID).Buffers["value"]; !bytes.Equal(got, append(png, 2)) {
		t.Errorf("%q", got)
	}

	plane := widget.NewAny("test.Plane", "export default {}", map[string]any{"at": []int{1, 2}, "raw": []byte{7, 255}})
	s = shown(t, plane)
	want(t, s, map[string]string{"_model_module": `"anywidget"`, "_esm": `"export default {}"`, "at": "[1,2]"})
	if !bytes.Equal(s.Buffers["raw"], []byte{7, 255}) {
		t.Errorf("%q", s.Buffers)
	}
	var got []string
	plane.OnChange("at", func(value json.RawMessage) { got = append(got, string(value)) })
	plane.OnMessage(func(content json.RawMessage, buffers [][]byte) {
		got = append(got, fmt.Sprintf("%s %v", content, buffers))
		if err := plane.Send("ok", []byte{1}); err != nil {
			t.Error(err)
		}
		if err := plane.Update(map[string]any{"a": 1, "raw": []byte{}}); err != nil {
			t.Error(err)
		}
	})
	session.Move(s.ID, "at", "[3,4]")
	session.Do(s.ID, `{"method":"custom","content":{"x":1}}`, []byte{5})
	if fmt.Sprint(got) != `[[3,4] {"x":1} [[5]]]` {
		t.Errorf("%v", got)
	}
	s = session.Settled(s.ID)
	if len(s.Custom) != 1 || string(s.Custom[0]) != `"ok"` || s.Updates != 1 || len(s.Buffers["raw"]) != 0 {
		t.Errorf("%+v", s)
	}
}

type celsius float64

func (c celsius) HTML() string   { return fmt.Sprintf("<b>%g</b>", float64(c)) }
func (c celsius) String() string { return fmt.Sprintf("%g degrees", float64(c)) }

func TestOutput(t *testing.T) {
	o := widget.NewOutput()
	if err := o.Show(celsius(20)); err != nil {
		t.Fatal(err)
	}
	s := shown(t, o)
	one := `{"data":{"text/html":"\u003cb\u003e%[1]d\u003c/b\u003e","text/plain":"%[1]d degrees"},"metadata":{},` +
		`"output_type":"display_data"}`
	want(t, s, map[string]string{"outputs": "[" + fmt.Sprintf(one, 20) + "]", "msg_id": `""`,
		"_model_module": `"@jupyter-widgets/output"`, "_model_module_version": `"1.0.0"`})
	if err := o.Show(celsius(21)); err != nil {
		t.Fatal(err)
	}
	both := "[" + fmt.Sprintf(one, 20) + "," + fmt.Sprintf(one, 21) + "]"
	want(t, session.Settled(s.ID), map[string]string{"outputs": both})
	if err := o.Replace(celsius(5)); err != nil {
		t.Fatal(err)
	}
	want(t, session.Settled(s.ID), map[string]string{"outputs": "[" + fmt.Sprintf(one, 5) + "]"})
	if err := o.Show(cell.Bundle{"application/json": func() {}}); err == nil {
		t.Error("what JSON cannot say was shown")
	}
}

// Where nobody can see widgets nothing is sent and nothing waits; the still is shown.
func TestNobody(t *testing.T) {
	for _, inNotebook := range []bool{true, false} {
		if inNotebook {
			session.Show(t, false)
		} else {
			t.Setenv("CNET_KERNEL_COMMS", "")
		}
		before := session.Messages()
		box := widget.NewVBox(widget.NewButton("Stop"), widget.NewHBox(widget.NewIntSlider("steps", 1, 8, 2),
			widget.NewHTML("a <b>b</b> &amp; c")))
		b, err := box.MIMEBundle()
		if err != nil || len(b) != 1 || b["text/plain"] != "[Stop]\nsteps: 2 · a b & c" {
			t.Errorf("%v, %v", b, err)
		}
		box.SetStill(cell.Bundle{"text/html": "<i>still</i>"})
		if b, _ := box.MIMEBundle(); len(b) != 2 || b["text/html"] != "<i>still</i>" {
			t.Errorf("%v", b)
		}
		if err := box.SetDisabled(true); err != nil {
			t.Error(err)
		}
		widget.Await(make(chan struct{}))
		if n := session.Messages() - before; n != 0 {
			t.Errorf("%d messages were sent", n)
		}
	}
	t.Setenv("CNET_KERNEL_COMMS", "somewhere")
	for value, want := range map[string]bool{"1": true, "0": false} {
		t.Setenv(cell.WidgetsVariable, value)
		if cell.ShowsWidgets() != want {
			t.Errorf("CNET_WIDGETS=%s does not count", value)
		}
	}
}

// A box that stays when the cell has ended stays with all its parts, layouts and those that come later included; they
// are off, but for those with a last state of their own.
func TestLast(t *testing.T) {
	slider, said := widget.NewIntSlider("last steps", 1, 9, 2), widget.NewHTML("running")
	button := widget.NewButton("last")
	box := widget.NewVBox(widget.NewHBox(slider, button), said)
	if err := errors.Join(said.SetLast(map[string]any{"value": "ended"}), box.SetLast(nil)); err != nil {
		t.Fatal(err)
	}
	shown(t, box)
	if err := button.SetLayout(map[string]string{"width": "auto"}); err != nil {
		t.Fatal(err)
	}
	last := map[string]int{}
	for _, w := range session.All() {
		w = session.Settled(w.ID)
		text, err := json.Marshal(w.Last)
		if err != nil {
			t.Fatal(err)
		}
		last[strings.Trim(string(w.Values["_model_name"]), `"`)+" "+string(text)]++
	}
	if got := fmt.Sprint(last); got != `map[ButtonModel {"disabled":true}:1 HBoxModel {"disabled":true}:1 `+
		`HTMLModel {"value":"ended"}:1 IntSliderModel {"disabled":true}:1 LayoutModel {}:1 SliderStyleModel {}:1 `+
		`VBoxModel {}:1]` {
		t.Error(got)
	}
	if err := said.SetLast(map[string]any{"value": "done"}); err != nil {
		t.Fatal(err)
	}
	if w := session.Find(map[string]string{"value": `"running"`}); string(session.Settled(w.ID).Last["value"]) !=
		`"done"` {
		t.Errorf("%s", w.Last)
	}
}
