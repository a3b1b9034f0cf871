package native

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"continuousnet/cnet/engine/native/ops"
)

// TestRandomGraphs compares graphs of all kinds of operations with the go backend.
func TestRandomGraphs(t *testing.T) {
	count := 150
	if testing.Short() {
		count = 20
	}
	var calls, glue, segments, left int
	for seed := range count {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			stats := checkGraph(t, func(g *g) []v { return randomGraph(g, uint64(seed)) })
			calls, glue, segments = calls+stats.Calls, glue+stats.Glue, segments+len(stats.Segments)
			left += stats.Left
		})
	}
	if calls == 0 || glue == 0 || segments == 0 || left > 0 {
		t.Errorf("%d native calls, %d simple operations and %d segments ran, %d calls were left to the go backend",
			calls, glue, segments, left)
	}
}

// FuzzGraphs is TestRandomGraphs for more seeds.
func FuzzGraphs(f *testing.F) {
	f.Add(uint64(1000))
	f.Fuzz(func(t *testing.T, seed uint64) { checkGraph(t, func(g *g) []v { return randomGraph(g, seed) }) })
}

// random makes a graph.
type random struct {
	*g
	*rand.Rand
	pool []v
}

// randomGraph has 60 operations on tensors of a few shapes, and returns some of their results.
func randomGraph(g *g, seed uint64) []v {
	r := &random{g: g, Rand: rand.New(rand.NewPCG(seed, 1))}
	for _, dims := range [][]int{{}, {}, {3}, {2, 3}, {2, 3}, {2, 3}, {2, 1}, {4, 2, 3}, {4, 2, 3}, {4, 1, 3}} {
		r.pool = append(r.pool, g.param(dims...))
	}
	if r.IntN(2) == 0 { // large enough for several workers
		r.pool = append(r.pool, g.param(40, 30, 32), g.param(40, 30, 32), g.param(1, 1, 32), g.param(40, 1, 1))
	}
	r.pool = append(r.pool, g.number(0.5), must[v](g)(g.Constant([]float32{1, -2, 3}, 3)), g.native(
		ops.Identity{Inputs: 1, Outputs: 1}, r.pool[3])[0])
	whole := g.input(shapes.Make(dtypes.Int32, 3))
	for range 60 {
		if out := r.operation(); out != nil {
			r.pool = append(r.pool, out...)
		}
	}
	outputs := []v{whole}
	for range 1 + r.IntN(8) {
		outputs = append(outputs, r.any())
	}
	if r.IntN(2) == 0 {
		outputs = append(outputs, outputs[1], must[v](g)(g.Add(whole, whole)), must[v](g)(g.Constant([]int32{1, 2}, 2)))
	}
	// The go backend panics if the results of the last call end the graph, and not all are used.
	return append(outputs, must[v](g)(g.Neg(must[v](g)(g.Identity(r.pool[0])))))
}

// any returns one of the tensors, rather a late one.
func (r *random) any() v {
	if r.IntN(2) == 0 {
		return r.pool[len(r.pool)-1-r.IntN(min(6, len(r.pool)))]
	}
	return r.pool[r.IntN(len(r.pool))]
}

// like returns a tensor of the shape of x.
func (r *random) like(x v) v {
	for range 10 {
		if y := r.any(); r.shape(y).Equal(r.shape(x)) {
			return y
		}
	}
	return x
}

// operation adds a random operation, or none if there is nothing for it.
func (r *random) operation() []v {
	g, x := r.g, r.any()
	one := func(y v, err error) []v { return []v{must[v](g)(y, err)} }
	dims := r.shape(x).Dimensions
	switch r.IntN(24) {
	case 0, 1, 2:
		y := r.any()
		if !broadcasts(r.shape(x), r.shape(y)) {
			y = r.like(x)
		}
		z := [](func(x, y v) (v, error)){g.Add, g.Sub, g.Mul, g.Max, g.Min}[r.IntN(5)]
		// What grows is kept small, by a segment or by glue.
		w := must[v](g)(z(x, y))
		if r.IntN(4) == 0 {
			return one(g.Tanh(w))
		}
		return one(g.Max(must[v](g)(g.Min(w, g.number(4))), g.number(-4)))
	case 3:
		return one(g.Neg(x))
	case 4:
		return one(g.Sqrt(must[v](g)(g.Max(must[v](g)(g.Abs(x)), g.number(0.1)))))
	case 5:
		return one(g.Div(x, g.number(3)))
	case 6:
		return one(g.Add(g.tanh(x), r.like(x)))
	case 7:
		return one(g.Tanh(x))
	case 8:
		return one(g.Reshape(x, r.shape(x).Size()))
	case 9:
		return one(g.Identity(x))
	case 10:
		return one(g.SchedulingBarrier(x, r.any(), r.any()))
	case 11:
		return must[[]v](g)(g.OptimizationBarrier(x, r.any()))
	case 12:
		if len(dims) == 0 {
			return nil
		}
		from, to, step := make([]int, len(dims)), make([]int, len(dims)), make([]int, len(dims))
		for a, d := range dims {
			from[a] = r.IntN(d)
			to[a], step[a] = from[a]+1+r.IntN(d-from[a]), 1+r.IntN(2)
			if r.IntN(2) == 0 {
				from[a], to[a], step[a] = 0, d, 1
			}
		}
		return one(g.Slice(x, from, to, step))
	case 13:
		if len(dims) < 2 {
			return nil
		}
		return one(g.Transpose(x, r.Perm(len(dims))...))
	case 14:
		if len(dims) == 0 {
			return one(g.BroadcastInDim(x, f32(4, 2, 3), nil))
		}
		if len(dims) == 1 && dims[0] == 3 {
			return one(g.BroadcastInDim(x, f32(4, 2, 3), []int{2}))
		}
		return nil
	case 15:
		axes := r.Perm(len(dims))[:r.IntN(len(dims)+1)]
		// The go backend's sums in float32 are those that are off.
		return one(g.Div(must[v](g)(g.ReduceSum(x, axes...)), g.number(float32(r.shape(x).Size()))))
	case 16, 17:
		if len(dims) < 2 || dims[0] > 4 {
			return nil
		}
		parts := g.native(ops.Split{Count: dims[0], Size: r.shape(x).Size() / dims[0]}, x)
		for i := range parts {
			if r.IntN(3) == 0 {
				parts[i] = r.like(parts[i])
			}
		}
		return append(parts, g.native(ops.Stack{Count: dims[0], Size: r.shape(x).Size() / dims[0]}, parts...)[0])
	case 18:
		op := ops.Mix{Size: r.shape(x).Size(), Coefficients: []float64{0.5, -0.25, 1}}
		return g.native(op, x, r.like(x), r.like(x))
	case 19:
		return g.native(ops.Identity{Inputs: 4, Outputs: 2}, x, r.any(), r.any(), r.any())
	case 20:
		rate, y := r.pool[0], r.any()
		n, m := r.shape(x).Size(), r.shape(y).Size()
		return g.native(ops.Update{Sizes: []int{n, m}, Decay: 0.1}, rate, x, r.like(x), y, r.like(y))
	case 21:
		if len(dims) == 0 {
			return nil
		}
		return one(g.Concatenate(r.IntN(len(dims)), x, r.like(x)))
	case 22:
		op := ops.NormGrad{Norm: ops.Norm{Channels: r.shape(x).Size(), Epsilon: 0.5}}
		return g.native(op, x, r.like(x), must[v](g)(g.Abs(r.like(x))))
	default:
		n := r.shape(x).Size()
		return g.native(ops.Update{Sizes: []int{n}, Momentum: 0.5, Decay: 0.1}, g.number(0.1), x, r.like(x), r.like(x))
	}
}

// broadcasts reports whether a binary operation takes two shapes.
func broadcasts(x, y shapes.Shape) bool {
	if x.Rank() == 0 || y.Rank() == 0 {
		return true
	}
	for a := range min(x.Rank(), y.Rank()) {
		if p, q := x.Dimensions[a], y.Dimensions[a]; p != q && p != 1 && q != 1 {
			return false
		}
	}
	return x.Rank() == y.Rank()
}
