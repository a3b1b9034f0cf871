package ode

import (
	"slices"
)

// A node is a state or a rate on the tape. It is an input, a combination Σ c_i·terms_i of other nodes, the rate at
// another node, one of the rates of stages that depend on themselves, a state at an event, or what Event.Do has made of
// one.
type node struct {
	value []float64
	bar   []float64   // the adjoint, ∂loss/∂value
	dots  [][]float64 // instead, on a tape that goes forwards: the derivatives with respect to all parameters

	t        float64 // of a rate
	rateOf   *node
	c        []float64
	terms    []*node
	stages   *stageGroup
	crossing *crossing
	done     *deed
	when     *when // how the node depends on times; nil: they are not asked for
}

// tape records a computation for differentiation in reverse mode, or differentiates it on the way.
type tape struct {
	p       *Problem
	stats   *Stats
	nodes   []*node
	off     bool      // compute without recording
	forward *tangents // compute derivatives with respect to parameters on the way, without recording
	sides   sides     // of the current step
	span    *span     // the current step, if times are asked for
	work    *workspace
	small   *small
	err     error // the first one that has happened
}

// small holds room for nodes and for their numbers, which are taken from it piece by piece: a step of a small system
// has dozens of them, and to allocate each by itself would take most of the time. A piece keeps all the others of its
// block in memory, so it has only what is small.
type small struct {
	numbers []float64
	nodes   []node
}

// fewNumbers is how many numbers a small node has at most.
const fewNumbers = 32

// vector returns n zeros.
func (s *small) vector(n int) []float64 {
	if n > fewNumbers {
		return make([]float64, n)
	}
	if len(s.numbers) < n {
		s.numbers = make([]float64, 512)
	}
	v := s.numbers[:n:n]
	s.numbers = s.numbers[n:]
	return v
}

// node returns an empty node for n numbers.
func (s *small) node(n int) *node {
	if n > fewNumbers {
		return new(node)
	}
	if len(s.nodes) == 0 {
		s.nodes = make([]node, 32)
	}
	v := &s.nodes[0]
	s.nodes = s.nodes[1:]
	return v
}

func (tp *tape) record(n *node) *node {
	if tp.forward != nil {
		tp.forward.of(tp, n)
	}
	if !tp.off && tp.forward == nil {
		tp.nodes = append(tp.nodes, n)
	} else { // what n depends on need not be kept
		n.rateOf, n.terms, n.stages, n.crossing, n.done, n.when = nil, nil, nil, nil, nil, nil
	}
	return n
}

func (tp *tape) fail(err error) {
	if tp.err == nil {
		tp.err = err
	}
}

// input records a node that depends on no other.
func (tp *tape) input(value []float64, dots [][]float64) *node {
	n := tp.small.node(len(value))
	n.value, n.dots = value, dots
	if !tp.off && tp.forward == nil {
		tp.nodes = append(tp.nodes, n)
	}
	return n
}

// rate returns f at (t, x), where t is the fraction c of the current step.
func (tp *tape) rate(t, c float64, x *node) *node {
	tp.stats.NFE++
	value := tp.small.vector(len(x.value))
	tp.p.F(tp.sides.of(t), x.value, value)
	return tp.known(t, c, x, value)
}

// known is rate with a value that is known.
func (tp *tape) known(t, c float64, x *node, value []float64) *node {
	n := tp.small.node(len(value))
	n.value, n.t, n.rateOf = value, tp.sides.of(t), x
	if tp.span != nil {
		n.when = &when{span: tp.span, theta: tp.sides.fraction(t, c)}
	}
	return tp.record(n)
}

// sum returns Σ c_i·terms_i, which depends on times as w says.
func (tp *tape) sum(c []float64, terms []*node, w *when) *node {
	size := len(terms[0].value)
	n := tp.small.node(size)
	n.value, n.c, n.terms, n.when = tp.small.vector(size), c, terms, w
	for i, term := range terms {
		for j, v := range term.value {
			n.value[j] += c[i] * v
		}
	}
	return tp.record(n)
}

// combine returns x + Σ c_i·terms_i, where all c_i are proportional to the length h of the current step.
func (tp *tape) combine(h float64) func(x *node, c []float64, terms []*node) *node {
	return func(x *node, c []float64, terms []*node) *node {
		var w *when
		if tp.span != nil {
			w = &when{span: tp.span, dh: make([]float64, 1+len(c))}
			for i, v := range c {
				w.dh[1+i] = v / h
			}
		}
		all, weights := make([]*node, 1+len(terms)), tp.small.vector(1+len(c))
		all[0], weights[0] = x, 1
		copy(all[1:], terms)
		copy(weights[1:], c)
		return tp.sum(weights, all, w)
	}
}

// along returns x + h·Σ coefficients[i]·terms[i], where h is the length of the current step.
func (tp *tape) along(x *node, h float64, coefficients []float64, terms []*node) *node {
	return linear(x, h, coefficients, terms, tp.combine(h))
}

// barOf returns the adjoint of a node, zeros if nothing has been added to it.
func (tp *tape) barOf(n *node) []float64 {
	if n.bar == nil {
		n.bar = tp.small.vector(len(n.value))
	}
	return n.bar
}

func (n *node) addBar(c float64, bar []float64) {
	if n.bar == nil {
		n.bar = make([]float64, len(n.value))
	}
	for i, v := range bar {
		n.bar[i] += c * v
	}
}

// backward propagates the adjoints of all nodes to the inputs, to parameters and to times, and empties the tape.
func (tp *tape) backward(parameters []float64) {
	for _, n := range slices.Backward(tp.nodes) {
		switch {
		case n.stages != nil:
			if n == n.stages.rates[0] { // the adjoints of the others are complete, too
				tp.backStages(n.stages, parameters)
			}
			continue
		case n.crossing != nil:
			tp.backCrossing(n, parameters)
			continue
		case n.bar == nil:
			continue
		case n.rateOf != nil:
			tp.stats.VJPs++
			tp.p.VJP(n.t, n.rateOf.value, n.bar, tp.barOf(n.rateOf), parameters)
			if n.when != nil {
				n.when.rate(tp.timeVJP(n.t, n.when.span, n.rateOf.value, n.bar))
			}
		case n.done != nil:
			tp.backDeed(n, parameters)
		}
		for i, term := range n.terms {
			tp.barOf(term) // from the blocks
			term.addBar(n.c[i], n.bar)
		}
		if n.when != nil && n.rateOf == nil {
			n.when.sum(n)
		}
	}
	tp.nodes = nil
}
