package native

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
)

// Calls of native operations are not passed on to the wrapped backend, as its nodes would take a good part of the time
// that a graph of many steps takes to build. Their results are values of ours, whose shapes the called function says.
// Operations that read them are still passed on, to be checked and to infer shapes, with stand-ins.
//
// A graph that is left to the wrapped backend after all, since it has a loop of the backend's for example, is passed on
// as it was recorded, from the first such call on.

// native records the call of a native operation.
func (f *function) native(called *function, in []compute.Value) ([]compute.Value, error) {
	kind := kindOf(called.op)
	inputs, err := f.checkCall(kind, called, in)
	if err != nil {
		return nil, err
	}
	r := f.record
	n := &node{kind: kind, called: called, op: called.op, pending: true, in: inputs}
	n.out = make([]*value, len(called.results))
	out := make([]compute.Value, len(called.results))
	for i, shape := range called.results {
		v := &value{shape: shape, node: n}
		v.root = v
		n.out[i], out[i] = v, v
	}
	r.calls++
	r.nodes = append(r.nodes, n)
	if r.passedOn {
		return out, f.passOn(len(r.nodes) - 1)
	}
	return out, nil
}

// checkCall returns the inputs of a call, or an error unless the function can be called with them.
func (f *function) checkCall(kind string, called *function, in []compute.Value) ([]*value, error) {
	switch {
	case called.builder != f.builder:
		return nil, fmt.Errorf("native: %s: the function is one of another graph", kind)
	case len(called.results) == 0:
		return nil, fmt.Errorf("native: %s: the function is called before its Return", kind)
	case len(in) != len(called.params):
		return nil, fmt.Errorf("native: %s: %d inputs, want %d", kind, len(in), len(called.params))
	}
	inputs := make([]*value, len(in))
	for i, v := range in {
		known := f.record.find(v)
		if known == nil && f.record.opaque != "" { // the result of an operation that is not recorded
			shape, err := f.Function.Shape(v)
			if err != nil {
				return nil, err
			}
			known = &value{shape: shape, node: &node{kind: f.record.opaque}, inner: v}
			known.root = known
			known.node.out = []*value{known}
			f.record.values[v] = known
		}
		if known == nil {
			return nil, fmt.Errorf("native: %s: input %d is not a value of the graph's main function", kind, i)
		}
		if !known.shape.Equal(called.params[i]) {
			return nil, fmt.Errorf("native: %s: input %d is %s, want %s", kind, i, known.shape, called.params[i])
		}
		inputs[i] = known
	}
	return inputs, nil
}

// operands returns what an operation of the wrapped function reads for these values.
func (f *function) operands(in []compute.Value) ([]compute.Value, error) {
	for _, v := range in {
		if own, ok := v.(*value); ok && own.inner == nil && f == f.builder.main {
			if err := f.standIn(own); err != nil {
				return nil, err
			}
		}
	}
	return f.passedAll(in), nil
}

// standIn makes a value of the wrapped function that has the shape of v.
func (f *function) standIn(v *value) error {
	var x compute.Value
	var err error
	if v.shape.Rank() == 0 {
		x, err = f.Function.Constant(dtypes.MakeAnySlice(v.shape.DType, 1))
	} else {
		x, err = f.Function.Iota(v.shape, 0)
	}
	if err != nil {
		return err
	}
	if x, err = f.Function.SchedulingBarrier(x); err != nil { // equal operations have one result, but for barriers
		return err
	}
	v.inner, f.record.values[x] = x, v
	return nil
}

// passedAll returns the values of the wrapped backend.
func (f *function) passedAll(list []compute.Value) []compute.Value {
	passed := make([]compute.Value, len(list))
	for i, v := range list {
		passed[i] = f.passed(v)
	}
	return passed
}

// passed returns the value of the wrapped backend.
func (f *function) passed(v compute.Value) compute.Value {
	if r := f.root().record; r != nil {
		if known := r.find(v); known != nil && known.inner != nil {
			return known.inner
		}
	}
	return v
}

// passOn builds in the wrapped main function what was not passed on, or with stand-ins, from a node on.
func (f *function) passOn(from int) error {
	r := f.record
	if from == 0 && r.passedOn {
		return nil
	}
	r.passedOn = true
	for _, n := range r.nodes[from:] {
		isPending := func(v *value) bool { return v != nil && v.node.pending }
		if n.pending = n.pending || slices.ContainsFunc(n.in, isPending); !n.pending {
			continue
		}
		in := make([]compute.Value, len(n.in))
		for i, v := range n.in {
			if v != nil {
				in[i] = v.inner
			}
		}
		out, err := f.again(n, in)
		if err != nil {
			return fmt.Errorf("native: %s: %w", n.kind, err)
		}
		for i, v := range n.out {
			v.inner = out[i]
			r.values[out[i]] = v
		}
	}
	return nil
}

// again builds a node in the wrapped function.
func (f *function) again(n *node, in []compute.Value) ([]compute.Value, error) {
	if n.called == nil {
		return n.repeat(f.Function, in)
	}
	called, err := f.builder.here(n.called)
	if err != nil {
		return nil, err
	}
	return f.Function.Call(called, in...)
}

// here returns a function of the wrapped builder; one of another graph is built again.
func (b *builder) here(f *function) (compute.Function, error) {
	if f.builder == b {
		return f.Function, nil
	}
	if g := b.rebuilt[f]; g != nil {
		return g, nil
	}
	g, err := b.Builder.NewFunction(fmt.Sprintf("%s, rebuilt %d", f.Name(), len(b.rebuilt)))
	if err != nil {
		return nil, err
	}
	values := map[*value]compute.Value{}
	for _, p := range f.record.params {
		if values[p.value], err = g.Parameter(p.name, p.value.shape, nil); err != nil {
			return nil, err
		}
	}
	if err := rebuild(g, f.record.nodes, values); err != nil {
		return nil, err
	}
	results := make([]compute.Value, len(f.record.outputs))
	for i, v := range f.record.outputs {
		results[i] = values[v]
	}
	if b.rebuilt == nil {
		b.rebuilt = map[*function]compute.Function{}
	}
	b.rebuilt[f] = g
	return g, g.Return(results, nil)
}

// rebuild builds nodes in a function of the wrapped backend, which has values for what they read.
func rebuild(g compute.Function, nodes []*node, values map[*value]compute.Value) error {
	for _, n := range nodes {
		if n.repeat == nil { // a parameter
			continue
		}
		in := make([]compute.Value, len(n.in))
		for i, v := range n.in {
			if v != nil {
				in[i] = values[v]
			}
		}
		out, err := n.repeat(g, in)
		if err != nil {
			return fmt.Errorf("%s: %w", n.kind, err)
		}
		for i, v := range n.out {
			values[v] = out[i]
		}
	}
	return nil
}
