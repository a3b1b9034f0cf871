// Package call builds the nodes of a GoMLX graph that stand for the operations of package ops.
//
// Each is a call of a function whose name describes the operation. The native engine knows the name and runs the
// operation; every other backend runs the function's body, which computes the same with GoMLX's own operations. GoMLX's
// go backend must run one operation after another then, or any number of them side by side: with its own limit, calls
// wait for each other for ever.
//
// A Loop is a step that is built once and taken many times, on the native engine alone.
package call

import (
	"encoding/binary"
	"math"
	"reflect"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"continuousnet/cnet/engine/native/ops"
)

// Engine is what a GoMLX backend implements that runs the operations instead of the functions' bodies.
type Engine interface {
	// RunsNative reports whether functions that are named by ops.Name run natively.
	RunsNative() bool

	// Loop returns the names of two functions that take a step a number of times, forwards and backwards, and whose
	// bodies do not matter. The step is the executable of a graph with the name ops.Step; see there for its inputs and
	// outputs.
	Loop(step compute.Executable, count int) (forward, backward string, err error)
}

// Available reports whether the backend of a graph runs operations natively on tensors of a dtype.
func Available(g *Graph, dtype dtypes.DType) bool {
	e, ok := g.Backend().(Engine)
	return ok && e.RunsNative() && dtype == dtypes.Float32
}

// Op returns the results of an operation on inputs of any shapes that have the sizes package ops asks for. Operations
// have gradients, but gradients have none.
func Op(op ops.Op, inputs ...*Node) []*Node {
	return call(op, inputs, func(ins, outs, dys []*Node) []*Node { return adjoints(op, ins, outs, dys) })
}

// WithGradient returns the first inputs, as many as outputs says, when all inputs are there. Given the adjoints of
// these results, vjp returns those of all inputs; an adjoint is nil where nothing flows back.
func WithGradient(inputs []*Node, outputs int, vjp func(dys []*Node) []*Node) []*Node {
	op := ops.Identity{Inputs: len(inputs), Outputs: outputs}
	return call(op, inputs, func(_, _, dys []*Node) []*Node { return vjp(dys) })
}

// vjp returns the adjoints of a call's inputs, given inputs, results and the results' adjoints.
type vjp func(ins, outs, dys []*Node) []*Node

// calls are the operations in a graph.
type calls struct {
	functions map[string]*Function // by the operation and the shapes of the inputs; see function
	made      map[*Node]made
}

// made is what the gradient of a call needs besides its node.
type made struct {
	outs []*Node
	vjp  vjp
}

// key is the place of the calls in a graph's state.
type key struct{}

func of(g *Graph) *calls {
	c, ok := g.State(key{}).(*calls)
	if !ok {
		c = &calls{map[string]*Function{}, map[*Node]made{}}
		g.AttachState(key{}, c)
	}
	return c
}

func call(op ops.Op, inputs []*Node, vjp vjp) []*Node {
	g := inputs[0].Graph()
	c := of(g)
	outs := c.function(g, op, inputs).Call(inputs...)
	c.keep(outs, vjp)
	return outs
}

// keep gives the call that has made outs a gradient.
func (c *calls) keep(outs []*Node, vjp vjp) {
	node := outs[0]
	if len(outs) > 1 {
		node = outs[0].Inputs()[0]
	}
	c.made[node] = made{outs, vjp}
}

// function returns the function of an operation on inputs of these shapes, which a graph has once.
func (c *calls) function(g *Graph, op ops.Op, inputs []*Node) *Function {
	key := appendKey(nil, op)
	for _, x := range inputs {
		shape := x.Shape()
		key = append(key, byte(shape.DType), byte(len(shape.Dimensions)))
		for _, d := range shape.Dimensions {
			key = binary.AppendUvarint(key, uint64(d))
		}
	}
	f := c.functions[string(key)]
	if f == nil {
		list := make([]shapes.Shape, len(inputs))
		for i, x := range inputs {
			list[i] = x.Shape()
		}
		f = NewFunction(g, g.UniqueName(ops.Name(op)), func(g *Graph) []*Node {
			in := make([]*Node, len(list))
			for i, shape := range list {
				in[i] = Parameter(g, "", shape)
			}
			out := body(op, in)
			for i := range out {
				// The go backend asks that results differ, and come after all parameters.
				out[i] = Identity(out[i])
			}
			return out
		})
		c.functions[string(key)] = f
	}
	return f
}

// appendKey appends bytes that two operations share only if they are equal. To write the name of an operation takes
// much longer.
func appendKey(key []byte, op ops.Op) []byte {
	v := reflect.Indirect(reflect.ValueOf(op))
	key = append(append(key, v.Type().Name()...), 0)
	return appendNumbers(key, v)
}

// appendNumbers appends the numbers and flags of an operation.
func appendNumbers(key []byte, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			key = appendNumbers(key, v.Field(i))
		}
	case reflect.Slice:
		key = binary.AppendUvarint(key, uint64(v.Len()))
		for i := range v.Len() {
			key = appendNumbers(key, v.Index(i))
		}
	case reflect.Int:
		key = binary.AppendVarint(key, v.Int())
	case reflect.Float64:
		key = binary.LittleEndian.AppendUint64(key, math.Float64bits(v.Float()))
	case reflect.Bool:
		b := byte(0)
		if v.Bool() {
			b = 1
		}
		key = append(key, b)
	default:
		exceptions.Panicf("call: an operation has a field of type %s; it is to have numbers and flags alone", v.Type())
	}
	return key
}

// GoMLX has no gradient for calls; its table of gradients may be changed.
func init() {
	others := VJPRegistration[NodeTypeCall]
	VJPRegistration[NodeTypeCall] = func(node *Node, dys []*Node, shape shapes.Shape) []*Node {
		if c, ok := node.Graph().State(key{}).(*calls); ok {
			if m, ok := c.made[node]; ok {
				return m.vjp(node.Inputs(), m.outs, dys)
			}
		}
		if others == nil {
			exceptions.Panicf("call: no gradient is defined for %s", node)
		}
		return others(node, dys, shape)
	}
}
