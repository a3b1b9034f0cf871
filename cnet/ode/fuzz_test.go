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

// FuzzEvents solves oscillators with random events, some of which change the state or end the solution: the events are
// in the order of time, where their functions are zero, and the solution is finite and ends.
func FuzzEvents(f *testing.F) {
	for i := range 30 {
		f.Add(uint64(i), i, 1+i%7)
	}
	f.Add(uint64(34), 12, 75) // two events at the same time, of which the first leads the second one away
	f.Fuzz(func(t *testing.T, seed uint64, method, steps int) {
		if steps < 1 || steps > 200 {
			return
		}
		rng := rand.New(rand.NewPCG(seed, 4))
		methods := Methods()
		m := methods[((method%len(methods))+len(methods))%len(methods)]
		a, b, c := rng.NormFloat64(), rng.NormFloat64(), 10*rng.Float64()
		p := Problem{X0: []float64{rng.NormFloat64(), rng.NormFloat64()}, T0: rng.NormFloat64(),
			T1: 10 * rng.NormFloat64(),
			F:  func(t float64, x, dx []float64) { dx[0], dx[1] = x[1], -x[0]-0.1*x[1]+b*math.Cos(c*t) }}
		for range 1 + rng.IntN(3) {
			level := []float64{0, rng.NormFloat64(), p.X0[0]}[rng.IntN(3)]
			event := Event{Direction: rng.IntN(3) - 1, Terminal: rng.IntN(5) == 0, AtStart: rng.IntN(2) == 0,
				G: func(t float64, x []float64) float64 {
					return x[0] - level + 0.1*a*(math.Sin(c*t)-math.Sin(c*p.T0))
				}}
			switch rng.IntN(4) {
			case 0:
				event.Do = func(_ float64, x []float64) { x[1] *= -rng.Float64() }
			case 1:
				event.Do = func(_ float64, x []float64) { x[0], x[1] = rng.NormFloat64(), rng.NormFloat64() }
			}
			p.Events = append(p.Events, event)
		}
		o := Options{Method: m, MaxSteps: 20_000, Dense: true}
		if info := m.Info(); !info.Adaptive || rng.IntN(2) == 0 && info.Name != "auto" {
			o.Steps = steps
		}
		if rng.IntN(3) == 0 {
			o.Jumps = []float64{(p.T0 + p.T1) / 2}
		}
		s, err := Solve(p, o)
		if s == nil {
			t.Fatal(err)
		}
		var failure *Failure
		if err != nil && !errors.As(err, &failure) {
			t.Fatal(err)
		}
		direction, last := sign(p.T1-p.T0), p.T0
		for i, e := range s.Events {
			if (e.T-last)*direction < 0 || (p.T1-e.T)*direction < 0 || firstBad(e.X) >= 0 {
				t.Fatalf("%s: event %d at %v after %v", m.Info().Name, e.Event, e.T, last)
			}
			// On the curve the function passes zero here, as closely as t is known, if no other event comes in between.
			another := i > 0 && s.Events[i-1].T == e.T
			if g := p.Events[e.Event].G(e.T, e.X); !another && math.Abs(g) > 1e-9*(1+size(e.X)) {
				t.Fatalf("%s: event %d at %v, where its function is %v", m.Info().Name, e.Event, e.T, g)
			}
			last = e.T
		}
		end := s.T[len(s.T)-1]
		if firstBad(s.Final()) >= 0 || err == nil && end != p.T1 && len(s.Events) == 0 {
			t.Fatalf("%s: %v at %v, %v", m.Info().Name, s.Final(), end, err)
		}
		for i := range 11 {
			if x, err := s.At(p.T0 + (end-p.T0)*float64(i)/10); err != nil || firstBad(x) >= 0 {
				t.Fatalf("%s: the curve is %v, %v", m.Info().Name, x, err)
			}
		}
	})
}
