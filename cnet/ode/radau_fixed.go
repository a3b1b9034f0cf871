package ode

import "math"

// iterateFixed finds the increments of the stages in a fixed step, as implicitStepper.iterateFixed does. If the
// iterations do not converge from the polynomial of the last step, they begin once more at the state.
func (r *radauStepper) iterateFixed(t, h float64, x []float64) error {
	if r.length == 0 {
		return r.toRounding(t, h, x)
	}
	if err := r.toRounding(t, h, x); err == nil {
		return nil
	}
	for k := range r.z {
		clear(r.z[k])
		clear(r.w[k])
	}
	if err := r.renew(t, h, h, x); err != nil {
		return err
	}
	return r.toRounding(t, h, x)
}

func (r *radauStepper) toRounding(t, h float64, x []float64) error {
	theta, last, lastRate := 0.0, 0.0, 0.0
	least, best := math.Inf(1), 0
	away, again := math.Inf(1), false // the distance from the state of the Jacobian; they have converged before
	for k := 1; k-best <= newtonPatience && k < newtonIterateMax; k++ {
		r.s.stats.Newton++
		if !r.residuals(t, h, x) {
			return r.noIteration()
		}
		off := 0.0
		for i, v := range r.f[0] {
			off = max(off, math.Abs(v), size1(r.pair[i]))
		}
		if off < least {
			least, best = off, k
		}
		scale := r.scale(x)
		for i, v := range r.pair { // the larger one of both residuals
			r.est[i] = max(math.Abs(r.f[0][i]), size1(v)) // there is no error estimate
		}
		believed := r.derivative.explains(r.est, h/radauReal, scale)
		r.change()
		size := 0.0
		for _, f := range r.f {
			for _, v := range f {
				size = max(size, math.Abs(v))
			}
		}
		r.update()
		if size /= r.scale(x); !finite(size) {
			return r.noIteration()
		}
		away += size
		converged := size == 0
		if k > 1 && size > 0 {
			rate := size / last
			theta, lastRate = contraction(k, rate, lastRate), rate
			converged = theta < 1 && theta/(1-theta)*size <= newtonFixed ||
				theta >= 0.9 && size <= max(newtonRounding, min(newtonNoise, rateNoise(h, r.jacobian, r.at)))
		}
		if converged && (believed || again && away <= newtonNear) {
			r.finish(k, theta)
			return nil
		}
		last = max(size, rounding*newtonFixed)
		if converged || k > 1 && theta > 0.3 { // with a Jacobian from where the iterations are
			for i, z := range r.z[radauStages-1] {
				r.at[i] = x[i] + z
			}
			differences := h
			if again = again || converged; again {
				differences = 0 // how far the rate leads may be far too much for a difference
			}
			if err := r.renew(t+h, h, differences, r.at); err != nil {
				return err
			}
			away = 0
		}
	}
	return errNewton
}

// renew evaluates the Jacobian at the given state, with differences for a step of the given length, and factorises the
// matrices.
func (r *radauStepper) renew(t, h, differences float64, x []float64) error {
	r.derivative.evaluate(t, differences, x, nil, r.jacobian)
	if firstBad(r.jacobian) >= 0 {
		r.have = false
		return errJacobian
	}
	r.band = bandOf(r.jacobian, len(x))
	r.have, r.current, r.stale, r.factored = true, true, false, 0
	return r.factorise(h)
}

// scale returns the size of the state in the step.
func (r *radauStepper) scale(x []float64) float64 {
	scale := 1e-300
	for i := range x {
		scale = max(scale, math.Abs(x[i]), math.Abs(r.z[0][i]), math.Abs(r.z[1][i]), math.Abs(r.z[2][i]))
	}
	return scale
}
