package native

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gomlx/compute"

	"continuousnet/cnet/engine/native/ops"
)

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
			small := must[v](g)(cond.LessThan(sum, must[v](g)(cond.Constant([]float32{100}))))
			if err := cond.Return([]v{small}, nil); err != nil {
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
