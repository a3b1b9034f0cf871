package basis

import (
	"math/rand/v2"
	"testing"
)

// TestFit: through as many points or more of a function in the space, the fit finds its coefficients; through fewer,
// its values.
func TestFit(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	for _, b := range all(t, 6) {
		x := random(r, b.NumBasis())
		for _, points := range []int{1, b.NumBasis(), 2*b.NumBasis() + 1} {
			var phi [][]float64
			var values []float64
			for i := range points {
				phi = append(phi, Stage(b, i, points, 0))
				values = append(values, dot(phi[i], x))
			}
			matrix, err := Fit(phi)
			if err != nil {
				t.Fatal(err)
			}
			fitted := Apply(matrix, values)
			for i, want := range values {
				if got := dot(phi[i], fitted); got < want-1e-6 || got > want+1e-6 {
					t.Errorf("%#v through %d points: %g at point %d, want %g", b, points, got, i, want)
				}
			}
			if points > b.NumBasis() && farthest(fitted, x) > 1e-9 {
				t.Errorf("%#v through %d points: %v, want %v", b, points, fitted, x)
			}
		}
	}
	for _, phi := range [][][]float64{nil, {{}}, {{0, 0}}} {
		if m, err := Fit(phi); err == nil {
			t.Errorf("Fit(%v) = %v", phi, m)
		}
	}
}
