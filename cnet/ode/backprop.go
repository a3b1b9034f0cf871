package ode

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// carry is the input of a step, which the step before it returns: the state, the rate there if it is known, and the
// past rates of an Adams method. guess is where the iterations of an implicit step begin, of which no result depends.
type carry struct {
	x, rate *node
	past    rates[*node]
	guess   guess
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
		inputs[i] = tp.input(n.value, n.dots)
	}
	of := func(n *node) *node {
		if n == nil {
			return nil
		}
		return inputs[slices.Index(list, n)]
	}
	other := carry{x: of(c.x), rate: of(c.rate), past: rates[*node]{times: c.past.times}, guess: c.guess}
	for _, n := range c.past.rates {
		other.past.rates = append(other.past.rates, of(n))
	}
	return other, inputs
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

// backpropagate finds the steps of the solution and computes the gradient by going back through them.
func backpropagate(p Problem, o Options, cost Cost, d Differentiation) (*Gradient, error) {
	atEnd := len(o.At) == 0
	if atEnd {
		o.At = []float64{p.T1}
	}
	r, err := newReplay(p, o, atEnd)
	if err != nil {
		return nil, err
	}
	r.timed = r.timed || d.Times || d.EventCost != nil && len(r.events) > 0
	if err := r.timesOfAdams(); err != nil {
		return nil, err
	}
	g := &Gradient{Parameters: make([]float64, p.Parameters), Forward: r.forward}
	b := &backpropagation{replay: r, g: g, cost: cost, eventCost: d.EventCost}
	begun := time.Now()
	steps := len(r.times) - 1
	checkpoints := d.Checkpoints
	if checkpoints == Auto {
		checkpoints = max(1, int(math.Sqrt(float64(steps))))
	}
	x0 := carry{x: &node{value: slices.Clone(p.X0)}}
	x0.x.bar = make([]float64, len(p.X0))
	for i := range r.first[0] { // outputs at T0
		b.output(i, x0.x)
	}
	if d.Checkpoints == 0 {
		b.segment(0, steps, x0, nil)
	} else {
		b.recursive(0, steps, checkpoints, x0, nil)
	}
	if b.err != nil {
		return nil, b.err
	}
	g.X0 = x0.x.bar
	if r.timed {
		if err := b.initialTimes(x0.x); err != nil {
			return nil, err
		}
	}
	if d.Times {
		g.T0, g.T1 = r.t0.bar, r.t1.bar
		for i := range r.jumps {
			g.Jumps = append(g.Jumps, r.jumps[i].bar)
		}
		if o.Grid != nil {
			g.Grid = r.gridBars(o.Grid)
		}
		for i := range r.reached() {
			g.At = append(g.At, r.at[i].bar)
		}
		if atEnd {
			g.At = nil
		}
	}
	g.Backward.add(r.inner.stats)
	g.Backward.since(begun)
	if bad := firstBad(append(slices.Clone(g.X0), g.Parameters...)); bad >= 0 || !finite(g.Loss) {
		if err := checkVJPAt(p, p.T0, p.X0); err != nil {
			return nil, fmt.Errorf("%w; the gradient is not finite (loss %v)", err, g.Loss)
		}
		return nil, fmt.Errorf("ode: the gradient is not finite (loss %v); the adjoint equation is unstable here, "+
			"or the VJP wrong", g.Loss)
	}
	return g, nil
}

// backpropagation goes back through the steps of a replay.
type backpropagation struct {
	*replay
	g         *Gradient
	cost      Cost
	eventCost EventCost
	work      workspace
	small     small
	stored    int // states held now
	err       error
}

// output adds the cost of an output to the loss, and its gradient to the node's adjoint.
func (b *backpropagation) output(i int, x *node) {
	gx := make([]float64, len(x.value))
	b.g.Loss += b.cost(i, b.timeOf(i), x.value, gx)
	x.addBar(1, gx)
}

// event adds the cost of an event to the loss.
func (b *backpropagation) event(e *happened, x *node) {
	if b.eventCost == nil {
		return
	}
	gx := make([]float64, len(x.value))
	value, gt := b.eventCost(e.index, Occurrence{Event: e.Event, Name: e.Name, T: e.T, X: slices.Clone(x.value),
		After: slices.Clone(e.After)}, gx)
	b.g.Loss += value
	x.addBar(1, gx)
	e.instant.bar += gt
}

// initialTimes adds what outputs at T0 depend on times by: x(t) = x0 + (t - T0)·f.
func (b *backpropagation) initialTimes(x0 *node) error {
	if b.first[0] == 0 {
		return nil
	}
	f := make([]float64, len(x0.value))
	b.g.Backward.NFE++
	s := newSides(b.p, b.o, b.p.T0, b.p.T0)
	b.p.F(s.of(b.p.T0), x0.value, f)
	for i := range b.first[0] {
		gx := make([]float64, len(f))
		b.cost(i, b.timeOf(i), slices.Clone(x0.value), gx)
		slope := dot(gx, f)
		if b.atEnd { // an interval of no length, whose end is the output
			b.t1.bar += slope
		} else {
			b.at[i].bar += slope
		}
		b.t0.bar -= slope
	}
	return nil
}

// hold adds to the number of states that are held, and updates the maximum.
func (b *backpropagation) hold(states int) {
	b.stored += states
	b.g.States = max(b.g.States, b.stored)
}

// advance takes the steps with indices from ≤ k < to without recording them.
func (b *backpropagation) advance(from, to int, state carry) carry {
	tp := &tape{p: &b.p, stats: &b.g.Backward, small: &b.small, off: true}
	state, _ = state.onto(tp) // copies of the past rates, so that each node accumulates its adjoint in one place
	for k := from; k < to && b.err == nil; k++ {
		state, b.err = b.take(tp, k, state, nil)
	}
	return state
}

// segment records the steps from ≤ k < to and goes back through them. bars holds the adjoints of the carry behind the
// last step; nil means that the loss does not depend on it. The adjoints of the first step's carry are added to the
// nodes of state.
func (b *backpropagation) segment(from, to int, state carry, bars [][]float64) {
	if b.err != nil {
		return
	}
	tp := &tape{p: &b.p, stats: &b.g.Backward, small: &b.small, work: &b.work}
	begin, inputs := state.onto(tp)
	now := begin
	for k := from; k < to; k++ {
		if now, b.err = b.take(tp, k, now, b); b.err != nil {
			return
		}
	}
	if bars != nil {
		for i, n := range now.nodes() {
			n.addBar(1, bars[i])
		}
	}
	held := len(tp.nodes)
	b.hold(held)
	tp.backward(b.g.Parameters)
	var wrong *WrongDerivative
	if b.err = tp.err; b.err != nil && !errors.As(b.err, &wrong) {
		b.err = fmt.Errorf("ode: going back through the steps from t = %v: %w", b.times[from], b.err)
	}
	b.hold(-held)
	for i, n := range state.nodes() {
		if inputs[i].bar != nil {
			n.addBar(1, inputs[i].bar)
		}
	}
}

// recursive goes back through the steps from ≤ k < to with a number of checkpoints: it advances to a step in between,
// keeps the carry there, goes back through the later steps with one checkpoint less, and then through the earlier steps
// (Griewank & Walther, Evaluating Derivatives, section 12.3).
func (b *backpropagation) recursive(from, to, checkpoints int, state carry, bars [][]float64) {
	for to-from > 1 && b.err == nil {
		if checkpoints == 0 {
			last := b.advance(from, to-1, state)
			b.segment(to-1, to, last, bars)
			bars = last.bars()
			to--
			continue
		}
		middle := from + split(to-from, checkpoints)
		kept := b.advance(from, middle, state)
		b.hold(len(kept.nodes()))
		b.recursive(middle, to, checkpoints-1, kept, bars)
		b.hold(-len(kept.nodes()))
		bars = kept.bars()
		to = middle
	}
	if to > from {
		b.segment(from, to, state, bars)
	}
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
