package layers

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/engine"
	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/statedict"
)

// backend is the go engine's, opened once.
var backend = sync.OnceValue(func() compute.Backend {
	e, err := engine.Open("go")
	if err != nil {
		panic(err)
	}
	return e.Backend
})

// run builds and runs a graph with variables in a store.
func run(t *testing.T, store *model.Store, build func(g *Graph) []*Node) [][]float64 {
	t.Helper()
	exec, err := model.NewExec(backend(), store, func(_ *model.Scope, x *Node) []*Node { return build(x.Graph()) })
	if err != nil {
		t.Fatal(err)
	}
	results, err := exec.Call(tensors.FromScalar(0.0))
	if err != nil {
		t.Fatal(err)
	}
	var values [][]float64
	for _, r := range results {
		v, err := FromTensor(r)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
	}
	return values
}

func near(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %v, want %v", what, got, want)
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= 1e-12) {
			t.Fatalf("%s: %v, want %v", what, got, want)
		}
	}
}

// normed is a network that is one batch norm over depth, with 3 basis functions and 2 channels.
func normed(t *testing.T, dtype dtypes.DType) (*model.Store, []Variable) {
	t.Helper()
	s := &Specs{}
	s.OverDepth(3, func() { s.Norm("norm", 2) })
	store := model.NewStore()
	for i, values := range [][]float64{{1, 2, 3, 4, 5, 6}, {0, 1, 0, 1, 0, 1}, {1, -1, 2, -2, 3, -3},
		{1, 1, 2, 2, 3, 3}} {
		if err := Set(store, s.List[i], values, dtype); err != nil {
			t.Fatal(err)
		}
	}
	return store, s.List
}

// A variable at a position in depth is Σ φ_k·θ_k, and its gradient is φ. In float32 the go engine may compute it
// natively. Values at several positions do not depend on each other: they are what a step is differentiated by.
func TestAt(t *testing.T) {
	for _, dtype := range []dtypes.DType{dtypes.Float64, dtypes.Float32} {
		store, variables := normed(t, dtype)
		for name, phi := range map[string][]float64{
			"one": {0, 1, 0}, "several": {0.5, 0.25, -2}, "two": {0, 0.5, 0.5}, "none": {0, 0, 0},
		} {
			got := run(t, store, func(g *Graph) []*Node {
				b := NewBuilder(store, g, variables, false)
				b.Apart = true
				beside := b.At("norm/scale", []float64{0, 0, 1})
				at := b.At("norm/scale", phi)
				loss := ReduceAllSum(at)
				return append([]*Node{at}, Gradient(loss, b.Variable("norm/scale"), beside)...)
			})
			want, gradient := make([]float64, 2), []float64{}
			for k, f := range phi {
				want[0] += f * float64(2*k+1)
				want[1] += f * float64(2*k+2)
				gradient = append(gradient, f, f)
			}
			near(t, name, got[0], want)
			near(t, name+" gradient", got[1], gradient)
			near(t, name+" gradient of another value", got[2], []float64{0, 0})
		}
	}
}

// A running statistic moves as a function of depth by momentum·(value − m(t)), and its coefficients by as little as
// they can: along φ. For one basis function alone that is the rule of PyTorch.
func TestRunningStatistics(t *testing.T) {
	images := tensors.FromFlatDataAndDimensions([]float64{1, 10, 2, 20, 6, 30, 7, 40}, 1, 2, 2, 2)
	mean := []float64{4, 25}
	const momentum = 0.1
	for name, phi := range map[string][]float64{"one": {0, 1, 0}, "several": {0.5, 0.25, -2}} {
		store, variables := normed(t, dtypes.Float64)
		before := []float64{1, -1, 2, -2, 3, -3}
		run(t, store, func(g *Graph) []*Node {
			b := NewBuilder(store, g, variables, true)
			y := b.Norm(fmap.New(fmap.Planar, ConstTensor(g, images)), "norm", phi, momentum)
			b.UpdateStatistics()
			return []*Node{y.Images()}
		})
		after, _, err := Get(store, variables[2])
		if err != nil {
			t.Fatal(err)
		}
		squares := 0.0
		for _, f := range phi {
			squares += f * f
		}
		for c := range 2 {
			at := func(m []float64) (sum float64) {
				for k, f := range phi {
					sum += f * m[2*k+c]
				}
				return sum
			}
			moved := momentum * (mean[c] - at(before))
			near(t, name+": the function at t", []float64{at(after)}, []float64{at(before) + moved})
			for k, f := range phi {
				near(t, name+": its coefficients", []float64{after[2*k+c] - before[2*k+c]},
					[]float64{moved * f / squares})
			}
		}
		if phi[1] == 1 { // 0.9·2 + 0.1·4, and the others untouched
			near(t, "PyTorch's rule", after, []float64{1, -1, 2.2, 0.7, 3, -3})
		}
	}
}

// Several evaluations in one step: the statistics move towards their least-squares fit, and no variance falls below the
// least that was seen, whatever is fitted through it.
func TestFittedStatistics(t *testing.T) {
	phis := [][]float64{{1, 0, 0}, {0.5, 0.5, 0}, {0, 1, 0}, {0, 0.5, 0.5}, {0, 0, 1}}
	for _, count := range []int{3, 5} { // as many as functions, or more
		store, variables := normed(t, dtypes.Float64)
		old, _, err := Get(store, variables[2])
		if err != nil {
			t.Fatal(err)
		}
		some := phis[1 : 1+min(count, 3)]
		if count == 5 {
			some = phis
		}
		seen := []float64{0.01, 0.01, 0.01, 1, 0.01} // a peak that hats undershoot around
		run(t, store, func(g *Graph) []*Node {
			b := NewBuilder(store, g, variables, true)
			for i, phi := range some {
				for _, path := range []string{"norm/mean", "norm/variance"} {
					value := ConstTensor(g, tensors.FromFlatDataAndDimensions([]float64{seen[i] / 2, 1}, 2))
					b.see(path, phi, 0.1, value, 2)
				}
			}
			b.UpdateStatistics()
			return []*Node{Const(g, 0.0)}
		})
		after := map[string][]float64{}
		for _, v := range variables[2:] {
			if after[v.Path], _, err = Get(store, v); err != nil {
				t.Fatal(err)
			}
		}
		dot := func(phi, m []float64, c int) float64 { return phi[0]*m[c] + phi[1]*m[2+c] + phi[2]*m[4+c] }
		if count == 3 {
			for i, phi := range some { // the moving average of each evaluation
				near(t, "mean", []float64{dot(phi, after["norm/mean"], 0)},
					[]float64{0.9*dot(phi, old, 0) + 0.1*seen[i]})
			}
		}
		share := 1 - math.Pow(0.9, float64(count)/3)
		was := []float64{1, 1, 2, 2, 3, 3}
		for _, phi := range some {
			if least := (1-share)*dot(phi, was, 0) + share*0.01; dot(phi, after["norm/variance"], 0) < least-1e-12 {
				t.Errorf("%d evaluations: a variance falls to %g, below %g", count, dot(phi, after["norm/variance"], 0),
					least)
			}
			near(t, "of equal variances", []float64{dot(phi, after["norm/variance"], 1)},
				[]float64{(1-share)*dot(phi, was, 1) + share*2})
		}
	}
}

// A combination of variances can be negative; a network that is evaluated there still returns numbers.
func TestNegativeVariance(t *testing.T) {
	store, variables := normed(t, dtypes.Float64)
	got := run(t, store, func(g *Graph) []*Node {
		b := NewBuilder(store, g, variables, false)
		x := fmap.New(fmap.Standard, Ones(g, shapes.Make(dtypes.Float64, 1, 2, 2, 2)))
		return []*Node{b.Norm(x, "norm", []float64{1, 0, -1}, 0.1).Images()}
	})
	for _, x := range got[0] {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			t.Fatalf("evaluated to %v", got[0])
		}
	}
}

// Where coefficients are values each is drawn by itself, in the order without a basis; else θ starts constant in depth.
func TestInitOverDepth(t *testing.T) {
	s := &Specs{}
	s.OverDepth(3, func() {
		s.Add("weight", true, uniform(1), 2)
		s.Norm("norm", 1)
	})
	for _, c := range []struct {
		one  []float64
		want func(draws []float64) []float64
	}{
		{[]float64{1, 1, 1}, func(a []float64) []float64 { return a }},
		{[]float64{1, 0, 0}, func(a []float64) []float64 { return []float64{a[0], a[1], 0, 0, 0, 0} }},
		{[]float64{2, 0, 0.5},
			func(a []float64) []float64 { return []float64{2 * a[0], 2 * a[1], 0, 0, a[0] / 2, a[1] / 2} }},
	} {
		store := model.NewStore()
		if err := Init(store, s.List, c.one, 4, dtypes.Float64); err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(4, 0))
		draws := make([]float64, 6)
		for i := range draws {
			draws[i] = uniform(1)(rng)
		}
		got, _, err := Get(store, s.List[0])
		if err != nil {
			t.Fatal(err)
		}
		near(t, "weight", got, c.want(draws))
		if got, _, err = Get(store, s.List[1]); err != nil {
			t.Fatal(err)
		}
		near(t, "scale", got, c.one)
	}
}

// Dropout keeps the mean, drops about its share, does the same for the same random state in all layouts, and nothing in
// evaluation.
func TestDropout(t *testing.T) {
	const rate = 0.25
	var first []float64
	for _, layout := range []fmap.Layout{fmap.Planar, fmap.Standard, fmap.Native} {
		store := model.NewStore()
		if err := Init(store, nil, nil, 5, dtypes.Float32); err != nil {
			t.Fatal(err)
		}
		drop := func(training bool) []float64 {
			return run(t, store, func(g *Graph) []*Node {
				b := NewBuilder(store, g, nil, training)
				return []*Node{b.Dropout(fmap.New(layout, Ones(g, shapes.Make(dtypes.Float32, 9, 12, 10, 3))), layout,
					rate).Images()}
			})[0]
		}
		if got := drop(false); slices.Contains(got, 0) {
			t.Error("dropped in evaluation")
		}
		a := drop(true)
		dropped := 0
		for _, x := range a {
			switch {
			case x == 0:
				dropped++
			case math.Abs(x-1/(1-rate)) > 1e-6:
				t.Fatalf("kept as %g", x)
			}
		}
		// Six standard deviations of a binomial distribution.
		if n := float64(len(a)); math.Abs(float64(dropped)-rate*n) > 6*math.Sqrt(n*rate*(1-rate)) {
			t.Errorf("dropped %d of %d", dropped, len(a))
		}
		if slices.Equal(a, drop(true)) {
			t.Error("drops the same in the next step")
		}
		if first == nil {
			first = a
		} else if !slices.Equal(first, a) {
			t.Error("the layouts drop differently")
		}
	}
}

// What is wrong with a state dict is said with name, what there is and what was expected, and changes nothing.
func TestLoadErrors(t *testing.T) {
	s := &Specs{}
	s.Conv("conv", 1, 2, 1, nil)
	s.Norm("norm", 2)
	names := NewNames(s.List)
	names.Conv("c", "conv")
	names.Norm("n", "norm")
	store := model.NewStore()
	if err := Init(store, s.List, nil, 1, dtypes.Float32); err != nil {
		t.Fatal(err)
	}
	good, err := names.StateDict(store)
	if err != nil {
		t.Fatal(err)
	}
	with := func(i int, change func(x *statedict.Tensor)) []statedict.Tensor {
		list := slices.Clone(good)
		list[i].Values = slices.Clone(list[i].Values)
		change(&list[i])
		return list
	}
	for _, c := range []struct {
		list []statedict.Tensor
		want string
	}{
		{good[1:], `no tensor "c.weight", expected one of shape [2 1 1 1]`},
		{append(slices.Clone(good), statedict.Tensor{Name: "x", Shape: []int{2}, Values: []float64{1, 2}}),
			`tensor "x" of shape [2], which this network does not have`},
		{append(slices.Clone(good), good[0]), `tensor "c.weight" twice`},
		{with(0, func(x *statedict.Tensor) { x.Shape = []int{1, 2, 1, 1} }),
			`tensor "c.weight" has shape [1 2 1 1], expected [2 1 1 1]`},
		{with(1, func(x *statedict.Tensor) { x.Values = x.Values[1:] }), `tensor "n.weight" has 1 numbers, expected 2`},
		{with(1, func(x *statedict.Tensor) { x.Values[1] = math.NaN() }),
			`tensor "n.weight" holds NaN at position 1, expected finite numbers`},
		{with(0, func(x *statedict.Tensor) { x.Name = "module." + x.Name }), `strip the prefix "module."`},
	} {
		if err := names.Load(store, c.list); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
	after, err := names.StateDict(store)
	if err != nil {
		t.Fatal(err)
	}
	for i := range good {
		if !slices.Equal(after[i].Values, good[i].Values) {
			t.Errorf("%s was changed", good[i].Name)
		}
	}
	if err := names.Load(store, good[:len(good)-1]); err != nil { // num_batches_tracked
		t.Errorf("without the counter: %v", err)
	}
}
