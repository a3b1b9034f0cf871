package ode

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// Splittings refuse a system that does not fall apart, whose order they would drop to 1 on, and name what depends on
// what.
func TestNotSeparable(t *testing.T) {
	for name, c := range map[string]struct {
		p    Problem
		want string
	}{
		"friction": {Problem{F: func(_ float64, x, dx []float64) { dx[0], dx[1] = x[1], -x[0]-0.2*x[1] },
			X0: []float64{1, 0.5}, T1: 10}, "component 1, a momentum, depends on the momenta"},
		"little friction, at rest": {Problem{F: func(_ float64, x, dx []float64) { dx[0], dx[1] = x[1], -x[0]-1e-6*x[1] },
			X0: []float64{1, 0}, T1: 10}, "component 1, a momentum, depends on the momenta"},
		"drag, at rest, backwards": {Problem{F: func(_ float64, x, dx []float64) {
			dx[0], dx[1] = x[1], -x[0]-0.1*x[1]*math.Abs(x[1])
		}, X0: []float64{1, 0}, T1: -10}, "component 1, a momentum, depends on the momenta"},
		"friction at the origin": {Problem{F: func(_ float64, x, dx []float64) { dx[0], dx[1] = x[1], -x[0]-0.2*x[1] },
			X0: []float64{0, 0}, T1: 10}, "component 1, a momentum, depends on the momenta"},
		"a damper between equal velocities": {Problem{F: func(_ float64, x, dx []float64) {
			dx[0], dx[1], dx[2], dx[3] = x[2], x[3], x[3]-x[2], x[2]-x[3]
		}, X0: []float64{0, 1, 1, 1}, T1: 10}, "component 2, a momentum, depends on the momenta"},
		"magnetic field": {Problem{F: func(_ float64, x, dx []float64) {
			dx[0], dx[1], dx[2], dx[3] = x[2], x[3], 3*x[3], -3*x[2]
		}, X0: []float64{0, 0, 1, 0}, T1: 10}, "a momentum, depends on the momenta"},
		"Lotka and Volterra": {Problem{F: func(_ float64, x, dx []float64) {
			dx[0], dx[1] = 1.5*x[0]-x[0]*x[1], -3*x[1]+x[0]*x[1]
		}, X0: []float64{1, 1}, T1: 10}, "component 0, a position, depends on the positions"},
		"a moving frame": {Problem{F: func(t float64, x, dx []float64) { dx[0], dx[1] = x[1]+math.Sin(t), -x[0] },
			X0: []float64{1, 0}, T0: 2, T1: 10}, "component 0, a position, depends on time"},
		"other units": {Problem{F: func(_ float64, x, dx []float64) { dx[0], dx[1] = 1e-20*x[1], -1e14*x[0]-2e-3*x[1] },
			X0: []float64{1e-12, 3e5}, T1: 10}, "component 1, a momentum, depends on the momenta"},
	} {
		for _, scheme := range []string{"leapfrog", "yoshida4"} {
			s, err := Solve(c.p, Options{Scheme: scheme, Steps: 500})
			var f *Failure
			if !errors.As(err, &f) || !strings.Contains(err.Error(), c.want) || f.T != c.p.T0 {
				t.Errorf("%s, %s: %v, want %q", name, scheme, err, c.want)
				continue
			}
			if len(s.T) == 0 || s.Stats.Accepted != 0 || s.Stats.NFE > 60 {
				t.Errorf("%s, %s: %v at %v, %v", name, scheme, s.X, s.T, s.Stats)
			}
		}
	}
}

// Systems that fall apart are not refused, wherever they begin, and the test costs four evaluations.
func TestSeparable(t *testing.T) {
	chain := func(_ float64, x, dx []float64) {
		n := len(x) / 2
		for i := range n {
			dx[i] = x[n+i]
			left, right := 0.0, 0.0
			if i > 0 {
				left = x[i-1]
			}
			if i < n-1 {
				right = x[i+1]
			}
			dx[n+i] = left - 2*x[i] + right
		}
	}
	kepler := func(_ float64, x, dx []float64) {
		r := math.Hypot(x[0], x[1])
		dx[0], dx[1], dx[2], dx[3] = x[2], x[3], -x[0]/(r*r*r), -x[1]/(r*r*r)
	}
	relativistic := func(t float64, x, dx []float64) {
		dx[0], dx[1] = x[1]/math.Sqrt(1+x[1]*x[1]), -x[0]+math.Cos(3*t)
	}
	for name, p := range map[string]Problem{
		"chain": {F: chain, X0: make([]float64, 300), T1: 10}, "Kepler": {F: kepler, X0: []float64{1, 0, 0, 1}, T1: 10},
		"relativistic, driven":           {F: relativistic, X0: []float64{1, 0}, T1: 10},
		"relativistic, driven backwards": {F: relativistic, X0: []float64{-1, 3}, T0: 10},
		"defined nowhere near": {F: func(_ float64, x, dx []float64) {
			dx[0], dx[1] = math.Sqrt(x[1]), -math.Sqrt(x[0]-1)
		}, X0: []float64{1, 1e9}, T1: 1e-9},
		"swapped": {F: func(_ float64, x, dx []float64) { dx[0], dx[1] = -x[1], x[0] }, X0: []float64{0, 1}, T1: 10},
	} {
		s, err := Solve(p, Options{Scheme: "leapfrog", Steps: 100})
		if err != nil || s.Stats.NFE != 4+1+2*100 {
			t.Errorf("%s: %v, %v", name, s.Stats, err)
		}
	}
	s, err := Solve(Problem{F: chain, X0: []float64{1, 0}, T0: 1, T1: 1}, Options{Scheme: "leapfrog", Steps: 3})
	if err != nil || s.Stats.NFE != 0 {
		t.Errorf("no interval: %v, %v", s.Stats, err)
	}
}

// What cancels but for rounding is no dependence, however large it is, and what depends by more than rounding is one.
func TestSeparableUpToRounding(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 1))
	for trial := range 3000 {
		big := func() float64 { return rng.NormFloat64() * math.Pow(10, 24*rng.Float64()-12) }
		a, b, c := big(), big(), big()
		q, v := big(), big()
		if rng.IntN(5) == 0 {
			v = 0
		}
		f := []Func{
			func(t float64, x, dx []float64) { dx[0], dx[1] = x[1], (-a*x[0]+b*x[1])-b*x[1] },
			func(t float64, x, dx []float64) { dx[0], dx[1] = (x[1]+c*t)-c*t, -a*x[0] },
			func(t float64, x, dx []float64) { dx[0], dx[1] = (x[1]+c*x[0])-c*x[0], (-a*x[0]-b*x[1])+b*x[1] },
			func(t float64, x, dx []float64) {
				dx[0], dx[1] = x[1], -a*math.Hypot(x[1], x[0])/math.Hypot(x[0], x[1])*x[0]
			},
			func(t float64, x, dx []float64) { dx[0], dx[1] = x[1], -a*x[0]*x[1]/x[1] },
			func(t float64, x, dx []float64) {
				dx[0], dx[1] = x[1], math.Log(math.Exp(x[0]/q)*(1+v*v))-math.Log(1+v*v)
			},
		}[trial%6]
		h := rng.Float64() / (1 + math.Sqrt(math.Abs(a)))
		p := Problem{F: f, X0: []float64{q, v}, T0: big() * h, T1: 0}
		p.T1 = p.T0 + 2*h
		if p.T1 == p.T0 {
			continue
		}
		if _, err := Solve(p, Options{Scheme: "leapfrog", Steps: 2}); err != nil &&
			strings.Contains(err.Error(), "separable") {
			t.Fatalf("trial %d, a = %g, b = %g, c = %g, from %v at %v: %v", trial, a, b, c, p.X0, p.T0, err)
		}
		share := math.Pow(10, -7*rng.Float64())
		depends := Problem{F: func(_ float64, x, dx []float64) {
			dx[0], dx[1] = x[1], -a*x[0]-share*math.Abs(a)*math.Abs(q/max(math.Abs(v), h*math.Abs(a*q)))*x[1]
		}, X0: p.X0, T1: h}
		if _, err := Solve(depends, Options{Scheme: "leapfrog", Steps: 1}); err == nil ||
			!strings.Contains(err.Error(), "separable") {
			t.Fatalf("trial %d, %g of the force depends on p, a = %g, h = %g, from %v: %v", trial, share, a, h, p.X0, err)
		}
	}
}
