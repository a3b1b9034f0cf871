package ode

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// forced is a nonlinear system that depends on time and parameters; timed gives it its TimeVJP.
func forced(p []float64, timed bool) Problem {
	q := Problem{
		F: func(t float64, x, dx []float64) {
			dx[0] = x[1] + p[0]*math.Sin(2*t)
			dx[1] = -math.Sin(x[0]) - p[1]*t*x[1]
		},
		X0: []float64{1.2, -0.3}, T0: 0.1, T1: 2, Parameters: 2,
		VJP: func(t float64, x, a, ax, ap []float64) {
			ax[0] -= a[1] * math.Cos(x[0])
			ax[1] += a[0] - a[1]*p[1]*t
			ap[0] += a[0] * math.Sin(2*t)
			ap[1] -= a[1] * t * x[1]
		},
	}
	if timed {
		q.TimeVJP = func(t float64, x, a []float64) float64 { return 2*a[0]*p[0]*math.Cos(2*t) - a[1]*p[1]*x[1] }
	}
	return q
}

// central returns the central difference of f at x, of fourth order.
func central(x, d float64, f func(x float64) float64) float64 {
	return (8*(f(x+d)-f(x-d)) - (f(x+2*d) - f(x-2*d))) / (12 * d)
}

// moved returns v with component i moved by d.
func moved(v []float64, i int, d float64) []float64 {
	v = slices.Clone(v)
	v[i] += d
	return v
}

// weightedCost is a cost that does not depend on time, Σ w·x with weights of each output, and its square.
func weightedCost(i int, _ float64, x, gx []float64) float64 {
	sum := 0.0
	for j, v := range x {
		w := math.Sin(float64(3*i + j + 1))
		sum += w*v + v*v/2
		gx[j] += w + v
	}
	return sum
}

// lossOf is the sum of the costs of a solution.
func lossOf(t *testing.T, p Problem, o Options, cost Cost) float64 {
	t.Helper()
	s, err := Solve(p, o)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	if len(o.At) == 0 {
		return cost(0, p.T1, s.Final(), make([]float64, len(p.X0)))
	}
	for i, x := range s.X {
		sum += cost(i, s.T[i], x, make([]float64, len(x)))
	}
	return sum
}

// The derivatives with respect to T0, T1 and the outputs are those of what fixed steps compute, by finite differences.
func TestTimeGradients(t *testing.T) {
	grid := []float64{0.1, 0.3, 0.6, 0.7, 1.1, 1.5, 1.8, 2}
	at := []float64{0.1, 0.33, 1.07, 1.93}
	implicit := implicitTableaux()
	cases := []struct {
		o Options
		d Differentiation
	}{
		{Options{Scheme: "rk4", Steps: 13}, Differentiation{}},
		{Options{Scheme: "rk4", Steps: 13}, Differentiation{Checkpoints: 3}},
		{Options{Scheme: "rk4", StepSize: 0.17}, Differentiation{}},
		{Options{Scheme: "rk4", Grid: grid}, Differentiation{}},
		{Options{Scheme: "euler", Steps: 30, Interpolation: Linear}, Differentiation{}},
		{Options{Scheme: "dopri5", Steps: 9}, Differentiation{}},
		{Options{Scheme: "tsit5", StepSize: 0.3}, Differentiation{Checkpoints: Auto}},
		{Options{Scheme: "dopri8", Steps: 5}, Differentiation{}},
		{Options{Scheme: "dopri5", Steps: 9, Jumps: []float64{0.5, 1.4}}, Differentiation{}},
		{Options{Scheme: "ab4", Steps: 40}, Differentiation{}},
		{Options{Scheme: "am4", Steps: 40, RTol: 1e-14, ATol: 1e-14}, Differentiation{Checkpoints: 4}},
		{Options{Scheme: "radau5", Steps: 7}, Differentiation{}},
		{Options{Scheme: "radau5", Grid: grid, Interpolation: Hermite}, Differentiation{Checkpoints: 2}},
	}
	for _, tb := range implicit {
		cases = append(cases, struct {
			o Options
			d Differentiation
		}{Options{Method: tb, Steps: 11}, Differentiation{}})
	}
	for _, c := range cases {
		for _, timed := range []bool{false, true} {
			for _, outputs := range []bool{false, true} {
				p := forced([]float64{0.8, 0.3}, timed)
				o, d := c.o, c.d
				if outputs {
					o.At = at
				}
				d.Times = true
				name := fmt.Sprintf("%s%s %v, outputs %v, TimeVJP %v", c.o.Scheme, nameOf(c.o.Method), o.Grid,
					outputs, timed)
				g, err := Differentiate(p, o, weightedCost, d)
				if err != nil {
					t.Errorf("%s: %v", name, err)
					continue
				}
				if want := lossOf(t, p, o, weightedCost); math.Abs(g.Loss-want) > 1e-12*(1+math.Abs(want)) {
					t.Errorf("%s: the loss is %.15g, want %.15g", name, g.Loss, want)
				}
				check := func(what string, got float64, f func(by float64) float64) {
					const d = 1e-4
					if want := central(0, d, f); math.Abs(got-want) > 1e-8*(1+math.Abs(want)) {
						t.Errorf("%s: ∂loss/∂%s is %.12g, by differences %.12g", name, what, got, want)
					}
				}
				check("T0", g.T0, func(by float64) float64 {
					q, o := p, o
					q.T0 += by
					if o.Grid != nil {
						o.Grid = moved(o.Grid, 0, by)
					}
					if outputs { // the first one is at T0, and cannot lie before it: as if the curve went on there
						return beyondStart(t, q, o, weightedCost)
					}
					return lossOf(t, q, o, weightedCost)
				})
				check("T1", g.T1, func(by float64) float64 {
					q, o := p, o
					q.T1 += by
					if o.Grid != nil {
						o.Grid = moved(o.Grid, len(o.Grid)-1, by)
					}
					return lossOf(t, q, o, weightedCost)
				})
				for i := range o.At {
					if i == 0 {
						continue
					}
					check(fmt.Sprintf("At[%d]", i), g.At[i], func(by float64) float64 {
						o := o
						o.At = moved(o.At, i, by)
						return lossOf(t, p, o, weightedCost)
					})
				}
				if outputs {
					f, gx := make([]float64, 2), make([]float64, 2)
					p.F(p.T0, p.X0, f)
					weightedCost(0, 0, p.X0, gx)
					if want := dot(f, gx); math.Abs(g.At[0]-want) > 1e-9*(1+math.Abs(want)) {
						t.Errorf("%s: ∂loss/∂At[0] at T0 is %.12g, want %.12g", name, g.At[0], want)
					}
				}
			}
		}
	}
}

func nameOf(m Method) string {
	if m == nil {
		return ""
	}
	return m.Info().Name
}

// beyondStart is lossOf where the first output may lie a little before T0.
func beyondStart(t *testing.T, p Problem, o Options, cost Cost) float64 {
	first := o.At[0]
	o.At = o.At[1:]
	loss := lossOf(t, p, o, func(i int, t float64, x, gx []float64) float64 { return cost(i+1, t, x, gx) })
	f, x := make([]float64, len(p.X0)), slices.Clone(p.X0)
	p.F(p.T0, x, f)
	for i := range x {
		x[i] += (first - p.T0) * f[i]
	}
	return loss + cost(0, first, x, make([]float64, len(x)))
}

// Adaptive steps keep their proportions: with the accepted steps as a grid, differences agree. Backsolve agrees with
// the solution itself.
func TestTimeGradientsOfAdaptiveSteps(t *testing.T) {
	p := forced([]float64{0.8, 0.3}, false)
	at := []float64{0.33, 1.07, 2}
	for _, scheme := range []string{"bosh3", "dopri5", "tsit5", "dopri8", "sdirk4", "kvaerno5", "radau5", "auto"} {
		o := Options{Scheme: scheme, RTol: 1e-5, ATol: 1e-5, At: at}
		s, err := New(p, o)
		if err != nil {
			t.Fatal(err)
		}
		grid := []float64{p.T0}
		for step, err := range s.Steps() {
			if err != nil {
				t.Fatal(err)
			}
			grid = append(grid, step.T)
		}
		g, err := Differentiate(p, o, weightedCost, Differentiation{Times: true, Checkpoints: Auto})
		if err != nil {
			t.Errorf("%s: %v", scheme, err)
			continue
		}
		if scheme == "auto" {
			o.Scheme = "tsit5" // nothing is stiff here
		}
		loss := func(t0, t1 float64) float64 {
			q, fixed := p, o
			q.T0, q.T1, fixed.Grid = t0, t1, nil
			for _, time := range grid {
				fixed.Grid = append(fixed.Grid, t0+(t1-t0)*((time-p.T0)/(p.T1-p.T0)))
			}
			fixed.Grid[len(grid)-1] = t1
			return lossOf(t, q, fixed, weightedCost)
		}
		const d = 1e-4
		want := central(0, d, func(by float64) float64 { return loss(p.T0+by, p.T1) })
		if math.Abs(g.T0-want) > 1e-8*(1+math.Abs(want)) {
			t.Errorf("%s: ∂loss/∂T0 is %.12g, by differences %.12g", scheme, g.T0, want)
		}
		// One-sided, as the last output is at T1.
		want = (-3*loss(p.T0, p.T1) + 4*loss(p.T0, p.T1+d) - loss(p.T0, p.T1+2*d)) / (2 * d)
		if math.Abs(g.T1-want) > 1e-6*(1+math.Abs(want)) {
			t.Errorf("%s: ∂loss/∂T1 is %.12g, by differences %.12g", scheme, g.T1, want)
		}
	}
	fine := Options{Scheme: "dopri8", RTol: 1e-11, ATol: 1e-11, At: at}
	want, err := Differentiate(p, fine, weightedCost, Differentiation{Times: true})
	if err != nil {
		t.Fatal(err)
	}
	got, err := Differentiate(p, fine, weightedCost, Differentiation{Times: true, Backsolve: true})
	if err != nil {
		t.Fatal(err)
	}
	a, b := append([]float64{got.T0, got.T1}, got.At...), append([]float64{want.T0, want.T1}, want.At...)
	if distance(a, b) > 1e-7*size(b) || len(got.At) != 3 {
		t.Errorf("backsolve: %v, backpropagation: %v", a, b)
	}
	// Without Options.At the output moves with T1; backwards in time, too.
	for _, back := range []bool{false, true} {
		q := p
		q.T0, q.T1 = p.T1, p.T0
		o := Options{Scheme: "dopri8", RTol: 1e-12, ATol: 1e-12}
		g, err := Differentiate(q, o, weightedCost, Differentiation{Times: true, Backsolve: back})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name  string
			got   float64
			moved func(by float64) Problem
		}{
			{"T0", g.T0, func(by float64) Problem { r := q; r.T0 += by; return r }},
			{"T1", g.T1, func(by float64) Problem { r := q; r.T1 += by; return r }},
		} {
			want := central(0, 1e-3, func(by float64) float64 { return lossOf(t, c.moved(by), o, weightedCost) })
			if math.Abs(c.got-want) > 1e-7*(1+math.Abs(want)) {
				t.Errorf("backwards, backsolve %v: ∂loss/∂%s is %.10g, by differences %.10g", back, c.name, c.got, want)
			}
		}
		if g.At != nil {
			t.Errorf("there are derivatives for outputs %v that were not asked for", g.At)
		}
	}
}

// An interval of no length, and the weights of an Adams method.
func TestTimeGradientEdges(t *testing.T) {
	p := forced([]float64{0.8, 0.3}, false)
	p.T1 = p.T0
	f, gx := make([]float64, 2), make([]float64, 2)
	p.F(p.T0, p.X0, f)
	weightedCost(0, 0, p.X0, gx)
	want := dot(f, gx)
	for _, back := range []bool{false, true} {
		g, err := Differentiate(p, Options{}, weightedCost, Differentiation{Times: true, Backsolve: back})
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(g.T0+want) > 1e-14 || math.Abs(g.T1-want) > 1e-14 {
			t.Errorf("backsolve %v: T0 %v, T1 %v, want -+%v", back, g.T0, g.T1, want)
		}
	}
	p.T1 = 2
	_, err := Differentiate(p, Options{Scheme: "ab3", StepSize: 0.3}, weightedCost, Differentiation{Times: true})
	if err == nil || !strings.Contains(err.Error(), "equal steps") {
		t.Errorf("unequal steps of ab3: %v", err)
	}
}
