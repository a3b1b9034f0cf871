package cnet

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/loss"

	"continuousnet/cnet/engine/fmap"
)

type refineCase struct {
	networkCase
	States map[string]string `json:"states"`
}

// TestParityRefine compares refined weights, and the logits of the net before, after, and with the old number of steps. The
// states are a: 1 interval; b: a refined; bb: b refined; c: b with other numbers; d: c refined.
func TestParityRefine(t *testing.T) {
	for set, root := range fixtureRoots() {
		t.Run(set, func(t *testing.T) {
			f, cases := openFixture[refineCase](t, root, "refine")
			for _, c := range cases {
				t.Run(c.ID, func(t *testing.T) { c.run(t, f) })
			}
		})
	}
}

func (c refineCase) run(t *testing.T, f *fixture) {
	c.Intervals, c.TimeEpsilon = 1, 1
	first := c.net(t)
	modules := c.modules()
	inputs, want := f.bundle(t, f.Input), f.bundle(t, c.Result)
	images, labels := inputs["x"].images(), inputs["labels"].Values
	const tolerance = 1e-9

	compared := 0
	check := func(n *Net, store *model.Store, name string) {
		if why := excluded[float64](c.Scheme, n.Basis.K, n.Steps, c.Nudge); why != "" {
			t.Logf("%s excluded: %s", name, why)
			return
		}
		w, ok := want["logits_eval/"+name]
		if !ok {
			return
		}
		compared++
		logits, _, _ := evaluate(t, n, store, fmap.Planar, images, labels, false)
		expect(t, "logits_eval/"+name, logits, w, tolerance)
	}
	refine := func(n *Net, store *model.Store, name string, oldSteps int) *Net {
		fine, err := n.Refine(store)
		if err != nil {
			t.Fatal(err)
		}
		if state, ok := c.States[name]; ok {
			tensors := f.bundle(t, state)
			for _, v := range fine.Variables() {
				w, ok := lookup(v, fine.Basis.K, modules, tensors, "")
				if !ok {
					t.Fatalf("%s: nothing for %s", name, v.Path)
				}
				expect(t, name+" "+v.Path, variableValues(t, store, Root+"/"+v.Path), w, 0)
			}
		}
		check(fine, store, name)
		coarse := *fine
		coarse.Steps = oldSteps
		check(&coarse, store, name+"_oldsteps")
		return fine
	}

	store := loadState(t, first, modules, f.bundle(t, c.States["a"]), "", dtypes.Float64)
	check(first, store, "a")
	b := refine(first, store, "b", 1)
	refine(b, store, "bb", 1)

	store = loadState(t, b, modules, f.bundle(t, c.States["c"]), "", dtypes.Float64)
	check(b, store, "c")
	d := refine(b, store, "d", 2)
	if excluded[float64](c.Scheme, d.Basis.K, d.Steps, c.Nudge) == "" {
		compared++
		logits, _, gradients := evaluate(t, d, store, fmap.Planar, images, labels, true)
		expect(t, "d logits_train", logits, want["d/logits_train"], tolerance)
		if _, all := want["d/loss_train"]; !all {
			return
		}
		for _, v := range d.Variables() {
			if g, ok := lookup(v, d.Basis.K, modules, want, "d/grad/"); ok {
				expect(t, "d gradient of "+v.Path, gradients[v.Path], g, tolerance)
			} else if v.Trainable {
				t.Errorf("no gradient for %s in the reference", v.Path)
			} else if w, ok := lookup(v, d.Basis.K, modules, want, "d/buffers_after/"); ok {
				expect(t, v.Path+" after a step", variableValues(t, store, Root+"/"+v.Path), w, tolerance)
			}
		}
	}
	if compared == 0 {
		t.Error("nothing could be compared")
	}
}

type trainingCase struct {
	networkCase
	LearningRate  float64   `json:"lr"`
	Momentum      float64   `json:"momentum"`
	WeightDecay   float64   `json:"weight_decay"`
	RefineEpochs  []int     `json:"refine_epoch"`
	LRDecayEpochs []int     `json:"lr_decay_epoch"`
	LRDecay       float64   `json:"lr_decay"`
	Epochs        int       `json:"epochs"`
	StepsPerEpoch int       `json:"steps_per_epoch"`
	Losses        []float64 `json:"losses"`
}

// TestParityTraining follows the reference's trajectories: the loss of each step, the weights after the first and after the
// last one, the velocities, across refinement and learning-rate decay.
func TestParityTraining(t *testing.T) {
	for set, root := range fixtureRoots() {
		t.Run(set, func(t *testing.T) {
			f, cases := openFixture[trainingCase](t, root, "training")
			for _, c := range cases {
				t.Run(c.ID, func(t *testing.T) { c.run(t, f) })
			}
		})
	}
}

func (c trainingCase) run(t *testing.T, f *fixture) {
	n := c.net(t)
	if intervals := c.Intervals << len(c.RefineEpochs); true {
		if why := excluded[float64](c.Scheme, intervals, intervals*c.PerInterval, c.Nudge); why != "" {
			t.Skip("excluded: " + why)
		}
	}
	n.Config.LRDecay, n.Config.LRDecayEpochs = c.LRDecay, c.LRDecayEpochs
	inputs, want := f.bundle(t, f.Input), f.bundle(t, c.Result)
	store := loadState(t, n, c.modules(), want, "state_initial/", dtypes.Float64)
	images, labels := inputs["x"].images(), inputs["labels"].Values
	testImages, testLabels := inputs["x_test"].images(), inputs["labels_test"].Values
	batch := len(labels) / c.StepsPerEpoch
	imageSize := len(images.Values) / len(labels)
	const tolerance = 1e-9

	optimizer := sgd{c.Momentum, c.WeightDecay}
	step := trainStep(t, n, store, optimizer)
	var losses []float64
	for epoch := range c.Epochs {
		for _, e := range c.RefineEpochs {
			if e != epoch {
				continue
			}
			var err error
			if n, err = n.Refine(store); err != nil {
				t.Fatal(err)
			}
			// The reference measures its accuracy here in training mode, which moves the running statistics.
			evaluate(t, n, store, fmap.Planar, testImages, testLabels, true)
			if err := optimizer.Clear(store.RootScope()); err != nil {
				t.Fatal(err)
			}
			step = trainStep(t, n, store, optimizer)
		}
		if err := setLearningRate(store, dtypes.Float64, n.Config.learningRate(c.LearningRate, 0, epoch)); err != nil {
			t.Fatal(err)
		}
		for s := range c.StepsPerEpoch {
			x := array{append([]int{batch}, images.Dims[1:]...), images.Values[s*batch*imageSize : (s+1)*batch*imageSize]}
			losses = append(losses, step(x, labels[s*batch:(s+1)*batch]))
			if len(losses) == 1 {
				c.compare(t, "after step 1", n, store, want, "state_after_step1/", tolerance)
			}
		}
	}
	expect(t, "losses", losses, array{[]int{len(c.Losses)}, c.Losses}, tolerance)
	c.compare(t, "at the end", n, store, want, "state_final/", tolerance)
	logits, _, _ := evaluate(t, n, store, fmap.Planar, testImages, testLabels, false)
	expect(t, "final_logits_eval_test", logits, want["final_logits_eval_test"], tolerance)
	for _, v := range n.Variables() {
		if w, ok := lookup(v, n.Basis.K, c.modules(), want, "momentum/"); ok && v.Trainable {
			expect(t, "velocity of "+v.Path, variableValues(t, store, optimizerScope+"/velocity/"+v.Path), w, tolerance)
		}
	}
}

// compare holds all variables of a net against a state of the reference.
func (c trainingCase) compare(t *testing.T, when string, n *Net, store *model.Store, want map[string]array, prefix string, tolerance float64) {
	t.Helper()
	for _, v := range n.Variables() {
		w, ok := lookup(v, n.Basis.K, c.modules(), want, prefix)
		if !ok {
			t.Errorf("nothing for %s in the reference", v.Path)
			continue
		}
		expect(t, v.Path+" "+when, variableValues(t, store, Root+"/"+v.Path), w, tolerance)
	}
}

// trainStep compiles a step of training: it updates the store and returns the loss.
func trainStep(t *testing.T, n *Net, store *model.Store, o sgd) func(images array, labels []float64) float64 {
	t.Helper()
	exec, err := model.NewExec(backend(), store, func(scope *model.Scope, images, labels *Node) *Node {
		z := n.Logits(scope.Store(), fmap.Planar, images, true)
		l := ReduceAllMean(loss.SparseCategoricalCrossEntropyLogits([]*Node{labels}, []*Node{z}))
		o.UpdateGraph(scope, l.Graph(), l)
		return l
	})
	if err != nil {
		t.Fatal(err)
	}
	return func(images array, labels []float64) float64 {
		results, err := exec.Call(toTensor(images.Values, images.Dims, dtypes.Float64), labelTensor(labels))
		if err != nil {
			t.Fatal(err)
		}
		return results[0].Value().(float64)
	}
}
