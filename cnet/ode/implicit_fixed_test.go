package ode

import (
	"errors"
	"fmt"
	"math"
	"testing"
)

// Fixed steps solve their equations, or say that they do not, however large the Jacobian is where they begin: a change
// that is small because of it is no convergence.
func TestFixedStepsFarFromTheirJacobian(t *testing.T) {
	type problem struct {
		name string
		rate func(x float64) float64
		x0   float64
	}
	var list []problem
	for _, c := range []float64{1e5, 1e10, 1e20, 1e50, 1e100, 1e200} {
		list = append(list,
			problem{fmt.Sprintf("%g/x", c), func(x float64) float64 { return c / x }, 1},
			problem{fmt.Sprintf("%g/x³", c), func(x float64) float64 { return c / (x * x * x) }, 1},
			problem{fmt.Sprintf("%g·exp(-x)", c), func(x float64) float64 { return c * math.Exp(-x) }, 0},
			problem{fmt.Sprintf("-%g·x³", c), func(x float64) float64 { return -c * x * x * x }, 1},
			problem{fmt.Sprintf("-%g·(x-1)³", c), func(x float64) float64 { return -c * math.Pow(x-1, 3) }, 2},
			problem{fmt.Sprintf("-%g·atan x", c), func(x float64) float64 { return -c * math.Atan(x) }, 1},
		)
	}
	const steps, h = 10, 0.1
	solved := 0
	for _, c := range list {
		p := Problem{F: func(_ float64, x, dx []float64) { dx[0], dx[1] = c.rate(x[0]), -x[1] },
			X0: []float64{c.x0, 1}, T1: steps * h}
		for _, scheme := range []string{"implicit_euler", "implicit_midpoint", "trapezoid"} {
			s, err := Solve(p, Options{Scheme: scheme, Steps: steps, EveryStep: true})
			var failure *Failure
			if err != nil && !errors.As(err, &failure) {
				t.Fatal(err)
			}
			if err == nil {
				solved++
			}
			for k := 1; k < len(s.X) && s.T[k] > s.T[k-1]; k++ {
				from, to := s.X[k-1][0], s.X[k][0]
				// What is left of the equation, by the bracket that the state's last digits make: a steep rate may
				// miss it at every number.
				left := func(to float64) float64 {
					switch scheme {
					case "implicit_midpoint":
						return to - from - h*c.rate((from+to)/2)
					case "trapezoid":
						return to - from - h*(c.rate(from)+c.rate(to))/2
					}
					return to - from - h*c.rate(to)
				}
				digits := 1e-6 * max(math.Abs(from), math.Abs(to), s.X[k][1])
				if scheme == "trapezoid" { // a sum of larger numbers
					digits = max(digits, 1e-6*math.Abs(h*c.rate(from)))
				}
				if low, high := left(to-digits), left(to+digits); low > 0 || high < 0 {
					t.Errorf("%s, %s: step %d goes from %g to %g, where %g is left", c.name, scheme, k, from, to,
						left(to))
					break
				}
			}
		}
		// What is right is near the solution at the end.
		for scheme, tolerance := range map[string]float64{"sdirk4": 0.05, "radau5": 0.01} {
			s, err := Solve(p, Options{Scheme: scheme, Steps: steps})
			want, known := map[string]float64{
				"1e+50/x": math.Sqrt(2e50), "1e+20/x": math.Sqrt(2e20), "1e+100/x³": 1.4142135623730951e25,
			}[c.name]
			if known && err == nil && math.Abs(s.Final()[0]/want-1) > tolerance {
				t.Errorf("%s, %s: %g, want %g", c.name, scheme, s.Final()[0], want)
			}
			if known && err != nil && c.name != "1e+100/x³" {
				t.Errorf("%s, %s: %v", c.name, scheme, err)
			}
		}
	}
	if solved < len(list)*2 {
		t.Errorf("%d solutions of %d", solved, 3*len(list))
	}
}

// Linear problems need no Jacobian but the first one, however stiff they are, and two iterations for a stage.
func TestFixedStepsOfLinearProblems(t *testing.T) {
	for _, lambda := range []float64{1, 1e3, 1e6, 1e9} {
		for _, scheme := range []string{"implicit_euler", "implicit_midpoint", "trapezoid", "sdirk4", "kvaerno5",
			"radau5"} {
			s, err := Solve(protheroRobinson(lambda), Options{Scheme: scheme, Steps: 100})
			if err != nil {
				t.Errorf("%s, λ = %g: %v", scheme, lambda, err)
				continue
			}
			m, _ := Lookup(scheme)
			stages := m.Info().Stages
			if scheme == "radau5" {
				stages = 1 // one system
			}
			if s.Stats.Jacobians > 1 || s.Stats.Newton > 100*stages*25/10 {
				t.Errorf("%s, λ = %g: %v", scheme, lambda, s.Stats)
			}
		}
	}
}
