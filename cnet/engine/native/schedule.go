package native

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"

	"continuousnet/cnet/engine/native/ops"
)

// schedule turns the record of a graph into steps.
//
// Native operations and glue run in the order in which they were recorded, which is the order that whoever built the
// graph meant: a network that computes layers again to save memory must not do so before it needs them. What depends on
// no native operation and needs the wrapped backend is one segment at the beginning. Other operations of that kind are
// gathered until a native operation needs one of them, and are then one segment; a last one ends the graph.
type schedule struct {
	*record
	steps   []*step
	pending *segment // what is gathered
	results []result // by output of the graph
}

// step is a native operation, glue, or a segment.
type step struct {
	kind    string
	op      ops.Op
	native  bool     // one that the graph calls by name
	segment *segment // instead of op
	in, out []*value
}

// segment is a part of the graph for the wrapped backend.
type segment struct {
	nodes    []*node
	has      map[*node]bool
	borrowed map[*node]bool  // nodes that are cheap enough to be there besides
	known    map[*value]bool // what its nodes have made so far, and what is read
	reads    []*value        // what it reads of the graph,
	sources  []*value        // and where that is in memory of its own

	exec   compute.Executable
	donate []bool // which inputs the wrapped backend may keep
}

// lazy is a tensor that is not in memory, but read from another one.
type lazy struct {
	source  *value
	strides []int
}

// result says where an output of the graph comes from.
type result struct {
	value *value
	clone bool // of a value that is an output already
}

func newSchedule(r *record) (*schedule, error) {
	s := &schedule{record: r}
	for _, n := range r.nodes {
		for _, v := range n.out {
			if flat, ok := n.constant(); ok {
				v.home, v.flat = inConstant, flat
			}
		}
	}
	for i, p := range r.params {
		p.value.home, p.value.param = inParam, i
	}
	s.classify()
	s.flush()
	for _, n := range r.nodes {
		switch {
		case !n.needed || n.first || n.isSource():
		case n.op != nil:
			if s.isPending(n) {
				s.flush()
			}
			if err := s.call(n); err != nil {
				return nil, err
			}
		case n.isGlue() && !s.isPending(n):
			s.emit(n)
		default:
			s.gather(n)
		}
	}
	for _, v := range r.outputs {
		if v.node.kind == "Constant" && !v.isFloat32() {
			s.gather(v.node)
		}
	}
	s.flush()
	s.end()
	return s, nil
}

// classify finds out what the outputs need, what depends on native operations, and what is the first segment, which it
// gathers.
func (s *schedule) classify() {
	for _, v := range s.outputs {
		v.needed = true
	}
	for _, n := range s.nodes {
		n.late = n.op != nil
		for _, v := range n.in {
			n.late = n.late || v != nil && v.node.late
		}
	}
	for i := len(s.nodes) - 1; i >= 0; i-- {
		n := s.nodes[i]
		for _, v := range n.out {
			n.needed = n.needed || v.needed
			n.first = n.first || v.first
		}
		if !n.needed || n.isSource() {
			n.first = false
			continue
		}
		n.first = !n.late && (n.first || !n.isGlue())
		for _, v := range n.in {
			if v != nil {
				v.needed, v.first = true, v.first || n.first
			}
		}
	}
	for _, n := range s.nodes {
		if n.first {
			s.gather(n)
		}
	}
}

// isPending reports whether a node needs something that is only gathered so far.
func (s *schedule) isPending(n *node) bool {
	if s.pending == nil {
		return false
	}
	for _, v := range n.in {
		if v != nil && s.pending.has[v.node] && !s.pending.borrowed[v.node] {
			return true
		}
	}
	return false
}

// gather adds an operation to the next segment.
func (s *schedule) gather(n *node) {
	if s.pending == nil {
		s.pending = &segment{has: map[*node]bool{}, borrowed: map[*node]bool{}, known: map[*value]bool{}}
	}
	g := s.pending
	if g.has[n] {
		return
	}
	for _, v := range n.in {
		switch {
		case v == nil || g.known[v]:
		case s.isCheap(v):
			g.borrowed[v.node] = true
			s.gather(v.node)
		default:
			source := s.stored(v)
			if v.root != v {
				source = s.copied(v)
			}
			g.reads, g.sources = append(g.reads, v), append(g.sources, source)
			g.known[v] = true
		}
	}
	for _, v := range n.out {
		g.known[v] = true
	}
	g.has[n] = true
	g.nodes = append(g.nodes, n)
}

// isCheap reports whether a segment that reads a value had better make it again: it is a constant, or only another look
// at memory that the wrapped backend knows.
func (s *schedule) isCheap(v *value) bool {
	if v.node.kind == "Constant" {
		return true
	}
	return v.node.op == nil && (v.lazy != nil || v.root != v && v.root.home != inArena)
}

// flush makes a segment of what is gathered.
func (s *schedule) flush() {
	g := s.pending
	if g == nil {
		return
	}
	s.pending = nil
	st := &step{kind: "segment", segment: g, in: g.sources}
	for _, n := range g.nodes {
		if g.borrowed[n] {
			continue
		}
		for _, v := range n.out {
			v.home = inSegment
			st.out = append(st.out, v)
		}
	}
	s.steps = append(s.steps, st)
}

// call adds a native operation.
func (s *schedule) call(n *node) error {
	viewer, ok := n.op.(ops.Viewer)
	if !ok {
		in := make([]*value, len(n.in))
		for i, v := range n.in {
			in[i] = s.stored(v)
		}
		s.add(n.kind, n.op, in, n.out...).native = true
		return nil
	}
	for o, v := range n.out {
		i, offset := viewer.View(o)
		if i < 0 || i >= len(n.in) || offset < 0 || offset+v.shape.Size() > n.in[i].shape.Size() {
			return fmt.Errorf("native: %s: result %d is not a part of an input", n.kind, o)
		}
		s.view(v, n.in[i], offset)
	}
	return nil
}

// add adds a step.
func (s *schedule) add(kind string, op ops.Op, in []*value, out ...*value) *step {
	st := &step{kind: kind, op: op, in: in, out: out}
	s.steps = append(s.steps, st)
	return st
}

// view makes v a part of another tensor.
func (s *schedule) view(v, of *value, offset int) {
	if of.lazy != nil && of.shape.Equal(v.shape) {
		v.lazy = of.lazy
		return
	}
	if of.lazy != nil && !slices.ContainsFunc(of.lazy.strides, func(n int) bool { return n != 0 }) {
		v.lazy = &lazy{of.lazy.source, make([]int, v.shape.Rank())}
		return
	}
	of = s.stored(of)
	v.root, v.offset = of.root, of.offset+offset
}

// stored returns v, and sees to it that it is in memory.
func (s *schedule) stored(v *value) *value {
	if v.lazy != nil {
		op := ops.NewElementwise(ops.Copy, v.shape.Dimensions, v.lazy.strides, nil)
		s.add("BroadcastInDim", op, []*value{v.lazy.source}, v)
		v.lazy, v.root, v.offset = nil, v, 0
	}
	return v
}

// copied returns a copy of v in memory of its own.
func (s *schedule) copied(v *value) *value {
	c := &value{shape: v.shape, node: v.node}
	c.root = c
	s.add("Copy", ops.NewElementwise(ops.Copy, []int{v.shape.Size()}, []int{1}, nil), []*value{s.stored(v)}, c)
	return c
}

// end sees to it that each output of the graph has memory of its own, or is a copy of one that has.
func (s *schedule) end() {
	for i, v := range s.outputs {
		if v.isFloat32() {
			root := s.stored(v).root
			mine := root == v || root.home == inArena && root.shape.Equal(v.shape)
			if v = root; !mine || root.home == inConstant {
				v = s.copied(s.outputs[i])
			}
		}
		r := result{value: v}
		for _, before := range s.results {
			r.clone = r.clone || before.value == v
		}
		if s.results = append(s.results, r); v.home == inArena {
			v.home = inOutput
		}
	}
}
