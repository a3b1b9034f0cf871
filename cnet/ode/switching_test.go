package ode

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// Where a problem is not stiff, auto is its explicit scheme to the bit, and says nothing of switches.
func TestAutoOnPlainProblems(t *testing.T) {
	for _, o := range []Options{
		{}, {RTol: 1e-9, ATol: 1e-9}, {Controller: PI()}, {Dense: true, At: []float64{0.3, 1.1}},
	} {
		p := nonAutonomous
		o.Scheme = "tsit5"
		want, err := Solve(p, o)
		if err != nil {
			t.Fatal(err)
		}
		o.Scheme = "auto"
		got, err := Solve(p, o)
		if err != nil {
			t.Fatal(err)
		}
		if got.Stats.NFE != want.Stats.NFE || got.Stats.Switches != 0 || got.Stats.Jacobians != 0 ||
			strings.Contains(got.Stats.String(), "switch") {
			t.Errorf("%v, tsit5: %v", got.Stats, want.Stats)
		}
		for i, x := range want.X {
			if !slices.Equal(got.X[i], x) {
				t.Errorf("x(%g) = %v, tsit5: %v", want.T[i], got.X[i], x)
			}
		}
	}
}

// A relaxation oscillation is stiff on its slow parts only: auto goes to the implicit method and back, needs a small
// part of the explicit scheme's evaluations, and finds the same outputs, events and curve as radau5.
func TestAutoSwitches(t *testing.T) {
	p := vanDerPol(100, 300)
	p.Events = []Event{{Name: "zero", G: func(_ float64, x []float64) float64 { return x[0] }}}
	o := Options{RTol: 1e-7, ATol: 1e-7, MaxSteps: 1e6, Dense: true}
	for i := range 301 {
		o.At = append(o.At, float64(i))
	}
	solve := func(scheme string, rtol float64) *Solution {
		own := o
		own.Scheme, own.RTol, own.ATol = scheme, rtol, rtol
		s, err := Solve(p, own)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	exact, auto, explicit := solve("radau5", 1e-11), solve("auto", 1e-7), solve("tsit5", 1e-7)
	if st := auto.Stats; st.NFE > explicit.Stats.NFE/10 || st.Switches < 3 || st.Implicit < 20 ||
		st.Implicit > st.Accepted-50 || !strings.Contains(st.String(), "switches") {
		t.Errorf("auto: %v\ntsit5: %v", st, explicit.Stats)
	}
	if len(auto.Events) != len(exact.Events) || len(exact.Events) < 2 {
		t.Fatalf("%d events, want %d", len(auto.Events), len(exact.Events))
	}
	for i, e := range exact.Events {
		if d := math.Abs(auto.Events[i].T - e.T); d > 1e-4 {
			t.Errorf("event %d is off by %.1e", i, d)
		}
	}
	for i, at := range exact.T {
		curve, err := auto.At(at)
		if err != nil {
			t.Fatal(err)
		}
		if d := max(math.Abs(auto.X[i][0]-exact.X[i][0]), math.Abs(curve[0]-exact.X[i][0])); d > 1e-3 {
			t.Errorf("x(%g) is off by %.1e", at, d)
		}
	}
}

// The unit of a component changes neither the test nor the solution: Van der Pol's equation with x′ in other units.
func TestAutoUnits(t *testing.T) {
	solve := func(unit float64) *Solution {
		s, err := Solve(Problem{
			F: func(_ float64, x, dx []float64) {
				dx[0], dx[1] = x[1]/unit, unit*(100*(1-x[0]*x[0])*x[1]/unit-x[0])
			},
			X0: []float64{2, 0}, T1: 200,
		}, Options{Scheme: "auto", RTol: 1e-6, ATols: []float64{1e-6, 1e-6 * unit}})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	one := solve(1)
	for _, unit := range []float64{0x1p-40, 0x1p-10, 0x1p30} {
		s := solve(unit)
		if s.Stats.Switches != one.Stats.Switches || s.Stats.Implicit != one.Stats.Implicit ||
			math.Abs(s.Final()[0]-one.Final()[0]) > 1e-4 {
			t.Errorf("unit %g: %v, with 1: %v", unit, s.Stats, one.Stats)
		}
	}
}

// What is stiff between two jumps alone is solved implicitly there alone, in both directions of time.
func TestAutoAtJumps(t *testing.T) {
	for _, backwards := range []bool{false, true} {
		p := Problem{X0: []float64{1}, T1: 30, F: func(t float64, x, dx []float64) {
			t = math.Abs(t)
			lambda := 1.0
			if t >= 10 && t < 20 {
				lambda = 1e5
			}
			dx[0] = -lambda*(x[0]-math.Cos(t)) - math.Sin(t)
		}}
		o := Options{Scheme: "auto", MaxStep: 0.5, Jumps: []float64{10, 20}, At: []float64{5, 10, 15, 20, 25, 30}}
		if backwards {
			forwards := p.F
			p.F = func(t float64, x, dx []float64) { forwards(t, x, dx); dx[0] = -dx[0] }
			p.T1 = -30
			o.Jumps = []float64{-10, -20}
			o.At = []float64{-5, -10, -15, -20, -25, -30}
		}
		s, err := Solve(p, o)
		if err != nil {
			t.Fatal(err)
		}
		if st := s.Stats; st.Switches != 2 || st.Implicit < 5 || st.NFE > 3000 {
			t.Errorf("backwards %v: %v", backwards, st)
		}
		for i, at := range s.T {
			if e := math.Abs(s.X[i][0] - math.Cos(at)); e > 1e-4 {
				t.Errorf("backwards %v: x(%g) is off by %.1e", backwards, at, e)
			}
		}
	}
}

// The limit of stability on the negative real axis is that of the literature (HNW II, section IV.2).
func TestStabilityLimit(t *testing.T) {
	for name, want := range map[string]float64{"euler": 2, "rk4_classic": 2.785, "dopri5": 3.307} {
		tb, err := Scheme(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := tb.stabilityLimit(); math.Abs(got-want) > 2e-3 {
			t.Errorf("%s: %.4f, want %.4f", name, got, want)
		}
	}
}

// A Switching with another explicit scheme can be registered; what cannot work is refused and said.
func TestSwitchingRegistered(t *testing.T) {
	dopri5, err := Scheme("dopri5")
	if err != nil {
		t.Fatal(err)
	}
	if err := RegisterMethod(Switching{Name: "auto_dopri5", Explicit: dopri5}); err != nil {
		t.Fatal(err)
	}
	defer unregister("auto_dopri5")
	s, err := Solve(vanDerPol(1000, 1000), Options{Scheme: "auto_dopri5"})
	if err != nil || s.Stats.Switches == 0 || s.Stats.NFE > 10000 {
		t.Errorf("%v, %v", s.Stats, err)
	}
	for _, name := range []string{"rk4", "bosh3", "sdirk4"} {
		tb, err := Scheme(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := RegisterMethod(Switching{Name: "bad", Explicit: tb}); err == nil ||
			!strings.Contains(err.Error(), "last two stages") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, o := range []Options{{Steps: 10}, {StepSize: 0.1}} {
		o.Scheme = "auto"
		if _, err := Solve(nonAutonomous, o); err == nil || !strings.Contains(err.Error(), "auto chooses its steps") {
			t.Errorf("fixed steps: %v", err)
		}
	}
}
