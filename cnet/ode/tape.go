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
	err     error // the first one that has happened
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
	n := &node{value: value, dots: dots}
	if !tp.off && tp.forward == nil {
		tp.nodes = append(tp.nodes, n)
	}
	return n
}

// rate returns f at (t, x), where t is the fraction c of the current step.
func (tp *tape) rate(t, c float64, x *node) *node {
	tp.stats.NFE++
	value := make([]float64, len(x.value))
	tp.p.F(tp.sides.of(t), x.value, value)
	return tp.known(t, c, x, value)
}

// known is rate with a value that is known.
func (tp *tape) known(t, c float64, x *node, value []float64) *node {
	n := &node{value: value, t: tp.sides.of(t), rateOf: x}
	if tp.span != nil {
		n.when = &when{span: tp.span, theta: tp.sides.fraction(t, c)}
	}
	return tp.record(n)
}

// sum returns Σ c_i·terms_i, which depends on times as w says.
func (tp *tape) sum(c []float64, terms []*node, w *when) *node {
	n := &node{value: make([]float64, len(terms[0].value)), c: c, terms: terms, when: w}
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
		return tp.sum(append([]float64{1}, c...), append([]*node{x}, terms...), w)
	}
}

// along returns x + h·Σ coefficients[i]·terms[i], where h is the length of the current step.
func (tp *tape) along(x *node, h float64, coefficients []float64, terms []*node) *node {
	return linear(x, h, coefficients, terms, tp.combine(h))
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
			if n.rateOf.bar == nil {
				n.rateOf.bar = make([]float64, len(n.value))
			}
			tp.stats.VJPs++
			tp.p.VJP(n.t, n.rateOf.value, n.bar, n.rateOf.bar, parameters)
			if n.when != nil {
				n.when.rate(tp.timeVJP(n.t, n.when.span, n.rateOf.value, n.bar))
			}
		case n.done != nil:
			tp.backDeed(n, parameters)
		}
		for i, term := range n.terms {
			term.addBar(n.c[i], n.bar)
		}
		if n.when != nil && n.rateOf == nil {
			n.when.sum(n)
		}
	}
	tp.nodes = nil
}
