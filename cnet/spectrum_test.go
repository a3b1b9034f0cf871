package cnet

import (
	"math"
	"math/cmplx"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/mat"

	"continuousnet/cnet/basis"
	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/rate"
)

// The eigenvalues of a linear rate are those of its matrix, at every depth and for every point.
func TestSpectrumOfLinearRate(t *testing.T) {
	turn := rate.Rate{
		Name: "test-turn", Description: "A·x with A = (-1 2; -2 -1)",
		Weights: func(w *rate.Weights) { w.Linear("unused", w.Channels, 1) },
		Build: func(b *rate.Builder, x fmap.Map) fmap.Map {
			v := x.Images()
			first, second := SliceAxis(v, 3, AxisRange(0, 1)), SliceAxis(v, 3, AxisRange(1, 2))
			rows := []*Node{
				Sub(MulScalar(second, 2), first), Neg(Add(MulScalar(first, 2), second)),
			}
			nothing := MulScalar(b.Linear(v, "unused"), 0)
			return b.Map(Add(Concatenate(rows, 3), nothing))
		},
	}
	if err := rate.Register(turn); err != nil {
		t.Fatal(err)
	}
	run := open(t, t.TempDir(), Config{Dataset: "moons", Rate: "test-turn", Scheme: "midpoint", Steps: 2})
	s, err := run.Spectrum(t.Context(), HiddenStatesOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !s.All || s.Size != 2 || !slices.Equal(s.T, []float64{0, 0.5}) || len(s.Eigenvalues[1]) != 20 ||
		math.Abs(s.H[1]-run.Network().(*Net).stages()[0].length/2) > 1e-12 {
		t.Fatalf("%v, %v, %d", s.T, s.H, len(s.Eigenvalues[1]))
	}
	for _, points := range s.Eigenvalues {
		for _, values := range points {
			for _, v := range values {
				if math.Abs(real(v)+1) > 1e-12 || math.Abs(math.Abs(imag(v))-2) > 1e-12 {
					t.Errorf("eigenvalue %v, want −1 ± 2i", v)
				}
			}
		}
	}
}

// The Jacobian is that of the rate, by finite differences, in every layout: for points, and for images, whose largest
// eigenvalue is found in a Krylov space.
func TestSpectrum(t *testing.T) {
	for _, c := range []Config{{Dataset: "moons", Rate: "mlp-8-tanh", Steps: 2}, {Channels: 1}} {
		run := open(t, t.TempDir(), c)
		if err := run.Train(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		o := HiddenStatesOptions{Stage: 1, Images: 1}
		s, err := run.Spectrum(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		b, _, _, err := run.hiddenBlock(o)
		if err != nil {
			t.Fatal(err)
		}
		defer b.exec.Finalize()
		n := s.Size
		m := mat.NewDense(n, n, nil)
		for j := range n {
			var f [2][]float64
			const h = 1e-6
			for k, sign := range []float64{1, -1} {
				x := slices.Clone(b.begin)
				x[j] += sign * h
				if f[k], err = b.rate(basis.Stage(b.of.basis, 0, b.of.steps, 0), 0, x); err != nil {
					t.Fatal(err)
				}
			}
			for i := range n {
				m.Set(i, j, (f[0][i]-f[1][i])/(2*h))
			}
		}
		var e mat.Eigen
		if !e.Factorize(m, mat.EigenNone) {
			t.Fatal("no eigenvalues")
		}
		want := e.Values(nil)
		outer := slices.MaxFunc(want, func(a, b complex128) int {
			if cmplx.Abs(a) < cmplx.Abs(b) {
				return -1
			}
			return 1
		})
		got := s.Eigenvalues[0][0][0]
		if d := math.Abs(cmplx.Abs(got) - cmplx.Abs(outer)); d > 1e-3*cmplx.Abs(outer) {
			t.Errorf("%d coordinates: the outermost eigenvalue is %v, want %v", n, got, outer)
		}
		if s.All {
			for _, v := range s.Eigenvalues[0][0] {
				if !slices.ContainsFunc(want, func(w complex128) bool { return cmplx.Abs(v-w) < 1e-6 }) {
					t.Errorf("%v is none of %v", v, want)
				}
			}
		}
	}
}

// In a Krylov space as large as the matrix, all eigenvalues are exact; an invariant space ends it early.
func TestArnoldi(t *testing.T) {
	diagonal := func(values ...float64) func(v []float64) ([]float64, error) {
		return func(v []float64) ([]float64, error) {
			w := slices.Clone(v)
			for i := range w {
				w[i] *= values[i%len(values)]
			}
			return w, nil
		}
	}
	for _, tc := range []struct {
		n, dimensions int
		values        []float64
		want          int
	}{{5, 5, []float64{1, 2, 3, 4, 5}, 5}, {6, 6, []float64{-1, 4}, 2}} {
		h, err := arnoldi(tc.n, tc.dimensions, diagonal(tc.values...))
		if err != nil {
			t.Fatal(err)
		}
		var e mat.Eigen
		e.Factorize(h, mat.EigenNone)
		values := e.Values(nil)
		if len(values) != tc.want {
			t.Fatalf("%v, want %v", values, tc.values)
		}
		for _, v := range tc.values {
			if !slices.ContainsFunc(values, func(w complex128) bool { return cmplx.Abs(w-complex(v, 0)) < 1e-9 }) {
				t.Errorf("%v, want %v", values, tc.values)
			}
		}
	}
}
