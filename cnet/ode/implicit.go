package ode

import (
	"errors"
	"math"
	"slices"
)

// implicitStepper takes steps with a diagonally implicit Runge–Kutta scheme: each stage is solved for its rate by
// simplified Newton iterations (HNW II, section IV.8).
type implicitStepper struct {
	s          *Solver
	tb         Tableau
	k          [][]float64
	est        []float64
	base       []float64 // the part of a stage's state that does not depend on its own rate
	at         []float64
	residual   []float64
	rate       []float64 // the rate that is not finite, after errRate
	derivative *jacobian
	jacobian   []float64 // its values
	band       band
	lu         *matrix[float64]
	current    bool    // the Jacobian is that of the current time
	have       bool    // there is a Jacobian
	stale      bool    // the iterations converge slowly with it
	factored   float64 // γ·h of the factorisation, 0: none
	h          float64
	guess      []float64 // the last rate of the last accepted step
	ends       endRates
	last       bool // the last stage is the end of the step, and its rate the one there
	extension  extension
	trial      polynomial // the extension of a step that is not accepted yet,
	points     []float64  // where it is tried,
	power      int        // and that of the length in its error
}

const (
	newtonIterations = 10
	newtonTolerance  = 0.03 // of an error norm of 1
	staleRate        = 0.03 // of convergence, above which the next step has a new Jacobian
)

var errNewton = errors.New("the Newton iterations for an implicit stage did not converge")

func newImplicit(s *Solver, tb Tableau) *implicitStepper {
	n := len(s.x)
	r := &implicitStepper{
		s: s, tb: tb, est: make([]float64, n), base: make([]float64, n), at: make([]float64, n),
		residual: make([]float64, n),
		last:     tb.stifflyAccurate(), derivative: newJacobian(s), jacobian: make([]float64, n*n),
		lu: newMatrix[float64](n, math.Abs),
	}
	for range tb.B {
		r.k = append(r.k, make([]float64, n))
	}
	return r
}

func (r *implicitStepper) restart() {
	r.current = false
	r.ends.restart()
}

func (r *implicitStepper) advance(t, h float64, x, next []float64) (float64, error) {
	r.h = h
	err := r.stages(t, h, x)
	if err != nil && !r.current { // the Jacobian may be too old
		if err = r.evaluateJacobian(t, x); err == nil {
			err = r.stages(t, h, x)
		}
	}
	if err != nil {
		copy(next, x)
		if errors.Is(err, errRate) {
			i := firstBad(r.rate)
			next[i] = r.rate[i] // for the message
		}
		return math.NaN(), err
	}
	for i := range next {
		sum, e := 0.0, 0.0
		for j, k := range r.k {
			sum += r.tb.B[j] * k[i]
			if r.tb.Err != nil {
				e += r.tb.Err[j] * k[i]
			}
		}
		next[i], r.est[i] = x[i]+h*sum, h*e
	}
	if r.s.grid != nil || r.tb.Err == nil {
		return 0, nil
	}
	// (I - hγJ)⁻¹ takes out of the estimate what the stiff components, which are damped, put in (HNW II, eq. IV.8.20).
	if r.factored != 0 {
		r.lu.solve(r.est)
	}
	e := r.s.norm.of(r.est, x, next)
	if e <= 1 && r.s.asksBetween(!r.last) {
		r.s.inside = r.between(t, h, x, next)
	}
	return e, nil
}

// stages solves the stages one after the other.
func (r *implicitStepper) stages(t, h float64, x []float64) error {
	for i, row := range r.tb.A {
		for j := range x {
			sum := 0.0
			for m, a := range row[:min(len(row), i)] {
				sum += a * r.k[m][j]
			}
			r.base[j] = x[j] + h*sum
		}
		time, gamma := t+r.tb.C[i]*h, at(row, i)
		if gamma == 0 && i == 0 {
			copy(r.k[0], r.ends.now(r.s, t, x))
			continue
		}
		if h*gamma == 0 {
			r.s.f(time, r.base, r.k[i])
			if firstBad(r.k[i]) >= 0 {
				r.rate = r.k[i]
				return errRate
			}
			continue
		}
		switch { // the first guess
		case i > 0:
			copy(r.k[i], r.k[i-1])
		case r.guess == nil:
			r.guess = slices.Clone(r.ends.now(r.s, t, x))
			fallthrough
		default:
			copy(r.k[0], r.guess)
		}
		solve := r.solve
		if r.s.grid != nil {
			solve = r.solveFixed
		}
		if err := solve(time, h*gamma, t, x, r.k[i]); err != nil {
			return err
		}
	}
	return nil
}

// solve finds the rate k = f(time, base + hγ·k) in adaptive steps.
func (r *implicitStepper) solve(time, hg, t float64, x, k []float64) error {
	if !r.have || r.stale && !r.current {
		if err := r.evaluateJacobian(t, x); err != nil {
			return err
		}
	}
	if r.factored != hg {
		if !r.factorise(hg) {
			return errNewton
		}
	}
	previous, doubtful := 0.0, false
	for iteration := range newtonIterations {
		r.s.stats.Newton++
		for j := range r.at {
			r.at[j] = r.base[j] + hg*k[j]
		}
		r.s.f(time, r.at, r.residual)
		if firstBad(r.residual) >= 0 && firstBad(r.at) < 0 {
			r.rate = r.residual
			return errRate
		}
		for j := range k {
			r.residual[j] -= k[j]
		}
		defect := 0.0 // of the equation, as a change of the state
		if iteration == 0 && !r.current {
			for j, v := range r.residual {
				r.at[j] = hg * v
			}
			if defect = r.s.norm.of(r.at, x, x); math.IsInf(defect, 0) {
				defect = 0 // x is zero, and the tolerance there
			}
			for j := range r.at {
				r.at[j] = r.base[j] + hg*k[j]
			}
		}
		r.lu.solve(r.residual)
		for j := range k {
			k[j] += r.residual[j]
			r.residual[j] *= hg // what the state changes by
		}
		size := r.size(r.residual, x)
		if !finite(size) {
			return errNewton
		}
		rate := size / previous
		if size == 0 || iteration > 0 && rate < 1 && rate/(1-rate)*size <= newtonTolerance {
			return nil
		}
		if iteration == 0 && size <= newtonTolerance*1e-3 {
			if defect <= doubt {
				return nil
			}
			// The change is so small because the Jacobian is large. If that is so no more, the next one is as small.
			doubtful = true
		} else if doubtful && rate > 0.5 {
			return errNewton
		}
		if iteration > 0 && rate > staleRate {
			r.stale = true
		}
		if iteration > 1 && rate >= 2 {
			return errNewton
		}
		previous = size
	}
	return errNewton
}

// size returns the norm of a change of the state, relative to the tolerances at x: where a guess is far off, the state
// with it may be any number of decades larger.
func (r *implicitStepper) size(v, x []float64) float64 {
	size := r.s.norm.of(v, x, x)
	if math.IsInf(size, 0) { // x may be zero, and the tolerance there
		size = r.s.norm.of(v, x, r.at)
	}
	return size
}

// evaluateJacobian returns errJacobian if a number of the matrix is not finite.
func (r *implicitStepper) evaluateJacobian(t float64, x []float64) error {
	return r.jacobianFor(r.h, t, x)
}

// jacobianFor evaluates the Jacobian with differences for a step of length h.
func (r *implicitStepper) jacobianFor(h, t float64, x []float64) error {
	r.have, r.current, r.stale, r.factored = true, true, false, 0
	r.derivative.evaluate(t, h, x, nil, r.jacobian)
	if firstBad(r.jacobian) >= 0 {
		r.have = false
		if r.s.p.Jacobian == nil && firstBad(r.derivative.rate) >= 0 {
			r.rate = r.derivative.rate
			return errRate
		}
		return errJacobian
	}
	r.band = bandOf(r.jacobian, len(x))
	return nil
}

// factorise factorises I - hγ·J, and reports whether it is regular.
func (r *implicitStepper) factorise(hg float64) bool {
	r.s.stats.Factorised++
	if !r.lu.shifted(1, r.jacobian, r.band, func(x float64) float64 { return hg * x }) {
		r.factored = 0
		return false
	}
	r.factored = hg
	return true
}

func (r *implicitStepper) accept() {
	r.current = false
	last := r.k[len(r.k)-1]
	copy(r.guess, last)
	r.ends.accept()
	if r.last {
		// Not f at the end: for a stiff problem that multiplies what the Newton iterations have left by ∂f/∂x.
		r.ends.know(last)
	}
}

// know sets the rate at the current time, which firstStep has evaluated already.
func (r *implicitStepper) know(f []float64) { r.ends.know(f) }

func (r *implicitStepper) errors() []float64 { return r.est }

func (r *implicitStepper) fit(p *polynomial) {
	if r.s.o.Interpolation != Natural {
		r.ends.fit(r.s, r.h, p)
		return
	}
	r.curve().fit(p, r.h, r.s.before, r.k)
}

// curve returns the scheme's continuous extension.
func (r *implicitStepper) curve() extension {
	if r.extension.b == nil {
		r.extension = implicitExtension(r.tb)
	}
	return r.extension
}
