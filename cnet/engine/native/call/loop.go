package call

import (
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"continuousnet/cnet/engine/native/ops"
)

// A Loop takes the same step many times, x ← f(x, w_i), with rows w_i of variables [count, ...]. GoMLX builds and
// differentiates the step once, in a graph of its own, and the native engine repeats it: a graph of many steps is not
// larger than one of two.
//
//	l := call.NewLoop(x, 8)
//	y := f(l.X(), l.Row(variable))    // in the graph of the step
//	x = l.Take(y, nil)                // in that of x
type Loop struct {
	x         *Node // where the loop begins
	count     int
	step      *Graph
	from, dy  *Node // the state before a step, and the adjoint of the one after it
	variables []*Node
	rows      []*Node
}

// NewLoop begins the step of a loop that starts with x and is taken a number of times, on an engine where operations
// are Available.
func NewLoop(x *Node, count int) *Loop {
	step := NewGraph(x.Graph().Backend(), ops.Step)
	return &Loop{
		x: x, count: count, step: step,
		from: Parameter(step, "x", x.Shape()), dy: Parameter(step, "dy", x.Shape()),
	}
}

// X returns the state before a step, in the step's graph.
func (l *Loop) X() *Node { return l.from }

// Row returns the row of a variable, [count, ...], that belongs to a step, in the step's graph.
func (l *Loop) Row(variable *Node) *Node {
	for i, v := range l.variables {
		if v == variable {
			return l.rows[i]
		}
	}
	d := variable.Shape().Dimensions
	if len(d) == 0 || d[0] != l.count {
		exceptions.Panicf("call: a loop of %d steps takes the rows of %v", l.count, variable.Shape())
	}
	row := Parameter(l.step, "", shapes.Make(variable.DType(), d[1:]...))
	l.variables, l.rows = append(l.variables, variable), append(l.rows, row)
	return row
}

// Take ends the step, in which y is the new state, and takes it. It returns the last state, and what was seen in the
// steps, stacked, [count, ...]; nothing may be differentiated through that.
func (l *Loop) Take(y *Node, seen []*Node) (last *Node, stacked []*Node) {
	g := l.x.Graph()
	defer l.step.Finalize()
	// A function whose gradient at y is dy. Its value is not used.
	target := ReduceAllSum(IdentityWithCustomGradient(y, func(_, _ *Node) *Node { return l.dy }))
	outputs := append([]*Node{y}, seen...)
	outputs = append(outputs, Gradient(target, append([]*Node{l.from}, l.rows...)...)...)
	if err := l.step.Compile(outputs...); err != nil {
		panic(err)
	}
	forward, backward, err := g.Backend().(Engine).Loop(l.step.Executable(), l.count)
	if err != nil {
		panic(err)
	}
	results := []shapes.Shape{l.x.Shape()}
	for _, s := range seen {
		results = append(results, shapes.Make(s.DType(), append([]int{l.count}, s.Shape().Dimensions...)...))
	}
	inputs := append([]*Node{l.x}, l.variables...)
	outs := empty(g, forward, inputs, results).Call(inputs...)
	of(g).keep(outs, func(_, _, dys []*Node) []*Node {
		gradients := make([]shapes.Shape, len(inputs))
		for i, x := range inputs {
			gradients[i] = x.Shape()
		}
		return empty(g, backward, dys[:1], gradients).Call(dys[0])
	})
	return outs[0], outs[1:]
}

// empty returns a function that the engine knows by its name. Its body only says the shapes.
func empty(g *Graph, name string, inputs []*Node, results []shapes.Shape) *Function {
	list := make([]shapes.Shape, len(inputs))
	for i, x := range inputs {
		list[i] = x.Shape()
	}
	return NewFunction(g, name, func(g *Graph) []*Node {
		for _, shape := range list {
			Parameter(g, "", shape)
		}
		outs := make([]*Node, len(results))
		for i, shape := range results {
			outs[i] = Identity(Iota(g, shape, 0))
		}
		return outs
	})
}
