package figures

import (
	"bytes"
	"io"
	"math"
	"slices"
	"testing"

	"continuousnet/cnet/chart"
	"continuousnet/cnet/ode"
	"continuousnet/cnet/ode/plane"
	"continuousnet/cnet/ode/problems"
)

// Every arrow points where the field does, has its middle on the lattice, and its length grows with the root of the
// speed; where the field is 0 or not finite there is none.
func TestVectorField(t *testing.T) {
	f := func(_ float64, x, dx []float64) {
		dx[0], dx[1] = -x[1], x[0]
		if x[0] > 1 && x[1] > 1 {
			dx[0] = math.NaN()
		}
	}
	field, err := plane.NewField(f, plane.Options{Arrows: 5}) // at −2.4, −1.2, 0, 1.2, 2.4
	if err != nil {
		t.Fatal(err)
	}
	c := VectorField(field)
	list := c.Panels[0].Series[0]
	if list.Kind != chart.Arrows || len(list.X) != 25-1-4 { // but for the middle and a corner
		t.Fatalf("%d arrows", len(list.X))
	}
	for i := range list.X {
		dx, dy := list.DX[i], list.DY[i]
		x, y := list.X[i]+dx/2, list.Y[i]+dy/2
		r, length := math.Hypot(x, y), math.Hypot(dx, dy)
		if math.Abs(-dx*y+dy*x-r*length) > 1e-9 { // (dx, dy) is along (−y, x)
			t.Errorf("at (%g, %g): (%g, %g)", x, y, dx, dy)
		}
		if want := 1.2 * 0.95 * math.Sqrt(r/(2.4*math.Sqrt2)); math.Abs(length-want) > 0.03*want {
			t.Errorf("at (%g, %g): length %g, want %g", x, y, length, want)
		}
		if k := math.Round(x/1.2) * 1.2; math.Abs(x-k) > 1e-9 {
			t.Errorf("an arrow at (%g, %g), beside the lattice", x, y)
		}
	}
	if err := c.PNG(io.Discard); err != nil {
		t.Error(err)
	}
}

// Equilibria of a kind are one series, and everything is in the window that was asked for.
func TestPhasePortrait(t *testing.T) {
	p, err := plane.NewPortrait(problems.Pendulum(1).F, plane.Options{X: [2]float64{-7, 7}})
	if err != nil {
		t.Fatal(err)
	}
	c := PhasePortrait(p)
	panel := c.Panels[0]
	if panel.X.Min != -7 || panel.X.Max != 7 || panel.Y.Min != -3 || !panel.Equal {
		t.Errorf("axes %+v, %+v", panel.X, panel.Y)
	}
	of := func(name string) chart.Series {
		i := slices.IndexFunc(panel.Series, func(s chart.Series) bool { return s.Name == name })
		if i < 0 {
			t.Fatalf("no series %q", name)
		}
		return panel.Series[i]
	}
	if s := of("center"); len(s.X) != 3 || s.Kind != chart.Points {
		t.Errorf("centers at %v", s.X)
	}
	if s := of("saddle"); len(s.X) != 2 || math.Abs(s.X[0]+math.Pi) > 1e-8 {
		t.Errorf("saddles at %v", s.X)
	}
	for _, x := range of("x₁′ = 0").Y {
		if !math.IsNaN(x) && math.Abs(x) > 1e-9 {
			t.Errorf("the nullcline y = 0 is at %g", x)
		}
	}
	if err := c.PNG(io.Discard); err != nil {
		t.Error(err)
	}
}

// Many turns of curves that turn quickly are drawn whole: nothing is said to be left out, and the specification stays
// far below what is allowed.
func TestPhasePortraitIsWhole(t *testing.T) {
	vanDerPol := func(_ float64, x, dx []float64) { dx[0], dx[1] = x[1], 2*(1-x[0]*x[0])*x[1]-x[0] }
	for name, o := range map[string]plane.Options{
		"dopri5": {}, "rk4": {Solve: ode.Options{Scheme: "rk4", StepSize: 0.1}},
	} {
		p, err := plane.NewPortrait(vanDerPol, o)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := PhasePortrait(p).VegaLite(&b); err != nil {
			t.Fatal(err)
		}
		if b.Len() > 150_000 || bytes.Contains(b.Bytes(), []byte("Left out")) {
			t.Errorf("%s: %d bytes, %.400s", name, b.Len(), b.Bytes())
		}
	}
}

// Steps of a given length are marked on a curve, whose costs are those of the steps.
func TestTrajectoriesBetweenSteps(t *testing.T) {
	turn := ode.Problem{F: func(_ float64, x, dx []float64) { dx[0], dx[1] = x[1], -x[0] }, X0: []float64{2, 0}, T1: 6}
	list, err := NewTrajectories(turn, ode.Options{Scheme: "rk4", Steps: 12})
	if err != nil {
		t.Fatal(err)
	}
	series := Trajectories(list).Panels[0].Series
	if len(series) != 2 || series[0].Name != "rk4: 12 steps, 48 evaluations" || series[0].Dots ||
		series[1].Like != series[0].Name || !series[1].Dots || len(series[1].X) != 2*13 {
		t.Fatalf("%d series, %+v", len(series), series)
	}
	for i := 1; i < len(series[0].X); i++ {
		x, y := (series[0].X[i-1]+series[0].X[i])/2, (series[0].Y[i-1]+series[0].Y[i])/2
		if d := 2 - math.Hypot(x, y); d > 4./1000 { // half a pixel of 500
			t.Errorf("a corner: straight on %g beside the circle", d)
		}
	}
}

func TestTrajectories(t *testing.T) {
	decay := ode.Problem{F: func(_ float64, x, dx []float64) { dx[0] = -10 * x[0] }, X0: []float64{1}, T1: 2}
	list, err := NewTrajectories(decay, ode.Options{Scheme: "euler", Steps: 8}, ode.Options{RTol: 1e-8, ATol: 1e-10})
	if err != nil {
		t.Fatal(err)
	}
	c := Trajectories(list)
	euler, dopri5 := c.Panels[0].Series[0], c.Panels[0].Series[1]
	if euler.Name != "euler: 8 steps, 8 evaluations" || !euler.Dots {
		t.Errorf("%q, dots %v", euler.Name, euler.Dots)
	}
	for i, y := range euler.Y {
		if want := math.Pow(1-2.5, float64(i)); math.Abs(y-want) > 1e-12 || euler.X[i] != 0.25*float64(i) {
			t.Errorf("Euler is %g at %g, want %g", y, euler.X[i], want)
		}
	}
	for i, y := range dopri5.Y { // also between the steps
		if want := math.Exp(-10 * dopri5.X[i]); math.Abs(y-want) > 1e-6 {
			t.Errorf("dopri5 is %g at %g, want %g", y, dopri5.X[i], want)
		}
	}
	if y := c.Panels[0].Y; math.Abs(y.Min+0.5) > 1e-6 || math.Abs(y.Max-1.5) > 1e-6 { // not up to 1.5⁸
		t.Errorf("the axis is from %g to %g", y.Min, y.Max)
	}

	// A batch of two in the plane, and a solution that ends in infinity.
	list, err = NewTrajectories(problems.Pendulum(2))
	if err != nil || list[0].Stopped != "" {
		t.Fatal(err, list[0].Stopped)
	}
	if c = Trajectories(list); len(c.Panels) != 3 || len(c.Panels[0].Series) != 2 ||
		!slices.Equal(c.Panels[0].Series[0].X, c.Panels[1].Series[1].Y) {
		t.Errorf("%d panels of %d curves", len(c.Panels), len(c.Panels[0].Series))
	}
	blow := ode.Problem{F: func(_ float64, x, dx []float64) { dx[0] = x[0] * x[0] }, X0: []float64{1}, T1: 2}
	list, err = NewTrajectories(blow)
	if err != nil || list[0].Stopped == "" {
		t.Fatalf("stopped by %q, %v", list[0].Stopped, err)
	}
	if err := Trajectories(list).PNG(io.Discard); err != nil {
		t.Error(err)
	}
	if _, err := NewTrajectories(decay, ode.Options{Scheme: "euler"}); err == nil {
		t.Error("Euler without a number of steps")
	}
	if got := component(11); got != "x₁₂" {
		t.Error(got)
	}
}
