package cnet

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/loss"

	"continuousnet/cnet/engine"
	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/internal/layers"
	"continuousnet/cnet/internal/parity"
	"continuousnet/cnet/statedict"
)

// otherEngine is the engine that the networks of these tests are computed with instead of go, or "". "make gpu-check"
// has them on a GPU.
var otherEngine = os.Getenv("CNET_TEST_ENGINE")

// backend is the engine's, opened once.
var backend = sync.OnceValue(func() compute.Backend {
	e, err := engine.Open(cmp.Or(otherEngine, "go"))
	if err != nil {
		panic(err)
	}
	return e.Backend
})

// layouts are the forms of a network, which must agree with the original alike; anyLayout is that of tests for which
// one is enough. Engines other than go have one.
var (
	layouts = map[string]fmap.Layout{
		"planar": fmap.Planar, "standard": fmap.Standard, "native": fmap.Native,
	}
	anyLayout = fmap.Planar
)

func init() {
	if otherEngine != "" {
		layouts, anyLayout = map[string]fmap.Layout{"standard": fmap.Standard}, fmap.Standard
	}
}

// in returns the number format in which a layout is tested, and the tolerance there: the native one has float32 only.
func in(layout fmap.Layout, dtype dtypes.DType, tolerance float64) (dtypes.DType, float64) {
	if layout == fmap.Native {
		return dtypes.Float32, max(tolerance, 1e-4)
	}
	return dtype, tolerance
}

func fixtureRoots() map[string]parity.Root {
	return parity.Roots(filepath.Join("testdata", "fixtures"))
}

func precision(f *parity.Fixture) dtypes.DType {
	if f.Single() {
		return dtypes.Float32
	}
	return dtypes.Float64
}

// stateDict returns the tensors of a bundle whose names begin with the prefix as a state_dict.
func stateDict(f *parity.Fixture, t *testing.T, bundle, prefix string) []statedict.Tensor {
	t.Helper()
	tensors, order := f.Bundle(t, bundle)
	var list []statedict.Tensor
	for _, key := range order {
		if name, ok := strings.CutPrefix(key, prefix); ok {
			a := tensors[key]
			list = append(list, statedict.Tensor{Name: name, Shape: a.Dims, Values: a.Values, DType: "F64"})
		}
	}
	return list
}

// load makes a store of a state_dict.
func load(t *testing.T, n Network, list []statedict.Tensor, dtype dtypes.DType) *model.Store {
	t.Helper()
	store := model.NewStore()
	if err := n.Init(store, 1, dtype); err != nil {
		t.Fatal(err)
	}
	if err := n.LoadStateDict(store, list); err != nil {
		t.Fatal(err)
	}
	return store
}

// inOriginal returns numbers of the network's variables, such as gradients, under the original's names. Tensors that no
// variable stands for are left out.
func inOriginal(t *testing.T, n Network, values map[string][]float64) map[string][]float64 {
	t.Helper()
	dict := func(values func(v Variable) []float64) []statedict.Tensor {
		store := model.NewStore()
		for _, v := range n.Variables() {
			if err := layers.Set(store, v, values(v), dtypes.Float64); err != nil {
				t.Fatal(err)
			}
		}
		list, err := n.StateDict(store)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	const mark = 1234.5
	ours := dict(func(v Variable) []float64 { return slices.Repeat([]float64{mark}, v.Size()) })
	list := dict(func(v Variable) []float64 {
		if x, ok := values[v.Path]; ok {
			return x
		}
		return make([]float64, v.Size())
	})
	result := map[string][]float64{}
	for i, x := range list {
		if ours[i].Values[0] == mark {
			result[x.Name] = x.Values
		}
	}
	return result
}

// variableValues returns the numbers of all variables in the store, by path.
func variableValues(t *testing.T, n Network, store *model.Store) map[string][]float64 {
	t.Helper()
	values := map[string][]float64{}
	for _, v := range n.Variables() {
		x, _, err := layers.Get(store, v)
		if err != nil {
			t.Fatal(err)
		}
		values[v.Path] = x
	}
	return values
}

// evaluation is what a network computes for a batch; without gradients (by path) unless it is training.
type evaluation struct {
	logits    []float64
	loss      []float64 // one number: the mean cross entropy
	gradients map[string][]float64
}

func evaluate(
	t *testing.T, n Network, store *model.Store, layout fmap.Layout,
	images parity.Array, labels []float64, training bool,
) evaluation {
	t.Helper()
	return compiled(t, n, store, layout, images, labels, training)()
}

// compiled returns evaluate for the variables as they are when it is called, which compiles its graph once.
func compiled(
	t *testing.T, n Network, store *model.Store, layout fmap.Layout,
	images parity.Array, labels []float64, training bool,
) func() evaluation {
	t.Helper()
	var paths []string
	exec, err := model.NewExec(backend(), store, func(scope *model.Scope, images, labels *Node) []*Node {
		z := n.Logits(scope.Store(), layout, images, training)
		l := ReduceAllMean(loss.SparseCategoricalCrossEntropyLogits([]*Node{labels}, []*Node{z}))
		if !training {
			return []*Node{z, l}
		}
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
	return func() evaluation {
		t.Helper()
		results, err := exec.Call(layers.ToTensor(images.Values, images.Dims, dtype), labelTensor(labels))
		if err != nil {
			t.Fatal(err)
		}
		var values [][]float64
		for _, r := range results {
			v, err := layers.FromTensor(r)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, v)
		}
		e := evaluation{values[0], values[1], map[string][]float64{}}
		for i, path := range paths {
			e.gradients[path] = values[2+i]
		}
		return e
	}
}

func labelTensor(labels []float64) *tensors.Tensor {
	ids := make([]int32, len(labels))
	for i, l := range labels {
		ids[i] = int32(l)
	}
	return tensors.FromFlatDataAndDimensions(ids, len(ids), 1)
}

// isParameter reports whether a tensor of a state_dict is one that is learned.
func isParameter(name string) bool { return !strings.Contains(name, "running_") && !isCounter(name) }

func isCounter(name string) bool { return strings.HasSuffix(name, "num_batches_tracked") }

// compareState holds the original's tensors with this prefix against ours, by the original's names, both ways round.
// The ones in unused, and what else belongs to their layers, exist in the original only; those for which omitted is
// true may be missing in the fixture.
func compareState(
	t *testing.T, what string, got map[string][]float64, want map[string]parity.Array,
	prefix string, unused []string, omitted func(name string) bool, tolerance float64,
) {
	t.Helper()
	compared := 0
	for key, w := range want {
		name, ok := strings.CutPrefix(key, prefix)
		if !ok || isCounter(name) {
			continue
		}
		g, ok := got[name]
		switch {
		case ok:
			compared++
			parity.Expect(t, what+" "+name, g, w, tolerance)
		case isParameter(name) && !slices.Contains(unused, name):
			t.Errorf("%s: the original has %s, which we have not", what, name)
		}
	}
	for name := range got {
		if _, ok := want[prefix+name]; !ok && !omitted(name) {
			t.Errorf("%s: the original has nothing for %s", what, name)
		}
	}
	if compared == 0 {
		t.Errorf("%s: nothing to compare", what)
	}
}

func nothing(string) bool { return false }
