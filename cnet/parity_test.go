package cnet

import (
	"fmt"
	"sync"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/loss"

	"continuousnet/cnet/basis"
	"continuousnet/cnet/engine"
	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/ode"
)

// backend is the go engine's, opened once.
var backend = sync.OnceValue(func() compute.Backend {
	e, err := engine.Open("go")
	if err != nil {
		panic(err)
	}
	return e.Backend
})

// networkCase is what the manifests say of a network.
type networkCase struct {
	ID          string   `json:"id"`
	Model       string   `json:"model"`
	Alpha       int      `json:"alpha"`
	Scheme      string   `json:"scheme"`
	Intervals   int      `json:"initial_time_d"`
	PerInterval int      `json:"n_time_steps_per"`
	TimeEpsilon float64  `json:"time_epsilon"`
	BatchNorm   bool     `json:"use_batch_norms"`
	SkipInit    bool     `json:"use_skip_init"`
	Nudge       bool     `json:"nudge"`
	Modules     []string `json:"modules"`
	State       string   `json:"state"`
	Result      string   `json:"result"`
}

func (c networkCase) net(t *testing.T) *Net {
	t.Helper()
	if c.Model != "ContinuousNet" {
		t.Skipf("%s is not built yet", c.Model)
	}
	n, err := NewNet(Config{
		Scheme: c.Scheme, Channels: c.Alpha, Intervals: c.Intervals, Steps: c.Intervals * c.PerInterval,
		TimeEpsilon: c.TimeEpsilon, NoBatchNorm: !c.BatchNorm, SkipInit: c.SkipInit,
	}, 3, 10)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (c networkCase) modules() []string {
	if c.Modules != nil {
		return c.Modules
	}
	return defaultModules(c.BatchNorm)
}

// excluded says why the reference's numbers are not to be matched: it truncates t·K in floating point, and its nudge into
// the open interval does nothing in float32 or when switched off, so that some evaluations read the weights of
// another interval. This repeats its arithmetic and compares.
func excluded[T float32 | float64](scheme string, intervals, steps int, nudge bool) string {
	tb, err := ode.Scheme(scheme)
	if err != nil {
		return ""
	}
	b := basis.PiecewiseConstant{K: intervals}
	size := T(1) / T(steps)
	at := func(i int) T { // torch.linspace
		if i < (steps+1)/2 {
			return size * T(i)
		}
		return T(1) - size*T(steps-i)
	}
	for step := range steps {
		t0 := at(step)
		dt := at(step+1) - t0
		for _, c := range tb.C {
			t := t0 + dt*T(c)
			if c == 1 {
				t = t0 + dt
				if nudge {
					t -= T(1e-15)
				}
			}
			theirs := min(int(t*T(intervals)), intervals-1)
			if ours := b.Interval(step, steps, c); ours != theirs {
				return fmt.Sprintf("the reference evaluates step %d of %d at c=%.3g with the weights of interval %d instead of %d", step, steps, c, theirs, ours)
			}
		}
	}
	return ""
}

func (c networkCase) excluded(f *fixture, intervals, steps int) string {
	if f.DType == "<f4" {
		return excluded[float32](c.Scheme, intervals, steps, c.Nudge)
	}
	return excluded[float64](c.Scheme, intervals, steps, c.Nudge)
}

func (f *fixture) precision() (dtypes.DType, float64) {
	if f.DType == "<f4" {
		return dtypes.Float32, 1e-4
	}
	return dtypes.Float64, 1e-9
}

// layouts are both forms of the network; they must agree with the reference alike.
var layouts = map[string]fmap.Layout{"planar": fmap.Planar, "standard": fmap.Standard}

// evaluate returns the logits, and in training the mean cross entropy and the gradient of every trainable variable, by path.
func evaluate(t *testing.T, n *Net, store *model.Store, layout fmap.Layout, images array, labels []float64, training bool) (logits []float64, lossValue float64, gradients map[string][]float64) {
	t.Helper()
	var paths []string
	exec, err := model.NewExec(backend(), store, func(scope *model.Scope, images, labels *Node) []*Node {
		z := n.Logits(scope.Store(), layout, images, training)
		if !training {
			return []*Node{z}
		}
		l := ReduceAllMean(loss.SparseCategoricalCrossEntropyLogits([]*Node{labels}, []*Node{z}))
		var nodes []*Node
		for _, v := range n.Variables() {
			if v.Trainable {
				paths = append(paths, v.Path)
				nodes = append(nodes, store.GetVariable(Root+"/"+v.Path).NodeValue(z.Graph()))
			}
		}
		return append([]*Node{z, l}, Gradient(l, nodes...)...)
	})
	if err != nil {
		t.Fatal(err)
	}
	dtype := store.GetVariable(Root + "/stem/conv/kernel").DType()
	results, err := exec.Call(toTensor(images.Values, images.Dims, dtype), labelTensor(labels))
	if err != nil {
		t.Fatal(err)
	}
	var values [][]float64
	for _, r := range results {
		v, err := fromTensor(r)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
	}
	if !training {
		return values[0], 0, nil
	}
	gradients = map[string][]float64{}
	for i, path := range paths {
		gradients[path] = values[2+i]
	}
	return values[0], values[1][0], gradients
}

func labelTensor(labels []float64) *tensors.Tensor {
	ids := make([]int32, len(labels))
	for i, l := range labels {
		ids[i] = int32(l)
	}
	return tensors.FromFlatDataAndDimensions(ids, len(ids), 1)
}

// variableValues returns the numbers of a variable in the store.
func variableValues(t *testing.T, store *model.Store, path string) []float64 {
	t.Helper()
	v := store.GetVariable(path)
	if v == nil {
		t.Fatalf("no variable %s", path)
	}
	value, err := v.Value()
	if err != nil {
		t.Fatal(err)
	}
	numbers, err := fromTensor(value)
	if err != nil {
		t.Fatal(err)
	}
	return numbers
}

// TestParityForward compares logits in both modes, the loss, every gradient, and the running statistics after a step with
// the reference's.
func TestParityForward(t *testing.T) {
	for set, root := range fixtureRoots() {
		for _, folder := range []string{"continuousnet_forward", "continuousnet_forward_f32", "continuousnet_forward_td3", "continuousnet_forward_nonudge"} {
			t.Run(set+"/"+folder, func(t *testing.T) {
				f, cases := openFixture[networkCase](t, root, folder)
				for _, c := range cases {
					for name, layout := range layouts {
						t.Run(c.ID+"/"+name, func(t *testing.T) { c.forward(t, f, layout) })
					}
				}
			})
		}
	}
}

func (c networkCase) forward(t *testing.T, f *fixture, layout fmap.Layout) {
	n := c.net(t)
	if why := c.excluded(f, n.Basis.K, n.Steps); why != "" {
		t.Skip("excluded: " + why)
	}
	dtype, tolerance := f.precision()
	inputs, want := f.bundle(t, f.Input), f.bundle(t, c.Result)
	store := loadState(t, n, c.modules(), f.bundle(t, c.State), "", dtype)
	images, labels := inputs["x"].images(), inputs["labels"].Values

	logits, _, _ := evaluate(t, n, store, layout, images, labels, false)
	expect(t, "logits_eval", logits, want["logits_eval"], tolerance)
	logits, lossValue, gradients := evaluate(t, n, store, layout, images, labels, true)
	expect(t, "logits_train", logits, want["logits_train"], tolerance)
	if w, ok := want["loss_train"]; ok {
		expect(t, "loss_train", []float64{lossValue}, w, tolerance)
	}
	for _, v := range n.Variables() {
		if v.Trainable {
			g, ok := lookup(v, n.Basis.K, c.modules(), want, "grad/")
			if !ok {
				t.Errorf("no gradient for %s in the reference", v.Path)
				continue
			}
			expect(t, "gradient of "+v.Path, gradients[v.Path], g, tolerance)
			continue
		}
		after, ok := lookup(v, n.Basis.K, c.modules(), want, "buffers_after/")
		if !ok {
			t.Errorf("no %s after the step in the reference", v.Path)
			continue
		}
		expect(t, v.Path+" after a step", variableValues(t, store, Root+"/"+v.Path), after, tolerance)
	}
}
