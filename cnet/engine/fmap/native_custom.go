package fmap

import (
	. "github.com/gomlx/gomlx/core/graph"

	"continuousnet/cnet/engine/native/call"
)

// custom is Custom for native maps: identities with several inputs have gradients of their own, so that nothing needs
// to be tied to anything.
func (m *native) custom(
	forward func(x Map) Map, weights func() []*Node, vjp func(x, y, dy Map) (dx Map, dw []*Node),
) Map {
	x := m.Images()
	free := newNative(constant(x)[0])
	y := forward(free).nodes()[0]
	inputs := append([]*Node{y, x}, weights()...)
	result := call.WithGradient(inputs, 1, func(dys []*Node) []*Node {
		dx, dw := vjp(free, newNative(y), newNative(dys[0]))
		return append([]*Node{nil, dx.Images()}, dw...)
	})
	return newNative(result[0])
}

// pullback is Pullback for native maps.
func (m *native) pullback(f func(x Map) Map, weights []*Node, dy Map) (y, dx Map, dw []*Node) {
	d := dy.Images()
	x := call.WithGradient([]*Node{m.Images(), d}, 1, func([]*Node) []*Node { return make([]*Node, 2) })[0]
	y = f(newNative(x))
	// A function whose gradient at y is dy. Its value is not used.
	target := firstElement(IdentityWithCustomGradient(y.Images(), func(_, _ *Node) *Node { return d }))
	gradients := Gradient(target, append([]*Node{x}, weights...)...)
	return y, newNative(gradients[0]), gradients[1:]
}

// constant returns nodes without gradient.
func constant(nodes ...*Node) []*Node {
	return call.WithGradient(nodes, len(nodes), func([]*Node) []*Node { return make([]*Node, len(nodes)) })
}
