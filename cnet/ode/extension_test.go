package ode

import (
	"math"
	"testing"
)

// implicitTableaux are diagonally implicit schemes with and without an explicit first stage, stiffly accurate and not.
func implicitTableaux() []Tableau {
	list := []Tableau{kvaerno5(), trBDF2(), trapezoidal()}
	for _, m := range implicitSchemes {
		list = append(list, m.(Tableau).normalised())
	}
	d, c, x := 1-math.Sqrt2/2, (3+math.Sqrt(3))/6, 0.4358665215084590
	b1, b2 := -1.5*x*x+4*x-0.25, 1.5*x*x-5*x+1.25
	return append(list,
		Tableau{Name: "sdirk2", A: [][]float64{{d}, {1 - d, d}}, B: []float64{1 - d, d}}, // Alexander (1977)
		Tableau{Name: "sdirk3", A: [][]float64{{x}, {(1 - x) / 2, x}, {b1, b2, x}}, B: []float64{b1, b2, x}},
		Tableau{Name: "crouzeix3", A: [][]float64{{c}, {1 - 2*c, c}}, B: []float64{0.5, 0.5}}, // Crouzeix (1975)
		Tableau{Name: "twice", A: [][]float64{{0.25}, {0.5, 0.25}}, B: []float64{0.5, 0.5}},   // two midpoint steps
	)
}

// largestBetween returns the largest difference from the solution at 2001 times.
func largestBetween(t *testing.T, p Problem, o Options, solution func(t float64) []float64) float64 {
	t.Helper()
	o.Dense = true
	s, err := Solve(p, o)
	if err != nil {
		t.Fatalf("%s%v: %v", o.Scheme, o.Method, err)
	}
	worst := 0.0
	for i := range 2001 {
		at := p.T0 + (p.T1-p.T0)*float64(i)/2000
		x, err := s.At(at)
		if err != nil {
			t.Fatal(err)
		}
		worst = max(worst, distance(x, solution(at)))
	}
	return worst
}

// Between the steps of any implicit scheme the solution stays as near to the slow one as its stages, however stiff the
// problem is, and of at least second order: 0.1²/8 is what a straight line is off cos t.
func TestStiffBetweenSteps(t *testing.T) {
	cos := func(t float64) []float64 { return []float64{math.Cos(t)} }
	for _, tb := range implicitTableaux() {
		for _, lambda := range []float64{1e2, 1e4, 1e6, 1e8} {
			p := protheroRobinson(lambda)
			coarse := largestBetween(t, p, Options{Method: tb, Steps: 200}, cos)
			fine := largestBetween(t, p, Options{Method: tb, Steps: 400}, cos)
			// Where λh is neither small nor large, schemes lose some of their order.
			if coarse > 2.6e-3 || fine > coarse/2.5 && lambda > 1e4 {
				t.Errorf("%s, λ = %g: off by %.1e, %.1e with half the steps", tb.Name, lambda, coarse, fine)
			}
			if (tb.Name == "sdirk4" || tb.Name == "kvaerno5") && coarse > 2e-5 && lambda > 1e2 {
				t.Errorf("%s, λ = %g: off by %.1e", tb.Name, lambda, coarse)
			}
		}
	}
	for _, o := range []Options{{Scheme: "sdirk4"}, {Method: kvaerno5()}} {
		o.RTol, o.ATol, o.MaxStep = 1e-6, 1e-6, 0.1
		for _, lambda := range []float64{1e4, 1e6, 1e8} {
			if e := largestBetween(t, protheroRobinson(lambda), o, cos); e > 5e-6 {
				t.Errorf("%s%s with tolerances of 1e-6, λ = %g: off by %.1e", o.Scheme, o.Method, lambda, e)
			}
		}
	}
}

// kaps is a stiff non-linear problem (Kaps, 1981) with the solution y₂ = e^-t, y₁ = y₂², whatever ε is.
func kaps(epsilon float64) (p Problem, exact func(t float64) []float64) {
	return Problem{F: func(_ float64, x, dx []float64) {
		dx[0], dx[1] = (x[1]*x[1]-x[0])/epsilon-2*x[0], x[0]-x[1]-x[1]*x[1]
	}, X0: []float64{1, 1}, T1: 2}, func(t float64) []float64 { return []float64{math.Exp(-2 * t), math.Exp(-t)} }
}

// Events of a stiff problem, and outputs in a non-linear one.
func TestStiffEventsAndOutputs(t *testing.T) {
	p := protheroRobinson(1e6)
	p.T1 = 7
	p.Events = []Event{{G: func(_ float64, x []float64) float64 { return x[0] - 0.5 }}}
	s, err := Solve(p, Options{Scheme: "sdirk4", RTol: 1e-6, ATol: 1e-8, MaxStep: 0.1})
	if err != nil || len(s.Events) != 2 {
		t.Fatalf("%+v, %v", s.Events, err)
	}
	for i, want := range []float64{math.Pi / 3, 5 * math.Pi / 3} {
		if e := math.Abs(s.Events[i].T - want); e > 1e-5 {
			t.Errorf("event %d is off by %.1e", i, e)
		}
	}
	for _, epsilon := range []float64{1e-2, 1e-5, 1e-8} {
		p, exact := kaps(epsilon)
		for _, tb := range implicitTableaux() {
			tolerance := 5e-3
			if tb.Order == 1 {
				tolerance = 5e-2
			} else if tb.Order >= 4 {
				tolerance = 3e-4
			}
			if e := largestBetween(t, p, Options{Method: tb, Steps: 20}, exact); e > tolerance {
				t.Errorf("%s, ε = %g: off by %.1e", tb.Name, epsilon, e)
			}
		}
	}
}

// The extension is nothing at the beginning, the scheme at the end, and of the order that the scheme's stages permit.
func TestExtensionsSatisfyConditions(t *testing.T) {
	for _, c := range []struct {
		tb    Tableau
		order int
	}{{kvaerno5(), 4}, {trBDF2().normalised(), 2}, {implicitSchemes[2].(Tableau).normalised(), 3},
		{implicitSchemes[1].(Tableau).normalised(), 1}} {
		e := implicitExtension(c.tb)
		for _, theta := range []float64{0.2, 0.7, 1} {
			b := e.at(theta)
			for i := range b {
				if theta == 1 && math.Abs(b[i]-c.tb.B[i]) > 1e-14 {
					t.Errorf("%s: b_%d(1) = %v, want %v", c.tb.Name, i, b[i], c.tb.B[i])
				}
			}
			for q, level := range treesUpTo(c.order) {
				for _, tree := range level {
					got := dot(b, c.tb.elementaryWeights(tree))
					want := math.Pow(theta, float64(q+1)) / float64(tree.density)
					if math.Abs(got-want) > 1e-12 {
						t.Errorf("%s at θ = %v: %s is %v, want %v", c.tb.Name, theta, tree.name, got, want)
					}
				}
			}
		}
	}
	line := implicitExtension(implicitSchemes[1].(Tableau).normalised())
	if len(line.b) != 1 || len(line.b[0]) != 1 || line.b[0][0] != 1 {
		t.Errorf("the midpoint rule's collocation polynomial: %v", line.b)
	}
}
