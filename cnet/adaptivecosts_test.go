package cnet

import (
	"context"
	"math"
	"path/filepath"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/engine"
)

// costsThrough returns both costs of a net for three points, and the gradients of their sum, with the steps of a grid
// or, if that is nil, with those of the net; each time with the same noise.
func costsThrough(t *testing.T, e *engine.Engine, n *Net, store *model.Store, g grid, padded int) [][]float64 {
	t.Helper()
	if err := store.SetRNGStateFromSeed(3); err != nil {
		t.Fatal(err)
	}
	return through(t, e, n, store, g, padded, func(scope *model.Scope, inputs []*Node) []*Node {
		outputs := n.Config.outputs(withSteps(n, inputs, 1), scope.Store(), e.Layout, inputs[0])
		var variables []*Node
		for _, v := range n.Variables() {
			if v.OverDepth {
				variables = append(variables,
					scope.Store().GetVariable(Root+"/"+v.Path).NodeValue(inputs[0].Graph()))
			}
		}
		return append(outputs[1:], Gradient(Add(outputs[1], outputs[2]), variables...)...)
	})
}

// The costs of steps that are an input of the graph, and their gradients, are those of so many equal steps, padded or
// not; with steps of several lengths they come close to the same integrals.
func TestAdaptiveCostsEqualFixed(t *testing.T) {
	for _, name := range []string{"go", "go:planar"} {
		e, err := engine.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(e.Close)
		for _, basis := range []Config{{NumBasis: 1}, {NumBasis: 3, Basis: "legendre"}} {
			c := basis
			c.Model, c.Rate, c.Scheme, c.AugmentDim, c.TimeEpsilon = NeuralODE, "mlp-6-tanh-t", "dopri5", 1, 1.5
			c.KineticEnergy, c.JacobianNorm, c.Steps = 1, 1, 6
			fixed, store := netOfPlane(t, c)
			want := costsThrough(t, e, fixed, store, nil, 0)
			c.Steps, c.RTol = 1, 1e-3
			n, err := NewNet(c, 2, 3)
			if err != nil {
				t.Fatal(err)
			}
			for _, tc := range []struct {
				g         grid
				padded    int
				tolerance float64
			}{
				{equalSteps(0, 1, 1./6), 6, 1e-5}, {equalSteps(0, 1, 1./6), 8, 1e-5},
				{grid{0, 0.1, 0.25, 0.5, 0.6, 1}, 8, 2e-3},
			} {
				for _, n.Config.Adjoint = range Adjoints {
					tolerance := tc.tolerance
					if n.Config.Adjoint == Backsolve {
						tolerance = 2e-3
					}
					got := costsThrough(t, e, n, store, tc.g, tc.padded)
					if d := farthest(got, want); !(d < tolerance) || got[0][0] == 0 || got[1][0] == 0 {
						t.Errorf("%s, %d functions, %d steps, %s: off by %g, costs %g and %g", name, c.NumBasis,
							tc.padded, n.Config.Adjoint, d, got[0][0], got[1][0])
					}
				}
			}
		}
	}
}

// A run with both resumes to the bit, records what is charged, and is charged less with more weight.
func TestAdaptiveCostsRun(t *testing.T) {
	c := Config{Dataset: "moons", RTol: 1e-2, Rate: "mlp-8-tanh", LRSchedule: LRConstant, JacobianNorm: 0.01,
		KineticEnergy: 0.01}
	resumeIsExact(t, c)
	var energies []float64
	for _, weight := range []float64{1e-6, 1} {
		c.KineticEnergy = weight
		r := open(t, filepath.Join(t.TempDir(), "run"), c)
		if err := r.Train(context.Background(), 4); err != nil {
			t.Fatal(err)
		}
		last, _ := r.History().Last()
		energies = append(energies, last.KineticEnergy)
		if !(last.JacobianNorm > 0) || math.IsInf(last.JacobianNorm, 0) {
			t.Errorf("%+v", last)
		}
	}
	if !(energies[1] < energies[0]/2) {
		t.Errorf("kinetic energies %g without and with a weight", energies)
	}
}
