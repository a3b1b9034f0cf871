package cnet

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/baseline"
	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/internal/layers"
	"continuousnet/cnet/internal/parity"
)

// TestModelFields: what a model does not have is refused, and what it has is checked.
func TestModelFields(t *testing.T) {
	for _, c := range []struct {
		config Config
		want   string // in the error; "": none
	}{
		{Config{}, ""},
		{Config{Model: ContinuousNetActFirst, SkipInit: true, NoBatchNorm: true}, ""},
		{Config{Model: WideContinuousNet, WidenFactor: 1, NoStitch: true, Steps: 2}, ""},
		{Config{Model: ResNetV2}, ""},
		{Config{Model: ResNetV2, Depth: 8, NoBatchNorm: true}, ""},
		{Config{Model: WideResNet, Depth: 10, WidenFactor: 2, Dropout: 0.3}, ""},
		{Config{Model: "ResNet"}, `model is "ResNet", must be one of ContinuousNet, `},
		{Config{Model: ResNetV2, Depth: 21}, "depth is 21, must be 6n+2 for a ResNetV2, such as 20 or 26"},
		{Config{Model: ResNetV2, Depth: 2}, "depth is 2, must be 6n+2 for a ResNetV2, such as 8 or 14"},
		{Config{Model: WideResNet, Depth: 20}, "depth is 20, must be 6n+4 for a WideResNet, such as 16 or 22"},
		{Config{Model: ResNetV2, Scheme: "euler"}, "a ResNetV2 has no scheme"},
		{Config{Model: ResNetV2, Steps: 2}, "a ResNetV2 has no steps"},
		{Config{Model: WideResNet, RefineEpochs: []int{1}}, "a WideResNet has no refinement"},
		{Config{Model: WideResNet, SkipInit: true}, "a WideResNet has no skip init"},
		{Config{Model: ResNetV2, NoStitch: true}, "a ResNetV2 has no stitch"},
		{Config{Model: ResNetV2, WidenFactor: 2}, "a ResNetV2 has no widen factor"},
		{Config{WidenFactor: 2}, "a ContinuousNet has no widen factor"},
		{Config{Scheme: "implicit_euler"}, "scheme is implicit_euler, must be an explicit one"},
		{Config{Depth: 20}, "a ContinuousNet has no depth"},
		{Config{Model: ResNetV2, Dropout: 0.1}, "a ResNetV2 has no dropout"},
		{Config{Model: WideResNet, NoBatchNorm: true}, "a WideResNet has no form without batch norm"},
		{Config{Model: WideResNet, Dropout: 1}, "dropout is 1, must be from 0 to less than 1"},
		{Config{Model: WideContinuousNet, WidenFactor: -1}, "widen factor is -1, must be from 1 to 256"},
	} {
		c.config.Dataset = "fashion-sample"
		err := c.config.WithDefaults().Check()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: got %v, want %q", c.config, err, c.want)
		}
	}
}

// TestOldConfiguration: a configuration that was written before there were other models means what it meant.
func TestOldConfiguration(t *testing.T) {
	text := `{"dataset":"fashion-sample","model":"ContinuousNet","scheme":"midpoint","channels":8,"num_basis":2,
		"steps":4,"time_epsilon":2,"no_batch_norm":true,"skip_init":true,"batch_size":128,"test_batch_size":200,
		"learning_rate":0.1,"lr_decay":0.1,"momentum":0.9,"weight_decay":0.0005,"seed":0,"engine":"auto"}`
	var c Config
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	n, err := NewNet(c, 1, 10)
	if err != nil {
		t.Fatal(err)
	}
	if n.String() != "4-4-4 midpoint, 2 piecewise_constant" || n.actFirst() || n.channels(2) != 32 ||
		n.stages()[0].stitch != stitched {
		t.Errorf("it is %s: %+v", n, n.stages())
	}
}

// TestLayoutsAgree compares the forms of networks for which the original has no numbers, because it cannot build or
// run them: logits, gradients and running statistics.
func TestLayoutsAgree(t *testing.T) {
	for name, c := range map[string]Config{
		"flipped without batch norm": {Model: ContinuousNetActFirst, NoBatchNorm: true, SkipInit: true},
		"wide without batch norm":    {Model: WideContinuousNet, NoBatchNorm: true, WidenFactor: 2},
		"not widened":                {Model: WideContinuousNet, WidenFactor: 1},
		"without stitches":           {NoStitch: true, Steps: 2},
		"wide without stitches":      {Model: WideContinuousNet, WidenFactor: 2, NoStitch: true},
		"bottlenecks":                {Model: ResNetV2, Depth: 500, Channels: 1},
	} {
		t.Run(name, func(t *testing.T) {
			notInShort(t, name == "bottlenecks")
			if c.Channels == 0 {
				c.Channels = 2
			}
			n, err := NewNetwork(c, 3, 5)
			if err != nil {
				t.Fatal(err)
			}
			images, labels := random(4, 8, 8, 3), []float64{1, 4, 0, 2}
			if name == "bottlenecks" {
				images, labels = random(2, 4, 4, 3), labels[:2]
			}
			var first evaluation
			var statistics map[string][]float64
			for _, layout := range []fmap.Layout{fmap.Planar, fmap.Standard, fmap.Native} {
				// Hundreds of layers amplify rounding.
				dtype, tolerance := in(layout, dtypes.Float64, 1e-7)
				store := model.NewStore()
				if err := n.Init(store, 3, dtype); err != nil {
					t.Fatal(err)
				}
				randomise(t, n, store, dtype)
				e := evaluate(t, n, store, layout, images, labels, true)
				after := variableValues(t, n, store)
				if first.logits == nil {
					first, statistics = e, after
					continue
				}
				if layout == fmap.Native {
					logits := difference(t, map[string][]float64{"": e.logits}, map[string][]float64{"": first.logits})
					if d := max(logits, difference(t, after, statistics)/10); !(d < tolerance) {
						t.Errorf("logits or statistics differ by %.1e", d)
					}
					// In single precision some of 500 layers' ReLUs are on the other side.
					if d := difference(t, e.gradients, first.gradients); !(d < tolerance) && name != "bottlenecks" {
						t.Errorf("the gradients differ by %.1e", d)
					}
					continue
				}
				parity.Expect(t, "logits", e.logits, parity.Array{Values: first.logits}, tolerance)
				for path, g := range first.gradients {
					parity.Expect(t, "gradient of "+path, e.gradients[path], parity.Array{Values: g}, tolerance)
				}
				for path, x := range statistics {
					parity.Expect(t, path, after[path], parity.Array{Values: x}, tolerance)
				}
			}
		})
	}
}

func random(dims ...int) parity.Array {
	rng := rand.New(rand.NewPCG(1, 1))
	a := parity.Array{Dims: dims, Values: make([]float64, 1)}
	for _, d := range dims {
		a.Values = append(a.Values, make([]float64, len(a.Values)*(d-1))...)
	}
	for i := range a.Values {
		a.Values[i] = rng.NormFloat64()
	}
	return a
}

// randomise gives skip_init, which starts at 0, a value, so that what it multiplies counts.
func randomise(t *testing.T, n Network, store *model.Store, dtype dtypes.DType) {
	t.Helper()
	for _, v := range n.Variables() {
		if strings.HasSuffix(v.Path, "skip_init") {
			value := layers.ToTensor(slices.Repeat([]float64{0.7}, v.Size()), v.Dims, dtype)
			if err := store.GetVariable(Root + "/" + v.Path).SetValue(value); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestWithoutStitches: where nothing changes there is nothing, elsewhere a 1×1 convolution, and the names follow the
// original's numbering of modules.
func TestWithoutStitches(t *testing.T) {
	n, err := NewNet(Config{Model: WideContinuousNet, WidenFactor: 1, NoStitch: true, Channels: 2}, 3, 10)
	if err != nil {
		t.Fatal(err)
	}
	store := model.NewStore()
	if err := n.Init(store, 1, dtypes.Float32); err != nil {
		t.Fatal(err)
	}
	dict, err := n.StateDict(store)
	if err != nil {
		t.Fatal(err)
	}
	shapes := map[string][]int{}
	for _, x := range dict {
		shapes[x.Name] = x.Shape
	}
	for name, want := range map[string][]int{
		"net.3.net.L1.weight": {1, 2, 2, 3, 3}, "net.4.weight": {4, 2, 1, 1}, "net.6.weight": {8, 4, 1, 1},
		"net.8.running_var": {8}, "net.11.weight": {10, 8},
	} {
		if got, ok := shapes[name]; !ok || len(got) != len(want) || got[0] != want[0] {
			t.Errorf("%s has shape %v, want %v", name, got, want)
		}
	}
}

// TestRoundTrip: weights that go out under the original's names and come back are the same, to the bit, for every
// model.
func TestRoundTrip(t *testing.T) {
	for _, m := range Models {
		t.Run(m, func(t *testing.T) {
			c := Config{Model: m, Channels: 2}
			if m == NeuralODE {
				c.Channels = 0
			}
			if Continuous(m) {
				c.Steps, c.SkipInit = 2, true
			} else {
				c.Depth = map[string]int{ResNetV2: 8, WideResNet: 10}[m]
			}
			n, err := NewNetwork(c, 3, 10)
			if err != nil {
				t.Fatal(err)
			}
			stores := [2]*model.Store{model.NewStore(), model.NewStore()}
			for i, store := range stores {
				if err := n.Init(store, uint64(i), Float); err != nil {
					t.Fatal(err)
				}
			}
			dict, err := n.StateDict(stores[0])
			if err != nil {
				t.Fatal(err)
			}
			if err := n.LoadStateDict(stores[1], dict); err != nil {
				t.Fatal(err)
			}
			want, got := variableValues(t, n, stores[0]), variableValues(t, n, stores[1])
			for path, x := range want {
				parity.Expect(t, path, got[path], parity.Array{Values: x}, 0)
			}
		})
	}
}

// TestBaselineRun trains a WideResNet with dropout at once, and interrupted: both end alike, to the bit, since the
// random state is saved with the weights. It has no depth to refine and no scheme to change.
func TestBaselineRun(t *testing.T) {
	ctx := context.Background()
	config := Config{Model: WideResNet, Depth: 10, WidenFactor: 1, Channels: 2, Dropout: 0.3, BatchSize: 60,
		TestBatchSize: 50, Seed: 7}
	whole := open(t, filepath.Join(t.TempDir(), "whole"), config)
	if err := whole.Train(ctx, 2); err != nil {
		t.Fatal(err)
	}
	want := fingerprint(t, whole)

	dir := t.TempDir()
	for _, stop := range [][2]int{{0, 2}, {1, 1}} {
		r := open(t, dir, config)
		ctx, cancel := context.WithCancel(ctx)
		err := r.TrainTo(ctx, 2, TrainOptions{OnBatch: func(p Progress) {
			if p.Epoch == stop[0] && p.Batch == stop[1] {
				cancel()
			}
		}})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("interrupted training returned %v", err)
		}
		r.Close()
	}
	r := open(t, dir)
	if err := r.TrainTo(ctx, 2); err != nil {
		t.Fatal(err)
	}
	sameRun(t, fingerprint(t, r), want)

	if err := r.Refine(); err == nil || !strings.Contains(err.Error(), "a WideResNet has no depth to refine") {
		t.Errorf("refining returned %v", err)
	}
	if err := r.SetScheme("midpoint"); err == nil ||
		!strings.Contains(err.Error(), "a WideResNet has no scheme to change") {
		t.Errorf("changing the scheme returned %v", err)
	}
	if _, ok := r.Network().(*baseline.WideResNet); !ok || r.Title() != "WideResNet-10-1" {
		t.Errorf("the net is %s", r.Title())
	}

	config.Dropout = 0
	without := open(t, filepath.Join(t.TempDir(), "without"), config)
	if err := without.Train(ctx, 2); err != nil {
		t.Fatal(err)
	}
	if without.history[0].TrainLoss == whole.history[0].TrainLoss {
		t.Error("dropout changes nothing")
	}
}
