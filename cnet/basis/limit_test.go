package basis

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestLimit: what is limited is nowhere below its floor and keeps its mean; what needs no limit keeps its bits.
func TestLimit(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for _, b := range all(t, 7) {
		x := random(r, 2*b.NumBasis())
		one, err := Constant(b)
		if err != nil {
			t.Fatal(err)
		}
		for k, c := range one {
			x[2*k] += 0.5 * c // the mean of the first entry is above the floor, more or less
			x[2*k+1] += 100 * c
		}
		floor := []float64{0.2, 0.2}
		limited, err := Limit(b, x, floor)
		if err != nil {
			t.Fatal(err)
		}
		least, err := Minimum(b, limited)
		if err != nil {
			t.Fatal(err)
		}
		if least[0] < floor[0]-1e-12 {
			t.Errorf("%#v: the limited function falls to %g", b, least[0])
		}
		average, err := Project(b, PiecewiseConstant{1})
		if err != nil {
			t.Fatal(err)
		}
		before, after := Apply(average, x), Apply(average, limited)
		if math.Abs(after[0]-max(before[0], floor[0])) > 1e-12 {
			t.Errorf("%#v: the mean was %g, is %g", b, before[0], after[0])
		}
		for k := range one {
			if limited[2*k+1] != x[2*k+1] {
				t.Errorf("%#v: coefficient %d of a function above its floor changed", b, k)
			}
		}
	}
}

// TestMinimum finds the least value between nodes, where Minimum samples.
func TestMinimum(t *testing.T) {
	for _, c := range []struct {
		b    Basis
		x    []float64
		want float64
	}{
		{PiecewiseConstant{3}, []float64{3, 1, 2}, 1},
		{PiecewiseLinear{4}, []float64{3, 2, 5, -1}, -1},
		{Hat{3}, []float64{3, 1, 2}, 1},
		{Legendre{3}, []float64{0, 0, 1}, -0.5},
		{Fourier{2}, []float64{1, 2}, -1},
	} {
		got, err := Minimum(c.b, c.x)
		if err != nil || len(got) != 1 || math.Abs(got[0]-c.want) > 1e-12 {
			t.Errorf("%#v %v: got %v, %v, want %g", c.b, c.x, got, err, c.want)
		}
	}
	if got, err := Minimum(Hat{2}, []float64{1, 2, 3}); err == nil {
		t.Errorf("three coefficients of two functions: %v", got)
	}
}
