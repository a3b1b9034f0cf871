package fmap

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Custom returns forward(x), with a gradient that is computed by vjp instead of by differentiating the nodes of
// forward.
//
// forward gets x without gradient. weights is called after forward and lists the other nodes that gradients should
// reach. Given x, y = forward(x) and the adjoint dy of y, vjp returns the adjoints of x and of the weights, in their
// order. It may build forward again instead of keeping intermediate values, which saves memory.
func Custom(x Map, forward func(x Map) Map, weights func() []*Node, vjp func(x, y, dy Map) (dx Map, dw []*Node)) Map {
	if m, ok := x.(*native); ok {
		return m.custom(forward, weights, vjp)
	}
	inputs := x.nodes()
	free := x.with(stopped(inputs))
	y := forward(free)
	ws := weights()
	inputs = append(inputs[:len(inputs):len(inputs)], ws...)

	// As in withVJPs: the adjoints are computed when the first result is reached, and handed out by identities on the
	// inputs, which are tied to the results by adding zero times one element of each.
	var adjoints []*Node
	var tie *Node
	for i, input := range inputs {
		zero := MulScalar(firstElement(IdentityWithCustomGradient(input,
			func(_, _ *Node) *Node { return adjoints[i] })), 0)
		if tie == nil {
			tie = zero
		} else {
			tie = Add(tie, zero)
		}
	}
	ys := y.nodes()
	results := stopped(ys)
	for j := range results {
		results[j] = Add(results[j], tie)
	}
	dys := make([]*Node, len(ys))
	for j := range results {
		results[j] = IdentityWithCustomGradient(results[j], func(_, dy *Node) *Node {
			dys[j] = dy
			if j == 0 { // the last to be reached
				dx, dw := vjp(free, y.with(stopped(ys)), y.with(dys))
				adjoints = append(dx.nodes(), dw...)
			}
			return dy
		})
	}
	return y.with(results)
}

func stopped(nodes []*Node) []*Node {
	free := make([]*Node, len(nodes))
	for i, n := range nodes {
		free[i] = StopGradient(n)
	}
	return free
}

// Pullback differentiates f at x: it returns y = f(x), and the adjoints of x and of the weights given the adjoint dy of
// y. It makes the evaluation depend on dy, so that intermediate values are not computed early and kept in memory until
// then.
func Pullback(x Map, f func(x Map) Map, weights []*Node, dy Map) (y, dx Map, dw []*Node) {
	if m, ok := x.(*native); ok {
		return m.pullback(f, weights, dy)
	}
	xs := stopped(x.nodes())
	wait := MulScalar(StopGradient(firstElement(dy.nodes()[0])), 0)
	for i := range xs {
		xs[i] = Add(xs[i], wait)
	}
	y = f(x.with(xs))
	var product *Node
	for i, n := range y.nodes() {
		p := ReduceAllSum(Mul(n, StopGradient(dy.nodes()[i])))
		if product == nil {
			product = p
		} else {
			product = Add(product, p)
		}
	}
	gradients := Gradient(product, append(xs[:len(xs):len(xs)], weights...)...)
	return y, x.with(gradients[:len(xs)]), gradients[len(xs):]
}
