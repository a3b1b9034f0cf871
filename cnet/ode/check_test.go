package ode

import (
	"errors"
	"math"
	"strings"
	"testing"
)

// Right derivatives pass, of any scale, at zeros and where F is not defined on one side.
func TestRightDerivativesPass(t *testing.T) {
	robertson := robertsonOf([]float64{0.04, 3e7, 1e4}, 1)
	for _, c := range []struct {
		p Problem
		x []float64
	}{
		{robertson, []float64{1, 0, 0}}, {robertson, []float64{0.7, 1e-5, 0.3}}, {robertson, []float64{2e-5, 8e-11, 1}},
		{vanDerPolOf([]float64{1e6, 1}, true), []float64{2, 0}},
		{vanDerPolOf([]float64{1, 1}, true), []float64{1e-30, 1e-31}},
		{vanDerPolOf([]float64{1, 1}, true), []float64{1e8, 1e-3}},
		{Problem{
			F:        func(_ float64, x, dx []float64) { dx[0] = math.Sqrt(x[0]) },
			Jacobian: func(_ float64, x, j []float64) { j[0] = 0.5 / math.Sqrt(x[0]) },
			VJP:      func(_ float64, x, a, ax, _ []float64) { ax[0] += a[0] * 0.5 / math.Sqrt(x[0]) },
		}, []float64{0}},
	} {
		if err := CheckJacobian(c.p, 0, c.x); err != nil {
			t.Errorf("at %v: %v", c.x, err)
		}
		if err := CheckVJP(c.p, 0, c.x); err != nil {
			t.Errorf("at %v: %v", c.x, err)
		}
	}
	for name, p := range map[string][]float64{
		"linear": {1, 2}, "pendulum": {3}, "spiral": {1, 2, 3, 4}, "lotka_volterra": {1, 2, 3, 4},
	} {
		x := []float64{0.7, 1.3}
		if name == "linear" {
			x = x[:1]
		}
		if err := CheckVJP(problems[name](p), 0.3, x); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := CheckParameters(problems[name], p, 0.3, x); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Each kind of mistake is found, and named with the entry, what was found and what was expected.
func TestWrongDerivativesAreFound(t *testing.T) {
	p := func() Problem { return robertsonOf([]float64{0.04, 3e7, 1e4}, 1) }
	x := []float64{0.7, 1e-5, 0.3}
	for want, change := range map[string]func(q *Problem){
		"Jacobian is wrong at t = 0.5: ∂f_1/∂x_2 is 0.1 there, by differences of Problem.F -0.1": func(q *Problem) {
			right := q.Jacobian
			q.Jacobian = func(t float64, x, j []float64) { right(t, x, j); j[5] = -j[5] }
		},
		"∂f_0/∂x_1": func(q *Problem) { // transposed
			right := q.Jacobian
			q.Jacobian = func(t float64, x, j []float64) {
				k := make([]float64, 9)
				right(t, x, k)
				for i := range 9 {
					j[i] = k[i%3*3+i/3]
				}
			}
		},
		"is NaN there": func(q *Problem) {
			q.Jacobian = func(_ float64, _, j []float64) { j[0] = math.NaN() }
		},
		"changes component 0": func(q *Problem) {
			right := q.Jacobian
			q.Jacobian = func(t float64, x, j []float64) { right(t, x, j); x[0]++ }
		},
	} {
		q := p()
		change(&q)
		if err := CheckJacobian(q, 0.5, x); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
	for want, change := range map[string]func(q *Problem){
		"Problem.VJP is wrong at t = 0.5: ∂f_2/∂x_1 is 0 there, by differences of Problem.F 600": func(q *Problem) {
			right := q.VJP
			q.VJP = func(t float64, x, a, ax, ap []float64) { right(t, x, a, ax, ap); ax[1] -= a[2] * 600 }
		},
		"VJP must add to ax, not set it": func(q *Problem) {
			right := q.VJP
			q.VJP = func(t float64, x, a, ax, ap []float64) { clear(ax); right(t, x, a, ax, ap) }
		},
		"VJP must add to ap, not set it": func(q *Problem) {
			right := q.VJP
			q.VJP = func(t float64, x, a, ax, ap []float64) { clear(ap); right(t, x, a, ax, ap) }
		},
		"changes the x or a": func(q *Problem) {
			right := q.VJP
			q.VJP = func(t float64, x, a, ax, ap []float64) { right(t, x, a, ax, ap); a[0] *= 2 }
		},
		"is it linear in a?": func(q *Problem) {
			right := q.VJP
			q.VJP = func(t float64, x, a, ax, ap []float64) {
				right(t, x, a, ax, ap)
				if a[0] != 0 && a[1] != 0 {
					ax[0] += a[0] * a[1]
				}
			}
		},
	} {
		q := p()
		change(&q)
		if err := CheckVJP(q, 0.5, x); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
	build := func(k []float64) Problem {
		q := robertsonOf(k, 1)
		right := q.VJP
		q.VJP = func(t float64, x, a, ax, ap []float64) { right(t, x, a, ax, ap); ap[1] += x[1] * x[1] * (a[2] - a[1]) }
		return q
	}
	err := CheckParameters(build, []float64{0.04, 3e7, 1e4}, 0, x)
	var found *WrongDerivative
	if !errors.As(err, &found) || found.Of != "p" || found.Column != 1 ||
		math.Abs(found.Found/found.Expected-2) > 1e-6 {
		t.Errorf("%v", err)
	}
	for want, err := range map[string]error{
		"Problem.Jacobian is nil": CheckJacobian(Problem{F: p().F}, 0, x),
		"Problem.VJP is nil":      CheckVJP(Problem{F: p().F}, 0, x),
		"Problem.F is nil":        CheckVJP(Problem{}, 0, x),
		"x has 2 numbers":         CheckVJP(p(), 0, x[:2]),
		"must be finite":          CheckVJP(p(), math.NaN(), x),
		"build is nil":            CheckParameters(nil, nil, 0, x),
		"Problem.Parameters is 3": CheckParameters(func([]float64) Problem { return p() }, []float64{1}, 0, x),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
}

// CheckDerivatives refuses wrong derivatives before the first step, also where they are right at the initial state; and
// a solver whose Newton iterations do not converge says that the Jacobian is wrong.
func TestWrongDerivativesAreSaid(t *testing.T) {
	wrong := func() Problem {
		p := robertsonOf([]float64{0.04, 3e7, 1e4}, 1e4)
		right := p.Jacobian
		p.Jacobian = func(t float64, x, j []float64) { right(t, x, j); j[4] = -j[4] } // is 0 at the beginning
		return p
	}
	p := wrong()
	if _, err := Solve(p, Options{CheckDerivatives: true}); err == nil || !strings.Contains(err.Error(), "∂f_1/∂x_1") {
		t.Errorf("CheckDerivatives: %v", err)
	}
	p = robertsonOf([]float64{0.04, 3e7, 1e4}, 1)
	p.VJP = func(_ float64, _, a, ax, _ []float64) { ax[0] = a[0] }
	_, err := Differentiate(p, Options{CheckDerivatives: true, Scheme: "radau5"}, weightedCost, Differentiation{})
	if err == nil || !strings.Contains(err.Error(), "VJP") {
		t.Errorf("CheckDerivatives in Differentiate: %v", err)
	}
	right := robertsonOf([]float64{0.04, 3e7, 1e4}, 1)
	if _, err := Solve(right, Options{CheckDerivatives: true, Scheme: "radau5"}); err != nil {
		t.Errorf("right derivatives are refused: %v", err)
	}
	for _, o := range []Options{
		{Scheme: "radau5", Steps: 5}, {Scheme: "sdirk4", MinStep: 1e-2}, {Scheme: "radau5", MinStep: 1},
		{Scheme: "kvaerno5", Steps: 3},
	} {
		_, err := Solve(wrong(), o)
		if err == nil || !strings.Contains(err.Error(), "Problem.Jacobian is wrong: ∂f_1/∂x_1 is") {
			t.Errorf("%s: %v", o.Scheme, err)
		}
	}
	// A band that is too narrow.
	band := robertsonOf([]float64{0.04, 3e7, 1e4}, 1)
	band.Jacobian, band.Band = nil, &Band{Lower: 1}
	for _, o := range []Options{{Scheme: "radau5", CheckDerivatives: true}, {Scheme: "sdirk4", Steps: 2}} {
		if _, err := Solve(band, o); err == nil || !strings.Contains(err.Error(), "Problem.Band is wrong") {
			t.Errorf("a band that is too narrow, %s: %v", o.Scheme, err)
		}
	}
	band.Band = &Band{Lower: 1, Upper: 2}
	if _, err := Solve(band, Options{Scheme: "radau5", CheckDerivatives: true}); err != nil {
		t.Errorf("a band that is right: %v", err)
	}
	// Steps that become short because of it, and a VJP that makes gradients infinite.
	p = vanDerPolOf([]float64{100, 1}, true)
	_, err = Solve(Problem{F: p.F, X0: p.X0, T1: 3, Jacobian: func(_ float64, _, j []float64) { j[3] = 1e6 }},
		Options{Scheme: "radau5", MaxSteps: 1000})
	if err == nil || !strings.Contains(err.Error(), "1000 steps were not enough") ||
		!strings.Contains(err.Error(), "Problem.Jacobian is wrong") {
		t.Errorf("steps: %v", err)
	}
	vjp := p.VJP
	p.VJP = func(t float64, x, a, ax, ap []float64) {
		if vjp(t, x, a, ax, ap); a[1] != 0 {
			ax[0] = math.Inf(1)
		}
	}
	_, err = Differentiate(p, Options{Scheme: "dopri5"}, weightedCost, Differentiation{})
	if err == nil || !strings.HasPrefix(err.Error(), "ode: Problem.VJP is wrong at t = 0: ∂f_1/∂x_0 is +Inf there") {
		t.Errorf("a VJP that is not finite: %v", err)
	}
	// The same in backpropagation, where the Jacobian also serves to solve for adjoints.
	q := vanDerPolOf([]float64{100, 1}, true)
	q.T1 = 1e-3
	jacobian := q.Jacobian
	q.Jacobian = func(t float64, x, j []float64) { jacobian(t, x, j); j[3] = -1e7 }
	_, err = Differentiate(q, Options{Scheme: "implicit_euler", Steps: 3}, weightedCost, Differentiation{})
	if err == nil || !strings.Contains(err.Error(), "Problem.Jacobian is wrong") {
		t.Errorf("backpropagation: %v", err)
	}
}
