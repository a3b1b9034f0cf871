package fmap

import (
	. "github.com/gomlx/gomlx/core/graph"

	"continuousnet/cnet/engine/native/call"
	"continuousnet/cnet/engine/native/ops"
)

// Repeat takes a step a number of times from x. build builds it once, in a graph of its own: row is the row of a
// variable, [count, ...], that belongs to the step, in that graph. Repeat returns the last state, and what build has
// seen in the steps, stacked, [count, ...].
//
// Only the native engine can do that, and only from a map that is in memory; otherwise ok is false.
func Repeat(
	x Map, count int, build func(x Map, row func(variable *Node) *Node) (y Map, seen []*Node),
) (y Map, seen []*Node, ok bool) {
	m, ok := x.(*native)
	if !ok || m.pre() != (ops.Pre{}) || m.from.x == nil {
		return nil, nil, false
	}
	l := call.NewLoop(m.from.x, count)
	y, seen = build(newNative(l.X()), l.Row)
	last, seen := l.Take(y.Images(), seen)
	return newNative(last), seen, true
}
