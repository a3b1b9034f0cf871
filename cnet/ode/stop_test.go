package ode

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

func decay(k float64) Problem {
	return Problem{F: func(_ float64, x, dx []float64) { dx[0] = -k * x[0] }, X0: []float64{1}, T1: 1}
}

// What has been reached when a context ends is returned, with the context's error, for every kind of method.
func TestContext(t *testing.T) {
	for _, scheme := range []string{"dopri5", "dopri8", "radau5", "kvaerno5", "auto", "rk4", "ab3", "am3", "leapfrog"} {
		for _, outputs := range [][]float64{nil, {0, 0.25, 0.5, 0.75, 2.5, 5}} {
			ctx, cancel := context.WithCancel(t.Context())
			p := Problem{F: func(at float64, x, dx []float64) {
				dx[0], dx[1] = x[1], -x[0]
				if at > 1 {
					cancel()
				}
			}, X0: []float64{0, 1}, T1: 5}
			o := Options{Scheme: scheme, Context: ctx, At: outputs, MaxStep: 0.1}
			if m, _ := Lookup(scheme); !m.Info().Adaptive {
				o.Steps = 100
			}
			s, err := Solve(p, o)
			var f *Failure
			if !errors.Is(err, context.Canceled) || !errors.As(err, &f) || !(f.T > 0.9 && f.T < 1.3) ||
				!strings.Contains(err.Error(), scheme+": context canceled at t = ") {
				t.Errorf("%s: %v", scheme, err)
				continue
			}
			last := len(s.T) - 1
			if s.T[last] != f.T || math.Abs(s.X[last][0]-math.Sin(f.T)) > 1e-2 {
				t.Errorf("%s: %v at %v, stopped at %v", scheme, s.X[last], s.T[last], f.T)
			}
			if want := len(outputs) - 2; outputs != nil && (last != want || !slices.Equal(s.T[:want], outputs[:want])) {
				t.Errorf("%s: outputs at %v", scheme, s.T)
			}
		}
	}
	// A context that has ended before, and one whose time is over; an attempt that is rejected again and again.
	ended, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("the user has left"))
	s, err := Solve(decay(1), Options{Context: ended})
	if !errors.Is(err, context.Canceled) || s.Stats.NFE != 0 || len(s.T) != 1 || s.Final()[0] != 1 {
		t.Errorf("ended before: %v, %v", s, err)
	}
	late, stop := context.WithTimeout(t.Context(), -1)
	defer stop()
	if _, err := Solve(decay(1), Options{Context: late}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("too late: %v", err)
	}
	rejected, cancelRejected := context.WithCancel(t.Context())
	defer cancelRejected()
	calls := 0
	p := Problem{F: func(at float64, _, dx []float64) {
		if calls++; calls > 200 {
			cancelRejected()
		}
		dx[0] = math.Sin(float64(calls)) * 1e6
	}, X0: []float64{0}, T1: 1}
	if s, err = Solve(p, Options{Context: rejected}); !errors.Is(err, context.Canceled) || s.Stats.NFE > 220 {
		t.Errorf("rejected: %v, %v", s.Stats, err)
	}
	// The iterator stops, too, and gradients.
	running, cancelRunning := context.WithCancel(t.Context())
	defer cancelRunning()
	solver, err := New(decay(1), Options{Context: running, MaxStep: 0.01})
	if err != nil {
		t.Fatal(err)
	}
	var last error
	for step, err := range solver.Steps() {
		if last = err; step != nil && step.Index == 9 {
			cancelRunning()
		}
	}
	if solver.Stats().Accepted != 10 || !errors.Is(last, context.Canceled) {
		t.Errorf("steps: %v, %v", solver.Stats(), last)
	}
	q := decay(1)
	q.VJP = func(_ float64, _, a, ax, _ []float64) { ax[0] -= a[0] }
	cost := func(_ int, _ float64, x, gx []float64) float64 { gx[0] = 1; return x[0] }
	if _, err := Differentiate(q, Options{Context: ended}, cost, Differentiation{}); !errors.Is(err, context.Canceled) {
		t.Errorf("gradients: %v", err)
	}
}

// Progress is told of every accepted step.
func TestProgress(t *testing.T) {
	var times []float64
	var nfe int
	s, err := Solve(decay(5), Options{EveryStep: true, Progress: func(at float64, cost Stats) {
		times = append(times, at)
		if cost.Accepted != len(times) || cost.NFE <= nfe {
			t.Errorf("at %v: %v", at, cost)
		}
		nfe = cost.NFE
	}})
	if err != nil || !slices.Equal(times, s.T[1:]) {
		t.Errorf("%v, steps at %v, %v", times, s.T, err)
	}
}

func TestComponent(t *testing.T) {
	s, err := Solve(Problem{F: func(_ float64, x, dx []float64) { dx[0], dx[1] = 1, x[0] }, X0: []float64{0, 3}, T1: 2},
		Options{Scheme: "rk4", Steps: 4, At: []float64{0, 1, 2}})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Component(1); distance(got, []float64{3, 3.5, 5}) > 1e-12 || len(got) != 3 {
		t.Errorf("got %v", got)
	}
	s.Component(0)[0] = 9
	if s.X[0][0] != 0 {
		t.Error("the component is not a copy")
	}
	if s.Component(2) != nil || s.Component(-1) != nil || (&Solution{}).Component(0) != nil {
		t.Error("there is no such component")
	}
}

// An ensemble is in the order of its parameters, each as if solved alone; the first failure counts.
func TestEnsemble(t *testing.T) {
	var parameters []float64
	for i := range 500 {
		parameters = append(parameters, float64(i)/100)
	}
	solutions, err := SolveEnsemble(parameters, decay, Options{RTol: 1e-8})
	if err != nil || len(solutions) != len(parameters) {
		t.Fatalf("%d solutions, %v", len(solutions), err)
	}
	for i, k := range parameters {
		alone, err := Solve(decay(k), Options{RTol: 1e-8})
		if err != nil || solutions[i].Final()[0] != alone.Final()[0] || solutions[i].Stats.NFE != alone.Stats.NFE {
			t.Errorf("%v: %v, alone %v, %v", k, solutions[i].Final(), alone.Final(), err)
		}
	}
	// x' = x² from x0 has a pole at 1/x0: beyond 1 that is not reached.
	type initial struct{ x0 float64 }
	pole := func(i initial) Problem {
		p := Problem{F: func(_ float64, x, dx []float64) { dx[0] = x[0] * x[0] }, X0: []float64{i.x0}, T1: 1}
		if i.x0 < 0 {
			p.F = nil
		}
		return p
	}
	for range 20 {
		solutions, err = SolveEnsemble([]initial{{0.5}, {0.2}, {2}, {-1}, {4}, {0.1}}, pole, Options{})
		var f *Failure
		if !errors.As(err, &f) || !strings.HasPrefix(err.Error(), "parameter 2: ode: dopri5: ") || math.Abs(f.T-0.5) > 1e-6 {
			t.Fatalf("got %v", err)
		}
		if solutions[3] != nil || len(solutions[2].T) == 0 || math.Abs(solutions[5].Final()[0]-1/9.) > 1e-6 ||
			math.Abs(solutions[4].T[1]-0.25) > 1e-6 {
			t.Fatalf("got %v", solutions)
		}
	}
	_, err = SolveEnsemble([]initial{{-1}, {2}}, pole, Options{})
	if err == nil || !strings.Contains(err.Error(), "parameter 0: ode: Problem.F is nil") {
		t.Errorf("got %v", err)
	}
	if list, err := SolveEnsemble(nil, pole, Options{}); err != nil || len(list) != 0 {
		t.Errorf("no parameters: %v, %v", list, err)
	}
	if _, err := SolveEnsemble([]int{1}, nil, Options{}); err == nil || !strings.Contains(err.Error(), "is nil") {
		t.Errorf("got %v", err)
	}
}

// A context stops all problems of an ensemble, and the error says so once.
func TestEnsembleStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var done atomic.Int64
	o := Options{Context: ctx, Progress: func(at float64, _ Stats) {
		if at == 1 && done.Add(1) == 10 {
			cancel()
		}
	}}
	parameters := make([]float64, 2000)
	x0 := make([][]float64, len(parameters))
	for i := range x0 {
		x0[i] = []float64{1}
	}
	solutions, err := SolveEnsemble(parameters, decay, o)
	solved := 0
	for _, s := range solutions {
		if s == nil || len(s.T) == 0 {
			t.Fatal("a solution is missing")
		}
		if s.T[len(s.T)-1] == 1 {
			solved++
		}
	}
	if want := fmt.Sprintf("ode: %d of 2000 problems are solved: context canceled", solved); err == nil ||
		err.Error() != want || !errors.Is(err, context.Canceled) || solved < 10 || solved > 1000 {
		t.Errorf("%v, want %s", err, want)
	}
	if _, err = SolveEach(decay(1), x0, o); err == nil || !errors.Is(err, context.Canceled) ||
		!strings.HasPrefix(err.Error(), "ode: 0 of 2000 ") {
		t.Errorf("got %.200v", err)
	}
}
