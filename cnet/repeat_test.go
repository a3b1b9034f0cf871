package cnet

import (
	"math"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/engine"
	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/ode"
)

// TestRepeated compares steps that are built once and repeated with steps that are built one by one: logits, gradients
// and running statistics have the same bits. A graph that is left to GoMLX's go backend, since it sorts something,
// computes the same up to rounding.
func TestRepeated(t *testing.T) {
	e, err := engine.Open("go")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	if e.Layout != fmap.Native {
		t.Skip("the engine go is not native on this processor")
	}
	for name, c := range map[string]Config{
		"euler":         {Steps: 3, Scheme: "euler"},
		"RK4":           {Steps: 2, Scheme: "rk4_classic"},
		"ActFirst":      {Steps: 2, Scheme: "midpoint", Model: "ContinuousNetActFirst"},
		"skip_init":     {Steps: 2, Scheme: "euler", SkipInit: true},
		"no batch norm": {Steps: 2, Scheme: "euler", NoBatchNorm: true},
		"two stages":    {StageSteps: []int{2, 4}, Scheme: "euler"},
	} {
		if testing.Short() && name != "euler" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			c.Channels, c.BatchSize = 2, 3
			c = c.WithDefaults()
			n, err := NewNet(c, 3, 4)
			if err != nil {
				t.Fatal(err)
			}
			run := func(repeated, sorted bool) [][]float32 {
				store := model.NewStore()
				if err := n.Init(store, 7, Float); err != nil {
					t.Fatal(err)
				}
				exec, err := model.NewExec(e.Backend, store, func(_ *model.Scope, images *Node) []*Node {
					results := differentiated(t, n, store, images, e.Layout, repeated)
					if sorted {
						results = append(results, Sort(results[0], -1, true))
					}
					return results
				})
				if err != nil {
					t.Fatal(err)
				}
				images, _ := randomBatch(c.BatchSize)
				out, err := exec.Call(tensors.FromFlatDataAndDimensions(images, c.BatchSize, 32, 32, 3))
				if err != nil {
					t.Fatal(err)
				}
				var list [][]float32
				for _, x := range out {
					list = append(list, tensors.MustCopyFlatData[float32](x))
				}
				return list
			}
			want := run(false, false)
			for i, x := range run(true, false) {
				if !slices.EqualFunc(x, want[i], func(a, b float32) bool {
					return math.Float32bits(a) == math.Float32bits(b)
				}) {
					t.Errorf("result %d has other bits", i)
				}
			}
			for i, x := range run(true, true)[:len(want)] {
				most := 0.0
				for _, v := range want[i] {
					most = max(most, math.Abs(float64(v)))
				}
				for k, v := range x {
					if d := math.Abs(float64(v) - float64(want[i][k])); !(d <= 2e-3*most+1e-6) {
						t.Fatalf("result %d, left to the go backend, is %g at %d, want %g", i, v, k, want[i][k])
					}
				}
			}
		})
	}
}

// differentiated builds the net, and returns the logits, the gradients of a function of them, and the new running
// statistics.
func differentiated(
	t *testing.T, n *Net, store *model.Store, images *Node, layout fmap.Layout, repeated bool,
) (results []*Node) {
	b := newBuilder(n, store, images.Graph(), n.Variables(), layout, true)
	x := b.begin(images)
	for i, stage := range n.stages() {
		x = b.stitch(x, stage)
		s := b.solve(stage)
		if repeated {
			y, ok := s.repeated(x)
			if !ok {
				t.Errorf("the steps of stage %d are not repeated", i+1)
				return []*Node{images}
			}
			x = y
			continue
		}
		y, err := ode.Integrate(n.Scheme, x, s.steps, s.h,
			ode.System[fmap.Map]{Rate: s.rate, Combine: fmap.Map.Combine})
		if err != nil {
			t.Error(err)
		}
		x = y
	}
	results = []*Node{b.head(x)}
	b.UpdateStatistics()
	var weights []*Node
	for _, v := range n.Variables() {
		if v.Trainable {
			weights = append(weights, b.Variable(v.Path))
		} else {
			results = append(results, b.Variable(v.Path))
		}
	}
	return append(results, Gradient(ReduceAllSum(Square(results[0])), weights...)...)
}
