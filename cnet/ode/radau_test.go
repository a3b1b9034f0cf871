package ode

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
)

// The coefficients are those of the collocation method at the nodes: A integrates the polynomials of degree 2, its last
// row those of degree 4, T transforms its inverse to the eigenvalues, and the curve goes through the stages.
func TestRadauCoefficients(t *testing.T) {
	close := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 4e-15 {
			t.Errorf("%s = %.17g, want %.17g", what, got, want)
		}
	}
	c := radauNodes
	a := [3][3]float64{ // HNW II, table IV.5.6
		{(88 - 7*root6) / 360, (296 - 169*root6) / 1800, (-2 + 3*root6) / 225},
		{(296 + 169*root6) / 1800, (88 + 7*root6) / 360, (-2 - 3*root6) / 225},
		{(16 - root6) / 36, (16 + root6) / 36, 1. / 9},
	}
	for i := range c {
		for q := range 5 {
			sum := 0.0
			for j := range c {
				sum += a[i][j] * math.Pow(c[j], float64(q))
			}
			if q < 3 || i == 2 {
				close(fmt.Sprintf("Σ a[%d]·c^%d", i, q), sum, math.Pow(c[i], float64(q+1))/float64(q+1))
			}
		}
	}
	// A·T·Λ = T, and T⁻¹·T = I.
	lambda := [3][3]float64{{radauReal, 0, 0}, {0, radauRe, radauIm}, {0, -radauIm, radauRe}}
	product := func(x, y [3][3]float64) (z [3][3]float64) {
		for i := range x {
			for j := range x {
				for k := range x {
					z[i][j] += x[i][k] * y[k][j]
				}
			}
		}
		return z
	}
	transformed, identity := product(product(a, radauT), lambda), product(radauInverse, radauT)
	for i := range c {
		for j := range c {
			close(fmt.Sprintf("(A·T·Λ)[%d][%d]", i, j), transformed[i][j], radauT[i][j])
			want := 0.0
			if i == j {
				want = 1
			}
			close(fmt.Sprintf("(T⁻¹·T)[%d][%d]", i, j), identity[i][j], want)
			at := c[i] * (radauCurve[0][j] + c[i]*(radauCurve[1][j]+c[i]*radauCurve[2][j]))
			if math.Abs(at-want) > 1e-14 {
				t.Errorf("polynomial %d of the curve at node %d is %g, want %g", j, i, at, want)
			}
		}
	}
}

// nonAutonomous is x' = -x·cos t + sin t·y, y' = -y² + cos t, not linear and with f dependent on t.
var nonAutonomous = Problem{
	F: func(t float64, x, dx []float64) {
		dx[0], dx[1] = -x[0]*math.Cos(t)+math.Sin(t)*x[1], -x[1]*x[1]+math.Cos(t)
	},
	X0: []float64{1, 0.5}, T1: 2,
}

// With equal steps the error falls with the fifth power at the ends of steps and with the fourth between them, in both
// directions of time.
func TestRadauOrder(t *testing.T) {
	for _, backwards := range []bool{false, true} {
		p := nonAutonomous
		if backwards {
			p.T0, p.T1 = 1, -0.5
		}
		const parts = 40
		var at []float64
		for i := range parts + 1 {
			at = append(at, p.T0+(p.T1-p.T0)*float64(i)/parts)
		}
		exact, err := Solve(p, Options{Scheme: "dopri8", RTol: 1e-13, ATol: 1e-13, At: at, Jumps: at})
		if err != nil {
			t.Fatal(err)
		}
		worst := func(steps int) (end, between float64) {
			s, err := Solve(p, Options{Scheme: "radau5", Steps: steps, At: at})
			if err != nil {
				t.Fatal(err)
			}
			for i := range s.T {
				for j, x := range s.X[i] {
					e := math.Abs(x - exact.X[i][j])
					between = max(between, e)
					if i == parts {
						end = max(end, e)
					}
				}
			}
			return end, between
		}
		end1, between1 := worst(6)
		end2, between2 := worst(12)
		if order := math.Log2(end1 / end2); order < 4.6 {
			t.Errorf("backwards %v: order %.2f at the end (%.1e, %.1e), want 5", backwards, order, end1, end2)
		}
		if order := math.Log2(between1 / between2); order < 3.6 {
			t.Errorf("backwards %v: order %.2f between steps (%.1e, %.1e), want 4", backwards, order, between1,
				between2)
		}
	}
}

// The error follows the tolerance, and the statistics count what was done.
func TestRadauTolerances(t *testing.T) {
	exact, err := Solve(nonAutonomous, Options{Scheme: "dopri8", RTol: 1e-13, ATol: 1e-13})
	if err != nil {
		t.Fatal(err)
	}
	for _, tol := range []float64{1e-3, 1e-5, 1e-7, 1e-9, 1e-11} {
		calls, jacobians := 0, 0
		p := nonAutonomous
		p.F = func(t float64, x, dx []float64) { calls++; nonAutonomous.F(t, x, dx) }
		p.Jacobian = func(t float64, x, j []float64) {
			jacobians++
			j[0], j[1], j[3] = -math.Cos(t), math.Sin(t), -2*x[1] // the fourth is always 0
		}
		s, err := Solve(p, Options{Scheme: "radau5", RTol: tol, ATol: tol})
		if err != nil {
			t.Fatal(err)
		}
		for j, x := range s.Final() {
			if e := math.Abs(x - exact.Final()[j]); e > 3*tol {
				t.Errorf("tolerance %.0e: component %d is off by %.1e", tol, j, e)
			}
		}
		st := s.Stats
		if st.NFE != calls || st.Jacobians != jacobians || st.Newton < st.Accepted || st.Factorised%2 != 0 ||
			st.Factorised < 2 {
			t.Errorf("%v; there were %d evaluations and %d Jacobians", st, calls, jacobians)
		}
		if st.Factorised/2 > st.Accepted+st.Rejected || st.Jacobians > st.Factorised/2 {
			t.Errorf("nothing is kept: %v", st)
		}
	}
}

// On x' = -λ(x - cos t) - sin t, whose solution is cos t, outputs, the curve and events between the steps are as good
// for every λ.
func TestRadauBetweenStiffSteps(t *testing.T) {
	for _, lambda := range []float64{1e2, 1e4, 1e6, 1e8} {
		p := Problem{
			F:  func(t float64, x, dx []float64) { dx[0] = -lambda*(x[0]-math.Cos(t)) - math.Sin(t) },
			X0: []float64{1}, T1: 10,
			Events: []Event{{Name: "zero", G: func(_ float64, x []float64) float64 { return x[0] }}},
		}
		for _, o := range []Options{{StepSize: 0.1}, {RTol: 1e-6, ATol: 1e-6, MaxStep: 0.1}} {
			o.Scheme, o.Dense = "radau5", true
			for i := range 401 {
				o.At = append(o.At, 10*float64(i)/400)
			}
			s, err := Solve(p, o)
			if err != nil {
				t.Fatal(err)
			}
			for i, at := range s.T {
				curve, err := s.At(at)
				if err != nil {
					t.Fatal(err)
				}
				if e := max(math.Abs(s.X[i][0]-math.Cos(at)), math.Abs(curve[0]-math.Cos(at))); e > 1e-6 {
					t.Errorf("λ = %.0e, step size %v: x(%g) is off by %.1e", lambda, o.StepSize, at, e)
					break
				}
			}
			if len(s.Events) != 3 {
				t.Fatalf("λ = %.0e: %d events, want 3", lambda, len(s.Events))
			}
			for i, e := range s.Events {
				if d := math.Abs(e.T - (float64(i)+0.5)*math.Pi); d > 1e-6 {
					t.Errorf("λ = %.0e: event %d is off by %.1e", lambda, i, d)
				}
			}
		}
	}
}

// The unit of the state changes neither the number of evaluations nor the digits.
func TestRadauUnits(t *testing.T) {
	robertson := func(unit float64) (*Solution, error) {
		return Solve(Problem{
			F: func(_ float64, x, dx []float64) {
				a, b, c := 0.04*x[0], 3e7/unit*x[1]*x[1], 1e4/unit*x[1]*x[2]
				dx[0], dx[1], dx[2] = c-a, a-b-c, b
			},
			X0: []float64{unit, 0, 0}, T1: 1e5,
		}, Options{Scheme: "radau5", RTol: 1e-6, ATol: 1e-10 * unit})
	}
	one, err := robertson(1)
	if err != nil {
		t.Fatal(err)
	}
	for _, unit := range []float64{1e-20, 1e-12, 1e-6, 1e3, 1e10, 1e18} {
		s, err := robertson(unit)
		if err != nil {
			t.Fatal(err)
		}
		if r := float64(s.Stats.NFE) / float64(one.Stats.NFE); math.Abs(r-1) > 0.05 {
			t.Errorf("unit %.0e: %d evaluations, %d with 1", unit, s.Stats.NFE, one.Stats.NFE)
		}
		for j, x := range s.Final() {
			if want := one.Final()[j]; math.Abs(x/unit-want) > 1e-6*want+1e-10 {
				t.Errorf("unit %.0e: component %d is %g, want %g", unit, j, x/unit, want)
			}
		}
	}
}

// At a jump of f a step ends, and the next one begins with what f is there.
func TestRadauJumps(t *testing.T) {
	p := Problem{
		F: func(t float64, x, dx []float64) {
			target := 1.0
			if t >= 1 {
				target = -2
			}
			dx[0] = -1e4 * (x[0] - target)
		},
		X0: []float64{1}, T1: 2,
	}
	s, err := Solve(p, Options{Scheme: "radau5", Jumps: []float64{1}, At: []float64{0.5, 1, 1.5, 2}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{1, 1, -2, -2} {
		if math.Abs(s.X[i][0]-want) > 1e-6 {
			t.Errorf("x(%g) = %.9g, want %g", s.T[i], s.X[i][0], want)
		}
	}
}

// What goes wrong is said with its time, and what was reached is returned.
func TestRadauFailures(t *testing.T) {
	for _, c := range []struct {
		name string
		f    Func
		o    Options
		want string
		from float64 // the failure lies between these times
		to   float64
	}{
		{"a singularity", func(_ float64, x, dx []float64) { dx[0] = x[0] * x[0] }, Options{},
			"the step size underflowed", 0.999, 1.001},
		{"a rate that ends", func(t float64, x, dx []float64) { dx[0] = -x[0] * math.Sqrt(0.5-t) }, Options{},
			"", 0.4, 0.5001},
		{"too few steps", func(t float64, x, dx []float64) { dx[0] = math.Cos(50 * t) }, Options{MaxSteps: 10},
			"10 steps were not enough", 0, 2},
		{"a fixed step over a singularity", func(_ float64, x, dx []float64) { dx[0] = x[0] * x[0] }, Options{Steps: 3},
			"", 0, 2},
	} {
		c.o.Scheme = "radau5"
		s, err := Solve(Problem{F: c.f, X0: []float64{1}, T1: 2}, c.o)
		var failure *Failure
		if !errors.As(err, &failure) || !strings.Contains(err.Error(), c.want) || failure.Scheme != "radau5" {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if last := s.T[len(s.T)-1]; failure.T < c.from || failure.T > c.to || last != failure.T {
			t.Errorf("%s: failed at %v, and the solution ends at %v", c.name, failure.T, last)
		}
	}
}

// Radau IIA is a method like others: it is listed, registered under another name, and refused where it cannot be used.
func TestRadauRegistered(t *testing.T) {
	m, err := Lookup("radau5")
	if err != nil {
		t.Fatal(err)
	}
	if i := m.Info(); i.Order != 5 || !i.Adaptive || i.Networks {
		t.Errorf("%+v", i)
	}
	if err := RegisterMethod(RadauIIA{Name: "mine"}); err != nil {
		t.Fatal(err)
	}
	defer unregister("mine")
	if s, err := Solve(nonAutonomous, Options{Scheme: "mine"}); err != nil || s.Stats.Newton == 0 {
		t.Errorf("%v, %v", s, err)
	}
	if err := RegisterMethod(RadauIIA{Name: "not mine"}); err == nil {
		t.Error("a name with a space was registered")
	}
	_, err = Integrate[float64](m, 1, 1, 0.1, System[float64]{})
	if err == nil || !strings.Contains(err.Error(), "implicit") {
		t.Errorf("Integrate: %v", err)
	}
}
