package ode

import "math"

// instant is a time with respect to which derivatives are taken: T0, T1, that of an output or of an event.
type instant struct {
	bar  float64   // ∂loss/∂t
	dots []float64 // instead, on a tape that goes forwards: the derivatives with respect to all parameters
}

// moment is a time that moves with instants, by Σ weight·instant.
type moment []share

type share struct {
	of     *instant
	weight float64
}

func (m moment) add(bar float64) {
	for _, s := range m {
		s.of.bar += s.weight * bar
	}
}

// dot returns the derivative of the time with respect to parameter j.
func (m moment) dot(j int) float64 {
	sum := 0.0
	for _, s := range m {
		if s.of.dots != nil {
			sum += s.weight * s.of.dots[j]
		}
	}
	return sum
}

// span is a step of length h whose ends move.
type span struct {
	t0, h      float64
	begin, end moment
}

// when says how a node depends on times beside its terms. It lies at the fraction theta of a step.
type when struct {
	span       *span
	theta      float64
	dh, dtheta []float64 // the derivatives of a sum's coefficients with respect to h and theta; nil: zero
	at         moment    // the time at which the sum is taken, which theta follows
}

// rate adds the derivative of a rate at t0 + θ·h with respect to its time.
func (w *when) rate(bar float64) {
	w.span.begin.add((1 - w.theta) * bar)
	w.span.end.add(w.theta * bar)
}

// sum adds the derivatives of a sum with respect to times, given its adjoint. θ = (t - t0)/h, where h = t1 - t0.
func (w *when) sum(n *node) {
	if w.dh != nil {
		bar := 0.0
		for i, c := range w.dh {
			if c != 0 {
				bar += c * dot(n.terms[i].value, n.bar)
			}
		}
		w.span.end.add(bar)
		w.span.begin.add(-bar)
	}
	if w.dtheta != nil {
		bar := 0.0
		for i, c := range w.dtheta {
			if c != 0 {
				bar += c * dot(n.terms[i].value, n.bar)
			}
		}
		bar /= w.span.h
		w.at.add(bar)
		w.span.begin.add(-(1 - w.theta) * bar)
		w.span.end.add(-w.theta * bar)
	}
}

// timeVJP returns aᵀ∂f/∂t at a time within a step.
func (tp *tape) timeVJP(t float64, s *span, x, a []float64) float64 {
	if tp.p.TimeVJP != nil {
		return tp.p.TimeVJP(t, x, a)
	}
	return dot(a, tp.timeDerivative(tp.p.F, t, s, x))
}

// timeShift is by how much a time is moved for a difference, relative to the length of a step, in which the rates
// change by as much as a method resolves: ∛ε, and a little more.
const timeShift = 1e-5

// timeDerivative returns ∂f/∂t at a time within a step by differences of second order. They stay within the step: f may
// jump at its ends.
func (tp *tape) timeDerivative(f Func, t float64, s *span, x []float64) []float64 {
	n := len(x)
	d := timeShift * math.Abs(s.h)
	low, high := min(s.t0, s.t0+s.h), max(s.t0, s.t0+s.h)
	at := func(t float64) []float64 {
		tp.stats.NFE++
		dx := make([]float64, n)
		f(t, x, dx)
		return dx
	}
	result := make([]float64, n)
	if t-d > low && t+d < high {
		below, above := at(t-d), at(t+d)
		length := (t + d) - (t - d)
		for i := range result {
			result[i] = (above[i] - below[i]) / length
		}
		return result
	}
	if t+2*d >= high {
		d = -d
	}
	f0, f1, f2 := at(t), at(t+d), at(t+2*d)
	d1, d2 := (t+d)-t, (t+2*d)-t
	if d1 == 0 || d2 == d1 {
		return result // a step of a few roundings
	}
	for i := range result { // the slope at t of the parabola through three points
		s1, s2 := (f1[i]-f0[i])/d1, (f2[i]-f0[i])/d2
		result[i] = (s1*d2 - s2*d1) / (d2 - d1)
	}
	return result
}
