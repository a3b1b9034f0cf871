package call

import (
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"continuousnet/cnet/engine/native/ops"
)

// adjoints returns the adjoints of an operation's inputs, given inputs, results, and the adjoints of the results.
func adjoints(op ops.Op, ins, outs, dys []*Node) []*Node {
	switch op := op.(type) {
	case ops.Conv:
		in := slices.Clone(dys)
		if op.ReLU || op.Stats {
			in = append(in, outs[0])
		}
		if op.Stats {
			in = append(in, outs[1])
		}
		if op.Bias {
			ins = ins[:len(ins)-1] // its value does not matter
		}
		return Op(ops.ConvGrad{Conv: op}, append(in, ins...)...)
	case ops.Apply:
		return Op(ops.ApplyGrad{Apply: op}, prepend(dys[0], ins)...)
	case ops.Combine:
		in := slices.Clone(dys)
		ins = ins[1:]
		for _, term := range op.Terms {
			n := 1
			if term.Affine {
				n = 4
				in = append(in, ins[:n]...)
			}
			ins = ins[n:]
		}
		return prepend(dys[0], Op(ops.CombineGrad{Combine: op}, in...))
	case ops.Moments:
		return Op(ops.MomentsGrad(op), dys[0], dys[1], ins[0], outs[0])
	case ops.Norm:
		return Op(ops.NormGrad{Norm: op}, prepend(dys[0], ins)...)
	case ops.MeanPool:
		return Op(ops.MeanPoolGrad{MeanPool: op}, prepend(dys[0], ins)...)
	case ops.Split:
		return Op(ops.Stack(op), dys...)
	case ops.Mix:
		dxs := make([]*Node, len(ins))
		for i, c := range op.Coefficients {
			dxs[i] = dys[0]
			if c != 1 {
				dxs[i] = Op(ops.Mix{Size: op.Size, Coefficients: []float64{c}}, dys[0])[0]
			}
		}
		return dxs
	}
	exceptions.Panicf("call: %s has no gradient", ops.Name(op))
	return nil
}

func prepend(x *Node, list []*Node) []*Node { return append([]*Node{x}, list...) }
