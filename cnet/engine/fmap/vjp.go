package fmap

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// withVJP returns forward(inputs) with a reverse-mode derivative of our own: vjp gets the result y and its adjoint dy
// and returns one adjoint per input.
func withVJP(inputs []*Node, forward func(in []*Node) *Node, vjp func(y, dy *Node) []*Node) *Node {
	ys := withVJPs(inputs,
		func(in []*Node) []*Node { return []*Node{forward(in)} },
		func(ys, dys []*Node) []*Node { return vjp(ys[0], dys[0]) })
	return ys[0]
}

// withVJPs is withVJP for several results, all of which must be used.
//
// GoMLX has custom gradients for identities of one operand only, so three kinds of identities share the work: those on
// the results are reached first in the reverse pass, which goes from the newest node to the oldest. The last of them
// calls vjp and keeps what it returns for the identities on the inputs, which ignore the adjoints that reach them. They
// are reached because the first input, which should be small, is tied to the others by adding zero times one element of
// each; forward itself sees all but the first without gradient. The default gradients built on the way are never used,
// and the go backend does not execute what is not used.
func withVJPs(inputs []*Node, forward func(in []*Node) []*Node, vjp func(ys, dys []*Node) []*Node) []*Node {
	var adjoints []*Node
	tied := make([]*Node, len(inputs))
	for i, x := range inputs {
		tied[i] = IdentityWithCustomGradient(x, func(_, _ *Node) *Node { return adjoints[i] })
	}
	in := make([]*Node, len(inputs))
	in[0] = tied[0]
	for i, x := range tied[1:] {
		in[0] = Add(in[0], MulScalar(firstElement(x), 0))
		in[i+1] = StopGradient(x)
	}
	ys := forward(in)
	dys := make([]*Node, len(ys))
	results := make([]*Node, len(ys))
	for i, y := range ys {
		results[i] = IdentityWithCustomGradient(y, func(_, dy *Node) *Node {
			dys[i] = dy
			if i == 0 {
				adjoints = vjp(ys, dys)
			}
			return dy
		})
	}
	return results
}

// firstElement is x[0, 0, ...] as a scalar.
func firstElement(x *Node) *Node {
	if x.IsScalar() {
		return x
	}
	first := make([]SliceAxisSpec, x.Rank())
	for i := range first {
		first[i] = AxisElem(0)
	}
	return Reshape(Slice(x, first...))
}
