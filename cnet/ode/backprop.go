package ode

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// A node is a state or a rate on the tape: a combination Σ c_i·terms_i of other nodes, or the rate at another node.
type node struct {
	value, bar []float64 // bar is the adjoint, ∂loss/∂value
	t          float64
	rateOf     *node
	c          []float64
	terms      []*node
}

// tape records a computation for differentiation in reverse mode.
type tape struct {
	p     *Problem
	stats *Stats
	nodes []*node
	off   bool  // compute without recording
	sides sides // of the current step
}

func (tp *tape) record(n *node) *node {
	if !tp.off {
		tp.nodes = append(tp.nodes, n)
	} else {
		n.rateOf, n.terms = nil, nil
	}
	return n
}

// input records a node that depends on no other.
func (tp *tape) input(value []float64) *node { return tp.record(&node{value: value}) }

func (tp *tape) rate(t float64, x *node) *node {
	tp.stats.NFE++
	n := &node{value: make([]float64, len(x.value)), t: tp.sides.of(t), rateOf: x}
	tp.p.F(n.t, x.value, n.value)
	return tp.record(n)
}

// sum returns Σ c_i·terms_i.
func (tp *tape) sum(c []float64, terms []*node) *node {
	n := &node{value: make([]float64, len(terms[0].value)), c: slices.Clone(c), terms: slices.Clone(terms)}
	for i, term := range terms {
		for j, v := range term.value {
			n.value[j] += c[i] * v
		}
	}
	return tp.record(n)
}

// combine returns x + Σ c_i·terms_i.
func (tp *tape) combine(x *node, c []float64, terms []*node) *node {
	return tp.sum(append([]float64{1}, c...), append([]*node{x}, terms...))
}

func (n *node) addBar(c float64, bar []float64) {
	if n.bar == nil {
		n.bar = make([]float64, len(n.value))
	}
	for i, v := range bar {
		n.bar[i] += c * v
	}
}

// backward propagates the adjoints of all nodes to the inputs and to parameters, and empties the tape.
func (tp *tape) backward(parameters []float64) {
	for _, n := range slices.Backward(tp.nodes) {
		if n.bar == nil {
			continue
		}
		if n.rateOf != nil {
			if n.rateOf.bar == nil {
				n.rateOf.bar = make([]float64, len(n.value))
			}
			tp.stats.VJPs++
			tp.p.VJP(n.t, n.rateOf.value, n.bar, n.rateOf.bar, parameters)
		}
		for i, term := range n.terms {
			term.addBar(n.c[i], n.bar)
		}
	}
	tp.nodes = nil
}

// carry is the input of a step, which the step before it returns: the state, the rate there if it is known, and the
// past rates of an Adams method.
type carry struct {
	x, rate *node
	past    rates[*node]
}

// nodes returns the nodes of the carry, each once.
func (c carry) nodes() []*node {
	list := []*node{c.x}
	for _, n := range append([]*node{c.rate}, c.past.rates...) {
		if n != nil && !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	return list
}

// onto returns a copy of the carry whose nodes are inputs of another tape, and these inputs in the order of nodes.
func (c carry) onto(tp *tape) (carry, []*node) {
	list := c.nodes()
	inputs := make([]*node, len(list))
	for i, n := range list {
		inputs[i] = tp.input(n.value)
	}
	of := func(n *node) *node {
		if n == nil {
			return nil
		}
		return inputs[slices.Index(list, n)]
	}
	other := carry{x: of(c.x), rate: of(c.rate), past: rates[*node]{times: c.past.times}}
	for _, n := range c.past.rates {
		other.past.rates = append(other.past.rates, of(n))
	}
	return other, inputs
}

// replay repeats the steps of a solution on tapes, to differentiate them.
type replay struct {
	p      Problem
	o      Options
	norm   norm
	step   func(tp *tape, t0, t1 float64, from carry) (carry, func(t float64) *node)
	times  []float64 // the ends of the steps, beginning with T0
	first  []int     // for each step, the index of the first output after its beginning
	cost   Cost
	asked  []float64 // the times of the outputs, as they were given
	g      *Gradient
	stored int // states held now
}

// backpropagate finds the steps of the solution and computes the gradient by going back through them.
func backpropagate(p Problem, o Options, cost Cost, d Differentiation) (*Gradient, error) {
	solver, err := New(p, o)
	if err != nil {
		return nil, err
	}
	r := &replay{p: p, o: solver.o, norm: solver.norm, cost: cost, asked: solver.asked,
		g: &Gradient{Parameters: make([]float64, p.Parameters)}}
	switch m := solver.method.(type) {
	case Tableau:
		if !m.Explicit() {
			return nil, fmt.Errorf("ode: %s is implicit, and backpropagation needs an explicit scheme; "+
				"use Differentiation.Backsolve", m.Name)
		}
		r.step = r.rungeKutta(m)
	case Adams:
		r.step = r.adams(m)
	case RadauIIA:
		return nil, fmt.Errorf("ode: %s is implicit, and backpropagation needs an explicit scheme; "+
			"use Differentiation.Backsolve", m.Name)
	default:
		return nil, fmt.Errorf("ode: %s (%s) cannot be differentiated by backpropagation; "+
			"use an explicit Runge–Kutta scheme", m.Info().Name, m.Info().Kind)
	}
	begun := time.Now()
	r.times = []float64{p.T0}
	if solver.grid != nil {
		r.times = solver.grid
	} else {
		for step, err := range solver.Steps() {
			if err != nil {
				return nil, err
			}
			r.times = append(r.times, step.T)
		}
		r.g.Forward = solver.stats
	}
	direction := sign(p.T1 - p.T0)
	output := 0
	for _, t := range r.times {
		for output < len(r.o.At) && (r.o.At[output]-t)*direction <= 0 {
			output++
		}
		r.first = append(r.first, output)
	}
	r.g.Forward.since(begun)

	begun = time.Now()
	steps := len(r.times) - 1
	checkpoints := d.Checkpoints
	if checkpoints == Auto {
		checkpoints = max(1, int(math.Sqrt(float64(steps))))
	}
	x0 := carry{x: &node{value: slices.Clone(p.X0)}}
	x0.x.bar = make([]float64, len(p.X0))
	for i := range r.first[0] { // outputs at T0
		r.output(i, x0.x)
	}
	if d.Checkpoints == 0 {
		r.segment(0, steps, x0, nil)
	} else {
		r.recursive(0, steps, checkpoints, x0, nil)
	}
	r.g.X0 = x0.x.bar
	r.g.Backward.since(begun)
	if bad := firstBad(append(slices.Clone(r.g.X0), r.g.Parameters...)); bad >= 0 || !finite(r.g.Loss) {
		return nil, fmt.Errorf("ode: the gradient is not finite (loss %v); the adjoint equation is unstable here, "+
			"or the VJP wrong", r.g.Loss)
	}
	return r.g, nil
}

// output adds the cost of an output to the loss, and its gradient to the node's adjoint.
func (r *replay) output(i int, x *node) {
	gx := make([]float64, len(x.value))
	r.g.Loss += r.cost(i, r.asked[i], x.value, gx)
	x.addBar(1, gx)
}

// hold adds to the number of states that are held, and updates the maximum.
func (r *replay) hold(states int) {
	r.stored += states
	r.g.States = max(r.g.States, r.stored)
}

// advance takes the steps with indices from ≤ k < to without recording them.
func (r *replay) advance(from, to int, state carry) carry {
	tp := &tape{p: &r.p, stats: &r.g.Backward, off: true}
	state, _ = state.onto(tp) // copies of the past rates, so that each node accumulates its adjoint in one place
	for k := from; k < to; k++ {
		state, _ = r.take(tp, k, state)
	}
	return state
}

// take takes step k. It returns the carry for the next step, without rates where f jumps in between, and the dense
// output.
func (r *replay) take(tp *tape, k int, from carry) (carry, func(t float64) *node) {
	t0, t1 := r.times[k], r.times[k+1]
	tp.sides = newSides(r.p, r.o, t0, t1)
	next, at := r.step(tp, t0, t1, from)
	if r.o.isJump(t1, sign(r.p.T1-r.p.T0)) {
		next = carry{x: next.x}
	}
	return next, at
}

// segment records the steps from ≤ k < to and goes back through them. bars holds the adjoints of the carry behind the
// last step; nil means that the loss does not depend on it. The adjoints of the first step's carry are added to the
// nodes of state.
func (r *replay) segment(from, to int, state carry, bars [][]float64) {
	tp := &tape{p: &r.p, stats: &r.g.Backward}
	begin, inputs := state.onto(tp)
	now := begin
	for k := from; k < to; k++ {
		next, at := r.take(tp, k, now)
		for i := r.first[k]; i < r.first[k+1]; i++ {
			if t := r.o.At[i]; t == r.times[k+1] {
				r.output(i, next.x)
			} else {
				r.output(i, at(t))
			}
		}
		now = next
	}
	if bars != nil {
		for i, n := range now.nodes() {
			n.addBar(1, bars[i])
		}
	}
	held := len(tp.nodes)
	r.hold(held)
	tp.backward(r.g.Parameters)
	r.hold(-held)
	for i, n := range state.nodes() {
		if inputs[i].bar != nil {
			n.addBar(1, inputs[i].bar)
		}
	}
}

// recursive goes back through the steps from ≤ k < to with a number of checkpoints: it advances to a step in between,
// keeps the carry there, goes back through the later steps with one checkpoint less, and then through the earlier steps
// (Griewank & Walther, Evaluating Derivatives, section 12.3).
func (r *replay) recursive(from, to, checkpoints int, state carry, bars [][]float64) {
	for to-from > 1 {
		if checkpoints == 0 {
			last := r.advance(from, to-1, state)
			r.segment(to-1, to, last, bars)
			bars = last.bars()
			to--
			continue
		}
		middle := from + split(to-from, checkpoints)
		kept := r.advance(from, middle, state)
		r.hold(len(kept.nodes()))
		r.recursive(middle, to, checkpoints-1, kept, bars)
		r.hold(-len(kept.nodes()))
		bars = kept.bars()
		to = middle
	}
	if to > from {
		r.segment(from, to, state, bars)
	}
}

// bars returns the adjoints of the nodes, in their order.
func (c carry) bars() [][]float64 {
	var list [][]float64
	for _, n := range c.nodes() {
		if n.bar == nil {
			n.bar = make([]float64, len(n.value))
		}
		list = append(list, n.bar)
	}
	return list
}

// split returns the number of steps before the first checkpoint. No step is then computed more than r+1 times, where r
// is the smallest number for which C(checkpoints+r, checkpoints) ≥ steps.
func split(steps, checkpoints int) int {
	r, reach := 0, 1.0
	for reach < float64(steps) {
		r++
		reach *= float64(checkpoints+r) / float64(r)
	}
	// Of C(s+r, s) steps, C(s+r-1, s) lie before the first checkpoint.
	at := int(math.Round(float64(steps) * float64(r) / float64(checkpoints+r)))
	return min(max(at, 1), steps-1)
}

// rungeKutta returns a step of an explicit scheme, and the dense output within it.
func (r *replay) rungeKutta(tb Tableau) func(tp *tape, t0, t1 float64, from carry) (carry, func(t float64) *node) {
	fsal := tb.FSAL() || r.o.compat.reuseLast
	dense := tb.dense.fits(tb) && !r.o.compat.quartic
	return func(tp *tape, t0, t1 float64, from carry) (carry, func(t float64) *node) {
		h := t1 - t0
		var k []*node
		for i, row := range tb.A {
			if i == 0 && from.rate != nil {
				k = append(k, from.rate)
				continue
			}
			k = append(k, tp.rate(t0+tb.C[i]*h, linear(from.x, h, row[:min(len(row), i)], k, tp.combine)))
		}
		next := carry{x: linear(from.x, h, tb.B, k, tp.combine)}
		if fsal {
			next.rate = k[len(k)-1]
		}
		return next, func(t float64) *node {
			x0, x1, theta := from.x, next.x, (t-t0)/h
			if r.o.Interpolation == Linear {
				return tp.sum([]float64{1 - theta, theta}, []*node{x0, x1})
			}
			if dense && r.o.Interpolation == Natural {
				for i := len(k) - len(tb.A); i < len(tb.dense.a); i++ { // once in a step
					k = append(k, tp.rate(t0+tb.dense.c[i]*h, linear(x0, h, tb.dense.a[i], k, tp.combine)))
				}
				return linear(x0, h, tb.dense.extension.at(theta), k, tp.combine)
			}
			if next.rate == nil {
				next.rate = tp.rate(t1, x1)
			}
			if tb.Mid == nil || r.o.Interpolation == Hermite {
				return tp.hermite(theta, h, x0, x1, k[0], next.rate)
			}
			mid := linear(x0, h, tb.Mid, k, tp.combine)
			x, x2 := theta, theta*theta
			x3, x4 := x2*x, x2*x2
			return tp.sum([]float64{
				1 - 11*x2 + 18*x3 - 8*x4, 16*x2 - 32*x3 + 16*x4, -5*x2 + 14*x3 - 8*x4,
				h * (x - 4*x2 + 5*x3 - 2*x4), h * (x2 - 3*x3 + 2*x4),
			}, []*node{x0, mid, x1, k[0], next.rate})
		}
	}
}

func (tp *tape) hermite(x, h float64, x0, x1, f0, f1 *node) *node {
	return tp.sum([]float64{
		(1 + 2*x) * (1 - x) * (1 - x), x * x * (3 - 2*x), h * x * (1 - x) * (1 - x), h * x * x * (x - 1),
	}, []*node{x0, x1, f0, f1})
}

// adams returns a step of an Adams method.
func (r *replay) adams(a Adams) func(tp *tape, t0, t1 float64, from carry) (carry, func(t float64) *node) {
	table := adamsTable{alwaysEven: r.o.compat.uniformAdams}
	return func(tp *tape, t0, t1 float64, from carry) (carry, func(t float64) *node) {
		h := t1 - t0
		first := from.rate
		if first == nil {
			first = tp.rate(t0, from.x)
		}
		s := adamsStep[*node]{
			Adams: a, t: t0, length: h, h: h, weights: table.weights, combine: tp.combine,
			rate: func(_ int, c float64, x *node) *node { return tp.rate(t0+c*h, x) },
			converged: func(x, before, after *node) bool {
				return r.norm.converged(x.value, before.value, after.value)
			},
			forget: r.o.compat.forgetRate,
		}
		var next carry
		next.x, next.past, _ = s.take(from.x, first, from.past)
		return next, func(t float64) *node {
			theta := (t - t0) / h
			if r.o.Interpolation == Linear {
				return tp.sum([]float64{1 - theta, theta}, []*node{from.x, next.x})
			}
			if next.rate == nil {
				next.rate = tp.rate(t1, next.x)
			}
			return tp.hermite(theta, h, from.x, next.x, first, next.rate)
		}
	}
}
