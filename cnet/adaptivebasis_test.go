package cnet

import (
	"context"
	"math"
	"path/filepath"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"continuousnet/cnet/engine"
)

// varying are bases of weights that vary over depth: one that jumps, one that bends, one that does both, and smooth
// ones.
var varying = []Config{
	{Basis: "piecewise_constant", NumBasis: 3}, {Basis: "hat", NumBasis: 3}, {Basis: "piecewise_linear", NumBasis: 4},
	{Basis: "legendre", NumBasis: 3}, {Basis: "fourier", NumBasis: 3},
}

// With weights that vary over depth, too, a net whose steps are an input of the graph computes what it does with so
// many equal steps, forwards and backwards: the values of the basis at the accepted times are an input as well.
func TestAdaptiveBasisEqualsFixed(t *testing.T) {
	for _, name := range []string{"go", "go:planar"} {
		e, err := engine.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(e.Close)
		for _, c := range varying {
			c.Model, c.Rate, c.Scheme, c.AugmentDim = NeuralODE, "mlp-6-tanh-t", "dopri5", 1
			c.TimeEpsilon, c.Steps = 1.5, 6
			fixed, store := netOfPlane(t, c)
			want := gradientsThrough(t, e, fixed, store, nil, 0)
			for _, adjoint := range Adjoints {
				c := c
				c.Steps, c.RTol, c.Adjoint = 1, 1e-3, adjoint
				n, err := NewNet(c, 2, 3)
				if err != nil {
					t.Fatal(err)
				}
				tolerance := 1e-5
				if adjoint == Backsolve {
					tolerance = 2e-3
				}
				for _, padded := range []int{6, 8} {
					got := gradientsThrough(t, e, n, store, equalSteps(0, 1, 1./6), padded)
					if d := farthest(got, want); !(d < tolerance) {
						t.Errorf("%s, %d %s, %s, %d steps: off by %g", name, c.NumBasis, c.Basis, adjoint, padded, d)
					}
				}
			}
		}
	}
}

// The solver stops where a function of depth may jump or bend, so that no step crosses such a place, and its steps give
// the solution of many equal ones.
func TestStepperWithBasis(t *testing.T) {
	e, err := engine.Open("go")
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, c := range varying {
		c.Model, c.Rate, c.AugmentDim, c.TimeEpsilon, c.RTol = NeuralODE, "mlp-6-tanh", 1, 6, 1e-5
		n, store := netOfPlane(t, c)
		s, err := newStepper(e, n, store)
		if err != nil {
			t.Fatal(err)
		}
		points := tensors.FromFlatDataAndDimensions([]float32{0.5, -1, 2, 0.1, -0.7, 0.3}, 3, 1, 1, 2)
		steps, err := s.steps(context.Background(), points)
		if err != nil {
			t.Fatal(err)
		}
		g := grid{0}
		for _, row := range steps.Value().([][]float32) {
			if row[1] > 0 {
				g = append(g, float64(row[0])+float64(row[1]))
			}
		}
		cells := n.Bases[0].Cells()
		for cell := 1; cell < cells; cell++ {
			at, nearest := float64(cell)/float64(cells), 1.
			for _, x := range g {
				nearest = min(nearest, math.Abs(x-at))
			}
			if nearest > 1e-6 {
				t.Errorf("%d %s: no step ends at %g: %v", c.NumBasis, c.Basis, at, g)
			}
		}
		if s.last.Accepted != g.steps() || s.last.NFE < 6*g.steps() {
			t.Errorf("%d %s: %+v for %d steps", c.NumBasis, c.Basis, s.last, g.steps())
		}
		exact := *n
		exact.Config.RTol, exact.Config.ATol, exact.Steps = 0, 0, []int{24 * cells}
		got := gradientsThrough(t, e, n, store, g, paddedSteps(g.steps()))
		want := gradientsThrough(t, e, &exact, store, nil, 0)
		if d := farthest(got, want); !(d < 2e-3) {
			t.Errorf("%d %s: off by %g in %d steps", c.NumBasis, c.Basis, d, g.steps())
		}
	}
}

// A run with both trains, goes on to the bit, is manifested, and takes another basis.
func TestAdaptiveBasisRun(t *testing.T) {
	c := Config{
		Dataset: "moons", RTol: 1e-2, Rate: "mlp-8-tanh", Basis: "piecewise_constant", NumBasis: 3,
		LRSchedule: LRConstant,
	}
	resumeIsExact(t, c)
	r := open(t, filepath.Join(t.TempDir(), "run"), c)
	ctx := context.Background()
	if err := r.Train(ctx, 6); err != nil {
		t.Fatal(err)
	}
	score, err := r.Evaluate(ctx)
	if err != nil || score.Accuracy < 0.8 || score.Evaluations < 3*6 {
		t.Errorf("%+v, %v", score, err)
	}
	want := "NeuralODE dopri5 with rtol 0.01 and atol 0.01, 3 piecewise_constant, rate mlp-8-tanh"
	if got := r.Title(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	list, err := r.Manifest(ctx, ManifestOptions{Schemes: []string{"rk4_classic"}, Steps: []int{12}})
	if err != nil || math.Abs(list[0].Loss-score.Loss) > 0.02 {
		t.Errorf("with 12 equal steps: %+v, %v; adapting %+v", list, err, score)
	}
	if _, err := r.ChangeBasis("legendre", 3); err != nil {
		t.Fatal(err)
	}
	if err := r.Train(ctx, 1); err != nil {
		t.Fatal(err)
	}
}
