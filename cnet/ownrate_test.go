package cnet

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/internal/layers"
	"continuousnet/cnet/internal/parity"
	"continuousnet/cnet/ode"
	"continuousnet/cnet/rate"
)

func registerRate(t *testing.T, r rate.Rate) {
	t.Helper()
	if err := rate.Register(r); err != nil {
		t.Fatal(err)
	}
}

// mlpRate is a rate of every kind of weight, which depends on time, too.
func mlpRate(width int) rate.Rate {
	return rate.Rate{
		Name:        "test_mlp",
		Description: "W₂·tanh(W₁·norm(x)·(1+t)) + conv(x)·s",
		Weights: func(w *rate.Weights) {
			w.Norm("norm", w.Channels)
			w.Linear("hidden/first", w.Channels, width)
			w.Linear("out", width, w.Channels)
			w.Conv("conv", w.Channels, w.Channels, 1)
			w.Add("scale", rate.Constant(0.5), w.Channels)
		},
		Build: func(b *rate.Builder, x fmap.Map) fmap.Map {
			in := Mul(b.Norm(x, "norm").Images(), AddScalar(b.Time(), 1))
			y := b.Linear(Tanh(b.Linear(in, "hidden/first")), "out")
			conv := b.Conv(x, "conv", false).Images()
			return b.Map(Add(y, Mul(conv, ExpandLeftToRank(b.Weight("scale"), 4))))
		},
	}
}

// The built-in rate is one like any other: written again under another name, it trains to the same numbers, to the bit,
// through a refinement.
func TestRateWrittenAgain(t *testing.T) {
	again := rate.Convolutional
	again.Name = "test_conv_again"
	registerRate(t, again)
	for _, engine := range []string{"go", "go:planar"} {
		var prints [2]map[string]string
		for i, name := range []string{"", again.Name} {
			c := tiny()
			c.Rate, c.SkipInit, c.Engine = name, true, engine
			r := open(t, filepath.Join(t.TempDir(), "run"), c)
			if err := r.Train(context.Background(), 3); err != nil {
				t.Fatal(err)
			}
			prints[i] = fingerprint(t, r)
		}
		for k, v := range prints[1] {
			prints[1][k] = strings.ReplaceAll(v, ", rate "+again.Name, "")
		}
		sameRun(t, prints[1], prints[0])
	}
}

// A rate of one's own goes on to the bit, wherever it is interrupted; refining keeps its function.
func TestOwnRateResumes(t *testing.T) {
	registerRate(t, mlpRate(5))
	ctx := context.Background()
	c := tiny()
	c.Rate, c.Scheme, c.Basis, c.NumBasis = "test_mlp", "midpoint", "chebyshev", 2
	c.RefineEpochs = []int{1}
	whole := open(t, filepath.Join(t.TempDir(), "whole"), c)
	if err := whole.Train(ctx, 2); err != nil {
		t.Fatal(err)
	}
	if got, want := whole.Title(), "ContinuousNet 4-4-4 midpoint, 4 chebyshev, rate test_mlp"; got != want {
		t.Errorf("the net is %s, want %s", got, want)
	}
	dir := t.TempDir()
	parts := open(t, dir, c)
	for _, at := range [][2]int{{0, 2}, {1, 3}} {
		stopAt(t, parts, at[0], at[1])
		parts.Close()
		parts = open(t, dir)
	}
	if err := parts.TrainTo(ctx, 2); err != nil {
		t.Fatal(err)
	}
	sameRun(t, fingerprint(t, parts), fingerprint(t, whole))
}

// All layouts and both ways of backpropagation have the same logits, gradients and running statistics.
func TestOwnRateLayoutsAgree(t *testing.T) {
	registerRate(t, mlpRate(3))
	images, labels := random(9, 8, 8, 3), []float64{1, 4, 0, 2, 3, 3, 2, 1, 0}
	var want evaluation
	var statistics map[string][]float64
	for _, layout := range []fmap.Layout{fmap.Standard, fmap.Planar, fmap.Native} {
		for _, adjoint := range []string{Backprop, Checkpoint} {
			n, err := NewNet(Config{Channels: 2, Steps: 3, Scheme: "rk4_classic", Rate: "test_mlp", Adjoint: adjoint,
				Basis: "hat"}, 3, 5)
			if err != nil {
				t.Fatal(err)
			}
			dtype, tolerance := in(layout, dtypes.Float64, 1e-9)
			store := model.NewStore()
			if err := n.Init(store, 3, dtype); err != nil {
				t.Fatal(err)
			}
			e := evaluate(t, n, store, layout, images, labels, true)
			after := variableValues(t, n, store)
			if want.logits == nil {
				want, statistics = e, after
				continue
			}
			parity.Expect(t, "logits", e.logits, parity.Array{Values: want.logits}, tolerance)
			if d := difference(t, e.gradients, want.gradients); !(d < tolerance) {
				t.Errorf("layout %v, %s: the gradients differ by %.1e", layout, adjoint, d)
			}
			if d := difference(t, after, statistics); !(d < tolerance) {
				t.Errorf("layout %v, %s: the statistics differ by %.1e", layout, adjoint, d)
			}
		}
	}
}

// The adjoint equation has the gradients of backpropagation up to the error of the scheme, by all weights.
func TestOwnRateBacksolve(t *testing.T) {
	registerRate(t, mlpRate(3))
	images, labels := random(4, 4, 4, 3), []float64{1, 4, 0, 2}
	var gradients [2]map[string][]float64
	for i, adjoint := range []string{Backprop, Backsolve} {
		n, err := NewNet(Config{Channels: 2, NumBasis: 2, Steps: 16, Scheme: "rk4_classic", Rate: "test_mlp",
			Basis: "hat", Adjoint: adjoint, NoBatchNorm: true, TimeEpsilon: 1}, 3, 5)
		if err != nil {
			t.Fatal(err)
		}
		store := model.NewStore()
		if err := n.Init(store, 3, dtypes.Float64); err != nil {
			t.Fatal(err)
		}
		gradients[i] = evaluate(t, n, store, anyLayout, images, labels, true).gradients
	}
	if d := difference(t, gradients[1], gradients[0]); !(0 < d && d < 1e-6) {
		t.Errorf("the gradients differ by %.1e", d)
	}
}

// dx/dt = 2t·x takes x to e·x: time is that of the stage, in graphs, in the adjoint equation, and on the host.
func TestRateOfTime(t *testing.T) {
	registerRate(t, rate.Rate{
		Name: "test_time",
		Build: func(b *rate.Builder, x fmap.Map) fmap.Map {
			return b.Map(Mul(x.Images(), MulScalar(b.Time(), 2)))
		},
	})
	images := random(2, 4, 4, 2)
	for _, adjoint := range []string{Backprop, Checkpoint, Backsolve} {
		n, err := NewNet(Config{Channels: 2, NumBasis: 1, Steps: 16, Scheme: "rk4_classic", Rate: "test_time",
			Adjoint: adjoint}, 2, 5)
		if err != nil {
			t.Fatal(err)
		}
		store := model.NewStore()
		if err := n.Init(store, 1, dtypes.Float64); err != nil {
			t.Fatal(err)
		}
		exec, err := model.NewExec(backend(), store, func(scope *model.Scope, x *Node) []*Node {
			b := newBuilder(n, scope.Store(), x.Graph(), n.Variables(), anyLayout, true)
			y := b.block(fmap.New(anyLayout, x), n.stages()[0]).Images()
			return []*Node{y, Gradient(ReduceAllSum(y), x)[0]}
		})
		if err != nil {
			t.Fatal(err)
		}
		results, err := exec.Call(tensors.FromFlatDataAndDimensions(images.Values, images.Dims...))
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range results {
			got, err := layers.FromTensor(r)
			if err != nil {
				t.Fatal(err)
			}
			for j, x := range images.Values {
				want := math.E * x
				if i == 1 {
					want = math.E
				}
				if !(math.Abs(got[j]-want) < 1e-5) {
					t.Fatalf("%s: result %d is %g, want %g", adjoint, i, got[j], want)
				}
			}
		}
	}

	r := open(t, t.TempDir(), Config{Channels: 2, NumBasis: 1, Rate: "test_time"})
	e, err := r.Engine()
	if err != nil {
		t.Fatal(err)
	}
	block, err := newHiddenBlock(e, r.net.(*Net), r.store, r.set, r.set.Test, 0, 2)
	if err != nil {
		t.Fatal(err)
	}
	scheme, err := ode.Lookup("rk4_classic")
	if err != nil {
		t.Fatal(err)
	}
	end, err := block.end(context.Background(), scheme, 16)
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range block.begin {
		if !(math.Abs(end[i]-math.E*x) < 1e-5*(1+math.Abs(x))) {
			t.Fatalf("on the host: %g, want %g", end[i], math.E*x)
		}
	}
}

// Weights of one's own rate go out under names of their own and come back the same, in a file as well.
func TestOwnRateExport(t *testing.T) {
	registerRate(t, mlpRate(3))
	dir := t.TempDir()
	r := open(t, filepath.Join(dir, "run"), Config{Channels: 2, Steps: 2, Rate: "test_mlp", SkipInit: true})
	list, err := r.net.StateDict(r.store)
	if err != nil {
		t.Fatal(err)
	}
	shapes := map[string]int{}
	for _, x := range list {
		shapes[x.Name] = len(x.Shape)
	}
	for name, axes := range map[string]int{
		"net.4.net.hidden.first.weight": 3, "net.4.net.scale": 2, "net.4.net.conv.weight": 5,
		"net.4.net.norm.bns.1.running_var": 1, "net.4.net.skip_init.weight": 1,
	} {
		if got, ok := shapes[name]; !ok || got != axes {
			t.Errorf("%s has %d axes, want %d", name, got, axes)
		}
	}
	file := filepath.Join(dir, "net.safetensors")
	if err := r.Export(file); err != nil {
		t.Fatal(err)
	}
	w, err := ReadWeights(file)
	if err != nil {
		t.Fatal(err)
	}
	copied, err := Import(filepath.Join(dir, "copy"), w, w.Config)
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Close()
	want, got := variableValues(t, r.net, r.store), variableValues(t, copied.net, copied.store)
	for path, x := range want {
		parity.Expect(t, path, got[path], parity.Array{Values: x}, 0)
	}
	if copied.state.RateDescription != mlpRate(3).Description {
		t.Errorf("the copy describes its rate as %q", copied.state.RateDescription)
	}
}

// A run does not open without its rate, or with another one of the same name, and says which one is missing.
func TestOwnRateMissing(t *testing.T) {
	registerRate(t, mlpRate(3))
	dir := t.TempDir()
	r := open(t, dir, Config{Channels: 2, Rate: "test_mlp"})
	before := fingerprint(t, r)
	r.Close()

	registerRate(t, mlpRate(4))
	_, err := Open(dir)
	want := "the rate test_mlp that is registered in this program is another one"
	if err == nil || !strings.Contains(err.Error(), want) ||
		!strings.Contains(err.Error(), "has shape [1 3 2]") {
		t.Errorf("another rate: %v", err)
	}
	more := mlpRate(3)
	more.Weights = func(w *rate.Weights) { w.Norm("norm", w.Channels) }
	registerRate(t, more)
	if _, err = Open(dir); err == nil || !strings.Contains(err.Error(), "is not declared by it") {
		t.Errorf("a rate with fewer weights: %v", err)
	}
	other := mlpRate(3)
	other.Description = "something else"
	registerRate(t, other)
	r = open(t, dir)
	if w := strings.Join(r.Warnings(), "\n"); !strings.Contains(w, `the one that is registered says "something else"`) {
		t.Errorf("the warnings are %q", w)
	}
	sameRun(t, fingerprint(t, r), before)

	// As in a program that has not registered it.
	r.state.Config.Rate = "test_unknown"
	if err := r.save(); err != nil {
		t.Fatal(err)
	}
	r.Close()
	for _, open := range []func(string, ...Config) (*Run, error){Open, OpenReadOnly} {
		_, err = open(dir)
		want := `its net has the rate "test_unknown" (` + mlpRate(3).Description + `), which is not registered`
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("without the rate: %v, want %q", err, want)
		}
	}
	if _, err := NewNet(Config{Rate: "test_unknown"}, 3, 10); err == nil ||
		!strings.Contains(err.Error(), `rate: "test_unknown" is not registered`) {
		t.Errorf("a net without its rate: %v", err)
	}
	if _, err := NewNetwork(Config{Model: ResNetV2, Rate: "test_mlp"}, 3, 10); err == nil ||
		!strings.Contains(err.Error(), "a ResNetV2 has no rate over depth") {
		t.Errorf("a baseline with a rate: %v", err)
	}
}

// Without batch norm a rate's own is left out; a rate of the original in a model that has another one is allowed.
func TestRateAndModel(t *testing.T) {
	registerRate(t, mlpRate(3))
	for _, c := range []Config{
		{Rate: "test_mlp", NoBatchNorm: true}, {Rate: "conv_act_first"}, {Rate: "conv", Model: ContinuousNetActFirst},
	} {
		c.Channels, c.BatchSize = 2, 60
		c.LearningRate = 0.01
		r := open(t, filepath.Join(t.TempDir(), "run"), c)
		for _, v := range r.net.Variables() {
			if c.NoBatchNorm && strings.Contains(v.Path, "norm") {
				t.Errorf("%s without batch norm", v.Path)
			}
		}
		if err := r.Train(context.Background(), 1); err != nil {
			t.Error(err)
		}
		if !strings.HasSuffix(r.Title(), ", rate "+c.Rate) {
			t.Errorf("the net is %s", r.Title())
		}
	}
	n, err := NewNet(Config{Rate: "conv"}, 3, 10)
	if err != nil || !n.originalRate() || n.String() != "1-1-1 euler" {
		t.Errorf("the rate by its name: %v, %v", n, err)
	}
}

// A rate that cannot be declared or built makes no run, and the error names it.
func TestBadRates(t *testing.T) {
	same := func(_ *rate.Builder, x fmap.Map) fmap.Map { return x }
	add := func(name string, fill rate.Fill, dims ...int) func(*rate.Weights) {
		return func(w *rate.Weights) { w.Add(name, fill, dims...) }
	}
	one := rate.Constant(1)
	for name, c := range map[string]struct {
		weights func(w *rate.Weights)
		build   func(b *rate.Builder, x fmap.Map) fmap.Map
		want    string
	}{
		"twice": {func(w *rate.Weights) { w.Conv("a", 2, 2, 3); w.Add("a/bias", one, 2) }, same,
			`"a" and "a/bias" are declared, of which one is below the other`},
		"unused": {add("a", one, 2), same, `it declares "a" and does not use it`},
		"shape": {nil, func(b *rate.Builder, x fmap.Map) fmap.Map {
			return b.Map(Slice(x.Images(), AxisRange(), AxisRange(0, 1)))
		}, "must return the shape of x, [2 28 28 2]"},
		"nil":       {nil, func(*rate.Builder, fmap.Map) fmap.Map { return nil }, "it returns nil"},
		"name":      {add("a b", one, 2), same, `a weight is called "a b"`},
		"kernel":    {add("a/kernel", one, 2, 2), same, "a kernel has 4"},
		"5 pixels":  {func(w *rate.Weights) { w.Conv("a", 2, 2, 5) }, same, "is of 5×5 pixels, must be of 1×1 or 3×3"},
		"skip_init": {add("skip_init", one), same, "no weight may be called skip_init"},
		"fill":      {add("a", nil, 2), same, "has no initial values"},
		"size":      {add("a", one, 2, 0), same, `the size of "a" is [2 0]`},
		"panics":    {func(*rate.Weights) { panic("lost") }, same, "its weights for 2 channels: lost"},
		"unknown": {add("a", one, 2), func(b *rate.Builder, x fmap.Map) fmap.Map {
			return b.Map(Mul(x.Images(), b.Weight("b")))
		}, `it has declared no "b" with Weights.Add; declared so are [a]`},
		"wrong kind": {func(w *rate.Weights) { w.Conv("a", 2, 2, 3) }, func(b *rate.Builder, x fmap.Map) fmap.Map {
			return b.Map(b.Linear(x.Images(), "a"))
		}, `it has declared no "a" with Weights.Linear`},
		"linear": {func(w *rate.Weights) { w.Linear("a", 7, 2) }, func(b *rate.Builder, x fmap.Map) fmap.Map {
			return b.Map(b.Linear(x.Images(), "a"))
		}, `its linear layer "a" takes 7 numbers, and gets an x of the shape [2 28 28 2]`},
		"mistake in go": {nil, func(_ *rate.Builder, x fmap.Map) fmap.Map {
			return []fmap.Map{x}[x.Dims()[3]]
		}, "index out of range [2] with length 1 (ownrate_test.go:"},
		"gomlx": {add("a", one, 7), func(b *rate.Builder, x fmap.Map) fmap.Map {
			return b.Map(Mul(x.Images(), b.Weight("a")))
		}, "rate test_bad: "},
	} {
		registerRate(t, rate.Rate{Name: "test_bad", Weights: c.weights, Build: c.build})
		dir := filepath.Join(t.TempDir(), "run")
		r, err := Open(dir, Config{Channels: 2, Rate: "test_bad"})
		if err == nil {
			r.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "rate test_bad: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if Exists(dir) {
			t.Errorf("%s: there is a run", name)
		}
	}
}

// Weights begin as their Fill says, in the order of their declaration, from the seed.
func TestRateFills(t *testing.T) {
	var drawn []float64
	registerRate(t, rate.Rate{
		Name: "test_fills",
		Weights: func(w *rate.Weights) {
			fill := func(rng *rand.Rand) float64 {
				drawn = append(drawn, rng.Float64())
				return drawn[len(drawn)-1]
			}
			w.Add("a", fill, w.Channels)
			w.Add("b", rate.Constant(3))
		},
		Build: func(b *rate.Builder, x fmap.Map) fmap.Map {
			return b.Map(Mul(Mul(x.Images(), b.Weight("b")), ExpandLeftToRank(b.Weight("a"), 4)))
		},
	})
	n, err := NewNet(Config{Channels: 2, Steps: 2, Rate: "test_fills"}, 1, 10)
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(n.Init(model.NewStore(), 1, Float), n.Init(model.NewStore(), 1, Float))
	if want := 2 * 2 * (2 + 4 + 8); err != nil || len(drawn) != want {
		t.Fatalf("%d numbers were drawn (%v), want %d", len(drawn), err, want)
	}
	for i := range drawn[:len(drawn)/2] {
		if drawn[i] != drawn[i+len(drawn)/2] {
			t.Fatal("the same seed draws other numbers")
		}
	}
}
