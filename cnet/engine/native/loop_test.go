package native

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"continuousnet/cnet/engine/native/call"
	"continuousnet/cnet/engine/native/ops"
)

// loopedStep is a step of a loop with native operations, glue, a segment and constants. It returns the new state, and
// what is seen.
func loopedStep(x, w, v *Node) (y *Node, seen []*Node) {
	mixed := call.Op(ops.Mix{Size: x.Shape().Size(), Coefficients: []float64{0.5, -1}}, x, w)[0]
	bent := Tanh(Mul(mixed, v))
	y = Add(AddScalar(bent, 0.25), x)
	return y, []*Node{bent, ReduceSum(y, 0)}
}

// TestLoop compares steps that are built once with steps that are built one by one: states, gradients, and what was
// seen.
func TestLoop(t *testing.T) {
	b, stats := open(t, 2)
	nodes := map[int]int{}
	for _, count := range []int{1, 2, 20} {
		x := tensors.FromFlatDataAndDimensions(numbers(f32(3, 4), 1).([]float32), 3, 4)
		w := tensors.FromFlatDataAndDimensions(numbers(f32(count, 3, 4), 2).([]float32), count, 3, 4)
		v := tensors.FromFlatDataAndDimensions(numbers(f32(count), 3).([]float32), count)
		run := func(steps func(x, w, v *Node) (*Node, []*Node)) (lists [][]float32) {
			exec, err := NewExec(b, func(x, w, v *Node) []*Node {
				y, first := steps(x, w, v)
				y, second := steps(Sin(y), w, v) // two loops with the same variables
				results := append([]*Node{y}, append(first, second...)...)
				return append(results, Gradient(ReduceAllSum(Square(y)), x, w, v)...)
			})
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				results, g, err := exec.CallWithGraph(x, w, v)
				if err != nil {
					t.Fatal(err)
				}
				nodes[count] = len(g.Nodes())
				lists = lists[:0]
				for _, r := range results {
					lists = append(lists, tensors.MustCopyFlatData[float32](r))
				}
			}
			return lists
		}
		want := run(func(x, w, v *Node) (*Node, []*Node) {
			var rows [][]*Node
			for i := range count {
				y, seen := loopedStep(x, row(w, i), row(v, i))
				rows = append(rows, seen)
				x = y
			}
			var stacked []*Node
			for k := range rows[0] {
				var list []*Node
				for i := range rows {
					list = append(list, rows[i][k])
				}
				stacked = append(stacked, Stack(list, 0))
			}
			return x, stacked
		})
		got := run(func(x, w, v *Node) (*Node, []*Node) {
			l := call.NewLoop(x, count)
			return l.Take(loopedStep(l.X(), l.Row(w), l.Row(v)))
		})
		if stats.Calls == 0 || stats.Left != 0 {
			t.Errorf("%+v", *stats)
		}
		for i := range want {
			compare(t, fmt.Sprintf("%d steps: result %d", count, i), got[i], want[i])
		}
	}
	if nodes[2] != nodes[20] {
		t.Errorf("%d nodes of GoMLX for 20 steps, %d for 2", nodes[20], nodes[2])
	}
}

// row returns v[i, ...].
func row(v *Node, i int) *Node {
	axes := slices.Repeat([]SliceAxisSpec{AxisRange()}, v.Rank())
	axes[0] = AxisElem(i)
	return Reshape(Slice(v, axes...), v.Shape().Dimensions[1:]...)
}

func TestLoopErrors(t *testing.T) {
	b, _ := open(t, 1)
	for want, build := range map[string]func(x, w *Node) *Node{
		"the operation Sort": func(x, w *Node) *Node {
			l := call.NewLoop(x, 2)
			y, _ := l.Take(Add(l.X(), l.Row(w)), []*Node{Sort(l.X(), 0, true)})
			return y
		},
		"3 steps takes the rows of (Float32)[2, 4]": func(x, w *Node) *Node {
			return call.NewLoop(x, 3).Row(w)
		},
		"has the name": func(x, w *Node) *Node {
			g := NewGraph(b, "something")
			if err := g.Compile(Neg(Parameter(g, "x", x.Shape()))); err != nil {
				return w
			}
			_, _, err := b.Loop(g.Executable(), 2)
			panic(err)
		},
	} {
		exec, err := NewExec(b, build)
		if err != nil {
			t.Fatal(err)
		}
		_, err = exec.Call(make([]float32, 4), [][]float32{{1, 2, 3, 4}, {5, 6, 7, 8}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
