package ode

import (
	"fmt"
	"math"
	"testing"
)

// robertson is Robertson's problem with its components in the given units: y_i = units[i]·u_i.
func robertson(units []float64, t1 float64) Problem {
	return Problem{
		F: func(_ float64, y, dy []float64) {
			u0, u1, u2 := y[0]/units[0], y[1]/units[1], y[2]/units[2]
			d0, d2 := -0.04*u0+1e4*u1*u2, 3e7*u1*u1
			dy[0], dy[1], dy[2] = units[0]*d0, -units[1]*(d0+d2), units[2]*d2
		},
		X0: []float64{units[0], 0, 0}, T1: t1,
	}
}

// The unit of a component changes neither the number of evaluations nor the digits of an implicit solution without a
// Jacobian. The reference is computed with the derivatives, at tight tolerances.
func TestUnitsDoNotMatter(t *testing.T) {
	given := robertson([]float64{1, 1, 1}, 1e5)
	given.Jacobian = func(_ float64, y, j []float64) {
		copy(j[:3], []float64{-0.04, 1e4 * y[2], 1e4 * y[1]})
		copy(j[6:], []float64{0, 6e7 * y[1], 0})
		for i := range 3 {
			j[3+i] = -j[i] - j[6+i]
		}
	}
	fine, err := Solve(given, Options{Scheme: "sdirk4", RTol: 1e-10, ATol: 1e-16})
	if err != nil {
		t.Fatal(err)
	}
	reference := fine.Final()
	least, most := math.MaxInt, 0
	for _, units := range [][]float64{
		{1e-15, 1e-15, 1e-15}, {1e-12, 1e-12, 1e-12}, {1e-6, 1e-6, 1e-6}, {1, 1, 1}, {1e6, 1e6, 1e6},
		{1e18, 1e18, 1e18}, {1e22, 1e22, 1e22}, {1e-12, 1e12, 1}, {1e100, 1, 1e-100}, {1, 1e-20, 1e10},
	} {
		rtols, atols := []float64{1e-6, 1e-6, 1e-6}, make([]float64, 3)
		for i, u := range units {
			atols[i] = 1e-10 * u
		}
		s, err := Solve(robertson(units, 1e5), Options{Scheme: "sdirk4", RTols: rtols, ATols: atols})
		if err != nil {
			t.Errorf("units %v: %v", units, err)
			continue
		}
		least, most = min(least, s.Stats.NFE), max(most, s.Stats.NFE)
		for i, x := range s.Final() {
			if u := x / units[i]; math.Abs(u/reference[i]-1) > 1e-5 {
				t.Errorf("units %v: component %d is %.9g, want %.9g", units, i, u, reference[i])
			}
		}
	}
	if float64(most) > 1.05*float64(least) {
		t.Errorf("from %d to %d evaluations", least, most)
	}

	// A state that begins at zero, a tolerance that is not in the state's unit, and fixed steps.
	for _, unit := range []float64{1e-30, 1e-9, 1, 1e20, 1e25} {
		p := Problem{F: func(_ float64, x, dx []float64) { dx[0] = -1000 * (x[0] - unit) }, T1: 10}
		for name, o := range map[string]Options{
			"tolerances in the unit": {RTol: 1e-6, ATol: 1e-9 * unit}, "RTol alone": {RTol: 1e-6, ATol: 1e-300},
			"fixed": {Steps: 50},
		} {
			for _, x0 := range []float64{0, 2 * unit} {
				o.Scheme, p.X0 = "sdirk4", []float64{x0}
				s, err := Solve(p, o)
				if err != nil || math.Abs(s.Final()[0]/unit-1) > 1e-6 || s.Stats.NFE > 5000 {
					t.Errorf("unit %v from %v, %s: %v, %v, %v", unit, x0, name, s.Final(), s.Stats, err)
				}
			}
		}
	}
}

// The differences agree with the derivatives for components of any size, where rates are not defined on one side, and
// where noise of one rate hides a small change.
func TestJacobianByDifferences(t *testing.T) {
	for _, unit := range []float64{1e-200, 1e-12, 1, 1e15, 1e200} {
		p := Problem{
			F: func(t float64, x, dx []float64) {
				a, b := x[0]/unit, x[1]
				dx[0], dx[1] = unit*(-3*a+b*b), a*b-math.Sqrt(b)
			},
			X0: []float64{2 * unit, 9}, T1: 1,
		}
		s, err := New(p, Options{Scheme: "sdirk4", RTols: []float64{1e-6, 1e-6}, ATols: []float64{1e-9 * unit, 1e-9}})
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float64, 4)
		newJacobian(s).evaluate(0, 1e-3, s.x, nil, got)
		for i, want := range []float64{-3, 18 * unit, 9 / unit, 2 - 1./6} {
			if math.Abs(got[i]/want-1) > 1e-6 {
				t.Errorf("unit %v: entry %d is %v, want %v", unit, i, got[i], want)
			}
		}
	}
	for _, x0 := range []float64{0, math.Copysign(0, -1)} { // √x rises to the right, √-x to the left
		for side := -1.0; side <= 1; side += 2 {
			p := Problem{F: func(_ float64, x, dx []float64) { dx[0] = 1 + math.Sqrt(side*x[0]) - 1000*x[0] },
				X0: []float64{x0}, T1: 1}
			s, err := New(p, Options{Scheme: "sdirk4"})
			if err != nil {
				t.Fatal(err)
			}
			got := make([]float64, 1)
			newJacobian(s).evaluate(0, 1e-3, s.x, nil, got)
			if !finite(got[0]) {
				t.Errorf("√%v·x at %v: %v", side, x0, got[0])
			}
		}
	}
}

// The adjoint equation of a stiff problem grows backwards by e^k; its implicit solution stays right.
func TestBacksolveStiff(t *testing.T) {
	for _, k := range []float64{10, 100} {
		t.Run(fmt.Sprint(k), func(t *testing.T) {
			p := Problem{
				F: func(t float64, x, dx []float64) { dx[0] = -k * (x[0] - math.Cos(t)) },
				VJP: func(t float64, x, a, ax, ap []float64) {
					ax[0] -= a[0] * k
					ap[0] -= a[0] * (x[0] - math.Cos(t))
				},
				Parameters: 1, X0: []float64{1}, T1: 1,
			}
			g, err := Differentiate(p, Options{Scheme: "sdirk4", RTol: 1e-8, ATol: 1e-10},
				func(_ int, _ float64, x, gx []float64) float64 { gx[0] = 1; return x[0] },
				Differentiation{Backsolve: true})
			if err != nil {
				t.Fatal(err)
			}
			// x(1) = (k² cos 1 + k sin 1 + e^-k)/(k²+1), as x(0) = 1.
			of := func(k float64) float64 {
				return (k*k*math.Cos(1) + k*math.Sin(1) + math.Exp(-k)) / (k*k + 1)
			}
			if want := math.Exp(-k); math.Abs(g.X0[0]-want) > 1e-9 {
				t.Errorf("∂x(1)/∂x(0) is %g, want %g", g.X0[0], want)
			}
			want := (of(k+1e-4) - of(k-1e-4)) / 2e-4
			if math.Abs(g.Parameters[0]/want-1) > 1e-3 {
				t.Errorf("∂x(1)/∂k is %g, want %g", g.Parameters[0], want)
			}
		})
	}
}

// A Jacobian that was right where the state has been, or that differences have found far from it, does not make
// iterations and error estimates small that are not: what cannot be solved is an error, whatever the method, and what
// is below the tolerance stays there.
func TestJacobianThatIsTooLarge(t *testing.T) {
	for _, scheme := range []string{"sdirk4", "radau5", "kvaerno5", "auto", "adaptive_implicit_euler",
		"adaptive_trapezoid"} {
		for _, given := range []bool{false, true} {
			p := Problem{F: func(_ float64, x, dx []float64) { dx[0] = 1e50 / x[0] }, X0: []float64{1e6}, T0: 1, T1: 2}
			if given {
				p.Jacobian = func(_ float64, x, j []float64) { j[0] = -1e50 / (x[0] * x[0]) }
			}
			if s, err := Solve(p, Options{Scheme: scheme}); err == nil {
				t.Errorf("%s: x' = 1e50/x from 1e6 is %v, %v", scheme, s.Final(), s.Stats)
			}
			p = Problem{F: func(_ float64, x, dx []float64) { dx[0] = -1e50 * x[0] * x[0] * x[0] }, X0: []float64{1},
				T1: 2}
			if given {
				p.Jacobian = func(_ float64, x, j []float64) { j[0] = -3e50 * x[0] * x[0] }
			}
			s, err := Solve(p, Options{Scheme: scheme, EveryStep: true, MaxSteps: 20_000})
			for i, x := range s.X {
				want := 1 / math.Sqrt(1+2e50*s.T[i])
				if e := math.Abs(x[0]-want) / (1e-9 + 1e-6*want); e > 2e3 {
					t.Errorf("%s, with a Jacobian %v: x(%g) is %g, want %g; %v, %v", scheme, given, s.T[i], x[0], want,
						s.Stats, err)
					break
				}
			}
		}
	}
}
