package ode

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

// FuzzTableau registers whatever tableau it is given and, if it is accepted, solves with it: no panic, no silent NaN,
// and the order that was derived is kept on a problem of quadrature, which needs Σ b·c^(q-1) = 1/q.
func FuzzTableau(f *testing.F) {
	f.Add(uint64(1), 4, 4, 0)
	f.Add(uint64(2), 1, 0, 1)
	f.Add(uint64(3), 7, 5, 2)
	f.Add(uint64(4), 3, 9, 3)
	f.Fuzz(func(t *testing.T, seed uint64, stages, order, kind int) {
		kind &= 3
		if stages < 0 || stages > 8 {
			return
		}
		rng := rand.New(rand.NewPCG(seed, 1))
		number := func() float64 {
			switch x := rng.Float64(); {
			case x < 0.4:
				return float64(rng.IntN(9)-4) / float64(1+rng.IntN(8))
			case x < 0.8:
				return 4*rng.Float64() - 2
			case x < 0.95 || kind == 0:
				return 0
			default:
				return []float64{math.NaN(), math.Inf(1), 1e300, -1e-300, math.MaxFloat64}[rng.IntN(5)]
			}
		}
		list := func(n int) []float64 {
			v := make([]float64, n)
			for i := range v {
				v[i] = number()
			}
			return v
		}
		tb := Tableau{Name: "fuzz", Order: order, B: list(stages)}
		for i := range stages {
			tb.A = append(tb.A, list(min(i+kind%2, i+1)))
		}
		if stages > 0 { // consistent, so that some are accepted
			tb.B[0] += 1 - total(tb.B)
		}
		if kind == 2 {
			tb.Err = list(stages)
		}
		err := Register(tb)
		defer unregister("fuzz")
		p := Problem{F: func(t float64, x, dx []float64) { dx[0] = math.Cos(t) - x[0] }, X0: []float64{1}, T1: 1}
		o := Options{Method: tb, Steps: 10}
		if err == nil {
			if got, _ := Scheme("fuzz"); got.Order < 1 || len(got.C) != stages {
				t.Fatalf("registered %+v", got)
			}
		}
		s, solveErr := Solve(p, o)
		if (err == nil) != (solveErr == nil) {
			var failure *Failure
			if !errors.As(solveErr, &failure) {
				t.Fatalf("Register says %v, Solve %v", err, solveErr)
			}
		}
		if s != nil && firstBad(s.Final()) >= 0 {
			t.Fatalf("%+v gives %v without an error", tb, s.Final())
		}
		Conditions(tb, 4)
		tb.EmbeddedOrder()
	})
}

// FuzzSolve solves systems of all shapes with all methods, tolerances and steps: it ends, with finite numbers or an
// error.
func FuzzSolve(f *testing.F) {
	for i := range len(Methods()) {
		f.Add(uint64(i), i, 2, 1e-6, 1e-9, 1.0, 20)
	}
	f.Add(uint64(7), 11, 0, 0.0, 1e-300, 1e9, 0)
	f.Add(uint64(8), 11, 1, 1e-16, 0.0, -3.0, 0)
	f.Add(uint64(9), 11, 5, math.NaN(), 1.0, math.Inf(1), -1)
	f.Add(uint64(10), 6, 3, 1e300, 1e300, 1e-300, 7)
	f.Fuzz(func(t *testing.T, seed uint64, method, n int, rtol, atol, t1 float64, steps int) {
		if n < 0 || n > 6 {
			return
		}
		rng := rand.New(rand.NewPCG(seed, 2))
		methods := Methods()
		m := methods[((method%len(methods))+len(methods))%len(methods)]
		a, x0 := make([]float64, n*n), make([]float64, n)
		for i := range a {
			a[i] = 4 * rng.NormFloat64()
		}
		for i := range x0 {
			x0[i] = rng.NormFloat64()
		}
		power := float64(rng.IntN(3))
		p := Problem{X0: x0, T1: t1, F: func(t float64, x, dx []float64) {
			for i := range dx {
				dx[i] = math.Sin(t)
				for j := range x {
					dx[i] += a[i*n+j] * x[j] * math.Pow(math.Abs(x[j]), power)
				}
			}
		}}
		o := Options{Method: m, RTol: rtol, ATol: atol, Steps: steps, MaxSteps: 300, Norm: Norm(rng.IntN(3))}
		if n > 0 && rng.IntN(2) == 0 {
			p.Samples = n
			p.Events = []Event{{G: func(_ float64, x []float64) float64 { return x[0] }, Terminal: rng.IntN(2) == 0}}
			o.At = []float64{0, t1 / 3, t1}
		}
		s, err := Solve(p, o)
		if s == nil {
			if err == nil {
				t.Fatal("neither a solution nor an error")
			}
			return
		}
		for i, x := range s.X {
			if firstBad(x) >= 0 {
				t.Fatalf("%s: x(%v) = %v, error %v", m.Info().Name, s.T[i], x, err)
			}
		}
		if last := s.T[len(s.T)-1]; err == nil && last != t1 && len(s.Events) == 0 {
			t.Fatalf("%s ended at %v instead of %v without an error", m.Info().Name, last, t1)
		}
	})
}

// FuzzGradients compares checkpointed with plain backpropagation.
func FuzzGradients(f *testing.F) {
	f.Add(uint64(1), 0, 20, 3)
	f.Add(uint64(2), 12, 1, 1)
	f.Add(uint64(3), 25, 33, -1)
	f.Fuzz(func(t *testing.T, seed uint64, method, steps, checkpoints int) {
		if steps < 1 || steps > 60 || checkpoints < -1 || checkpoints > 100 {
			return
		}
		rng := rand.New(rand.NewPCG(seed, 3))
		methods := Methods()
		m := methods[((method%len(methods))+len(methods))%len(methods)]
		p := problems["pendulum"]([]float64{rng.Float64()})
		p.X0, p.T1 = []float64{rng.NormFloat64(), rng.NormFloat64()}, 2
		at := []float64{rng.Float64(), 1 + rng.Float64()}
		cost := func(i int, _ float64, x, gx []float64) float64 { gx[i] = 1; return x[i] }
		o := Options{Method: m, Steps: steps, At: at}
		want, err := Differentiate(p, o, cost, Differentiation{})
		got, err2 := Differentiate(p, o, cost, Differentiation{Checkpoints: checkpoints})
		if (err == nil) != (err2 == nil) {
			t.Fatalf("%v with all states, %v with %d", err, err2, checkpoints)
		}
		if err == nil && distance(got.X0, want.X0) > 1e-9*(1+size(want.X0)) {
			t.Fatalf("%s: %v, want %v", m.Info().Name, got.X0, want.X0)
		}
	})
}
