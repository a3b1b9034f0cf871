package ode

import (
	"fmt"
	"math"
	"testing"
)

// vanDerPolOf is Van der Pol's equation with the parameters μ and the factor of x, with a Jacobian or without.
func vanDerPolOf(p []float64, jacobian bool) Problem {
	q := Problem{
		F:  func(_ float64, x, dx []float64) { dx[0], dx[1] = x[1], p[0]*(1-x[0]*x[0])*x[1]-p[1]*x[0] },
		X0: []float64{2, -0.01}, T1: 3, Parameters: 2,
		VJP: func(_ float64, x, a, ax, ap []float64) {
			ax[0] += a[1] * (-2*p[0]*x[0]*x[1] - p[1])
			ax[1] += a[0] + a[1]*p[0]*(1-x[0]*x[0])
			ap[0] += a[1] * (1 - x[0]*x[0]) * x[1]
			ap[1] -= a[1] * x[0]
		},
	}
	if jacobian {
		q.Jacobian = func(_ float64, x, j []float64) {
			j[1], j[2], j[3] = 1, -2*p[0]*x[0]*x[1]-p[1], p[0]*(1-x[0]*x[0])
		}
	}
	return q
}

// Fixed implicit steps are differentiated exactly: by differences of what they compute, with outputs between steps,
// with a Jacobian and without, with checkpoints and forwards.
func TestImplicitGradients(t *testing.T) {
	parameters := []float64{100, 1}
	at := []float64{0.37, 1.62, 3}
	for _, tb := range append(implicitTableaux(), Tableau{}) {
		o := Options{Method: tb, Steps: 24, At: at}
		if tb.Name == "" {
			o.Method = RadauIIA{Name: "radau5"}
		}
		for _, o.Interpolation = range []Interpolation{Natural, Linear} {
			name := fmt.Sprintf("%s, interpolation %d", o.Method.Info().Name, o.Interpolation)
			p := vanDerPolOf(parameters, true)
			g, err := Differentiate(p, o, weightedCost, Differentiation{})
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			loss := func(x0, parameters []float64) float64 {
				q := vanDerPolOf(parameters, true)
				q.X0 = x0
				return lossOf(t, q, o, weightedCost)
			}
			if want := loss(p.X0, parameters); math.Abs(g.Loss-want) > 1e-12*math.Abs(want) {
				t.Errorf("%s: the loss is %.15g, want %.15g", name, g.Loss, want)
			}
			check := func(what string, got, d float64, f func(by float64) float64) {
				if want := central(0, d, f); math.Abs(got-want) > 1e-7*(1e-2+math.Abs(want)) {
					t.Errorf("%s: ∂loss/∂%s is %.10g, by differences %.10g", name, what, got, want)
				}
			}
			for i := range 2 {
				check(fmt.Sprintf("x0[%d]", i), g.X0[i], 1e-4, func(by float64) float64 {
					return loss(moved(p.X0, i, by), parameters)
				})
				check(fmt.Sprintf("p[%d]", i), g.Parameters[i], 1e-3*parameters[i], func(by float64) float64 {
					return loss(p.X0, moved(parameters, i, by))
				})
			}
			for what, other := range map[string]func() (*Gradient, error){
				"checkpoints": func() (*Gradient, error) {
					return Differentiate(p, o, weightedCost, Differentiation{Checkpoints: 3})
				},
				"no Jacobian": func() (*Gradient, error) {
					return Differentiate(vanDerPolOf(parameters, false), o, weightedCost, Differentiation{})
				},
			} {
				h, err := other()
				if err != nil {
					t.Errorf("%s, %s: %v", name, what, err)
					continue
				}
				a, b := append(h.X0, h.Parameters...), append(append([]float64{}, g.X0...), g.Parameters...)
				if distance(a, b) > 1e-11*size(b) {
					t.Errorf("%s, %s: %v, want %v", name, what, a, b)
				}
			}
			compareSensitivities(t, name, func(v []float64) Problem {
				q := vanDerPolOf(v[2:], true)
				q.X0 = v[:2]
				return q
			}, append([]float64{p.X0[0], p.X0[1]}, parameters...), o, weightedCost, nil,
				append(append([]float64{}, g.X0...), g.Parameters...))
		}
	}
}

// robertsonOf is Robertson's problem with its three rates as parameters.
func robertsonOf(k []float64, t1 float64) Problem {
	return Problem{
		X0: []float64{1, 0, 0}, T1: t1, Parameters: 3,
		F: func(_ float64, x, dx []float64) {
			a, b, c := k[0]*x[0], k[1]*x[1]*x[1], k[2]*x[1]*x[2]
			dx[0], dx[1], dx[2] = c-a, a-b-c, b
		},
		Jacobian: func(_ float64, x, j []float64) {
			b, c1, c2 := 2*k[1]*x[1], k[2]*x[2], k[2]*x[1]
			copy(j, []float64{-k[0], c1, c2, k[0], -b - c1, -c2, 0, b, 0})
		},
		VJP: func(_ float64, x, a, ax, ap []float64) {
			ax[0] += k[0] * (a[1] - a[0])
			ax[1] += (a[0]-a[1])*k[2]*x[2] + (a[2]-a[1])*2*k[1]*x[1]
			ax[2] += (a[0] - a[1]) * k[2] * x[1]
			ap[0] += x[0] * (a[1] - a[0])
			ap[1] += x[1] * x[1] * (a[2] - a[1])
			ap[2] += x[1] * x[2] * (a[0] - a[1])
		},
	}
}

// Robertson's rates, over six decades of time with adaptive steps: adjoints, sensitivities and differences of solutions
// at tight tolerances agree.
func TestRobertsonGradients(t *testing.T) {
	rates := []float64{0.04, 3e7, 1e4}
	cost := func(_ int, _ float64, x, gx []float64) float64 {
		gx[0], gx[1] = 1, 1e4
		return x[0] + 1e4*x[1]
	}
	at := []float64{1, 1e3, 1e6}
	fine := Options{Scheme: "radau5", RTol: 1e-12, ATol: 1e-18, At: at}
	want := make([]float64, 3)
	for j, k := range rates {
		want[j] = central(k, 2e-3*k, func(x float64) float64 {
			return lossOf(t, robertsonOf(moved(rates, j, x-k), 1e6), fine, cost)
		})
	}
	for _, scheme := range []string{"radau5", "kvaerno5", "sdirk4", "auto"} {
		o := Options{Scheme: scheme, RTol: 1e-8, ATol: 1e-14, At: at}
		if scheme == "sdirk4" {
			o.RTol, o.ATol = 1e-6, 1e-12
		}
		for _, given := range []bool{true, false} {
			p := robertsonOf(rates, 1e6)
			if !given {
				p.Jacobian = nil
			}
			g, err := Differentiate(p, o, cost, Differentiation{Checkpoints: 20})
			if err != nil {
				t.Errorf("%s: %v", scheme, err)
				continue
			}
			s, err := Sensitivities(func(k []float64) Problem {
				p := robertsonOf(k, 1e6)
				if !given {
					p.Jacobian, p.VJP, p.Parameters = nil, nil, 0
				}
				return p
			}, rates, o)
			if err != nil {
				t.Errorf("%s: %v", scheme, err)
				continue
			}
			for j := range rates {
				forward := 0.0
				for i := range at {
					forward += s.DX[i][j][0] + 1e4*s.DX[i][j][1]
				}
				if e := math.Abs(g.Parameters[j]/want[j] - 1); e > 3e-5 {
					t.Errorf("%s: ∂loss/∂k%d is %.8g, want %.8g", scheme, j, g.Parameters[j], want[j])
				}
				if e := math.Abs(g.Parameters[j]/forward - 1); e > 1e-7 {
					t.Errorf("%s, Jacobian %v: ∂loss/∂k%d is %.10g by adjoints, %.10g by sensitivities", scheme,
						given, j, g.Parameters[j], forward)
				}
			}
		}
	}
}

// A problem that becomes stiff and mild again: auto's steps of both kinds.
func TestSwitchingGradients(t *testing.T) {
	cost := func(_ int, _ float64, x, gx []float64) float64 { gx[0], gx[1] = 1, 0; return x[0] }
	build := func(mu float64) Problem {
		p := vanDerPolOf([]float64{mu, 1}, true)
		p.X0, p.T1 = []float64{2, 0}, 250
		return p
	}
	o := Options{Scheme: "auto", RTol: 1e-9, ATol: 1e-9}
	g, err := Differentiate(build(100), o, cost, Differentiation{})
	if err != nil {
		t.Fatal(err)
	}
	if g.Forward.Implicit == 0 || g.Forward.Implicit == g.Forward.Accepted {
		t.Fatalf("%v: only one of both methods was used", g.Forward)
	}
	fine := Options{Scheme: "radau5", RTol: 1e-11, ATol: 1e-11}
	want := central(100, 0.01, func(mu float64) float64 { return lossOf(t, build(mu), fine, cost) })
	if math.Abs(g.Parameters[0]/want-1) > 3e-5 {
		t.Errorf("∂x(250)/∂μ is %.9g, want %.9g", g.Parameters[0], want)
	}
}
