package native

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"

	"continuousnet/cnet/engine/native/ops"
)

// A loop takes the same step many times, x ← f(x, w_i), with rows w_i of variables. The step is recorded once, from a
// graph of its own, forwards and backwards; a graph with the loop has copies of its nodes, which cost a hundredth of
// what it costs to build and differentiate them in GoMLX.
//
// Two functions stand for the two halves of a loop in a graph. Their bodies are empty: the calls are replaced by the
// nodes. The second one reads what the first one has computed, without having it as inputs.
//
//	forward:  x, the variables         ->  x after the last step, and all that the steps have seen, stacked
//	backward: the adjoint of that x    ->  the adjoints of x and of the variables
type loop struct {
	*loopStep
	count  int
	values [][]*value // of the graph, by step and slot, once the first half was called
}

// half is one half of a loop.
type half struct {
	*loop
	backward bool
}

// loopStep is the step of loops. Its inputs are x, the adjoint of the new x, and a row of each variable; its outputs
// the new x, what is seen, and the adjoints of x and of the rows.
type loopStep struct {
	inputs, outputs   []*value // slots number all values
	numValues         int
	constants         []*node
	forward, backward []*node // what x and seen need, and what only the adjoints need
}

var _ compute.Executable = (*loopStep)(nil)

// newStep returns the step that was recorded.
func newStep(r *record) (*loopStep, error) {
	if r.opaque != "" {
		return nil, fmt.Errorf("native: the step of a loop has the operation %s, which cannot be repeated", r.opaque)
	}
	s := &loopStep{outputs: r.outputs}
	for _, p := range r.params {
		s.inputs = append(s.inputs, p.value)
	}
	if len(s.inputs) < 2 || len(s.outputs) < len(s.inputs) {
		return nil, fmt.Errorf("native: the step of a loop has %d inputs and %d outputs", len(s.inputs), len(s.outputs))
	}
	for _, n := range r.nodes {
		if err := n.checkTypes(); err != nil {
			return nil, err
		}
		for _, v := range n.out {
			if v.node == n {
				v.slot = s.numValues
				s.numValues++
			}
		}
	}
	first := map[*node]bool{}
	for _, n := range needed(r.nodes, s.outputs[:1+s.seen()]) {
		first[n] = true
	}
	for _, n := range needed(r.nodes, s.outputs) {
		switch {
		case n.kind == "Parameter":
		case n.isSource():
			s.constants = append(s.constants, n)
		case first[n]:
			s.forward = append(s.forward, n)
		default:
			s.backward = append(s.backward, n)
		}
	}
	return s, nil
}

// seen returns the number of values that are seen in each step.
func (s *loopStep) seen() int { return len(s.outputs) - len(s.inputs) }

// needed returns the nodes that values need.
func needed(nodes []*node, values []*value) (list []*node) {
	has := map[*value]bool{}
	for _, v := range values {
		has[v] = true
	}
	for i := len(nodes) - 1; i >= 0; i-- {
		n := nodes[i]
		isNeeded := false
		for _, v := range n.out {
			isNeeded = isNeeded || has[v]
		}
		if !isNeeded {
			continue
		}
		for _, v := range n.in {
			has[v] = true
		}
		list = append(list, n)
	}
	slices.Reverse(list)
	return list
}

// Finalize implements compute.Executable.
func (s *loopStep) Finalize() {}

// Inputs implements compute.Executable.
func (s *loopStep) Inputs() (names []string, inputs []shapes.Shape) {
	for _, v := range s.inputs {
		names, inputs = append(names, ""), append(inputs, v.shape)
	}
	return names, inputs
}

// Outputs implements compute.Executable.
func (s *loopStep) Outputs() (list []shapes.Shape) {
	for _, v := range s.outputs {
		list = append(list, v.shape)
	}
	return list
}

// Execute implements compute.Executable.
func (s *loopStep) Execute([]compute.Buffer, []bool, compute.DeviceNum) ([]compute.Buffer, error) {
	return nil, errors.New("native: the step of a loop does not run by itself")
}

// loops are those whose functions are still to be made, by the functions' names.
type loops struct {
	mu    sync.Mutex
	made  int
	named map[string]*half
}

// Loop implements call.Engine.
func (b *Backend) Loop(recorded compute.Executable, count int) (forward, backward string, err error) {
	s, ok := recorded.(*loopStep)
	if !ok {
		return "", "", fmt.Errorf("native: a loop needs the graph of a step, which has the name %q", ops.Step)
	}
	l := &loop{loopStep: s, count: count}
	b.loops.mu.Lock()
	defer b.loops.mu.Unlock()
	if b.loops.named == nil {
		b.loops.named = map[string]*half{}
	}
	b.loops.made++
	forward = fmt.Sprintf("loop %d", b.loops.made)
	backward = forward + ", backwards"
	b.loops.named[forward], b.loops.named[backward] = &half{l, false}, &half{l, true}
	return forward, backward, nil
}

// take returns the half of a loop with that name, if there is one, and forgets it.
func (l *loops) take(name string) *half {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.named[name]
	delete(l.named, name)
	return h
}

// loop records the call of half a loop.
func (f *function) loop(called *function, in []compute.Value) ([]compute.Value, error) {
	if f != f.builder.main {
		return nil, errors.New("native: a loop of native operations is to be in the graph's main function")
	}
	inputs, err := f.checkCall(called.Name(), called, in)
	if err != nil {
		return nil, err
	}
	from := len(f.record.nodes)
	var results []*value
	if l := called.half.loop; called.half.backward {
		if l.values == nil {
			return nil, errors.New("native: a loop goes backwards before it goes forwards")
		}
		results = f.backward(l, inputs[0])
	} else {
		f.builder.loops = append(f.builder.loops, l)
		results = f.forward(l, inputs[0], inputs[1:])
	}
	out := make([]compute.Value, len(results))
	for i, v := range results {
		if !v.shape.Equal(called.results[i]) {
			return nil, fmt.Errorf("native: %s: result %d is %s, its function says %s", called.Name(), i, v.shape,
				called.results[i])
		}
		out[i] = v
	}
	if f.record.passedOn {
		return out, f.passOn(from)
	}
	return out, nil
}

// forward records the steps.
func (f *function) forward(l *loop, x *value, variables []*value) []*value {
	rows := make([][]*value, len(variables))
	for j, v := range variables {
		rows[j] = f.rows(v)
	}
	shared := make([]*value, l.numValues)
	f.copyNodes(l.constants, shared)
	seen := make([][]*value, l.seen())
	l.values = make([][]*value, l.count)
	for i := range l.count {
		values := slices.Clone(shared)
		values[l.inputs[0].slot] = x
		for j, p := range l.inputs[2:] {
			values[p.slot] = rows[j][i]
		}
		f.copyNodes(l.forward, values)
		l.values[i] = values
		x = values[l.outputs[0].slot]
		for j := range seen {
			seen[j] = append(seen[j], values[l.outputs[1+j].slot])
		}
	}
	results := []*value{x}
	for _, list := range seen {
		results = append(results, f.stack(list))
	}
	return results
}

// backward records the adjoints of the steps, from the last one on.
func (f *function) backward(l *loop, d *value) []*value {
	outputs := l.outputs[1+l.seen():]
	gradients := make([][]*value, len(outputs)-1)
	for j := range gradients {
		gradients[j] = make([]*value, l.count)
	}
	for i := l.count - 1; i >= 0; i-- {
		values := l.values[i]
		values[l.inputs[1].slot] = d
		f.copyNodes(l.backward, values)
		d = values[outputs[0].slot]
		for j, v := range outputs[1:] {
			gradients[j][i] = values[v.slot]
		}
	}
	results := []*value{d}
	for _, list := range gradients {
		results = append(results, f.stack(list))
	}
	return results
}

// copyNodes records copies of nodes of a step. values, by slot, has what they read, and gets their results.
func (f *function) copyNodes(nodes []*node, values []*value) {
	copies := make([]node, len(nodes))
	total := 0
	for _, n := range nodes {
		total += len(n.in) + len(n.out)
	}
	links, made := make([]*value, total), make([]value, total)
	for i, n := range nodes {
		c := &copies[i]
		*c = node{kind: n.kind, args: n.args, repeat: n.repeat, called: n.called, op: n.op, pending: true}
		c.in, links = links[:len(n.in):len(n.in)], links[len(n.in):]
		c.out, links = links[:len(n.out):len(n.out)], links[len(n.out):]
		for j, v := range n.in {
			if v != nil {
				c.in[j] = values[v.slot]
			}
		}
		for j, v := range n.out {
			if v.node == n {
				own := &made[0]
				made = made[1:]
				own.shape, own.node, own.root = v.shape, c, own
				values[v.slot] = own
			}
			c.out[j] = values[v.slot]
		}
		if n.op != nil {
			f.record.calls++
		}
		f.record.nodes = append(f.record.nodes, c)
	}
}

// rows records that a variable is taken apart along its first axis.
func (f *function) rows(v *value) []*value {
	count, row := v.shape.Dimensions[0], shapes.Make(v.shape.DType, v.shape.Dimensions[1:]...)
	op := ops.Split{Count: count, Size: row.Size()}
	return f.add(op, []*value{v}, slices.Repeat([]shapes.Shape{row}, count),
		func(g compute.Function, in []compute.Value) ([]compute.Value, error) {
			out := make([]compute.Value, count)
			for i := range out {
				from, to := make([]int, v.shape.Rank()), slices.Clone(v.shape.Dimensions)
				from[0], to[0] = i, i+1
				x, err := g.Slice(in[0], from, to, nil)
				if err != nil {
					return nil, err
				}
				if out[i], err = g.Reshape(x, row.Dimensions...); err != nil {
					return nil, err
				}
			}
			return out, nil
		})
}

// stack records that values are put together along a new first axis.
func (f *function) stack(rows []*value) *value {
	row := rows[0].shape
	all := shapes.Make(row.DType, append([]int{len(rows)}, row.Dimensions...)...)
	op := ops.Stack{Count: len(rows), Size: row.Size()}
	return f.add(op, rows, []shapes.Shape{all},
		func(g compute.Function, in []compute.Value) ([]compute.Value, error) {
			parts := make([]compute.Value, len(in))
			for i, x := range in {
				var err error
				if parts[i], err = g.Reshape(x, append([]int{1}, row.Dimensions...)...); err != nil {
					return nil, err
				}
			}
			x, err := g.Concatenate(0, parts...)
			return []compute.Value{x}, err
		})[0]
}

// add records a native operation that no function stands for.
func (f *function) add(op ops.Op, in []*value, results []shapes.Shape, again repeat) []*value {
	n := &node{kind: kindOf(op), op: op, repeat: again, pending: true, in: in}
	n.out = make([]*value, len(results))
	for i, shape := range results {
		n.out[i] = &value{shape: shape, node: n}
		n.out[i].root = n.out[i]
	}
	f.record.calls++
	f.record.nodes = append(f.record.nodes, n)
	return n.out
}
