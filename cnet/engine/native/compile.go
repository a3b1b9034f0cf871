package native

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"
)

// Stats says what became of a graph.
type Stats struct {
	Name string

	Calls    int        // native operations that run
	Glue     int        // simple operations between them
	Segments [][]string // what is left to the wrapped backend, by the methods of compute.Function
	Bytes    int        // planned memory

	Left    int    // native calls of a graph that is left to the wrapped backend whole,
	Because string // and the operation that is the reason
}

// compile returns an executable that runs the main function's native operations.
func compile(b *Backend, name string, r *record) (compute.Executable, error) {
	for _, n := range r.nodes {
		if err := n.checkTypes(); err != nil {
			return nil, err
		}
	}
	s, err := newSchedule(r)
	if err != nil {
		return nil, err
	}
	p := newPlan(s)
	e := &executable{backend: b, name: name, plan: p}
	stats := Stats{Name: name, Bytes: 4 * p.arena}
	one, err := b.leases.take(0, 0, 0)
	if err != nil {
		return nil, err
	}
	defer b.leases.give(one)
	for _, st := range s.steps {
		switch {
		case st.segment != nil:
			kinds, err := st.compile(b.Backend, fmt.Sprintf("%s, segment %d", name, len(stats.Segments)))
			if err != nil {
				return nil, fmt.Errorf("native: %w", err)
			}
			stats.Segments = append(stats.Segments, kinds)
			continue
		case st.native:
			stats.Calls++
		default:
			stats.Glue++
		}
		each, shared := st.op.Scratch(one.workers)
		e.each, e.shared = max(e.each, each), max(e.shared, shared)
	}
	e.finish()
	if b.Compiled != nil {
		b.Compiled(stats)
	}
	return e, nil
}

// checkTypes returns an error if a native operation is to compute in something else than float32.
func (n *node) checkTypes() error {
	if n.op == nil {
		return nil
	}
	for i, v := range slices.Concat(n.in, n.out) {
		if v.isFloat32() {
			continue
		}
		what := fmt.Sprint("input ", i)
		if i >= len(n.in) {
			what = fmt.Sprint("result ", i-len(n.in))
		}
		return fmt.Errorf("native: %s: %s is %s; native operations compute in float32, for other types choose another "+
			"layout of feature maps", n.kind, what, v.shape)
	}
	return nil
}

// compile compiles a segment with the wrapped backend, and returns what is in it.
func (st *step) compile(b compute.Backend, name string) (kinds []string, err error) {
	builder := b.Builder(name)
	main := builder.Main()
	values := map[*value]compute.Value{}
	for i, v := range st.segment.reads {
		if values[v], err = main.Parameter(fmt.Sprintf("p%d", i), v.shape, nil); err != nil {
			return nil, err
		}
	}
	if err := rebuild(main, st.segment.nodes, values); err != nil {
		return nil, err
	}
	for _, n := range st.segment.nodes {
		if !st.segment.borrowed[n] {
			kinds = append(kinds, n.kind)
		}
	}
	results := make([]compute.Value, len(st.out))
	for i, v := range st.out {
		results[i] = values[v]
	}
	if err := main.Return(results, nil); err != nil {
		return nil, err
	}
	st.segment.exec, err = builder.Compile()
	return slices.Clip(kinds), err
}
