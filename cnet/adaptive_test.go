package cnet

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/engine"
	"continuousnet/cnet/internal/layers"
	"continuousnet/cnet/ode"
)

// netOfPlane returns a net for points in the plane and three classes, with weights.
func netOfPlane(t *testing.T, c Config) (*Net, *model.Store) {
	t.Helper()
	n, err := NewNet(c, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	store := model.NewStore()
	if err := n.Init(store, 3, Float); err != nil {
		t.Fatal(err)
	}
	return n, store
}

// through returns what a graph makes of three points, with the steps of a grid or, if that is nil, with those of the
// net.
func through(t *testing.T, e *engine.Engine, n *Net, store *model.Store, g grid, padded int,
	build func(scope *model.Scope, inputs []*Node) []*Node) [][]float64 {
	t.Helper()
	exec, err := model.NewExec(e.Backend, store, build)
	if err != nil {
		t.Fatal(err)
	}
	points := []float32{0.5, -1, 2, 0.1, -0.7, 0.3}
	inputs := []any{tensors.FromFlatDataAndDimensions(points, 3, 1, 1, 2)}
	if g != nil {
		values, columns := n.stepValues(g, padded)
		inputs = append(inputs, tensors.FromFlatDataAndDimensions(values, padded, columns))
	}
	results, err := exec.Call(inputs...)
	if err != nil {
		t.Fatal(err)
	}
	var values [][]float64
	for _, r := range results {
		list, err := layers.FromTensor(r)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, list)
	}
	return values
}

// gradientsThrough returns the logits of a net, and the gradients of their squares; see through.
func gradientsThrough(t *testing.T, e *engine.Engine, n *Net, store *model.Store, g grid, padded int) [][]float64 {
	t.Helper()
	return through(t, e, n, store, g, padded, func(scope *model.Scope, inputs []*Node) []*Node {
		logits := withSteps(n, inputs, 1).Logits(scope.Store(), e.Layout, inputs[0], true)
		var variables []*Node
		for _, v := range n.Variables() {
			variables = append(variables, scope.Store().GetVariable(Root+"/"+v.Path).NodeValue(logits.Graph()))
		}
		return append([]*Node{logits}, Gradient(ReduceAllSum(Square(logits)), variables...)...)
	})
}

// farthest returns the largest difference between numbers, relative to the largest of each list.
func farthest(got, want [][]float64) (worst float64) {
	for i := range want {
		size, d := 0., 0.
		for k, w := range want[i] {
			size, d = max(size, math.Abs(w)), max(d, math.Abs(got[i][k]-w))
		}
		worst = max(worst, d/max(size, 1e-6))
	}
	return worst
}

// A net whose steps are an input of the graph computes what it does with so many equal steps, padded or not, forwards
// and backwards, on every engine and with every adjoint. Backsolve, which has the error of the scheme, is close.
func TestAdaptiveEqualsFixed(t *testing.T) {
	for _, name := range []string{"go", "go:planar"} {
		e, err := engine.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(e.Close)
		c := Config{
			Model: NeuralODE, Rate: "mlp-6-tanh-t", Scheme: "dopri5", NumBasis: 1, AugmentDim: 1, TimeEpsilon: 1.5,
		}
		c.Steps = 5
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
				tolerance = 1e-3
			}
			for _, padded := range []int{5, 8} {
				got := gradientsThrough(t, e, n, store, equalSteps(0, 1, 0.2), padded)
				if d := farthest(got, want); !(d < tolerance) {
					t.Errorf("%s, %s, %d steps: off by %g", name, adjoint, padded, d)
				}
			}
			if d := farthest(gradientsThrough(t, e, n, store, grid{0, 0.9, 1}, 2), want); d < 1e-7 {
				t.Errorf("%s, %s: other steps make no difference", name, adjoint)
			}
		}
	}
}

// The steps of a batch are those that the solver takes on the host in float64, and keep its error within the
// tolerances: the logits are those of many steps.
func TestStepper(t *testing.T) {
	e, err := engine.Open("go")
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	c := Config{Model: NeuralODE, Rate: "mlp-6-tanh-t", AugmentDim: 1, TimeEpsilon: 6, RTol: 1e-4}
	n, store := netOfPlane(t, c)
	var nfe []int
	for _, tolerance := range []float64{1e-2, 1e-5} {
		n.Config.RTol, n.Config.ATol = tolerance, tolerance
		s, err := newStepper(e, n, store)
		if err != nil {
			t.Fatal(err)
		}
		points := tensors.FromFlatDataAndDimensions([]float32{0.5, -1, 2, 0.1, -0.7, 0.3}, 3, 1, 1, 2)
		steps, err := s.steps(context.Background(), points)
		if err != nil {
			t.Fatal(err)
		}
		nfe = append(nfe, s.last.NFE)
		var g grid
		for _, row := range steps.Value().([][]float32) {
			if row[1] > 0 {
				g = append(g, float64(row[0]))
			}
		}
		g = append(g, 1)
		if len(g) != s.last.Accepted+1 || g[0] != 0 {
			t.Errorf("%g: %v after %+v", tolerance, g, s.last)
		}
		exact := *n
		exact.Config.RTol, exact.Config.ATol, exact.Steps = 0, 0, []int{64}
		got := gradientsThrough(t, e, n, store, g, paddedSteps(g.steps()))
		want := gradientsThrough(t, e, &exact, store, nil, 0)
		if d := farthest(got[:1], want[:1]); !(d < 10*tolerance+1e-5) {
			t.Errorf("%g: off by %g in %d steps", tolerance, d, g.steps())
		}
	}
	if nfe[1] <= nfe[0] {
		t.Errorf("%v evaluations: a smaller tolerance takes no more", nfe)
	}
}

// Moons are learnt with steps that adapt, in a training that stops and goes on to the bit. The evaluations are recorded
// for each epoch; the net then works with equal steps, too.
func TestAdaptiveRun(t *testing.T) {
	for _, adjoint := range []string{Backprop, Checkpoint, Backsolve} {
		t.Run(adjoint, func(t *testing.T) {
			notInShort(t, adjoint != Backprop)
			c := Config{Dataset: "moons", RTol: 1e-2, Rate: "mlp-16-tanh", LRSchedule: LRConstant, Adjoint: adjoint}
			resumeIsExact(t, c)
		})
	}
	dir := filepath.Join(t.TempDir(), "run")
	r := open(t, dir, Config{Dataset: "moons", RTol: 1e-2, Rate: "mlp-16-tanh", LRSchedule: LRConstant})
	ctx := context.Background()
	if err := r.Train(ctx, 6); err != nil {
		t.Fatal(err)
	}
	score, err := r.Evaluate(ctx)
	if err != nil || score.Accuracy < 0.8 || score.Evaluations < 7 {
		t.Errorf("%+v, %v", score, err)
	}
	if got, want := r.Title(), "NeuralODE dopri5 with rtol 0.01 and atol 0.01, rate mlp-16-tanh"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for _, record := range r.History().Epochs() {
		if record.Evaluations < 7 || record.Evaluations > 1000 {
			t.Errorf("epoch %d has %g evaluations", record.Epoch, record.Evaluations)
		}
	}
	confusion, err := r.Confusion(ctx)
	if err != nil {
		t.Fatal(err)
	}
	right := 0
	for k := range confusion.Counts {
		right += confusion.Counts[k][k]
	}
	if got := float64(right) / 400; math.Abs(got-score.Accuracy) > 1e-9 {
		t.Errorf("accuracy %g by the confusion matrix, %g by the score", got, score.Accuracy)
	}
	list, err := r.Manifest(ctx, ManifestOptions{Schemes: []string{"rk4_classic"}, Steps: []int{16}})
	if err != nil || math.Abs(list[0].Accuracy-score.Accuracy) > 0.02 || list[0].Trained {
		t.Errorf("with 16 equal steps: %+v, %v", list, err)
	}

	before := fingerprint(t, r)
	wantError(t, r.Refine(), "its steps adapt to tolerances, and are not doubled")
	wantError(t, r.SetScheme("rk4_classic"), "one that estimates its error, such as dopri5")
	wantError(t, r.Export(filepath.Join(t.TempDir(), "net.onnx")), "a fixed number of layers")
	sameRun(t, fingerprint(t, r), before)
	if err := r.SetScheme("bosh3"); err != nil {
		t.Fatal(err)
	}
	if err := r.Train(ctx, 1); err != nil {
		t.Fatal(err)
	}
}

// endsLater is a context that ends after it has been looked at so many times, if that is not negative.
type endsLater struct {
	context.Context
	calls int
}

func (c *endsLater) Err() error {
	switch {
	case c.calls < 0:
		return nil
	case c.calls == 0:
		return context.Canceled
	}
	c.calls--
	return nil
}

// A training that is interrupted while the solver chooses the steps of a batch keeps all batches before it.
func TestInterruptedStepper(t *testing.T) {
	r := open(t, filepath.Join(t.TempDir(), "run"), Config{Dataset: "moons", RTol: 1e-3, Rate: "mlp-8-tanh-t"})
	ctx := &endsLater{Context: context.Background(), calls: -1}
	err := r.Train(ctx, 1, TrainOptions{OnBatch: func(p Progress) {
		if p.Batch == 3 {
			ctx.calls = 4 // in the middle of the next solution, each of whose evaluations looks at it
		}
	}})
	if interrupted, besides := Interrupted(err); !interrupted || besides != nil || r.Batch() != 3 {
		t.Fatalf("batch %d, %v", r.Batch(), err)
	}
	if err := r.TrainTo(context.Background(), 1); err != nil {
		t.Fatal(err)
	}
	points, err2 := firstImages(r.set, r.set.Test, 3)
	if err2 != nil {
		t.Fatal(err2)
	}
	ev, _, err := r.evaluator(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ev.steps.steps(ctx, points); !errors.Is(err, context.Canceled) {
		t.Errorf("a solver whose context has ended says %v", err)
	}
}

// A rate that has grown stiff stops the training, and the run is at its last save.
func TestTooManySteps(t *testing.T) {
	r := open(t, filepath.Join(t.TempDir(), "run"), Config{Dataset: "moons", RTol: 1e-3, Rate: "mlp-4-relu"})
	if err := r.Train(context.Background(), 1); err != nil {
		t.Fatal(err)
	}
	for v := range r.store.IterVariables() {
		if v.Path() == Root+"/stage1/ode/out/weight" {
			if err := v.SetValue(tensors.FromFlatDataAndDimensions([]float32{
				-1e4, 1e4, -1e4, 1e4, 1e4, -1e4, 1e4, -1e4,
			}, 1, 2, 4)); err != nil {
				t.Fatal(err)
			}
		}
	}
	err := r.Train(context.Background(), 1)
	wantError(t, err, "epoch 2, after 0 batches: the rate has grown stiff")
	wantError(t, err, "the run is back at its last good save, after 1 epoch and 0 batches; go on with a smaller ")
	if strings.Contains(err.Error(), "Loop") {
		t.Errorf("words of GoMLX: %v", err)
	}
	if r.Epoch() != 1 || r.Batch() != 0 {
		t.Errorf("at epoch %d, batch %d", r.Epoch(), r.Batch())
	}
	if err := r.Train(context.Background(), 1); err != nil {
		t.Error(err)
	}
}

func TestToleranceChecks(t *testing.T) {
	for _, tc := range []struct {
		c    Config
		want string
	}{
		{Config{RTol: 1e-3}, "a ContinuousNet has no tolerances"},
		{Config{Dataset: "moons", RTol: -1}, "rtol is -1, must be a positive number"},
		{Config{Dataset: "moons", ATol: math.NaN()}, "must be a positive number"},
		{Config{Dataset: "moons", RTol: 1e-3, Scheme: "rk4_classic"}, "one that estimates its error, such as dopri5"},
		{Config{Dataset: "moons", RTol: 1e-3, Scheme: "ab2"}, "one that estimates its error"},
		{Config{Dataset: "moons", RTol: 1e-3, Steps: 4}, "steps is 4, must be left out where they adapt"},
		{Config{Dataset: "moons", RTol: 1e-3, RefineEpochs: []int{2}}, "refinement is [2]"},
		{Config{Dataset: "moons", RTol: 1e-3, Devices: 2}, "devices is 2"},
	} {
		wantError(t, tc.c.WithDefaults().Check(), tc.want)
	}
	c := Config{Dataset: "moons", ATol: 1e-4}.WithDefaults()
	if err := c.Check(); err != nil || c.RTol != 1e-4 || c.Scheme != "dopri5" || c.Steps != 1 {
		t.Errorf("%+v, %v", c, err)
	}
	if m, ok := ode.BuiltIn(c.Scheme); !ok || !m.Info().Adaptive {
		t.Error("the default scheme does not adapt")
	}
}
