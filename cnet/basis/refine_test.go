package basis

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestRefineKeepsTheFunction: the refined coefficients give the same function of depth, on both sides of jumps too.
func TestRefineKeepsTheFunction(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for _, b := range all(t, 12) {
		for m := 1; m <= 5; m++ {
			fine, matrix, err := refineBy(b, m)
			if err != nil {
				t.Fatal(err)
			}
			x := random(r, b.NumBasis())
			y := Apply(matrix, x)
			steps := fine.Cells()
			for step := range steps {
				for _, c := range []float64{0, 0.3, 1} {
					want, got := dot(Stage(b, step, steps, c), x), dot(Stage(fine, step, steps, c), y)
					if math.Abs(got-want) > 1e-13 {
						t.Fatalf("%#v → %#v: %g at step %d of %d, c = %g, want %g", b, fine, got, step, steps, c, want)
					}
				}
			}
		}
	}
}

// TestRefineSizes states how many functions each refinement has.
func TestRefineSizes(t *testing.T) {
	for _, c := range []struct {
		b    Basis
		m    int
		want Basis
	}{
		{PiecewiseConstant{3}, 2, PiecewiseConstant{6}}, {PiecewiseConstant{3}, 5, PiecewiseConstant{15}},
		{PiecewiseLinear{4}, 2, PiecewiseLinear{8}}, {PiecewiseLinear{2}, 3, PiecewiseLinear{6}},
		{Hat{5}, 2, Hat{9}}, {Hat{5}, 3, Hat{13}}, {Hat{1}, 2, Hat{2}}, {Hat{1}, 1, Hat{1}},
		{Chebyshev{3}, 2, Chebyshev{6}}, {Legendre{1}, 2, Legendre{2}}, {Fourier{4}, 2, Fourier{8}},
	} {
		if got, _, err := refineBy(c.b, c.m); err != nil || got != c.want {
			t.Errorf("refineBy(%#v, %d) = %#v, %v, want %#v", c.b, c.m, got, err, c.want)
		}
	}
}

// TestRefineEntries: rows copy values, take means of two, or pad, to the bit.
func TestRefineEntries(t *testing.T) {
	for _, b := range all(t, 64) {
		fine, matrix, err := Refine(b)
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range matrix {
			for j, v := range row {
				switch b.(type) {
				case PiecewiseConstant, PiecewiseLinear, Hat:
					if v != 0 && v != 0.5 && v != 1 {
						t.Fatalf("%#v → %#v: entry [%d][%d] is %g, want 0, 1/2 or 1", b, fine, i, j, v)
					}
				default:
					if (i == j && v != 1) || (i != j && v != 0) {
						t.Fatalf("%#v → %#v: entry [%d][%d] is %g, want padding", b, fine, i, j, v)
					}
				}
			}
		}
	}
}

// TestInterpolateAgreesAtNodes does so for every pair, from the side of the node's own cell.
func TestInterpolateAgreesAtNodes(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	bases := append(all(t, 6), Chebyshev{64}, Legendre{64}, Fourier{63}, Fourier{64}, Hat{33})
	for _, from := range bases {
		for _, to := range bases {
			matrix, err := Interpolate(from, to)
			if err != nil {
				t.Fatal(err)
			}
			x := random(r, from.NumBasis())
			y := Apply(matrix, x)
			for _, node := range to.Nodes() {
				want := dot(Stage(from, node.Cell, to.Cells(), node.Fraction), x)
				if got := dot(to.At(node), y); math.Abs(got-want) > 1e-11 {
					t.Fatalf("%#v → %#v: %g at %v, want %g", from, to, got, node, want)
				}
			}
		}
	}
}

// TestApply: one row a new coefficient, whatever the rest of the shape; nil where shapes do not fit.
func TestApply(t *testing.T) {
	matrix := [][]float64{{0.5, 0.5, 0}, {0, 0, 2}}
	if got := Apply(matrix, []float64{1, 2, 3, 4, 5, 6}); farthest(got, []float64{2, 3, 10, 12}) != 0 {
		t.Errorf("got %v", got)
	}
	for _, bad := range []struct {
		matrix [][]float64
		values []float64
	}{{nil, nil}, {[][]float64{{}}, nil}, {matrix, []float64{1, 2}}, {[][]float64{{1, 2}, {1}}, []float64{1, 2}}} {
		if got := Apply(bad.matrix, bad.values); got != nil {
			t.Errorf("Apply(%v, %v) = %v, want nil", bad.matrix, bad.values, got)
		}
	}
}
