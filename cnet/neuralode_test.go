package cnet

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/dataset"
	"continuousnet/cnet/engine"
	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/internal/layers"
	"continuousnet/cnet/rate"
)

// activations are rate.Activations on the host.
var activations = map[string]func(float64) float64{
	"tanh":     math.Tanh,
	"softplus": func(x float64) float64 { return math.Log1p(math.Exp(x)) },
	"relu":     func(x float64) float64 { return math.Max(x, 0) },
	"elu": func(x float64) float64 {
		if x > 0 {
			return x
		}
		return math.Expm1(x)
	},
}

// linear returns w·x + b, with w as [out, in].
func linear(w, b, x []float64) []float64 {
	y := slices.Clone(b)
	for o := range y {
		for i, v := range x {
			y[o] += w[o*len(x)+i] * v
		}
	}
	return y
}

// A NeuralODE computes what the classical Runge–Kutta method written out does, with an MLP whose weights change in the
// middle: for every activation, with the time as an input and with zeros appended.
func TestNeuralODEByHand(t *testing.T) {
	for _, name := range []string{"mlp-4-tanh", "mlp-4-3-softplus-t", "mlp-4-3-relu", "mlp-5-elu-t"} {
		c := Config{Model: NeuralODE, Rate: name, NumBasis: 2, Steps: 2, TimeEpsilon: 1.5, AugmentDim: 1}
		n, err := NewNet(c, 2, 3)
		if err != nil {
			t.Fatal(err)
		}
		store := model.NewStore()
		if err := n.Init(store, 7, dtypes.Float64); err != nil {
			t.Fatal(err)
		}
		points := [][]float64{{0.3, -1.2}, {1.7, 0.4}}
		got := pointLogits(t, n, store, points)
		for i, p := range points {
			want := pointByHand(t, n, store, p)
			for k := range want {
				if math.Abs(got[i][k]-want[k]) > 1e-12 {
					t.Errorf("%s, point %d: logits %v, want %v", name, i, got[i], want)
					break
				}
			}
		}
	}
}

func pointLogits(t *testing.T, n *Net, store *model.Store, points [][]float64) [][]float64 {
	t.Helper()
	e, err := engine.Open("go:planar")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	exec, err := model.NewExec(e.Backend, store, func(scope *model.Scope, x *Node) *Node {
		return n.Logits(scope.Store(), fmap.Standard, x, false)
	})
	if err != nil {
		t.Fatal(err)
	}
	result, err := exec.Call(tensors.FromFlatDataAndDimensions(slices.Concat(points...), len(points), 1, 1, 2))
	if err != nil {
		t.Fatal(err)
	}
	values, err := layers.FromTensor(result[0])
	if err != nil {
		t.Fatal(err)
	}
	return slices.Collect(slices.Chunk(values, n.Classes))
}

// pointByHand returns the logits of one point.
func pointByHand(t *testing.T, n *Net, store *model.Store, point []float64) []float64 {
	t.Helper()
	weights := map[string][]float64{}
	for _, v := range n.Variables() {
		values, _, err := layers.Get(store, v)
		if err != nil {
			t.Fatal(err)
		}
		weights[v.Path] = values
	}
	words := strings.Split(strings.TrimPrefix(n.Rate.Name, "mlp-"), "-")
	timed := words[len(words)-1] == "t"
	if timed {
		words = words[:len(words)-1]
	}
	hidden := len(words) - 1
	activate := activations[words[hidden]]
	f := func(at float64, x []float64) []float64 { // at: from 0 to 1
		half := 0 // the weights of this half of the time; the step decides, not the time
		if at > 0.5 {
			half = 1
		}
		of := func(path string) []float64 {
			w := weights["stage1/ode/"+path]
			return w[half*len(w)/2 : (half+1)*len(w)/2]
		}
		y := slices.Clone(x)
		if timed {
			y = append(y, math.Mod(at, 10))
		}
		for i := range hidden {
			layer := "hidden" + string(rune('1'+i))
			y = linear(of(layer+"/weight"), of(layer+"/bias"), y)
			for k := range y {
				y[k] = activate(y[k])
			}
		}
		return linear(of("out/weight"), of("out/bias"), y)
	}
	x := append(slices.Clone(point), 0)
	h := n.Config.TimeEpsilon / 2
	for step := range 2 {
		// The stage at the end of the first step has the weights of the first half.
		rate := func(c float64, x []float64) []float64 {
			at := (float64(step) + c) / 2
			if step == 0 {
				at = math.Min(at, 0.5)
			} else {
				at = math.Max(at, math.Nextafter(0.5, 1))
			}
			return f(at, x)
		}
		along := func(c float64, k []float64) []float64 {
			y := slices.Clone(x)
			for i := range y {
				y[i] += c * h * k[i]
			}
			return y
		}
		k1 := rate(0, x)
		k2 := rate(0.5, along(0.5, k1))
		k3 := rate(0.5, along(0.5, k2))
		k4 := rate(1, along(1, k3))
		for i := range x {
			x[i] += h / 6 * (k1[i] + 2*k2[i] + 2*k3[i] + k4[i])
		}
	}
	return linear(weights["head/weight"], weights["head/bias"], x)
}

// The moons are learnt, in a training that stops and goes on to the bit, with all that has a state of its own.
func TestMoons(t *testing.T) {
	ctx := context.Background()
	c := Config{Dataset: "moons", Epochs: 16, EMA: 0.9, Validation: 0.1, RefineEpochs: []int{8}, ClipNorm: 5}
	whole := open(t, filepath.Join(t.TempDir(), "whole"), c)
	if err := whole.TrainTo(ctx, 16); err != nil {
		t.Fatal(err)
	}
	score, err := whole.Evaluate(ctx)
	if err != nil || score.Accuracy < 0.99 || score.Images != 400 {
		t.Errorf("%+v, %v; want 99 %% of 400 points", score, err)
	}
	parted := filepath.Join(t.TempDir(), "parted")
	r := open(t, parted, c)
	stop, cancel := context.WithCancel(ctx)
	err = r.TrainTo(stop, 16, TrainOptions{OnBatch: func(p Progress) {
		if p.Epoch == 8 && p.Batch == 3 {
			cancel()
		}
	}})
	if interrupted, besides := Interrupted(err); !interrupted || besides != nil {
		t.Fatalf("%v", err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	r = open(t, parted, c)
	if err := r.TrainTo(ctx, 16); err != nil {
		t.Fatal(err)
	}
	sameRun(t, fingerprint(t, r), fingerprint(t, whole))

	rows, err := r.PredictPoints(ctx, [][]float64{{0, 1}, {1, -0.5}})
	if err != nil || len(rows) != 2 || rows[0][0] < 0.9 || rows[1][1] < 0.9 {
		t.Errorf("the tops of the moons: %v, %v", rows, err)
	}
	for _, wrong := range [][]float64{{1}, {1, 2, 3}, {math.NaN(), 0}} {
		_, err := r.PredictPoints(ctx, [][]float64{{0, 0}, wrong})
		if err == nil || !strings.Contains(err.Error(), "point 1") {
			t.Errorf("%v: %v", wrong, err)
		}
	}
	if _, err := r.PredictImages(ctx, []uint8{1, 2}); err == nil || !strings.Contains(err.Error(), "PredictPoints") {
		t.Errorf("images: %v", err)
	}
}

// A rate of one's own works for points as for images.
func TestNeuralODEWithOwnRate(t *testing.T) {
	registerRate(t, rate.Rate{
		Name: "test_rotation", Description: "a·(−y, x)",
		Weights: func(w *rate.Weights) { w.Add("a", rate.Constant(1)) },
		Build: func(b *rate.Builder, x fmap.Map) fmap.Map {
			points := x.Images()
			first, second := Slice(points, AxisRange(), AxisRange(), AxisRange(), AxisRange(0, 1)),
				Slice(points, AxisRange(), AxisRange(), AxisRange(), AxisRange(1, 2))
			return b.Map(Mul(Concatenate([]*Node{Neg(second), first}, 3), b.Weight("a")))
		},
	})
	r := open(t, filepath.Join(t.TempDir(), "run"), Config{Dataset: "circles", Points: 64, Rate: "test_rotation"})
	if err := r.Train(context.Background(), 2); err != nil {
		t.Fatal(err)
	}
	if ours, _ := r.Network().CountParameters(); ours != 1+2*2+2 {
		t.Errorf("%d parameters, want 7", ours)
	}
}

// What a net for points does not have, and what it cannot take, is said.
func TestNeuralODEChecks(t *testing.T) {
	set, err := dataset.NewVectors([][]float64{{1, 2, 3}, {4, 5, 6}, {1, 2, 3}, {4, 5, 6}}, []int{0, 1, 0, 1},
		dataset.VectorOptions{Name: "few"})
	if err != nil {
		t.Fatal(err)
	}
	for text, c := range map[string]Config{
		"a NeuralODE has no channels":                 {Dataset: "moons", Channels: 8},
		"has no stages of its own number; leave":      {Dataset: "moons", Stages: 2},
		"NeuralODE has no stages of its own number":   {Dataset: "moons", StageSteps: []int{2, 3}},
		"a NeuralODE has no stitch":                   {Dataset: "moons", NoStitch: true},
		"a ContinuousNet has no dimensions to augm":   {Dataset: "fashion-sample", AugmentDim: 1},
		"augment dim is -1":                           {Dataset: "moons", AugmentDim: -1},
		"want one of tanh, softplus, relu, elu":       {Dataset: "moons", Rate: "mlp-3-sin"},
		"has 0 hidden layers":                         {Dataset: "moons", Rate: "mlp-tanh"},
		"where a number of units is expected":         {Dataset: "moons", Rate: "mlp-x-tanh"},
		"has a layer of 0 units":                      {Dataset: "moons", Rate: "mlp-0-tanh"},
		"takes images, and moons has points":          {Dataset: "moons", Model: ContinuousNet},
		"takes points, and Fashion-MNIST sample has":  {Dataset: "fashion-sample", Model: NeuralODE},
		"has its own points or images":                {Dataset: "fashion-sample", Points: 10},
		"takes images, and few has points":            {Set: set, Model: ResNetV2},
		"nowhere.csv; pass the path of a .csv file":   {Dataset: "nowhere.csv"},
		"-4 points, want 1 to":                        {Dataset: "moons", Points: -4},
		"made by the program and have no folder, got": {Dataset: "moons", Data: "/tmp"},
	} {
		r, err := Open(filepath.Join(t.TempDir(), "run"), c)
		if err == nil {
			r.Close()
		}
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%+v: %v, want %q", c, err, text)
		}
	}
	r := open(t, filepath.Join(t.TempDir(), "run"), Config{Set: set, Rate: "mlp-3-relu"})
	if got := r.Network().String(); r.Config().Model != NeuralODE || got != "4 rk4_classic, rate mlp-3-relu" {
		t.Errorf("%s %s", r.Config().Model, got)
	}
}
