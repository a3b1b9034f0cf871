package ode

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// ballOf is a ball dropped from x0 that keeps a share of its speed at the ground, with parameters g and that share.
// Its impacts are at √(2h/g)·(1 + 2e + 2e² + ...).
func ballOf(p []float64, derivatives bool) Problem {
	event := Event{
		Name: "ground", G: func(_ float64, x []float64) float64 { return x[0] }, Direction: -1,
		Do: func(_ float64, x []float64) { x[0], x[1] = 0, -p[1]*x[1] },
		DoVJP: func(_ float64, x, a, ax, ap []float64) float64 {
			ax[1] -= p[1] * a[1]
			ap[1] -= x[1] * a[1]
			return 0
		},
	}
	if derivatives {
		event.Gradient = func(_ float64, _, gx, _ []float64) float64 { gx[0] = 1; return 0 }
	}
	return Problem{
		F:  func(_ float64, x, dx []float64) { dx[0], dx[1] = x[1], -p[0] },
		X0: []float64{1, 0}, T1: 1.6, Parameters: 2, Events: []Event{event},
		VJP: func(_ float64, _, a, ax, ap []float64) {
			ax[1] += a[0]
			ap[0] -= a[1]
		},
		TimeVJP: func(float64, []float64, []float64) float64 { return 0 },
	}
}

// The time of a ball's second impact, its speed there and where it is later, by height, gravity and what it keeps.
func TestBouncingBallGradients(t *testing.T) {
	const g, e, h = 9.81, 0.8, 1.0
	second := func(h, g, e float64) float64 { return math.Sqrt(2*h/g) * (1 + 2*e) }
	speed := func(h, g, e float64) float64 { return -e * math.Sqrt(2*g*h) }
	end := func(h, g, e float64) float64 { // the height at 1.6, in the third arc
		t := 1.6 - second(h, g, e)
		return t * (e*e*math.Sqrt(2*g*h) - g*t/2)
	}
	gradient := func(f func(h, g, e float64) float64) []float64 {
		return []float64{
			central(h, 1e-3, func(x float64) float64 { return f(x, g, e) }),
			central(g, 1e-3, func(x float64) float64 { return f(h, x, e) }),
			central(e, 1e-3, func(x float64) float64 { return f(h, g, x) }),
		}
	}
	atEvent := func(i int, o Occurrence, gx []float64) (value, gt float64) { return 0, 0 }
	none := func(int, float64, []float64, []float64) float64 { return 0 }
	for name, c := range map[string]struct {
		cost  Cost
		event EventCost
		of    func(h, g, e float64) float64
	}{
		"time of the second impact": {none, func(i int, o Occurrence, _ []float64) (value, gt float64) {
			if i == 1 {
				return o.T, 1
			}
			return 0, 0
		}, second},
		"speed there": {none, func(i int, o Occurrence, gx []float64) (value, gt float64) {
			if i == 1 {
				gx[1] = 1
				return o.X[1], 0
			}
			return 0, 0
		}, speed},
		"height at the end": {func(_ int, _ float64, x, gx []float64) float64 { gx[0] = 1; return x[0] }, atEvent, end},
		"without EventCost": {func(_ int, _ float64, x, gx []float64) float64 { gx[0] = 1; return x[0] }, nil, end},
	} {
		want := gradient(c.of)
		for _, o := range []Options{
			{Scheme: "dopri5"}, {Scheme: "dopri8"}, {Scheme: "rk4", Steps: 23}, {Scheme: "bosh3", StepSize: 0.11},
			{Scheme: "radau5"}, {Scheme: "kvaerno5", Steps: 9}, {Scheme: "sdirk4"}, {Scheme: "auto"},
			{Scheme: "heun3", Steps: 4, At: []float64{1.6}},
		} {
			for _, d := range []Differentiation{{}, {Checkpoints: 2}} {
				for _, derivatives := range []bool{false, true} {
					d.EventCost = c.event
					r, err := Differentiate(ballOf([]float64{g, e}, derivatives), o, c.cost, d)
					if err != nil {
						t.Errorf("%s, %s: %v", name, o.Scheme, err)
						continue
					}
					got := []float64{r.X0[0], r.Parameters[0], r.Parameters[1]}
					if distance(got, want) > 1e-8*size(want) || math.Abs(r.Loss-c.of(h, g, e)) > 1e-9 {
						t.Errorf("%s, %s %v, %+v: %.10g with gradient %.10g, want %.10g with %.10g", name, o.Scheme,
							o.Steps, d.Checkpoints, r.Loss, got, c.of(h, g, e), want)
					}
				}
			}
			s, err := Sensitivities(func(p []float64) Problem {
				q := ballOf(p[1:], false)
				q.X0[0] = p[0]
				return q
			}, []float64{h, g, e}, o)
			if err != nil {
				t.Fatal(err)
			}
			for k, f := range []func(h, g, e float64) float64{second, speed, end} {
				want, got := gradient(f), make([]float64, 3)
				for j := range got {
					switch k {
					case 0:
						got[j] = s.DT[1][j]
					case 1:
						got[j] = s.DEvents[1][j][1]
					case 2:
						got[j] = s.DX[len(s.DX)-1][j][0]
					}
				}
				if distance(got, want) > 1e-7*size(want) {
					t.Errorf("sensitivities, %s, %d: %.10g, want %.10g", o.Scheme, k, got, want)
				}
			}
		}
	}
}

// kicked is a driven pendulum that an event kicks when it passes an angle that depends on time and a parameter, while
// another event watches its speed.
func kicked(p []float64, derivatives, terminal bool) Problem {
	q := Problem{
		F: func(t float64, x, dx []float64) {
			dx[0], dx[1] = x[1], -p[0]*math.Sin(x[0])-0.1*x[1]+0.4*math.Cos(3*t)
		},
		X0: []float64{1, 0.2}, T1: 6, Parameters: 3,
		VJP: func(_ float64, x, a, ax, ap []float64) {
			ax[0] -= a[1] * p[0] * math.Cos(x[0])
			ax[1] += a[0] - 0.1*a[1]
			ap[0] -= a[1] * math.Sin(x[0])
		},
		Events: []Event{
			{
				Name: "angle", Direction: 1,
				G: func(t float64, x []float64) float64 { return x[0] - p[1] - 0.1*math.Sin(t) },
				Do: func(t float64, x []float64) {
					x[0], x[1] = x[0]+0.1*p[2], p[2]*x[1]+0.05*x[0]*x[0]+0.1*math.Cos(t)
				},
				DoVJP: func(t float64, x, a, ax, ap []float64) float64 {
					ax[0] += a[0] + 0.1*a[1]*x[0]
					ax[1] += p[2] * a[1]
					ap[2] += 0.1*a[0] + a[1]*x[1]
					return -0.1 * a[1] * math.Sin(t)
				},
				Gradient: func(t float64, x, gx, gp []float64) float64 {
					gx[0], gp[1] = 1, -1
					return -0.1 * math.Cos(t)
				},
			},
			{Name: "speed", G: func(_ float64, x []float64) float64 { return x[1] - 0.3 }},
		},
	}
	if terminal {
		q.Events[1] = Event{
			Name: "end", Terminal: true, Direction: -1,
			G: func(t float64, x []float64) float64 { return 4.2 + 0.3*x[0] + 0.1*p[0] - t },
			Gradient: func(_ float64, _, gx, gp []float64) float64 {
				gx[0], gp[0] = 0.3, 0.1
				return -1
			},
		}
	}
	if derivatives {
		q.TimeVJP = func(t float64, _, a []float64) float64 { return -1.2 * a[1] * math.Sin(3*t) }
	}
	return q
}

// What fixed steps and their events compute is differentiated exactly, by differences: outputs before, between and
// behind events, times and states of events that act and of one that does not, with parameters of the rate, of the
// event's function and of Do.
func TestEventGradients(t *testing.T) {
	parameters := []float64{1.3, 0.3, 0.9}
	cost := weightedCost
	eventCost := func(i int, o Occurrence, gx []float64) (value, gt float64) {
		w := 1 + 0.3*float64(i)
		gx[0], gx[1] = 2*w*o.X[0], w*o.T
		return w * (o.X[0]*o.X[0] + o.T*o.X[1] + o.T*o.T), w * (o.X[1] + 2*o.T)
	}
	for _, o := range []Options{
		{Scheme: "rk4", Steps: 40, At: []float64{0.4, 2.2, 3.9, 6}},
		{Scheme: "dopri5", Steps: 25, At: []float64{0.4, 2.2, 3.9, 6}},
		{Scheme: "dopri8", StepSize: 0.21}, {Scheme: "radau5", Steps: 30, At: []float64{1.33, 4.1, 5.5}},
		{Scheme: "sdirk4", Steps: 35}, {Scheme: "kvaerno5", StepSize: 0.29, At: []float64{1.33, 4.1, 5.5}},
		{Scheme: "rk4", Grid: append(linspace(0, 5.3, 38), 5.6, 5.9, 6)}, // ends that are not T0 + h
		{Scheme: "implicit_midpoint", Steps: 60}, {Scheme: "dopri5", Steps: 25, Jumps: []float64{1, 3}},
	} {
		for _, terminal := range []bool{false, true} {
			for _, timed := range []bool{false, true} {
				name := fmt.Sprintf("%s, terminal %v", o.Scheme, terminal)
				p := kicked(parameters, timed, terminal)
				g, err := Differentiate(p, o, cost, Differentiation{EventCost: eventCost, Times: true})
				if err != nil {
					t.Errorf("%s: %v", name, err)
					continue
				}
				checkpoints, err := Differentiate(p, o, cost, Differentiation{EventCost: eventCost, Times: true,
					Checkpoints: 3})
				if err != nil {
					t.Fatal(err)
				}
				all := func(g *Gradient) []float64 {
					return append(append(append([]float64{g.T0, g.T1}, g.X0...), g.Parameters...), g.At...)
				}
				if distance(all(g), all(checkpoints)) > 1e-11*size(all(g)) {
					t.Errorf("%s: %v, with checkpoints %v", name, all(g), all(checkpoints))
				}
				events := -1
				loss := func(x0, parameters []float64, t0, t1 float64) float64 {
					q := kicked(parameters, timed, terminal)
					q.X0, q.T0, q.T1 = x0, t0, t1
					o := o
					if o.Grid != nil {
						o.Grid = append(append([]float64{t0}, o.Grid[1:len(o.Grid)-1]...), t1)
					}
					s, err := Solve(q, o)
					if err != nil {
						t.Fatal(err)
					}
					if events >= 0 && events != len(s.Events) {
						t.Fatalf("%d events and then %d: the differences mean nothing", events, len(s.Events))
					}
					events = len(s.Events)
					sum := 0.0
					switch {
					case o.At == nil:
						sum = cost(0, 0, s.Final(), make([]float64, 2))
					default:
						for i, x := range s.X {
							if i < len(o.At) && s.T[i] == o.At[i] { // and not the state at a terminal event
								sum += cost(i, 0, x, make([]float64, 2))
							}
						}
					}
					for i, e := range s.Events {
						value, _ := eventCost(i, e, make([]float64, 2))
						sum += value
					}
					return sum
				}
				if want := loss(p.X0, parameters, p.T0, p.T1); math.Abs(g.Loss-want) > 1e-10*math.Abs(want) {
					t.Errorf("%s: the loss is %.12g, want %.12g", name, g.Loss, want)
				}
				if events < 3 && !terminal {
					t.Fatalf("%s: %d events are too few", name, events)
				}
				const d = 3e-5
				check := func(what string, got float64, f func(by float64) float64) {
					if want := central(0, d, f); math.Abs(got-want) > 1e-7*(1+math.Abs(want)) {
						t.Errorf("%s: ∂loss/∂%s is %.10g, by differences %.10g", name, what, got, want)
					}
				}
				for i := range p.X0 {
					check(fmt.Sprintf("x0[%d]", i), g.X0[i], func(by float64) float64 {
						return loss(moved(p.X0, i, by), parameters, p.T0, p.T1)
					})
				}
				for i := range parameters {
					check(fmt.Sprintf("p[%d]", i), g.Parameters[i], func(by float64) float64 {
						return loss(p.X0, moved(parameters, i, by), p.T0, p.T1)
					})
				}
				check("T0", g.T0, func(by float64) float64 { return loss(p.X0, parameters, p.T0+by, p.T1) })
				if o.At == nil || o.At[len(o.At)-1] != p.T1 {
					check("T1", g.T1, func(by float64) float64 { return loss(p.X0, parameters, p.T0, p.T1+by) })
				}
				compareSensitivities(t, name, func(v []float64) Problem {
					q := kicked(v[2:], timed, terminal)
					q.X0 = v[:2]
					return q
				}, append([]float64{p.X0[0], p.X0[1]}, parameters...), o, cost, eventCost,
					append(append([]float64{}, g.X0...), g.Parameters...))
			}
		}
	}
}

// Adaptive steps, in time forwards and backwards: gradients are those of solutions at tight tolerances.
func TestAdaptiveEventGradients(t *testing.T) {
	parameters := []float64{1.3, 0.3, 0.9}
	for _, backwards := range []bool{false, true} {
		build := func(parameters []float64) Problem {
			p := kicked(parameters, false, false)
			if backwards {
				p.T0, p.T1 = p.T1, 1
				p.Events[0].Direction = 0
			}
			return p
		}
		fine := Options{Scheme: "dopri8", RTol: 1e-12, ATol: 1e-12}
		var want []float64
		for j := range parameters {
			want = append(want, central(0, 1e-3, func(by float64) float64 {
				return lossOf(t, build(moved(parameters, j, by)), fine, weightedCost)
			}))
		}
		for _, scheme := range []string{"dopri5", "tsit5", "dopri8", "sdirk4", "kvaerno5", "radau5", "auto"} {
			o := Options{Scheme: scheme, RTol: 1e-10, ATol: 1e-10}
			g, err := Differentiate(build(parameters), o, weightedCost, Differentiation{Checkpoints: Auto})
			if err != nil {
				t.Errorf("%s: %v", scheme, err)
				continue
			}
			if distance(g.Parameters, want) > 1e-5*size(want) {
				t.Errorf("%s, backwards %v: %.8g, want %.8g", scheme, backwards, g.Parameters, want)
			}
		}
		s, err := Solve(build(parameters), fine)
		if err != nil || len(s.Events) < 3 {
			t.Errorf("backwards %v: %d events, %v", backwards, len(s.Events), err)
		}
	}
}

// compareSensitivities compares the gradient of a loss with the one that sensitivities give.
func compareSensitivities(t *testing.T, name string, build func([]float64) Problem, p []float64, o Options, cost Cost,
	eventCost EventCost, want []float64) {
	t.Helper()
	s, err := Sensitivities(build, p, o)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	got := make([]float64, len(p))
	for i, x := range s.X {
		if o.At == nil && i != len(s.X)-1 || o.At != nil && (i >= len(o.At) || s.T[i] != o.At[i]) {
			continue
		}
		index := i
		if o.At == nil {
			index = 0
		}
		gx := make([]float64, len(x))
		cost(index, s.T[i], x, gx)
		for j := range p {
			got[j] += dot(gx, s.DX[i][j])
		}
	}
	for i, e := range s.Events {
		gx := make([]float64, len(e.X))
		_, gt := eventCost(i, e, gx)
		for j := range p {
			got[j] += dot(gx, s.DEvents[i][j]) + gt*s.DT[i][j]
		}
	}
	if distance(got, want) > 3e-8*(1+size(want)) {
		t.Errorf("%s: by sensitivities %.10g, by adjoints %.10g", name, got, want)
	}
}

// What has no derivative is refused: an event that only touches zero, one at T0, and Do without a derivative.
func TestEventGradientsRefused(t *testing.T) {
	cost := func(_ int, _ float64, x, gx []float64) float64 { gx[0] = 1; return x[0] }
	p := Problem{
		F:  func(t float64, x, dx []float64) { dx[0] = 3 * (t - 1) * (t - 1) },
		X0: []float64{-1}, T1: 2, VJP: func(float64, []float64, []float64, []float64, []float64) {},
		Events: []Event{{Name: "saddle", G: func(_ float64, x []float64) float64 { return x[0] }, Terminal: true,
			Gradient: func(_ float64, _, gx, _ []float64) float64 { gx[0] = 0; return 0 }}},
	}
	for want, change := range map[string]func(){
		"touches zero": func() {},
		"at T0": func() {
			p.Events[0].AtStart, p.X0 = true, []float64{0}
		},
		"Events[0] (saddle) has a Do without DoVJP": func() { p.Events[0].Do = func(float64, []float64) {} },
	} {
		before := p
		before.Events = append([]Event{}, p.Events...)
		change()
		_, err := Differentiate(p, Options{}, cost, Differentiation{})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want an error with %q", err, want)
		}
		p = before
	}
}
