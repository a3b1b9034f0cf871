package ode

import (
	"math"
	"slices"
	"testing"
)

// Sampled keeps every step and interpolates between; without the interpolation there is nothing between.
func TestSampled(t *testing.T) {
	p := Problem{F: func(_ float64, x, dx []float64) { dx[0] = -x[0] }, X0: []float64{1}, T1: -2}
	s, err := Solve(p, Options{EveryStep: true, Dense: true, RTol: 1e-9})
	if err != nil {
		t.Fatal(err)
	}
	times, states := s.Sampled(3)
	if len(times) != 3*(len(s.T)-1)+1 {
		t.Fatalf("%d times of %d", len(times), len(s.T))
	}
	for i, at := range times {
		if want := math.Exp(-at); math.Abs(states[i][0]-want) > 1e-6 {
			t.Errorf("%g at %g, want %g", states[i][0], at, want)
		}
		if i%3 == 0 && (at != s.T[i/3] || states[i][0] != s.X[i/3][0]) {
			t.Errorf("the step to %g is not there", s.T[i/3])
		}
	}
	if s, err = Solve(p, Options{EveryStep: true}); err != nil {
		t.Fatal(err)
	}
	if times, _ := s.Sampled(3); !slices.Equal(times, s.T) {
		t.Errorf("without interpolation: %v", times)
	}
}
