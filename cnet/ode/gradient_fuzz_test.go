package ode

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// FuzzStiffGradients solves x' = s·A·x with A = V·D·Vᵀ, V orthogonal, eigenvalues from -10⁶ to 1 and implicit methods:
// the gradients of c·x(1) with respect to x0 and s, s·Vᵀ·exp(sD)·V·c and cᵀ·A·exp(sA)·x0, by adjoints and forwards.
func FuzzStiffGradients(f *testing.F) {
	for i := range 12 {
		f.Add(uint64(i), i, 1+i%5, i%2 == 0, i%3-1)
	}
	f.Fuzz(func(t *testing.T, seed uint64, scheme, n int, given bool, checkpoints int) {
		if n < 1 || n > 6 || checkpoints < Auto || checkpoints > 100 {
			return
		}
		schemes := []string{"radau5", "kvaerno5", "sdirk4", "auto"}
		name := schemes[((scheme%len(schemes))+len(schemes))%len(schemes)]
		rng := rand.New(rand.NewPCG(seed, 9))
		v := randomOrthogonal(rng, n)
		d := make([]float64, n)
		for i := range d {
			d[i] = -math.Pow(10, 6*rng.Float64())
		}
		d[0] = 2*rng.Float64() - 1
		c, x0 := make([]float64, n), make([]float64, n)
		for i := range c {
			c[i], x0[i] = rng.NormFloat64(), rng.NormFloat64()
		}
		spectral := func(f func(d float64) float64, x []float64) []float64 { // V·f(D)·Vᵀ·x
			y := make([]float64, n)
			for k := range n {
				sum := 0.0
				for i := range n {
					sum += v[i*n+k] * x[i]
				}
				for i := range n {
					y[i] += v[i*n+k] * f(d[k]) * sum
				}
			}
			return y
		}
		a := make([]float64, n*n)
		for j := range n {
			unit := make([]float64, n)
			unit[j] = 1
			for i, x := range spectral(func(d float64) float64 { return d }, unit) {
				a[i*n+j] = x
			}
		}
		times := func(x []float64) []float64 {
			y := make([]float64, n)
			for i := range y {
				y[i] = dot(a[i*n:(i+1)*n], x)
			}
			return y
		}
		build := func(p []float64) Problem {
			s := p[0]
			q := Problem{X0: x0, T1: 1, Parameters: 1,
				F: func(_ float64, x, dx []float64) {
					for i, y := range times(x) {
						dx[i] = s * y
					}
				},
				VJP: func(_ float64, x, b, ax, ap []float64) {
					for i, y := range times(b) { // A is symmetric
						ax[i] += s * y
						ap[0] += y * x[i]
					}
				},
			}
			if given {
				q.Jacobian = func(_ float64, _, j []float64) {
					for i, y := range a {
						j[i] = s * y
					}
				}
			}
			return q
		}
		o := Options{Scheme: name, RTol: 1e-7, ATol: 1e-9}
		if name == "sdirk4" {
			o.RTol, o.ATol = 1e-5, 1e-7
		}
		g, err := Differentiate(build([]float64{1}), o, func(_ int, _ float64, x, gx []float64) float64 {
			copy(gx, c)
			return dot(c, x)
		}, Differentiation{Checkpoints: checkpoints})
		if err != nil {
			t.Fatal(err)
		}
		wantX0 := spectral(math.Exp, c)
		wantS := dot(c, spectral(func(d float64) float64 { return d * math.Exp(d) }, x0))
		what := fmt.Sprintf("%s, eigenvalues %v", name, d)
		if e := distance(g.X0, wantX0); e > 1e-3*(1+size(wantX0)) {
			t.Fatalf("%s: ∂loss/∂x0 is %v, want %v", what, g.X0, wantX0)
		}
		// What steps make of fast components decays with them, times the derivative by s.
		if e := math.Abs(g.Parameters[0] - wantS); e > 1e-3*(1+math.Abs(wantS)) {
			t.Fatalf("%s: ∂loss/∂s is %v, want %v", what, g.Parameters[0], wantS)
		}
		s, err := Sensitivities(build, []float64{1}, o)
		if err != nil {
			t.Fatal(err)
		}
		if got := dot(c, s.DX[1][0]); math.Abs(got-g.Parameters[0]) > 1e-7*(1+math.Abs(got)) {
			t.Fatalf("%s: ∂loss/∂s is %.10g by sensitivities, %.10g by adjoints", what, got, g.Parameters[0])
		}
	})
}

// FuzzEventGradients differentiates kicked pendulums through their events, with random parameters and any method: by
// adjoints, with checkpoints and forwards it is the same.
func FuzzEventGradients(f *testing.F) {
	for i := range 16 {
		f.Add(uint64(i), i, 10+3*i, i%2 == 0, i%3)
	}
	f.Fuzz(func(t *testing.T, seed uint64, method, steps int, terminal bool, checkpoints int) {
		if steps < 1 || steps > 100 || checkpoints < Auto || checkpoints > 100 {
			return
		}
		rng := rand.New(rand.NewPCG(seed, 10))
		methods := Methods()
		m := methods[((method%len(methods))+len(methods))%len(methods)]
		p := []float64{rng.NormFloat64(), rng.NormFloat64(), 0.5 + rng.Float64()/2, rng.NormFloat64(), 0.9}
		build := func(p []float64) Problem {
			q := kicked(p[2:], seed%2 == 0, terminal)
			q.Events[0].Direction = 1 - 2*int(seed%2)
			q.X0 = p[:2]
			return q
		}
		o := Options{Method: m, Steps: steps, MaxSteps: 5000}
		if info := m.Info(); info.Adaptive && seed%3 == 0 || info.Name == "auto" {
			o.Steps = 0
		}
		if seed%5 == 0 {
			o.Jumps = []float64{1.5, 4}
		}
		eventCost := func(i int, o Occurrence, gx []float64) (value, gt float64) {
			gx[0], gx[1] = 1, o.T
			return o.X[0] + o.T*o.X[1], o.X[1]
		}
		want, err := Differentiate(build(p), o, weightedCost, Differentiation{EventCost: eventCost, Times: true})
		got, err2 := Differentiate(build(p), o, weightedCost, Differentiation{EventCost: eventCost, Times: true,
			Checkpoints: checkpoints})
		if (err == nil) != (err2 == nil) {
			t.Fatalf("%v with all states, %v with %d", err, err2, checkpoints)
		}
		if err != nil {
			return
		}
		all := func(g *Gradient) []float64 {
			return append(append([]float64{g.T0, g.T1}, g.X0...), g.Parameters...)
		}
		if e := distance(all(got), all(want)); e > 1e-8*(1+size(all(want))) {
			t.Fatalf("%s: %v, with %d checkpoints %v", m.Info().Name, all(want), checkpoints, all(got))
		}
		s, err := Sensitivities(build, p, o)
		if err != nil {
			t.Fatal(err)
		}
		forward := make([]float64, len(p))
		last := len(s.X) - 1
		gx := make([]float64, 2)
		weightedCost(0, 0, s.X[last], gx)
		for j := range p {
			forward[j] = dot(gx, s.DX[last][j])
			for i, e := range s.Events {
				gx := make([]float64, 2)
				_, gt := eventCost(i, e, gx)
				forward[j] += dot(gx, s.DEvents[i][j]) + gt*s.DT[i][j]
			}
		}
		backward := append(append([]float64{}, want.X0...), want.Parameters...)
		largest := 1 + size(backward)
		for _, list := range append(s.DEvents, s.DX...) { // terms that may cancel
			for _, d := range list {
				largest = max(largest, size(d))
			}
		}
		if distance(forward, backward) > 1e-6*largest {
			t.Fatalf("%s: by sensitivities %v, by adjoints %v", m.Info().Name, forward, backward)
		}
	})
}

// randomOrthogonal returns a product of two reflections, a matrix of n rows.
func randomOrthogonal(rng *rand.Rand, n int) []float64 {
	reflect := func() []float64 {
		u, norm := make([]float64, n), 0.0
		for i := range u {
			u[i] = rng.NormFloat64()
			norm += u[i] * u[i]
		}
		v := make([]float64, n*n)
		for i := range n {
			for j := range n {
				v[i*n+j] = -2 * u[i] * u[j] / norm
			}
			v[i*n+i]++
		}
		return v
	}
	v := make([]float64, n*n)
	multiply(v, reflect(), reflect(), n)
	return v
}
