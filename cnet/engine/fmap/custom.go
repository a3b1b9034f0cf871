package fmap

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Outputs are what a function of a map returns: a map, and other nodes of its type of numbers, such as a scalar.
type Outputs struct {
	Map  Map
	More []*Node
}

// nodes returns all nodes that hold the outputs; with returns outputs of the same shapes held by others.
func (o Outputs) nodes() []*Node { return append(o.Map.nodes(), o.More...) }

func (o Outputs) with(nodes []*Node) Outputs {
	n := len(nodes) - len(o.More)
	return Outputs{o.Map.with(nodes[:n]), nodes[n:]}
}

// Custom returns forward(x), with a gradient that is computed by vjp instead of by differentiating the nodes of
// forward.
//
// forward gets x without gradient. weights is called after forward and lists the other nodes that gradients should
// reach. Given x, y = forward(x) and the adjoints dy of y, vjp returns the adjoints of x and of the weights, in their
// order. It may build forward again instead of keeping intermediate values, which saves memory.
func Custom(
	x Map, forward func(x Map) Outputs, weights func() []*Node,
	vjp func(x Map, y, dy Outputs) (dx Map, dw []*Node),
) Outputs {
	if m, ok := x.(*native); ok {
		return m.custom(forward, weights, vjp)
	}
	inputs := x.nodes()
	free := x.with(stopped(inputs))
	y := forward(free)
	ws := weights()
	inputs = append(inputs[:len(inputs):len(inputs)], ws...)
	ys := y.nodes()
	dys := make([]*Node, len(ys))
	var adjoints []*Node
	// adjoint returns the adjoint of an input, once the adjoints of all results are known.
	adjoint := func(i int) *Node {
		if adjoints == nil {
			for j, dy := range dys {
				if dy == nil { // of a result that is not used
					dys[j] = ZerosLike(ys[j])
				}
			}
			dx, dw := vjp(free, y.with(stopped(ys)), y.with(dys))
			adjoints = append(dx.nodes(), dw...)
		}
		return adjoints[i]
	}

	// As in withVJPs: identities on the results, which the reverse pass reaches first, note their adjoints; identities
	// on the inputs, which are tied to the results by adding zero times one element of each, hand out theirs.
	var tie *Node
	for i, input := range inputs {
		zero := MulScalar(firstElement(IdentityWithCustomGradient(input,
			func(_, _ *Node) *Node { return adjoint(i) })), 0)
		if tie == nil {
			tie = zero
		} else {
			tie = Add(tie, zero)
		}
	}
	results := stopped(ys)
	for j := range results {
		results[j] = IdentityWithCustomGradient(Add(results[j], tie), func(_, dy *Node) *Node {
			dys[j] = dy
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

// Pullback differentiates f at x: it returns y = f(x), and the adjoints of x and of the weights given the adjoints dy
// of y. It makes the evaluation depend on dy, so that intermediate values are not computed early and kept in memory
// until then.
func Pullback(x Map, f func(x Map) Outputs, weights []*Node, dy Outputs) (y Outputs, dx Map, dw []*Node) {
	if m, ok := x.(*native); ok {
		return m.pullback(f, weights, dy)
	}
	xs := stopped(x.nodes())
	wait := MulScalar(StopGradient(firstElement(dy.Map.nodes()[0])), 0)
	for i := range xs {
		xs[i] = Add(xs[i], wait)
	}
	y = f(x.with(xs))
	gradients := Gradient(product(y.nodes(), dy.nodes()), append(xs[:len(xs):len(xs)], weights...)...)
	return y, x.with(gradients[:len(xs)]), gradients[len(xs):]
}

// product returns the scalar product of nodes with adjoints, which are constants in it.
func product(ys, dys []*Node) (sum *Node) {
	for i, y := range ys {
		p := ReduceAllSum(Mul(y, StopGradient(dys[i])))
		if sum == nil {
			sum = p
		} else {
			sum = Add(sum, p)
		}
	}
	return sum
}
