package ode

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// x' = -p0·x + p1·sin t from x = p2, to T1 = p3: by everything that a problem may give, or nothing.
func TestSensitivities(t *testing.T) {
	exact := func(p []float64, t float64) float64 {
		k, a, x0 := p[0], p[1], p[2]
		return (x0+a/(1+k*k))*math.Exp(-k*t) + a*(k*math.Sin(t)-math.Cos(t))/(1+k*k)
	}
	build := func(kind string) func(p []float64) Problem {
		return func(p []float64) Problem {
			q := Problem{
				F:  func(t float64, x, dx []float64) { dx[0] = -p[0]*x[0] + p[1]*math.Sin(t) },
				X0: []float64{p[2]}, T1: p[3],
			}
			switch kind {
			case "VJP":
				q.Parameters = 4
				q.VJP = func(t float64, x, a, ax, ap []float64) {
					ax[0] -= p[0] * a[0]
					ap[0] -= x[0] * a[0]
					ap[1] += math.Sin(t) * a[0]
				}
			case "Jacobian":
				q.Jacobian = func(_ float64, _, j []float64) { j[0] = -p[0] }
			}
			return q
		}
	}
	p := []float64{1.7, 0.6, 2, 3}
	for _, kind := range []string{"nothing", "VJP", "Jacobian"} {
		for _, o := range []Options{
			{Scheme: "dopri8", RTol: 1e-11, ATol: 1e-11}, {Scheme: "radau5", RTol: 1e-11, ATol: 1e-11},
			{Scheme: "rk4", Steps: 3000}, {Scheme: "ab4", Steps: 3000}, {Scheme: "kvaerno5", Steps: 600},
		} {
			for _, o.At = range [][]float64{nil, {0, 1.1, 2.9}} {
				name := fmt.Sprintf("%s, %s, At %v", kind, o.Scheme, o.At)
				s, err := Sensitivities(build(kind), p, o)
				if err != nil {
					t.Errorf("%s: %v", name, err)
					continue
				}
				if want := max(2, len(o.At)); len(s.T) != want || len(s.DX) != want || s.Stats.Accepted == 0 ||
					s.Stats.NFE == 0 {
					t.Fatalf("%s: %d times, %v", name, len(s.T), s.Stats)
				}
				for i, time := range s.T {
					if math.Abs(s.X[i][0]-exact(p, time)) > 1e-9 {
						t.Errorf("%s: x(%v) is %v", name, time, s.X[i][0])
					}
					for j := range p {
						want := central(p[j], 1e-3, func(x float64) float64 { return exact(moved(p, j, x-p[j]), time) })
						if j == 3 && o.At == nil && i == 1 { // this output moves with T1
							want = central(time, 1e-3, func(t float64) float64 { return exact(p, t) })
						}
						if got := s.DX[i][j][0]; math.Abs(got-want) > 2e-8 {
							t.Errorf("%s: ∂x(%v)/∂p_%d is %.12g, want %.12g", name, time, j, got, want)
						}
					}
				}
			}
		}
	}
}

// Sensitivities do not change the steps.
func TestSensitivitiesKeepTheSteps(t *testing.T) {
	for _, scheme := range []string{"dopri5", "radau5", "auto"} {
		o := Options{Scheme: scheme, RTol: 1e-5, ATol: 1e-8, At: []float64{0, 1.5, 3}}
		plain, err := Solve(vanDerPolOf([]float64{20, 1}, true), o)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Sensitivities(func(p []float64) Problem { return vanDerPolOf(p, true) }, []float64{20, 1}, o)
		if err != nil {
			t.Fatal(err)
		}
		if s.Stats.Accepted != plain.Stats.Accepted || s.Stats.Rejected != plain.Stats.Rejected {
			t.Errorf("%s: %v, alone %v", scheme, s.Stats, plain.Stats)
		}
		for i := range plain.X {
			if distance(s.X[i], plain.X[i]) > 1e-5*(1+size(plain.X[i])) { // Newton iterations go further here
				t.Errorf("%s: x(%v) is %v, alone %v", scheme, s.T[i], s.X[i], plain.X[i])
			}
		}
	}
}

func TestSensitivitiesBadInput(t *testing.T) {
	good := func(p []float64) Problem { return vanDerPolOf([]float64{p[0], 1}, true) }
	for want, call := range map[string]func() (*Sensitivity, error){
		"build is nil":      func() (*Sensitivity, error) { return Sensitivities(nil, []float64{1}, Options{}) },
		"parameters are []": func() (*Sensitivity, error) { return Sensitivities(good, nil, Options{}) },
		"parameters are [N": func() (*Sensitivity, error) {
			return Sensitivities(good, []float64{math.NaN()}, Options{})
		},
		"EveryStep": func() (*Sensitivity, error) {
			return Sensitivities(good, []float64{1}, Options{EveryStep: true})
		},
		"Problem.F is nil": func() (*Sensitivity, error) {
			return Sensitivities(func([]float64) Problem { return Problem{} }, []float64{1}, Options{})
		},
		"cannot be differen": func() (*Sensitivity, error) {
			return Sensitivities(good, []float64{1}, Options{Scheme: "leapfrog", Steps: 9})
		},
		"another kind of problem where parameter 0": func() (*Sensitivity, error) {
			return Sensitivities(func(p []float64) Problem {
				q := good(p)
				if p[0] > 1 {
					q.X0 = []float64{1}
				}
				return q
			}, []float64{1}, Options{})
		},
	} {
		if _, err := call(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
}
