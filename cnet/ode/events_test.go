package ode

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// eventSchemes are options of all kinds of methods, accurate enough for polynomials of low degree.
func eventSchemes(steps int) []Options {
	return []Options{
		{Scheme: "dopri5"}, {Scheme: "tsit5"}, {Scheme: "dopri8"}, {Scheme: "bosh3"}, {Scheme: "sdirk4"},
		{Scheme: "radau5"}, {Scheme: "kvaerno5"}, {Scheme: "auto"}, {Scheme: "rk4", Steps: steps},
		{Scheme: "ab4", Steps: 20 * steps}, {Scheme: "sdirk4", Steps: steps},
	}
}

// All roots of a cubic that one long step goes through are found, and roots that lie close together.
func TestEventsInsideSteps(t *testing.T) {
	cubic := Problem{F: func(t float64, _, dx []float64) { dx[0] = 3*t*t + 12*t - 4 }, X0: []float64{-120},
		T0: -8, T1: 4,
		Events: []Event{{G: func(_ float64, x []float64) float64 { return x[0] }}}}
	for _, o := range eventSchemes(3) {
		o.RTol, o.ATol = 1e-3, 1e-6
		for _, back := range []bool{false, true} {
			p, want := cubic, []float64{-6, -2, 2}
			if back {
				p.T0, p.T1, p.X0 = p.T1, p.T0, []float64{4*4*4 + 6*4*4 - 4*4 - 24} // the same cubic at 4
				slices.Reverse(want)
			}
			s, err := Solve(p, o)
			if err != nil || len(s.Events) != 3 {
				t.Errorf("%s, backwards %v: %d events, %v", o.Scheme, back, len(s.Events), err)
				continue
			}
			for i, e := range s.Events {
				if math.Abs(e.T-want[i]) > 2e-2 {
					t.Errorf("%s, backwards %v: event %d at %v, want %v", o.Scheme, back, i, e.T, want[i])
				}
			}
		}
	}
	still := Problem{F: func(_ float64, _, dx []float64) { dx[0] = 1 }, X0: []float64{0}, T1: 1}
	for name, c := range map[string]struct {
		g    func(t float64) float64
		want []float64
	}{
		"near each other":    {func(t float64) float64 { return (t - 0.5) * (t - 0.50001) }, []float64{0.5, 0.50001}},
		"near the end":       {func(t float64) float64 { return (t - 0.96) * (t - 0.97) }, []float64{0.96, 0.97}},
		"near the beginning": {func(t float64) float64 { return (t - 0.02) * (t - 0.03) }, []float64{0.02, 0.03}},
		"waves": {func(t float64) float64 { return math.Cos(9 * t) },
			[]float64{math.Pi / 18, 3 * math.Pi / 18, 5 * math.Pi / 18}},
		"no zero":   {func(t float64) float64 { return (t-0.5)*(t-0.5) + 1e-9 }, nil},
		"far above": {func(t float64) float64 { return 2 + math.Cos(9*t) }, nil},
	} {
		for _, direction := range []int{-1, 0, 1} {
			still.Events = []Event{{G: func(t float64, _ []float64) float64 { return c.g(t) }, Direction: direction}}
			s, err := Solve(still, Options{Scheme: "rk4", Steps: 1})
			if err != nil {
				t.Fatal(err)
			}
			var want []float64
			for _, root := range c.want {
				if rises := sign(c.g(root+1e-7) - c.g(root-1e-7)); float64(direction)*rises >= 0 {
					want = append(want, root)
				}
			}
			if len(s.Events) != len(want) {
				t.Errorf("%s, direction %d: %d events, want %d", name, direction, len(s.Events), len(want))
				continue
			}
			for i, e := range s.Events {
				if math.Abs(e.T-want[i]) > 1e-9 {
					t.Errorf("%s, direction %d: an event at %v, want %v", name, direction, e.T, want[i])
				}
			}
		}
	}
}

// Polynomials of time with random roots, whatever the steps are: roots that are not very close are all found.
func TestRandomEvents(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 2))
	for trial := range 200 {
		n := 1 + rng.IntN(5)
		roots := make([]float64, n)
		for i := range roots {
			roots[i] = (float64(i) + 0.1 + 0.8*rng.Float64()) * 10 / float64(n)
		}
		p := Problem{F: func(t float64, x, dx []float64) { dx[0], dx[1] = x[1], -x[0] }, X0: []float64{1, 0}, T1: 10,
			Events: []Event{{G: func(t float64, _ []float64) float64 {
				g := 1.
				for _, r := range roots {
					g *= t - r
				}
				return g
			}}}}
		if trial%2 == 1 {
			p.T0, p.T1 = p.T1, p.T0
			slices.Reverse(roots)
		}
		o := eventSchemes(1 + rng.IntN(20))[rng.IntN(11)]
		s, err := Solve(p, o)
		if err != nil || len(s.Events) != n {
			t.Errorf("%s, roots %v: %v, %v", o.Scheme, roots, s.Events, err)
			continue
		}
		for i, e := range s.Events {
			if math.Abs(e.T-roots[i]) > 1e-9 {
				t.Errorf("%s: a root at %v, want %v", o.Scheme, e.T, roots[i])
			}
		}
	}
}

// bouncing is a ball that falls from a height of 1 and keeps a part of its speed at the ground, and the times at which
// it is there.
func bouncing(keeps float64) (p Problem, times func(n int) float64) {
	const g = 9.81
	p = Problem{
		F:  func(_ float64, x, dx []float64) { dx[0], dx[1] = x[1], -g },
		X0: []float64{1, 0}, T1: 3,
		Events: []Event{{Name: "ground", G: func(_ float64, x []float64) float64 { return x[0] }, Direction: -1,
			Do: func(_ float64, x []float64) { x[1] *= -keeps }}},
	}
	fall := math.Sqrt(2 / g)
	return p, func(n int) float64 { // Σ of 2·fall·keeps^k after the first one
		return fall + 2*fall*keeps*(1-math.Pow(keeps, float64(n)))/(1-keeps)
	}
}

func TestBouncingBall(t *testing.T) {
	for _, setsHeight := range []bool{false, true} {
		for _, direction := range []int{-1, 0} {
			for _, o := range append(eventSchemes(40), Options{Scheme: "dopri5", MaxStep: 0.01},
				Options{Scheme: "implicit_midpoint", Steps: 3000}) {
				p, times := bouncing(0.8)
				p.Events[0].Direction = direction
				if setsHeight {
					do := p.Events[0].Do
					p.Events[0].Do = func(t float64, x []float64) { x[0] = 0; do(t, x) }
				}
				o.RTol, o.ATol = 1e-10, 1e-10
				o.At, o.Dense = linspace(0, 3, 301), true
				s, err := Solve(p, o)
				name := fmt.Sprintf("%s, direction %d, height %v", o.Scheme, direction, setsHeight)
				if err != nil || len(s.T) != 301 {
					t.Errorf("%s: %v, %d outputs", name, err, len(s.T))
					continue
				}
				want, tolerance := 0, 1e-8
				for times(want) < 3 {
					want++
				}
				if o.Scheme == "implicit_midpoint" {
					tolerance = 1e-5 // a straight line between steps
				}
				if len(s.Events) != want {
					t.Errorf("%s: %d bounces, want %d", name, len(s.Events), want)
					continue
				}
				for n, e := range s.Events {
					if math.Abs(e.T-times(n)) > tolerance || math.Abs(e.After[1]+0.8*e.X[1]) > 1e-12 {
						t.Errorf("%s: bounce %d at %v, want %v; %v becomes %v", name, n, e.T, times(n), e.X, e.After)
					}
				}
				for i, x := range s.X {
					c, err := s.At(s.T[i])
					if err != nil || distance(c, x) > 1e-9 || x[0] < -tolerance {
						t.Errorf("%s: %v at %v, on the curve %v, %v", name, x, s.T[i], c, err)
					}
				}
			}
		}
	}
}

// The bounces accumulate: all of them are found, and the solver says where there is no going on.
func TestZeno(t *testing.T) {
	for _, keeps := range []float64{0.1, 0.5, 0.8, 0.95} {
		for _, scheme := range []string{"dopri5", "tsit5", "dopri8", "sdirk4", "kvaerno5", "radau5", "auto"} {
			p, times := bouncing(keeps)
			p.T1 = 100
			end := times(100_000)
			s, err := Solve(p, Options{Scheme: scheme, RTol: 1e-10, ATol: 1e-12})
			var f *Failure
			if !errors.As(err, &f) || !strings.Contains(f.Reason, "event 0 (ground) happens again and again") {
				t.Errorf("%s, %v: %v", scheme, keeps, err)
				continue
			}
			if math.Abs(f.T-end) > 1e-8 || s.T[len(s.T)-1] != f.T || math.Abs(s.Final()[0]) > 1e-10 {
				t.Errorf("%s, %v: at %v with %v, want %v", scheme, keeps, f.T, s.Final(), end)
			}
			// Until hops take 2⁻³⁹ of the time that has passed, or less: about 27/log(1/keeps) times.
			if n := len(s.Events); float64(n) < 20/-math.Log(keeps) || float64(n) > 50/-math.Log(keeps)+10 {
				t.Errorf("%s, %v: %d bounces", scheme, keeps, n)
			}
			for n, e := range s.Events {
				if math.Abs(e.T-times(n)) > 1e-8 {
					t.Errorf("%s, %v: bounce %d at %v, want %v", scheme, keeps, n, e.T, times(n))
					break
				}
			}
		}
	}
}

// A neuron that fires at a threshold and is reset far from it, with a second event that the reset carries through zero.
func TestReset(t *testing.T) {
	fired := 0
	p := Problem{F: func(_ float64, x, dx []float64) { dx[0] = 2 - x[0] }, X0: []float64{0}, T1: 10,
		Events: []Event{
			{Name: "fires", G: func(_ float64, x []float64) float64 { return x[0] - 1 },
				Do: func(_ float64, x []float64) { x[0] = 0; fired++ }},
			{Name: "half", G: func(_ float64, x []float64) float64 { return x[0] - 0.5 }},
		}}
	for _, o := range append(eventSchemes(50), Options{Scheme: "dopri5", FirstStep: 5}) {
		o.EveryStep = true
		fired = 0
		s, err := Solve(p, o)
		if err != nil {
			t.Fatal(err)
		}
		count := [2]int{}
		for _, e := range s.Events {
			n := float64(count[e.Event])
			want := (n + 1) * math.Ln2
			if e.Event == 1 {
				want = n*math.Ln2 + math.Log(4./3)
			}
			if math.Abs(e.T-want) > 1e-2 {
				t.Errorf("%s: %s at %v, want %v", o.Scheme, e.Name, e.T, want)
			}
			count[e.Event]++
		}
		if count != [2]int{14, 15} || fired != 14 {
			t.Errorf("%s: %v events, fired %d times", o.Scheme, count, fired)
		}
		twice := 0
		for i := range s.T[1:] {
			if s.T[i+1] == s.T[i] {
				twice++
				if s.X[i+1][0] != 0 || math.Abs(s.X[i][0]-1) > 1e-9 {
					t.Errorf("%s: %v becomes %v", o.Scheme, s.X[i], s.X[i+1])
				}
			} else if s.T[i+1] < s.T[i] {
				t.Errorf("%s: %v after %v", o.Scheme, s.T[i+1], s.T[i])
			}
		}
		if twice != 14 {
			t.Errorf("%s: %d times are there twice", o.Scheme, twice)
		}
	}
}

// A function that is zero at T0 has its event there only if it is asked for.
func TestEventsAtStart(t *testing.T) {
	throw := Problem{F: func(_ float64, x, dx []float64) { dx[0], dx[1] = x[1], -1 }, X0: []float64{0, 1}, T1: 10}
	height := func(_ float64, x []float64) float64 { return x[0] }
	for _, c := range []struct {
		event Event
		want  []float64
	}{
		{Event{Direction: -1, Terminal: true}, []float64{2}},
		{Event{}, []float64{2}},
		{Event{AtStart: true}, []float64{0, 2}},
		{Event{AtStart: true, Terminal: true}, []float64{0}},
		{Event{AtStart: true, Direction: -1}, []float64{0, 2}},
		{Event{AtStart: true, Do: func(_ float64, x []float64) { x[1] *= 2 }, Direction: 1}, []float64{0}},
	} {
		for _, o := range []Options{{}, {FirstStep: 3}, {Scheme: "sdirk4"}, {Scheme: "rk4", Steps: 3}} {
			c.event.G = height
			throw.Events = []Event{c.event}
			s, err := Solve(throw, o)
			if err != nil || len(s.Events) != len(c.want) {
				t.Errorf("%+v with %+v: %v, %v", c.event, o, s.Events, err)
				continue
			}
			for i, e := range s.Events {
				if math.Abs(e.T-c.want[i]) > 1e-9 {
					t.Errorf("%+v with %+v: at %v, want %v", c.event, o, e.T, c.want[i])
				}
			}
			if last := s.T[len(s.T)-1]; c.event.Terminal && last != s.Events[len(s.Events)-1].T {
				t.Errorf("%+v ended at %v", c.event, last)
			}
			if c.event.Do != nil && math.Abs(s.Final()[0]-(2*10-50)) > 1e-6 {
				t.Errorf("Do at T0 leads to %v", s.Final())
			}
		}
	}
}

// A Do that fails, that does nothing, and two at the same time.
func TestDo(t *testing.T) {
	p := Problem{F: func(_ float64, _, dx []float64) { dx[0] = 1 }, X0: []float64{0}, T1: 2}
	at := func(when float64, do func(t float64, x []float64)) Event {
		return Event{Name: "e", G: func(t float64, _ []float64) float64 { return t - when }, Do: do}
	}
	p.Events = []Event{at(1, func(_ float64, x []float64) { x[0] = math.NaN() })}
	s, err := Solve(p, Options{})
	if err == nil || !strings.Contains(err.Error(), "Do of event 0 (e) has made a state that is not finite") ||
		firstBad(s.Final()) >= 0 {
		t.Errorf("%v at %v", err, s.Final())
	}
	p.Events = []Event{at(1, func(float64, []float64) {})}
	if s, err := Solve(p, Options{}); err != nil || len(s.Events) != 1 || math.Abs(s.Final()[0]-2) > 1e-12 {
		t.Errorf("nothing done: %v, %v", s, err)
	}
	double := func(_ float64, x []float64) { x[0] *= 2 }
	p.Events = []Event{at(1, double), at(1, func(_ float64, x []float64) { x[0]++ }), at(1.5, double)}
	for _, o := range []Options{{}, {Scheme: "rk4", Steps: 4}, {Scheme: "rk4", Steps: 3}, {Jumps: []float64{1, 1.5}}} {
		s, err := Solve(p, o)
		if want := 2*((1*2+1)+0.5) + 0.5; err != nil || len(s.Events) != 3 || math.Abs(s.Final()[0]-want) > 1e-9 {
			t.Errorf("%+v: %v, want %v; %v, %v", o, s.Final(), want, s.Events, err)
		}
	}
}
