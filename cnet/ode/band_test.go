package ode

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Within a declared band, differences give the same matrix to the bit, from as many evaluations as the band is wide.
func TestBand(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 1))
	for trial := range 300 {
		n := 1 + rng.IntN(40)
		lower, upper := rng.IntN(5), rng.IntN(5)
		if trial%10 == 0 {
			lower = n + rng.IntN(3) // more than there are
		}
		c := make([]float64, n*n)
		for i := range c {
			c[i] = rng.NormFloat64()
		}
		p := Problem{X0: make([]float64, n), T1: 1, Band: &Band{lower, upper}}
		p.F = func(at float64, x, dx []float64) {
			for i := range x {
				dx[i] = math.Sin(at)
				for k := max(0, i-lower); k < min(n, i+upper+1); k++ {
					dx[i] += c[i*n+k] * math.Sqrt(x[k]) // not defined below 0
				}
			}
		}
		for i := range p.X0 {
			p.X0[i] = math.Abs(rng.NormFloat64())
		}
		if trial%3 == 0 {
			p.X0[rng.IntN(n)] = 0
		}
		matrix := func(p Problem) ([]float64, int) {
			s, err := New(p, Options{Scheme: "radau5"})
			if err != nil {
				t.Fatal(err)
			}
			j := make([]float64, n*n)
			for i := range j {
				j[i] = 7 // of what was there before
			}
			newJacobian(s).evaluate(0.5, 1e-3, p.X0, nil, j)
			return j, s.stats.NFE
		}
		got, nfe := matrix(p)
		p.Band = nil
		want, all := matrix(p)
		if trial%3 != 0 && !slices.Equal(got, want) {
			t.Fatalf("%d components, %d below and %d above: %v, want %v", n, lower, upper, got, want)
		}
		for i := range got {
			if math.Abs(got[i]-want[i]) > 1e-3*(1+math.Abs(want[i])) && finite(want[i]) {
				t.Fatalf("entry %d is %v, want %v", i, got[i], want[i])
			}
		}
		if most := 1 + min(n, lower+upper+1); trial%3 != 0 && (nfe != most || all != n+1) {
			t.Errorf("%d components, %d below and %d above: %d evaluations, %d without a band", n, lower, upper, nfe, all)
		}
	}
	p := Problem{F: func(_ float64, x, dx []float64) { dx[0] = -x[0] }, X0: []float64{1}, T1: 1, Band: &Band{0, -1}}
	_, err := Solve(p, Options{Scheme: "radau5"})
	if err == nil || !strings.Contains(err.Error(), "must not be negative") {
		t.Errorf("got %v", err)
	}
}
