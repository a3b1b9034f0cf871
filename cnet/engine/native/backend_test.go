package native

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"continuousnet/cnet/engine/native/ops"
)

// training is a graph with native operations, glue and segments, and large tensors.
func training(g *g) []v {
	p, w, x, rate := g.param(40000), g.param(40000), g.param(40000), g.param()
	y := g.add(g.mul(p, x), x)
	y = g.native(ops.Mix{Size: 40000, Coefficients: []float64{0.5, -1}}, y, g.tanh(y))[0]
	loss := must[v](g)(g.ReduceSum(g.mul(y, y)))
	out := g.native(ops.Update{Sizes: []int{40000}, Momentum: 0.9, Decay: 1e-3}, rate, p, w, y)
	return append(out, g.tanh(loss))
}

// TestThreads compares the bits of results for some numbers of threads, and of several executions at once.
func TestThreads(t *testing.T) {
	for name, f := range map[string]func(g *g) []v{
		"training": training,
		"random":   func(g *g) []v { return randomGraph(g, 8) },
	} {
		var want []any
		for _, threads := range []int{1, 2, 5} {
			b, _ := open(t, threads)
			e := build(t, b, f)
			results := make([][]any, 6)
			var wait sync.WaitGroup
			for i := range results {
				in := feed(t, b, e)
				wait.Go(func() {
					out, err := e.Execute(in, nil, 0)
					if err != nil {
						t.Error(err)
						return
					}
					for _, x := range out {
						data, _ := x.Data()
						results[i] = append(results[i], data)
					}
				})
			}
			wait.Wait()
			for _, r := range results {
				if want == nil {
					want = r
				}
				for k := range want {
					if !equalBits(r[k], want[k]) {
						t.Fatalf("%s: output %d with %d threads differs from that with one", name, k, threads)
					}
				}
			}
		}
	}
}

func equalBits(x, y any) bool {
	a, ok := x.([]float32)
	if !ok {
		return fmt.Sprint(x) == fmt.Sprint(y)
	}
	same := func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) }
	return slices.EqualFunc(a, y.([]float32), same)
}

func TestProfile(t *testing.T) {
	b, _ := open(t, 1)
	e := build(t, b, training)
	var p Profile
	b.Profile(&p)
	execute(t, e, feed(t, b, e), nil)
	b.Profile(nil)
	execute(t, e, feed(t, b, e), nil)
	steps := map[string]int{}
	for _, entry := range p.Entries() {
		steps[entry.Kind] = entry.Steps
	}
	if steps["Mix"] != 1 || steps["Update"] != 1 || steps["segment"] != 2 || steps["Mul"] != 1 {
		t.Errorf("steps %v", steps)
	}
}

func TestErrors(t *testing.T) {
	mix := func(n int) func(g *g) []v { // with a coefficient too few
		return func(g *g) []v {
			x := g.param(n)
			name := ops.Name(ops.Mix{Size: n, Coefficients: []float64{1}})
			f := must[compute.Function](g)(g.b.NewFunction(name))
			p := must[v](g)(f.Parameter("p", f32(n), nil))
			q := must[v](g)(f.Parameter("q", f32(n), nil))
			if err := f.Return([]v{must[v](g)(f.Add(p, q))}, nil); err != nil {
				g.t.Fatal(err)
			}
			return must[[]v](g)(g.Call(f, x, x))
		}
	}
	b, _ := open(t, 2)
	expect := func(err error, words ...string) {
		t.Helper()
		for _, w := range words {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("error %v, want one with %q", err, w)
			}
		}
	}
	for _, n := range []int{3, 100000} {
		e := build(t, b, mix(n))
		_, err := e.Execute(feed(t, b, e), nil, 0)
		expect(err, "native: ", "Mix: panic", "index out of range")
		ok := build(t, b, training)
		execute(t, ok, feed(t, b, ok), nil) // the workers are as good as new
	}

	e := build(t, b, training)
	in := feed(t, b, e)
	_, err := e.Execute(in[1:], nil, 0)
	expect(err, "3 inputs, want 4")
	_, err = e.Execute(append(in[3:], in[:3]...), nil, 0)
	expect(err, "input 0 (p1) is (Float32), want (Float32)[40000]")
	_, err = e.Execute(in, []bool{true}, 0)
	expect(err, "4 buffers")
	other, _ := open(t, 1)
	_, err = e.Execute(feed(t, other, e), nil, 0)
	expect(err, "input 0 is not a buffer of this backend")
	gone := feed(t, b, e)
	execute(t, e, gone, []bool{true, false, false, false})
	_, err = e.Execute(gone, nil, 0)
	expect(err, "input 0 (p1)", "was donated")
	execute(t, e, in, nil) // nothing was lost
	e.Finalize()
	_, err = e.Execute(in, nil, 0)
	expect(err, "after Finalize")

	e = build(t, b, training)
	in = feed(t, b, e)
	b.Finalize()
	_, err = e.Execute(in, nil, 0)
	expect(err, "finalized")

	b, _ = open(t, 1)
	builder := b.Builder("double")
	g := &g{t: t, b: builder, Function: builder.Main(), calls: map[string]compute.Function{}}
	out := g.native(ops.Identity{Inputs: 1, Outputs: 1}, g.input(shapes.Make(dtypes.Float64, 2)))
	if err := g.Return(out, nil); err != nil {
		t.Fatal(err)
	}
	_, err = builder.Compile()
	expect(err, "native: Identity: input 0 is (Float64)[2]", "float32")
}
