package fmap

import (
	. "github.com/gomlx/gomlx/core/graph"

	"continuousnet/cnet/engine/native/call"
)

// custom is Custom for native maps: identities with several inputs have gradients of their own, so that nothing needs
// to be tied to anything.
func (m *native) custom(
	forward func(x Map) Outputs, weights func() []*Node, vjp func(x Map, y, dy Outputs) (dx Map, dw []*Node),
) Outputs {
	x := m.Images()
	free := newNative(constant(x)[0])
	y := forward(free)
	ys := y.nodes()
	inputs := append(append(ys[:len(ys):len(ys)], x), weights()...)
	results := call.WithGradient(inputs, len(ys), func(dys []*Node) []*Node {
		dx, dw := vjp(free, y.with(ys), y.with(dys))
		return append(append(make([]*Node, len(ys)), dx.Images()), dw...)
	})
	return y.with(results)
}

// pullback is Pullback for native maps.
func (m *native) pullback(f func(x Map) Outputs, weights []*Node, dy Outputs) (y Outputs, dx Map, dw []*Node) {
	d := dy.Map.Images()
	x := call.WithGradient([]*Node{m.Images(), d}, 1, func([]*Node) []*Node { return make([]*Node, 2) })[0]
	y = f(newNative(x))
	// A function whose gradient at y is dy. Its value is not used.
	target := firstElement(IdentityWithCustomGradient(y.Map.Images(), func(_, _ *Node) *Node { return d }))
	if len(y.More) > 0 {
		target = Add(target, product(y.More, dy.More))
	}
	gradients := Gradient(target, append([]*Node{x}, weights...)...)
	return y, newNative(gradients[0]), gradients[1:]
}

// constant returns nodes without gradient.
func constant(nodes ...*Node) []*Node {
	return call.WithGradient(nodes, len(nodes), func([]*Node) []*Node { return make([]*Node, len(nodes)) })
}
