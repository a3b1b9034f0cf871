package cnet

import (
	"math"
	"strings"
	"testing"

	"continuousnet/cnet/ode"
)

// swing is x' = cos(t)·x², y' = −2t·y², from (1/2, 1), with the solution 1/(2 − sin t), 1/(1 + t²): neither linear nor
// autonomous.
func swing(t1 float64) ode.Problem {
	return ode.Problem{
		F: func(t float64, x, dx []float64) {
			dx[0], dx[1] = math.Cos(t)*x[0]*x[0], -2*t*x[1]*x[1]
		},
		X0: []float64{0.5, 1}, T1: t1,
	}
}

// Every kind of method shows the order that it claims, against the exact solution and against a computed one.
func TestConvergenceOfMethods(t *testing.T) {
	p := swing(2)
	schemes := []string{"euler", "midpoint", "ralston", "heun3", "rk4", "dopri5", "implicit_midpoint", "sdirk4", "ab3"}
	for _, exact := range [][]float64{nil, {1 / (2 - math.Sin(2)), 1. / 5}} {
		c, err := ConvergenceOf(p, ProblemConvergenceOptions{Schemes: schemes, Exact: exact})
		if err != nil {
			t.Fatal(err)
		}
		if c.Uncertainty > 1e-12 || len(c.Schemes) != len(schemes) {
			t.Fatalf("uncertain by %g, %d schemes", c.Uncertainty, len(c.Schemes))
		}
		for _, s := range c.Schemes {
			if math.Abs(s.Measured-float64(s.Order)) > 0.3 {
				t.Errorf("%s: order %.2f, want %d: %+v", s.Scheme, s.Measured, s.Order, s.Points)
			}
			if s.Points[0].StepSize != 0.5 || s.Points[0].Evaluations == 0 {
				t.Errorf("%s: %+v", s.Scheme, s.Points[0])
			}
		}
	}
	// The error of Euler's method, by hand: two steps of length 1.
	c, err := ConvergenceOf(p, ProblemConvergenceOptions{Schemes: []string{"euler"}, Steps: []int{2, 1}})
	if err != nil {
		t.Fatal(err)
	}
	x, y := 0.5+0.25, 1-0.
	x, y = x+math.Cos(1)*x*x, y-2*y*y
	wantX, wantY := 1/(2-math.Sin(2)), 1./5
	want := math.Hypot(x-wantX, y-wantY) / math.Hypot(wantX, wantY)
	if got := c.Schemes[0].Points[1].Error; math.Abs(got-want) > 1e-12 {
		t.Errorf("error %g, want %g", got, want)
	}
}

// The orders do not depend on the units of the state.
func TestConvergenceOfAnySize(t *testing.T) {
	for _, size := range []float64{1e-19, 1e-8, 1e9} {
		p := ode.Problem{F: func(t float64, x, dx []float64) { dx[0] = -x[0] * math.Cos(t) }, X0: []float64{size},
			T1: 1}
		c, err := ConvergenceOf(p, ProblemConvergenceOptions{Schemes: []string{"rk4_classic", "implicit_midpoint"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range c.Schemes {
			if math.Abs(s.Measured-float64(s.Order)) > 0.2 {
				t.Errorf("x(0) = %g, %s: order %.2f, want %d", size, s.Scheme, s.Measured, s.Order)
			}
		}
	}
}

// A tableau that is wrong is measured as what it is: a typo in c costs the order only where the rate depends on time.
func TestConvergenceOfWrongTableau(t *testing.T) {
	wrong := ode.Tableau{Name: "typo", Order: 2, A: [][]float64{{}, {1. / 2}}, B: []float64{0, 1}, C: []float64{0, 1}}
	c, err := ConvergenceOf(swing(2), ProblemConvergenceOptions{Methods: []ode.Method{wrong}})
	if err != nil {
		t.Fatal(err)
	}
	if s := c.Schemes[0]; s.Scheme != "typo" || math.Abs(s.Measured-1) > 0.2 {
		t.Errorf("measured %.2f, want 1", s.Measured)
	}
}

func TestBadConvergenceOf(t *testing.T) {
	blow := ode.Problem{F: func(_ float64, x, dx []float64) { dx[0] = x[0] * x[0] }, X0: []float64{1}, T1: 2}
	for _, tc := range []struct {
		p    ode.Problem
		o    ProblemConvergenceOptions
		want string
	}{
		{swing(2), ProblemConvergenceOptions{Schemes: []string{"eluer"}}, `unknown scheme "eluer"`},
		{swing(2), ProblemConvergenceOptions{Steps: []int{8}}, "steps are [8], must be at least two numbers"},
		{swing(2), ProblemConvergenceOptions{Exact: []float64{1}}, "Exact is of length 1, must be of 2"},
		{swing(2), ProblemConvergenceOptions{Exact: []float64{1, math.NaN()}}, "Exact[1] is NaN"},
		{swing(0), ProblemConvergenceOptions{}, "begins and ends at t = 0"},
		{ode.Problem{F: swing(2).F, X0: []float64{0.5, 1}, T1: 2, Events: []ode.Event{{Name: "kick",
			G: func(_ float64, x []float64) float64 { return x[0] - 0.6 }, Do: func(float64, []float64) {}}}},
			ProblemConvergenceOptions{}, `the event "kick" changes or ends the solution`},
		{ode.Problem{T1: 1}, ProblemConvergenceOptions{}, "Problem.F is nil"},
		{blow, ProblemConvergenceOptions{}, "give ProblemConvergenceOptions.Exact"},
	} {
		if _, err := ConvergenceOf(tc.p, tc.o); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%v, want %q", err, tc.want)
		}
	}
	// What is not finite is so in the result, for explicit and implicit methods.
	c, err := ConvergenceOf(blow, ProblemConvergenceOptions{Schemes: []string{"rk4", "implicit_euler"},
		Exact: []float64{1}, Steps: []int{100, 200}})
	if err != nil || c.Schemes[0].Points[1].Error != math.MaxFloat64 {
		t.Errorf("%+v, %v", c, err)
	}
}
