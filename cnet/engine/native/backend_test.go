package native

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"unsafe"

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
	return slices.EqualFunc(a, y.([]float32), func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

// TestDonated checks that new parameters and velocities take the memory of the old ones.
func TestDonated(t *testing.T) {
	b, _ := open(t, 2)
	e := build(t, b, training)
	in := feed(t, b, e)
	p, w := flat(t, in[0]).([]float32), flat(t, in[1]).([]float32)
	out := execute(t, e, in, []bool{true, true, false, false})
	for i, old := range [][]float32{p, w} {
		if &flat(t, out[i]).([]float32)[0] != &old[0] {
			t.Errorf("output %d has new memory", i)
		}
	}
	if err := in[0].Finalize(); err == nil {
		t.Error("a donated buffer could be finalized")
	}
	if &flat(t, execute(t, e, []compute.Buffer{out[0], out[1], in[2], in[3]}, nil)[0]).([]float32)[0] == &p[0] {
		t.Error("a parameter that was not donated has been overwritten")
	}
}

// TestArena checks that memory is used again, and by whom.
func TestArena(t *testing.T) {
	const n = 1 << 16
	for _, test := range []struct {
		name  string
		want  int // tensors
		build func(g *g, x v) v
	}{
		{"in place", 1, func(g *g, x v) v {
			for range 10 {
				x = g.mul(g.add(x, x), g.number(0.5))
			}
			return x
		}},
		{"in turns", 2, func(g *g, x v) v {
			for range 10 {
				x = g.native(ops.Mix{Size: n, Coefficients: []float64{1, 1}}, x, x)[0]
			}
			return x
		}},
		{"views", 1, func(g *g, x v) v {
			x = g.mul(x, g.number(2))
			for range 10 {
				x = g.reshape(g.native(ops.Identity{Inputs: 1, Outputs: 1}, x)[0], 2, n/2)
				x = g.reshape(must[v](g)(g.Neg(x)), n)
			}
			return x
		}},
		{"kept", 6, func(g *g, x v) v {
			var list []v
			for i := range 5 {
				list = append(list, g.mul(x, g.number(float32(i))))
			}
			for _, y := range slices.Backward(list) {
				x = g.native(ops.Mix{Size: n, Coefficients: []float64{1, 1}}, x, y)[0]
			}
			return x
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			stats := checkGraph(t, func(g *g) []v {
				x := test.build(g, g.native(ops.Identity{Inputs: 1, Outputs: 1}, g.param(n))[0])
				return []v{must[v](g)(g.ReduceSum(g.mul(x, g.number(1e-6))))}
			})
			if got := float64(stats.Bytes) / (4 * n); math.Abs(got-float64(test.want)) > 0.1 || len(stats.Segments) != 0 {
				t.Errorf("%.2f tensors of memory, want %d: %+v", got, test.want, *stats)
			}
		})
	}
}

// TestSegments checks how a graph is cut.
func TestSegments(t *testing.T) {
	identity := func(g *g, x v) v { return g.native(ops.Identity{Inputs: 1, Outputs: 1}, x)[0] }
	mix := func(g *g, x ...v) v {
		return g.native(ops.Mix{Size: 6, Coefficients: slices.Repeat([]float64{1}, len(x))}, x...)[0]
	}
	for name, test := range map[string]struct {
		want  string
		build func(g *g, x, y v) []v
	}{
		"none": {"[]", func(g *g, x, y v) []v { return []v{mix(g, x, y)} }},
		"before all others": {"[[Tanh Tanh]]", func(g *g, x, y v) []v {
			return []v{mix(g, mix(g, x, y), g.tanh(y), g.tanh(x))}
		}},
		"with glue that it needs": {"[[Neg Tanh]]", func(g *g, x, y v) []v {
			return []v{mix(g, x, g.tanh(must[v](g)(g.Neg(y))))}
		}},
		"gathered until one is needed": {"[[Tanh Tanh Add]]", func(g *g, x, y v) []v {
			x, y = mix(g, x), mix(g, y)
			a, b := g.tanh(x), g.tanh(y)
			c := g.add(a, x)
			return []v{mix(g, a), b, c}
		}},
		"at the end": {"[[Tanh Tanh]]", func(g *g, x, y v) []v {
			x = mix(g, x)
			a := g.tanh(x)
			y = mix(g, y)
			return []v{a, g.tanh(y), mix(g, y)}
		}},
		"not what nobody needs": {"[]", func(g *g, x, y v) []v {
			z := g.native(ops.Identity{Inputs: 2, Outputs: 1}, x, g.tanh(y))[0]
			return []v{mix(g, z)}
		}},
		"broadcasts are not stored": {"[]", func(g *g, x, y v) []v {
			wide := must[v](g)(g.BroadcastInDim(g.number(2), f32(2, 3), nil))
			return []v{mix(g, x), g.mul(identity(g, x), wide)}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			stats := checkGraph(t, func(g *g) []v { return test.build(g, g.param(2, 3), g.param(2, 3)) })
			if got := fmt.Sprint(stats.Segments); got != test.want {
				t.Errorf("segments %s, want %s", got, test.want)
			}
		})
	}
}

// TestLeft runs graphs that the wrapped backend compiles whole: native calls run as the bodies of their functions.
func TestLeft(t *testing.T) {
	for name, test := range map[string]struct {
		because string
		build   func(g *g, x v) []v
	}{
		"no native call": {"", func(g *g, x v) []v { return []v{g.tanh(x)} }},
		"a loop": {"While", func(g *g, x v) []v {
			x = g.native(ops.Identity{Inputs: 1, Outputs: 1}, x)[0]
			cond, body := must[compute.Function](g)(g.Closure()), must[compute.Function](g)(g.Closure())
			if cond.Parent() != g.Function || cond.Builder() != g.b {
				g.t.Error("a closure has another parent, or another builder")
			}
			c := must[v](g)(cond.Parameter("x", f32(2), nil))
			sum := must[v](g)(cond.ReduceSum(c))
			if err := cond.Return([]v{must[v](g)(cond.LessThan(sum, must[v](g)(cond.Constant([]float32{100}))))}, nil); err != nil {
				g.t.Fatal(err)
			}
			b := must[v](g)(body.Parameter("x", f32(2), nil))
			b = must[v](g)(body.Add(must[v](g)(body.Abs(b)), x)) // a value from outside
			b = must[v](g)(body.Max(b, must[v](g)(body.Constant([]float32{60}))))
			if err := body.Return([]v{b}, nil); err != nil {
				g.t.Fatal(err)
			}
			return must[[]v](g)(g.While(cond, body, x))
		}},
		"another function": {"Call of twice", func(g *g, x v) []v {
			f := must[compute.Function](g)(g.b.NewFunction("twice"))
			p := must[v](g)(f.Parameter("x", f32(2), nil))
			if err := f.Return([]v{must[v](g)(f.Add(p, p))}, nil); err != nil {
				g.t.Fatal(err)
			}
			x = must[[]v](g)(g.Call(f, x))[0]
			return g.native(ops.Mix{Size: 2, Coefficients: []float64{2}}, x)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			stats := checkGraph(t, func(g *g) []v { return test.build(g, g.param(2)) })
			if stats.Because != test.because || stats.Calls != 0 || (stats.Left == 0) != (test.because == "") {
				t.Errorf("%+v, want it left because of %q", *stats, test.because)
			}
		})
	}
}

// TestAllocations checks that an execution allocates nothing large but outputs that have no donated memory.
func TestAllocations(t *testing.T) {
	b, stats := open(t, 2)
	b.poison = false
	e := build(t, b, training)
	in := feed(t, b, e)
	step := func() {
		out := execute(t, e, in, []bool{true, true, false, false})
		in[0], in[1] = out[0], out[1]
	}
	for range 3 {
		step()
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const runs = 50
	for range runs {
		step()
	}
	runtime.ReadMemStats(&after)
	if bytes := (after.TotalAlloc - before.TotalAlloc) / runs; bytes > 40000 || len(stats.Segments) != 2 {
		t.Errorf("%d bytes allocated in each of %d executions with %+v", bytes, runs, *stats)
	}
	if n := testing.AllocsPerRun(10, step); n > 150 {
		t.Errorf("%g allocations", n)
	}
}

// TestShared checks that graphs which run one after another have one arena.
func TestShared(t *testing.T) {
	b, _ := open(t, 2)
	for range 3 {
		e := build(t, b, training)
		for range 2 {
			execute(t, e, feed(t, b, e), nil)
		}
	}
	if n := len(b.leases.free); n != 1 {
		t.Errorf("%d arenas, want 1", n)
	}
}

// TestUnaligned gives native operations inputs that do not begin at a cache line.
func TestUnaligned(t *testing.T) {
	b, _ := open(t, 2)
	e := build(t, b, func(g *g) []v {
		x := must[v](g)(g.Slice(g.param(40001), []int{1}, []int{40001}, nil))
		return g.native(ops.Mix{Size: 40000, Coefficients: []float64{2, 1}}, g.add(x, x), x)
	})
	in := feed(t, b, e)
	x := flat(t, in[0]).([]float32)
	for i, y := range flat(t, execute(t, e, in, nil)[0]).([]float32) {
		if y != 5*x[i+1] {
			t.Fatalf("%v at %d, want %v", y, i, 5*x[i+1])
		}
	}
	if at := uintptr(unsafe.Pointer(&x[1])) % 64; at == 0 {
		t.Error("the input is aligned")
	}
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
