package ode

import (
	"fmt"
	"math"
	"slices"
)

// EventCost is the part of a loss that depends on the time o.T and the state o.X of an event, the one of index i in
// Solution.Events: it returns its value and its derivative with respect to the time, and writes its gradient with
// respect to the state to gx, which is zero before. Where an event has a Do, o.X is the state before it. With
// checkpoints, later events come before earlier ones.
type EventCost func(i int, o Occurrence, gx []float64) (value, gt float64)

// happened is an event of a replay. Events that end a step at the same time have the same instant.
type happened struct {
	Occurrence
	index   int // in Solution.Events
	of      *Event
	instant *instant
}

// crossing is how the state at an event moves with its time, which follows from G(t, x(t)) = 0 (implicit function
// theorem; Corner, Sandu & Sandu, Modeling and sensitivity analysis methodology for hybrid dynamical systems, 2019):
//
//	dt = -(∂G/∂x·dx + ∂G/∂p·dp)/(∂G/∂t + ∂G/∂x·x')
//
// where dx is the change of the state at a time that stays. Backwards, with y = ∂loss/∂x of the state that moves,
// s = (∂loss/∂t + y·x')/(∂G/∂t + ∂G/∂x·x') belongs to the value of G: x gets y - s·∂G/∂x, and p gets -s·∂G/∂p.
type crossing struct {
	x     *node // at the time of the event, which stays
	e     *happened
	slope []float64 // x'
}

// cross returns the state at an event as it moves.
func (tp *tape) cross(x *node, e *happened, slope []float64) *node {
	return tp.record(&node{value: slices.Clone(x.value), crossing: &crossing{x, e, slope}})
}

// grazing is the change of an event's function along the solution, relative to the terms that it consists of, below
// which the time of the event has no derivative.
const grazing = 1e-12

// speed returns the derivatives of an event's function with respect to the state and to parameters, and its change
// along the solution.
func (c *crossing) speed(parameters int) (gx, gp []float64, total float64, err error) {
	n := len(c.slope)
	gx, gp = make([]float64, n), make([]float64, parameters)
	gt := c.e.of.derivative(c.e.T, c.x.value, c.slope, gx, gp)
	total = gt
	size := math.Abs(gt)
	for i, v := range gx {
		total += v * c.slope[i]
		size += math.Abs(v * c.slope[i])
	}
	if !(math.Abs(total) > grazing*size) {
		return nil, nil, 0, fmt.Errorf("event %d (%s) touches zero at t = %v without passing it, so that its time has "+
			"no derivative", c.e.Event, c.e.Name, c.e.T)
	}
	return gx, gp, total, nil
}

// backCrossing propagates the adjoint of the state at an event, and that of its time.
func (tp *tape) backCrossing(n *node, parameters []float64) {
	c := n.crossing
	if n.bar == nil && c.e.instant.bar == 0 {
		return
	}
	gx, gp, total, err := c.speed(len(parameters))
	if err != nil {
		tp.fail(err)
		return
	}
	bar := c.e.instant.bar
	if n.bar != nil {
		bar += dot(n.bar, c.slope)
		c.x.addBar(1, n.bar)
	}
	s := bar / total
	c.x.addBar(-s, gx)
	for i, v := range gp {
		parameters[i] -= s * v
	}
}

// derivative writes ∂G/∂x to gx and ∂G/∂p to gp, and returns ∂G/∂t: by Gradient, or by central differences, where
// slope is the derivative of x with respect to time. Differences see no parameters.
func (e *Event) derivative(t float64, x, slope, gx, gp []float64) float64 {
	if e.Gradient != nil {
		return e.Gradient(t, x, gx, gp)
	}
	at := slices.Clone(x)
	for i, d := range nudges(x) {
		at[i] = x[i] + d
		above := e.G(t, at)
		high := at[i]
		at[i] = x[i] - d
		gx[i] = (above - e.G(t, at)) / (high - at[i])
		at[i] = x[i]
	}
	d := timeNudge(t, x, slope)
	return (e.G(t+d, x) - e.G(t-d, x)) / ((t + d) - (t - d))
}

// timeNudge is by how much a time moves for a central difference outside of any step: by a small part of the time in
// which the state changes, or of t.
func timeNudge(t float64, x, slope []float64) float64 {
	scale := math.Abs(t)
	for i, v := range slope {
		if s := math.Abs(x[i] / v); v != 0 && s > 0 && finite(s) && (scale == 0 || s < scale) {
			scale = s
		}
	}
	if scale == 0 {
		scale = 1
	}
	return max(centralShift*scale, 4*rounding*math.Abs(t))
}

// deed is what Event.Do has made of x.
type deed struct {
	x *node
	e *happened
}

// do returns the state that Event.Do makes of x.
func (tp *tape) do(x *node, e *happened) *node {
	value := slices.Clone(x.value)
	e.of.Do(e.T, value)
	return tp.record(&node{value: value, done: &deed{x, e}})
}

func (tp *tape) backDeed(n *node, parameters []float64) {
	x := n.done.x
	if x.bar == nil {
		x.bar = make([]float64, len(x.value))
	}
	tp.stats.VJPs++
	n.done.e.instant.bar += n.done.e.of.DoVJP(n.done.e.T, x.value, n.bar, x.bar, parameters)
}
