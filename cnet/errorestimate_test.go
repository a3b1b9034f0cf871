package cnet

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/engine"
	"continuousnet/cnet/internal/layers"
)

// errorNet is a net whose steps adapt, with the estimate of their errors in its loss.
func errorNet(scheme string) Config {
	return Config{
		Model: NeuralODE, Rate: "mlp-6-tanh-t", Scheme: scheme, NumBasis: 1, AugmentDim: 1, TimeEpsilon: 8,
		RTol: 1e-3, ATol: 1e-4, ErrorEstimate: 1,
	}
}

// The cost is Σ E·h over the steps of a grid, with E as the solver on the host has it: the difference of the scheme and
// its embedded method in units of the tolerances. Steps of length 0 add nothing.
func TestErrorEstimate(t *testing.T) {
	e, err := engine.Open("go")
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	g := grid{0, 0.1, 0.25, 0.6, 1}
	for _, scheme := range []string{"dopri5", "adaptive_heun", "fehlberg2", "bosh3", "tsit5"} {
		c := errorNet(scheme)
		n, store := netOfPlane(t, c)
		s, err := newStepper(e, n, store)
		if err != nil {
			t.Fatal(err)
		}
		x, want := augmented([]float32{0.5, -1, 2, 0.1, -0.7, 0.3}, 3, 1), 0.
		for i := range g.steps() {
			h := g[i+1] - g[i]
			var k [][]float64
			at := func(coefficients []float64) []float64 {
				y := slices.Clone(x)
				for j, a := range coefficients[:min(len(coefficients), len(k))] {
					for m := range y {
						y[m] += h * a * k[j][m]
					}
				}
				return y
			}
			for j, row := range s.tableau.A {
				dx := make([]float64, len(x))
				if err := s.rate.evaluate(g[i]+s.tableau.C[j]*h, at(row), dx, 3); err != nil {
					t.Fatal(err)
				}
				k = append(k, dx)
			}
			next, sum := at(s.tableau.B), 0.
			for m := range x {
				estimate := 0.
				for j, b := range s.tableau.Err {
					estimate += h * b * k[j][m]
				}
				sum += math.Pow(estimate/(1e-4+1e-3*max(math.Abs(x[m]), math.Abs(next[m]))), 2)
			}
			want += math.Sqrt(sum/float64(len(x))) * h
			x = next
		}
		for _, padded := range []int{4, 8} {
			got := through(t, e, n, store, g, padded, func(scope *model.Scope, inputs []*Node) []*Node {
				return n.Config.outputs(withSteps(n, inputs, 1), scope.Store(), e.Layout, inputs[0])[1:]
			})[0][0]
			// float32 knows an estimate to about its epsilon in units of the tolerances.
			if math.Abs(got-want) > 1e-3*want+1e-4 || want < 1e-3 {
				t.Errorf("%s, %d steps: %.7g, by hand %.7g", scheme, padded, got, want)
			}
		}
	}
}

// The gradients of the cost through the steps of a grid are those of finite differences, beside the other costs, too,
// and with each adjoint that has them.
func TestErrorEstimateGradients(t *testing.T) {
	e, err := engine.Open("go:planar")
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	g := grid{0, 0.3, 0.5, 1}
	for _, tc := range []Config{
		{}, {Adjoint: Checkpoint}, {NumBasis: 3, Basis: "legendre", Adjoint: Checkpoint, Checkpoints: 1},
		{NumBasis: 2, Basis: "legendre", KineticEnergy: 0.3, JacobianNorm: 0.2},
	} {
		c := errorNet("dopri5")
		c.NumBasis, c.Basis = max(tc.NumBasis, 1), tc.Basis
		c.Adjoint, c.Checkpoints = tc.Adjoint, tc.Checkpoints
		c.KineticEnergy, c.JacobianNorm = tc.KineticEnergy, tc.JacobianNorm
		n, err := NewNet(c, 2, 3)
		if err != nil {
			t.Fatal(err)
		}
		store := model.NewStore()
		if err := n.Init(store, 3, dtypes.Float64); err != nil {
			t.Fatal(err)
		}
		var variables []Variable
		for _, v := range n.Variables() {
			if v.OverDepth {
				variables = append(variables, v)
			}
		}
		values, columns := n.stepValues(g, 4)
		steps := make([]float64, len(values))
		for i, v := range values {
			steps[i] = float64(v)
		}
		exec, err := model.NewExec(e.Backend, store, func(scope *model.Scope, inputs []*Node) []*Node {
			outputs := n.Config.outputs(withSteps(n, inputs, 1), scope.Store(), e.Layout, inputs[0])[1:]
			sum := outputs[0]
			for _, o := range outputs[1:] {
				sum = Add(sum, o)
			}
			var nodes []*Node
			for _, v := range variables {
				nodes = append(nodes, scope.Store().GetVariable(Root+"/"+v.Path).NodeValue(sum.Graph()))
			}
			return append([]*Node{sum}, Gradient(sum, nodes...)...)
		})
		if err != nil {
			t.Fatal(err)
		}
		evaluate := func() (list [][]float64) {
			if err := store.SetRNGStateFromSeed(3); err != nil {
				t.Fatal(err)
			}
			results, err := exec.Call(
				layers.ToTensor([]float64{0.5, -1, 2, 0.1, -0.7, 0.3}, []int{3, 1, 1, 2}, dtypes.Float64),
				layers.ToTensor(steps, []int{4, columns}, dtypes.Float64))
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range results {
				values, err := layers.FromTensor(r)
				if err != nil {
					t.Fatal(err)
				}
				list = append(list, values)
			}
			return list
		}
		gradients := evaluate()[1:]
		for i, v := range variables {
			x := variableValues(t, n, store)[v.Path]
			at := len(x) / 2
			cost := func(to float64) float64 {
				moved := slices.Clone(x)
				moved[at] = to
				value := layers.ToTensor(moved, v.Dims, dtypes.Float64)
				if err := store.GetVariable(Root + "/" + v.Path).SetValue(value); err != nil {
					t.Fatal(err)
				}
				return evaluate()[0][0]
			}
			const h = 1e-6
			want := (cost(x[at]+h) - cost(x[at]-h)) / (2 * h)
			cost(x[at])
			if got := gradients[i][at]; math.Abs(got-want) > 1e-7+1e-5*math.Abs(want) || want == 0 {
				t.Errorf("%+v, %s: gradient %.9g, finite difference %.9g", tc, v.Path, got, want)
			}
		}
	}
}

// Training with the estimates in the loss goes on to the bit, records them, and ends with fewer evaluations of the rate
// for a batch at the same accuracy.
func TestErrorEstimateRun(t *testing.T) {
	c := Config{Dataset: "moons", RTol: 1e-2, Rate: "mlp-8-tanh", LRSchedule: LRConstant, ErrorEstimate: 0.1}
	for _, c.Adjoint = range []string{Backprop, Checkpoint} {
		resumeIsExact(t, c)
	}
	if testing.Short() {
		return
	}
	last := map[float64]Record{}
	for _, weight := range []float64{0, 1e-9, 0.1} {
		r := open(t, filepath.Join(t.TempDir(), "run"), Config{Dataset: "circles", RTol: 1e-4, AugmentDim: 1, Seed: 1,
			LRSchedule: LRConstant, ErrorEstimate: weight})
		if err := r.Train(context.Background(), 12); err != nil {
			t.Fatal(err)
		}
		last[weight], _ = r.History().Last()
	}
	without, little, much := last[0], last[1e-9], last[0.1]
	if !(much.Evaluations < 0.85*without.Evaluations) || !(much.ErrorEstimate < little.ErrorEstimate) {
		t.Errorf("%g evaluations for an estimate of %g; without the regulariser %g for %g", much.Evaluations,
			much.ErrorEstimate, without.Evaluations, little.ErrorEstimate)
	}
	if without.ErrorEstimate != 0 || !(much.TestAccuracy > without.TestAccuracy-0.02) {
		t.Errorf("test accuracy %g, %g without the regulariser: %+v", much.TestAccuracy, without.TestAccuracy, without)
	}
}
