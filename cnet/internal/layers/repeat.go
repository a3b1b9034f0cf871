package layers

import (
	. "github.com/gomlx/gomlx/core/graph"

	"continuousnet/cnet/engine/fmap"
)

// Repeat takes as many steps from x as there are basis functions over depth, each with coefficients of its own, which
// build builds once with another Builder. There, the value of a variable at any position is its coefficient for the
// step. It reports whether the layout can repeat steps; see fmap.Repeat.
func (b *Builder) Repeat(x fmap.Map, steps int, build func(b *Builder, x fmap.Map) fmap.Map) (y fmap.Map, ok bool) {
	step := &Builder{Training: b.Training, variables: b.variables}
	y, seen, ok := fmap.Repeat(x, steps,
		func(x fmap.Map, row func(*Node) *Node) (y fmap.Map, seen []*Node) {
			step.row = func(path string) *Node { return row(b.Variable(path)) }
			y = build(step, x)
			for _, s := range step.statistics {
				seen = append(seen, s.values...)
			}
			return y, seen
		})
	if !ok {
		return nil, false
	}
	for _, s := range step.statistics {
		n := len(s.values)
		b.statistics = append(b.statistics,
			&statistic{path: s.path, momentum: s.momentum, factor: s.factor, rounds: seen[:n:n]})
		seen = seen[n:]
	}
	return y, true
}
