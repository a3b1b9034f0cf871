package ode

import "math"

// radauControl chooses the steps of the Radau IIA method (HNW II, section IV.8; Gustafsson, Control-theoretic
// techniques for stepsize selection in implicit Runge–Kutta methods, 1994). It predicts the error from the last two
// steps, prefers steps for which the Newton iterations are few, and keeps a length that would only grow a little, so
// that the factorisation serves again.
type radauControl struct {
	safety, low, high float64
	first             bool    // no step has been accepted since the beginning or a restart
	rejected          bool    // the last attempt was
	iterations        int     // of Newton's in the last attempt
	slow              bool    // they converged slowly
	failed            float64 // they did not converge, and would in a step that is shorter by this; 0: no estimate
	length, last      float64 // of the last accepted step, and its error
}

// keepStep is the growth of a step that is not worth a factorisation.
const keepStep = 1.2

func newRadauControl(c Controller) radauControl {
	c = c.withDefaults()
	return radauControl{safety: c.Safety, low: c.MinFactor, high: c.MaxFactor, first: true}
}

func (c *radauControl) restart() { c.first, c.rejected = true, false }

// factor returns h_next/h after a step with error norm e, NaN where the Newton iterations did not converge.
func (c *radauControl) factor(h, e float64, accepted bool) float64 {
	if !finite(e) {
		c.rejected = true
		if c.failed > 0 {
			return max(c.failed, c.low)
		}
		return 0.5
	}
	safety := c.safety * (1 + 2*radauIterations) / float64(c.iterations+2*radauIterations)
	f := safety * math.Pow(e, -0.25)
	if !accepted {
		c.rejected = true
		if c.first {
			return min(max(f, 0.1), 0.9)
		}
		return min(max(f, c.low), c.safety)
	}
	f = min(max(f, c.low), c.high)
	if !c.first {
		predicted := c.safety * h / c.length * math.Pow(c.last/(e*e), 0.25)
		f = min(f, min(max(predicted, c.low), c.high))
	}
	if c.rejected {
		f = min(f, 1)
	}
	c.first, c.rejected = false, false
	c.length, c.last = h, max(e, 1e-2)
	if f >= 1 && f <= keepStep && !c.slow {
		f = 1
	}
	return f
}
