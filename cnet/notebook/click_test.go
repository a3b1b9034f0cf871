package notebook

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"continuousnet/kernel/widget"
	"continuousnet/kernel/widget/widgettest"
)

// turn is x' = y, y' = -x, whose solutions are circles that take 2π.
func turn(x, y float64) (dx, dy float64) { return y, -x }

// drawn is what the front end has of a curve.
type drawn struct {
	Start  int
	Second bool
	N      int
	Dots   []int
	Says   string
	points [][2]float64
}

// drawnOf returns the curves that the front end has.
func drawnOf(t *testing.T, w *widgettest.State) []drawn {
	t.Helper()
	w = session.Settled(w.ID)
	var curves []drawn
	if err := json.Unmarshal(w.Values["curves"], &curves); err != nil {
		t.Fatal(err)
	}
	raw := w.Buffers["points"]
	number := func() float64 {
		v := math.Float32frombits(binary.LittleEndian.Uint32(raw))
		raw = raw[4:]
		return float64(v)
	}
	for i := range curves {
		for range curves[i].N {
			curves[i].points = append(curves[i].points, [2]float64{number(), number()})
		}
	}
	if len(raw) > 0 {
		t.Errorf("%d bytes are left over", len(raw))
	}
	return curves
}

// flattest returns how far the straight lines between points on a circle around 0 are from it.
func flattest(points [][2]float64) (most float64) {
	for i := 1; i < len(points); i++ {
		p, q := points[i-1], points[i]
		most = max(most, math.Hypot(q[0], q[1])-math.Hypot(p[0]+q[0], p[1]+q[1])/2)
	}
	return most
}

// near reports whether a point is where it should be.
func near(at [2]float64, x, y, within float64) bool { return math.Hypot(at[0]-x, at[1]-y) <= within }

// A click is solved from, a drag moves it, menus change scheme and step size; each is drawn at once.
func TestPlaneToClick(t *testing.T) {
	session.Show(t, true)
	r := newRecorder(true)
	over := make(chan bool)
	speed := widget.NewFloatSlider("speed", 0.5, 2, 0.5, 1)
	go func() {
		defer close(over)
		r.plane(func(x, y float64) (float64, float64) { return speed.Value() * y, -speed.Value() * x }, PlaneOptions{
			T: 3, Starts: [][2]float64{{0.5, 0}}, Schemes: []string{"rk4", "euler", "dopri5"},
			Inputs: []widget.Input{speed},
		})
	}()
	view := session.Await(map[string]string{"_anywidget_id": `"continuousnet.Plane"`})
	menu := func(name, value string) {
		t.Helper()
		var labels []string
		w := described(name)
		if err := json.Unmarshal(w.Values["_options_labels"], &labels); err != nil {
			t.Fatal(err)
		}
		for i, label := range labels {
			if label == value {
				session.Move(w.ID, "index", strconv.Itoa(i))
				return
			}
		}
		t.Fatalf("%s has %q", name, labels)
	}
	custom := func(content string) {
		session.Do(view.ID, `{"method":"custom","content":`+content+`}`)
	}
	// check compares curve i with the exact solution from (x, y) at time s.
	check := func(what string, i, of int, x, y, s, within float64) drawn {
		t.Helper()
		curves := drawnOf(t, view)
		if len(curves) != of {
			t.Fatalf("%s: %d curves, want %d", what, len(curves), of)
		}
		c := curves[i]
		end := c.points[len(c.points)-1]
		if !near(c.points[0], x, y, 1e-6) ||
			!near(end, x*math.Cos(s)+y*math.Sin(s), y*math.Cos(s)-x*math.Sin(s), within) {
			t.Errorf("%s: from %v to %v", what, c.points[0], end)
		}
		return c
	}
	check("at first", 0, 1, 0.5, 0, 3, 1e-5)
	custom(`{"add":[1,1]}`)
	if c := check("clicked", 1, 2, 1, 1, 3, 1e-5); c.Start != 1 || c.N < 31 || len(c.Dots) != 31 ||
		c.Says != "rk4, h = 0.1" {
		t.Errorf("%+v", c)
	}
	session.Move(view.ID, "moved", `{"index":1,"to":[0,-2],"count":1}`)
	check("moved", 1, 2, 0, -2, 3, 1e-4)
	menu("beside it", "euler")
	if c := check("beside it", 3, 4, 0, -2, 3, 1); !c.Second || c.Says != "euler, h = 0.1" {
		t.Errorf("%+v", c)
	} else if end := c.points[c.N-1]; math.Hypot(end[0], end[1]) < 2.2 {
		t.Errorf("Euler's circle does not grow: %v", end)
	}
	menu("beside it", "none")
	menu("step size", "0.5")
	if c := check("coarse", 0, 2, 0.5, 0, 3, 1e-2); len(c.Dots) != 7 { // a circle all the same
		t.Errorf("%d steps are marked", len(c.Dots))
	} else if flat := flattest(c.points); flat > 6./1000 {
		t.Errorf("straight lines are %g from the circle", flat)
	}
	menu("scheme", "dopri5")
	menu("step size", "adaptive")
	if c := check("adaptive", 0, 2, 0.5, 0, 3, 1e-5); c.Says != "dopri5, adaptive steps" || c.N < 10 ||
		len(c.Dots) > 0 {
		t.Errorf("%+v", c)
	}
	menu("scheme", "euler") // which estimates no error
	if c := drawnOf(t, view)[0]; c.N != 1 || !strings.Contains(c.Says, noEstimate) {
		t.Errorf("%+v", c)
	}
	if said := session.Find(map[string]string{"_model_name": `"HTMLModel"`}); !strings.Contains(
		string(said.Values["value"]), "euler "+noEstimate) {
		t.Errorf("said %s", said.Values["value"])
	}
	menu("scheme", "rk4")
	menu("step size", "0.01")
	session.Move(described("speed").ID, "value", "2")
	if c := check("faster", 0, 2, 0.5, 0, 6, 1e-5); c.N != 301 || len(c.Dots) > 0 {
		t.Errorf("%+v", c)
	}
	custom(`{"remove":0}`)
	check("removed", 0, 1, 0, -2, 6, 1e-5)
	for _, nonsense := range []string{`{"remove":7}`, `{"remove":-1}`, `{"add":"x"}`, `3`, `{}`} {
		custom(nonsense)
	}
	session.Move(view.ID, "moved", `{"index":9,"to":[0,0]}`)
	check("nonsense", 0, 1, 0, -2, 6, 1e-5)
	session.Press(described("Clear").ID)
	if all := drawnOf(t, view); len(all) != 0 {
		t.Errorf("%v", all)
	}
	custom(`{"add":[1.5,0]}`)
	session.Press(described("Done").ID)
	<-over
	if r.stderr.Len() > 0 || len(r.exits) > 0 {
		t.Fatal(r.stderr.String())
	}
	wantParts(t, r.sent[1].Data[protocol.MIMETextPlain].(string), "[plane of x and y, from 1 initial value to t = 3]",
		"rk4, h = 0.01: 300 steps, 1,200 evaluations of f", "speed: 2")
	if got := r.last(t, protocol.MIMETextPlain); got != "rk4, h = 0.01: 300 steps, 1,200 evaluations of f" {
		t.Errorf("below it is %q", got)
	}
	if !strings.HasPrefix(r.last(t, protocol.MIMEImagePNG), "\x89PNG") || len(r.sent) != 3 ||
		r.sent[0].DisplayID != r.sent[1].DisplayID {
		t.Errorf("%d outputs, the last without a PNG in the place of the first", len(r.sent))
	}
}

// A solution that grows beyond bounds ends, and says so; the others stay.
func TestPlaneToClickUnstable(t *testing.T) {
	o := PlaneOptions{T: 100, Starts: [][2]float64{{1, 1}, {0, 0}}, Scheme: "euler"}
	if err := o.complete(); err != nil {
		t.Fatal(err)
	}
	p := newPlane(func(x, y float64) (float64, float64) { return x * x, y }, o)
	p.solve()
	for _, x := range p.curves[0].x {
		if !finite(x) || x > within*7 {
			t.Errorf("drawn to %g", x)
		}
	}
	if last := len(p.curves[1].x) - 1; p.curves[1].x[last] != 0 || last != 1000 {
		t.Errorf("%d points to %g", last+1, p.curves[1].x[last])
	}
	wantParts(t, p.text(), "from (1, 1): leaves the plane for good at t = ", "euler, h = 0.1: ", " evaluations of f")
	if _, err := picture(p.chart(), ""); err != nil {
		t.Error(err)
	}
}

// Where nobody sees widgets the plane is a chart.
func TestPlaneToClickNobody(t *testing.T) {
	session.Show(t, false)
	before := session.Messages()
	r := newRecorder(true)
	r.plane(turn, PlaneOptions{Title: "Turn", Second: "euler"})
	wantParts(t, r.sent[0].Data[protocol.MIMETextPlain].(string), "[Turn, from 4 initial values to t = 20]",
		"rk4, h = 0.1: 800 steps, 3,200 evaluations of f", "euler, h = 0.1: 800 steps, 800 evaluations of f")
	if !strings.HasPrefix(r.last(t, protocol.MIMEImagePNG), "\x89PNG") || len(r.sent) != 2 ||
		session.Messages() != before {
		t.Errorf("%d outputs, %d messages", len(r.sent), session.Messages()-before)
	}
	r = newRecorder(false)
	r.plane(turn)
	wantParts(t, r.stdout.String(), "[plane of x and y, from 4 initial values to t = 20]")
}

func TestPlaneToClickMisuse(t *testing.T) {
	for _, c := range []struct {
		f    func(x, y float64) (float64, float64)
		o    PlaneOptions
		want string
	}{
		{nil, PlaneOptions{}, "notebook: Plane: f is nil; expected a function of x and y"},
		{turn, PlaneOptions{X: [2]float64{1, 1}}, "notebook: Plane: X is [1 1], must be a smaller and a larger number"},
		{turn, PlaneOptions{T: math.Inf(1)}, "notebook: Plane: T is +Inf, must be a finite time"},
		{turn, PlaneOptions{StepSizes: []float64{0.1, -1}}, "notebook: Plane: a step size is -1, must be positive"},
		{turn, PlaneOptions{Scheme: "heun"}, `unknown scheme "heun"`},
		{turn, PlaneOptions{Second: "leapfrog"}, `a scheme is "leapfrog", must be one for any system`},
		{turn, PlaneOptions{Starts: [][2]float64{{math.NaN(), 0}}}, "an initial value is [NaN 0], must be finite"},
		{turn, PlaneOptions{Tolerance: -1}, "Tolerance is -1, must be positive"},
	} {
		r := newRecorder(false)
		r.plane(c.f, c.o)
		if got := r.stderr.String(); !strings.Contains(got, c.want) || strings.Count(got, "\n") != 1 ||
			len(r.exits) != 1 {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	r := newRecorder(false)
	r.plane(turn, PlaneOptions{}, PlaneOptions{})
	wantParts(t, r.stderr.String(), "Plane takes at most one PlaneOptions, got 2")
}

// A scheme that switches has steps that adapt whatever is chosen; what is left out of the reasons is counted.
func TestPlaneCosts(t *testing.T) {
	o := PlaneOptions{Scheme: "auto", Starts: [][2]float64{{1, 0}, {0, 1}, {1, 1}, {-1, 0}, {0, -1}}}
	if err := o.complete(); err != nil {
		t.Fatal(err)
	}
	p := newPlane(func(x, y float64) (dx, dy float64) { return y, -x }, o)
	p.solve()
	if lines := p.costs(); len(lines) != 1 || !strings.HasPrefix(lines[0], "auto, adaptive steps: ") {
		t.Errorf("%q", lines)
	}
	p = newPlane(func(x, y float64) (dx, dy float64) { return 1000 * x, 1000 * y }, o)
	p.solve()
	lines := p.costs()
	if len(lines) != 5 || lines[4] != "and 2 more end early" {
		t.Errorf("%q", lines)
	}
	for range maxStarts {
		p.starts = append(p.starts, [2]float64{})
	}
	p.starts = p.starts[:maxStarts]
	if text := p.html(); !strings.Contains(text, "50 initial values are the most") {
		t.Error(text)
	}
}
