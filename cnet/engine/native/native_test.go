package native

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"

	"continuousnet/cnet/engine/native/kernels"
	"continuousnet/cnet/engine/native/ops"
)

func plain(t testing.TB) compute.Backend {
	// With operations side by side, as many calls as it has workers for would wait for each other.
	b, err := gobackend.New("ops_sequential")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Finalize)
	return b
}

// open returns a backend that fills memory that is not in use with NaN, and what became of the last graph.
func open(t testing.TB, threads int) (*Backend, *Stats) {
	b := New(plain(t), kernels.Best(), threads)
	stats := &Stats{}
	b.Compiled, b.poison = func(s Stats) { *stats = s }, true
	return b, stats
}

// g builds graphs; an error ends the test.
type g struct {
	t testing.TB
	b compute.Builder
	compute.Function
	inputs []shapes.Shape
	calls  map[string]compute.Function
}

type v = compute.Value

func build(t testing.TB, b compute.Backend, f func(g *g) []v) compute.Executable {
	t.Helper()
	builder := b.Builder(t.Name())
	g := &g{t: t, b: builder, Function: builder.Main(), calls: map[string]compute.Function{}}
	outputs := f(g)
	if err := g.Return(outputs, nil); err != nil {
		t.Fatal(err)
	}
	e, err := builder.Compile()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func f32(dims ...int) shapes.Shape { return shapes.Make(dtypes.Float32, dims...) }

func must[T any](g *g) func(x T, err error) T {
	return func(x T, err error) T {
		g.t.Helper()
		if err != nil {
			g.t.Fatal(err)
		}
		return x
	}
}

func (g *g) param(dims ...int) v { return g.input(f32(dims...)) }

func (g *g) input(s shapes.Shape) v {
	g.inputs = append(g.inputs, s)
	return must[v](g)(g.Parameter(fmt.Sprint("p", len(g.inputs)), s, nil))
}

func (g *g) shape(x v) shapes.Shape { return must[shapes.Shape](g)(g.Shape(x)) }
func (g *g) add(x, y v) v           { return must[v](g)(g.Add(x, y)) }
func (g *g) mul(x, y v) v           { return must[v](g)(g.Mul(x, y)) }
func (g *g) tanh(x v) v             { return must[v](g)(g.Tanh(x)) } // needs a segment
func (g *g) reshape(x v, d ...int) v {
	return must[v](g)(g.Reshape(x, d...))
}
func (g *g) number(x float32) v { return must[v](g)(g.Constant([]float32{x})) }

// native calls an operation. Its body is made of the graph's operations.
func (g *g) native(op ops.Op, in ...v) []v {
	g.t.Helper()
	name := ops.Name(op)
	key := name
	for _, x := range in {
		key += g.shape(x).String()
	}
	f := g.calls[key]
	if f == nil {
		f = must[compute.Function](g)(g.b.NewFunction(name))
		body := *g
		body.Function = f
		params := make([]v, len(in))
		for i, x := range in {
			params[i] = must[v](g)(f.Parameter(fmt.Sprint("in", i), g.shape(x), nil))
		}
		if err := f.Return(body.body(op, params), nil); err != nil {
			g.t.Fatal(err)
		}
		g.calls[key] = f
	}
	return must[[]v](g)(g.Call(f, in...))
}

func (g *g) body(op ops.Op, in []v) (out []v) {
	switch op := op.(type) {
	case ops.Identity:
		for _, x := range in[:op.Outputs] { // the go backend panics if a function's results come before its parameters
			out = append(out, must[v](g)(g.Identity(x)))
		}
	case ops.Split:
		dims := g.shape(in[0]).Dimensions
		for i := range op.Count {
			from, to := make([]int, len(dims)), slices.Clone(dims)
			from[0], to[0] = i, i+1
			out = append(out, g.reshape(must[v](g)(g.Slice(in[0], from, to, nil)), dims[1:]...))
		}
	case ops.Stack:
		dims := append([]int{1}, g.shape(in[0]).Dimensions...)
		for i, x := range in {
			in[i] = g.reshape(x, dims...)
		}
		out = []v{must[v](g)(g.Concatenate(0, in...))}
	case ops.Mix:
		sum := g.mul(in[0], g.number(float32(op.Coefficients[0])))
		for i, x := range in[1:] {
			sum = g.add(sum, g.mul(x, g.number(float32(op.Coefficients[i+1]))))
		}
		out = []v{sum}
	case ops.NormGrad:
		da, scale := in[0], in[1]
		v := g.add(in[2], g.number(float32(op.Epsilon)))
		a := must[compute.Value](g)(g.Div(da, must[compute.Value](g)(g.Sqrt(v))))
		b := must[compute.Value](g)(g.Div(g.mul(g.mul(a, scale), g.number(-0.5)), v))
		out = []compute.Value{a, b}
	case ops.Update:
		rate, rest := in[0], in[1:]
		for range op.Sizes {
			p, w, g1 := rest[0], v(nil), rest[1]
			rest = rest[2:]
			if op.Momentum != 0 {
				w, g1, rest = g1, rest[0], rest[1:]
			}
			step := g.add(g1, g.mul(p, g.number(float32(op.Decay))))
			if op.Momentum != 0 {
				step = g.add(step, g.mul(w, g.number(float32(op.Momentum))))
			}
			out = append(out, must[v](g)(g.Sub(p, g.mul(step, rate))))
			if op.Momentum != 0 {
				out = append(out, step)
			}
		}
	default:
		g.t.Fatalf("no body for %s", ops.Name(op))
	}
	return out
}

// numbers are reproducible numbers for a parameter.
func numbers(s shapes.Shape, seed int) any {
	rng := rand.New(rand.NewPCG(uint64(seed), 7))
	if s.DType == dtypes.Int32 {
		x := make([]int32, s.Size())
		for i := range x {
			x[i] = rng.Int32N(100)
		}
		return x
	}
	x := make([]float32, s.Size())
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

func feed(t testing.TB, b compute.Backend, e compute.Executable) []compute.Buffer {
	t.Helper()
	_, in := e.Inputs()
	list := make([]compute.Buffer, len(in))
	for i, s := range in {
		x, err := b.BufferFromFlatData(0, numbers(s, i), s)
		if err != nil {
			t.Fatal(err)
		}
		list[i] = x
	}
	return list
}

func execute(t testing.TB, e compute.Executable, in []compute.Buffer, donate []bool) []compute.Buffer {
	t.Helper()
	out, err := e.Execute(in, donate, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range e.Outputs() {
		if got, err := out[i].Shape(); err != nil || !got.Equal(s) {
			t.Fatalf("output %d is %s (%v), want %s", i, got, err, s)
		}
	}
	return out
}

func flat(t testing.TB, x compute.Buffer) any {
	t.Helper()
	data, err := x.Data()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// compare fails unless two buffers are equal up to rounding.
func compare(t testing.TB, what string, got, want any) {
	t.Helper()
	x, ok := got.([]float32)
	if !ok {
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
		return
	}
	for i, w := range want.([]float32) {
		d := math.Abs(float64(x[i]) - float64(w))
		if !(d <= 1e-3*(1+math.Abs(float64(w)))) && x[i] != w {
			t.Fatalf("%s: %v at %d, want %v", what, x[i], i, w)
		}
	}
}

// checkGraph compares a graph on both backends, with and without donated inputs, and twice each.
func checkGraph(t *testing.T, f func(g *g) []v) *Stats {
	t.Helper()
	goBackend := plain(t)
	want := build(t, goBackend, f)
	reference := execute(t, want, feed(t, goBackend, want), nil)
	b, stats := open(t, 2)
	e := build(t, b, f)
	for run := range 4 {
		in := feed(t, b, e)
		var donate []bool
		if run%2 == 1 {
			donate = slices.Repeat([]bool{true}, len(in))
		}
		out := execute(t, e, in, donate)
		for i := range out {
			compare(t, fmt.Sprintf("run %d, output %d", run, i), flat(t, out[i]), flat(t, reference[i]))
		}
		for i := range out { // each is a buffer of its own
			if err := out[i].Finalize(); err != nil {
				t.Errorf("run %d, output %d: %v", run, i, err)
			}
		}
		_, shapes := e.Inputs()
		for i, s := range shapes {
			if donate == nil {
				compare(t, fmt.Sprintf("run %d: input %d has changed", run, i), flat(t, in[i]), numbers(s, i))
			} else if _, err := in[i].Data(); err == nil {
				t.Errorf("run %d: input %d is still valid after it was donated", run, i)
			}
		}
	}
	return stats
}

func TestStep(t *testing.T) {
	stats := checkGraph(t, func(g *g) []v {
		theta, x, rate, velocity := g.param(2, 3, 4), g.param(3, 4), g.param(), g.param(2, 3, 4)
		parts := g.native(ops.Split{Count: 2, Size: 12}, theta)
		w := g.native(ops.Mix{Size: 12, Coefficients: []float64{0.5, 2}}, parts...)[0]
		y := g.tanh(g.mul(w, x))
		d := g.native(ops.Stack{Count: 2, Size: 12}, y, g.mul(y, w))[0]
		loss := must[v](g)(g.ReduceSum(g.tanh(y)))
		out := g.native(ops.Update{Sizes: []int{24}, Momentum: 0.9, Decay: 1e-3}, rate, theta, velocity, d)
		return append(out, loss)
	})
	if len(stats.Segments) != 2 || stats.Calls != 3 {
		t.Errorf("%+v, want 3 native calls and 2 segments", *stats)
	}
}
