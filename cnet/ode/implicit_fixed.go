package ode

import (
	"math"
	"slices"
)

// Newton iterations in fixed steps go to the limit of rounding, as no tolerance says where else to end. No step can be
// tried again with a shorter length: so they may begin anywhere, and have a new Jacobian wherever they need it. What
// they call convergence must be believed by the residual of the equations, or by a Jacobian from where they are: with
// one that is far too large, changes are small wherever the state is.

const (
	newtonFixed      = 1e-17 // of a change of the state, relative to it
	newtonRounding   = 1e-11 // relative: iterations that stagnate below it have reached the limit of rounding,
	newtonNoise      = 1e-6  // which may lie up to here where the rates are noise
	newtonPatience   = 50    // iterations without a smaller residual
	newtonIterateMax = 2000
	newtonNear       = 1e-3 // relative: a Jacobian that is evaluated so near is that of the state
)

// solveFixed finds the rate k = f(time, base + hγ·k) in fixed steps. If the iterations do not converge from the guess
// k, they begin once more at the state without the rate.
func (r *implicitStepper) solveFixed(time, hg, t float64, x, k []float64) error {
	if !r.have || r.stale && !r.current {
		if err := r.evaluateJacobian(t, x); err != nil {
			return err
		}
	}
	err := r.iterateFixed(time, hg, x, k)
	if err != nil {
		clear(k)
		if err := r.evaluateJacobian(time, r.base); err != nil {
			return err
		}
		err = r.iterateFixed(time, hg, x, k)
	}
	return err
}

func (r *implicitStepper) iterateFixed(time, hg float64, x, k []float64) error {
	if r.factored != hg && !r.factorise(hg) {
		return errNewton
	}
	previous, least, best := 0.0, math.Inf(1), 0
	away, again := math.Inf(1), false // the distance from the state of the Jacobian; they have converged before
	for iteration := 0; iteration-best <= newtonPatience && iteration < newtonIterateMax; iteration++ {
		r.s.stats.Newton++
		off := r.defect(time, hg, k)
		if !finite(off) {
			if firstBad(r.at) < 0 && firstBad(r.residual) >= 0 {
				r.rate = r.residual
				return errRate
			}
			return errNewton
		}
		if off < least {
			least, best = off, iteration
		}
		scale := r.scale(x, hg, k)
		believed := r.derivative.explains(r.residual, hg, scale)
		r.lu.solve(r.residual)
		if size := largest(k); iteration == 0 && size > 0 && largest(r.residual) > size {
			r.startAtZero(time, hg, k)
		}
		size := 0.0
		for j, v := range r.residual {
			k[j] += v
			size = max(size, math.Abs(hg*v))
		}
		size /= r.scale(x, hg, k)
		if !finite(size) {
			return errNewton
		}
		away += size
		rate := size / previous
		converged := size == 0
		if iteration == 0 {
			converged = size <= newtonFixed*1e-3
		} else if size > 0 {
			converged = rate < 1 && rate/(1-rate)*size <= newtonFixed ||
				rate >= 0.9 && size <= max(newtonRounding, min(newtonNoise, rateNoise(hg, r.jacobian, r.at)))
		}
		if converged && (believed || again && away <= newtonNear) {
			return nil
		}
		if iteration > 0 && rate > staleRate {
			r.stale = true
		}
		if converged || iteration > 0 && rate > 0.3 { // with a Jacobian from where the iterations are
			for j := range r.at {
				r.at[j] = r.base[j] + hg*k[j]
			}
			h := r.h
			if again = again || converged; again {
				h = 0 // how far the rate leads may be far too much for a difference
			}
			if err := r.jacobianFor(h, time, r.at); err != nil {
				return err
			}
			if !r.factorise(hg) {
				return errNewton
			}
			away = 0
		}
		previous = size
	}
	return errNewton
}

// defect writes f(time, base + hγ·k) - k to residual, and the state there to at. It returns the largest change of the
// state that it makes, or what is not finite.
func (r *implicitStepper) defect(time, hg float64, k []float64) float64 {
	for j := range r.at {
		r.at[j] = r.base[j] + hg*k[j]
	}
	r.s.f(time, r.at, r.residual)
	if firstBad(r.residual) >= 0 {
		return math.NaN()
	}
	off := 0.0
	for j := range k {
		r.residual[j] -= k[j]
		off = max(off, math.Abs(hg*r.residual[j]))
	}
	return off
}

// startAtZero takes 0 for the guess k if the change that follows from it, in residual, is the smaller one: in a
// transient the rate at the beginning of the step leads far beyond its end.
func (r *implicitStepper) startAtZero(time, hg float64, k []float64) {
	guess, change := slices.Clone(k), slices.Clone(r.residual)
	clear(k)
	if off := r.defect(time, hg, k); finite(off) {
		r.lu.solve(r.residual)
		if largest(r.residual) < largest(change) {
			return
		}
	}
	copy(k, guess)
	copy(r.residual, change)
}

// scale returns the size of the state, the numbers that it is a sum of included.
func (r *implicitStepper) scale(x []float64, hg float64, k []float64) float64 {
	scale := 1e-300
	for i, y := range x {
		scale = max(scale, math.Abs(y), math.Abs(r.base[i]), math.Abs(hg*k[i]))
	}
	return scale
}

// explains reports whether the residuals of rates, in a step of length h at a state of the given size, are small or
// what rounding leaves: f has terms of the size of ∂f_i/∂x_j·x_j where the Jacobian was evaluated.
func (m *jacobian) explains(residual []float64, h, scale float64) bool {
	for i, v := range residual {
		noise := 100 * rounding * math.Abs(h) * m.terms[i]
		if !(math.Abs(h*v) <= max(newtonRounding*scale, min(noise, 1e-4*scale))) {
			return false
		}
	}
	return true
}

// largest returns the size of the largest number.
func largest(v []float64) float64 {
	top := 0.0
	for _, x := range v {
		top = max(top, math.Abs(x))
	}
	return top
}
