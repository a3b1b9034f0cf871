package native

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"continuousnet/cnet/engine/native/ops"
)

// record is what a function of a graph does, in the order in which it was built.
type record struct {
	nodes   []*node
	values  map[compute.Value]*value
	params  []param
	outputs []*value

	calls    int    // of native operations
	opaque   string // an operation that cannot be repeated in another function
	passedOn bool   // everything is in the wrapped function, too
}

// param is a parameter of the graph.
type param struct {
	name  string
	value *value
}

// repeat builds an operation in another function.
type repeat func(g compute.Function, in []compute.Value) ([]compute.Value, error)

// node is an operation of the graph.
type node struct {
	kind    string   // the method of compute.Function, or the type of op
	args    []any    // the method's arguments that are not values
	in, out []*value // an input that was left out is nil
	repeat  repeat   // nil for parameters, and where a function is called instead
	called  *function
	op      ops.Op // of native operations
	pending bool   // it is not in the wrapped function, or was not when the graph was built

	needed bool // by the graph's outputs
	late   bool // it needs the result of a native operation
	first  bool // it is in the first segment
}

// value is a tensor of the graph.
type value struct {
	shape shapes.Shape
	node  *node
	inner compute.Value // in the wrapped function: what it is there, or a stand-in
	place

	needed bool // by the graph's outputs
	first  bool // by the first segment
	read   bool // by a step that the outputs need
}

func newRecord() *record { return &record{values: map[compute.Value]*value{}} }

// note records an operation that the wrapped function has accepted.
func (f *function) note(kind string, args []any, again repeat, in []compute.Value, out ...compute.Value) *node {
	r := f.record
	n := &node{kind: kind, args: args, repeat: again}
	for _, v := range in {
		known := r.find(v)
		if v != nil && known == nil {
			r.leave(kind) // of a value that comes from such an operation
		}
		n.in = append(n.in, known)
	}
	known := 0
	for _, v := range out {
		// Equal operations have the same results in the wrapped backend, and some that do nothing return their input.
		if r.values[v] != nil {
			known++
			n.out = append(n.out, r.values[v])
			continue
		}
		shape, err := f.Function.Shape(v)
		if err != nil || shape.IsDynamic() {
			r.leave(kind)
		}
		result := &value{shape: shape, node: n, inner: v}
		result.root = result
		r.values[v] = result
		n.out = append(n.out, result)
	}
	if known < len(out) || len(out) == 0 {
		r.nodes = append(r.nodes, n)
	}
	return n
}

// find returns the value of the graph that another builder knows as v; nil if there is none.
func (r *record) find(v compute.Value) *value {
	if own, ok := v.(*value); ok {
		return own
	}
	return r.values[v]
}

// isNative reports whether the graph runs here, and not on the wrapped backend.
func (r *record) isNative() bool { return r.calls > 0 && r.opaque == "" }

// leave notes an operation that is the reason to leave the graph to the wrapped backend, unless there is one already.
func (r *record) leave(kind string) {
	if r.opaque == "" {
		r.opaque = kind
	}
}

// constant returns the numbers of a constant in float32.
func (n *node) constant() ([]float32, bool) {
	if n.kind != "Constant" {
		return nil, false
	}
	flat, ok := n.args[0].([]float32)
	return flat, ok
}

// isSource reports whether a node has no inputs that a segment or step would compute.
func (n *node) isSource() bool { return n.kind == "Parameter" || n.kind == "Constant" }

func (v *value) isFloat32() bool { return v.shape.DType == dtypes.Float32 }
