package ode

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// RadauIIA is the fully implicit Runge–Kutta method of Radau's quadrature with three stages (Hairer & Wanner, Solving
// Ordinary Differential Equations II, section IV.8; below HNW II). It is the collocation method at c = (4-√6)/10,
// (4+√6)/10 and 1: of order 5, of stage order 3, L-stable, and with the state at the end of a step as its last stage.
// It runs on the host, in Solve.
type RadauIIA struct{ Name string }

// Info describes the method.
func (m RadauIIA) Info() Info {
	return Info{
		Name: m.Name, Kind: "implicit Runge–Kutta", Order: 5, Embedded: 3, Stages: radauStages, Adaptive: true,
		Note: "L-stable Radau IIA method for stiff problems at all tolerances; HNW II, section IV.8",
	}
}

func (m RadauIIA) check() error { return checkName(m.Name) }

// checkName returns an error if a method cannot be called so.
func checkName(name string) error {
	if name == "" || strings.ContainsAny(name, " \t\n,/") {
		return fmt.Errorf("ode: scheme %q: a scheme needs a name without spaces, commas and slashes", name)
	}
	return nil
}

const (
	radauStages     = 3
	radauIterations = 7    // Newton iterations, at most
	radauTolerance  = 0.01 // of the iterations, in units of the tolerances

	radauControlOrder = 4 // of h in the error estimate
)

var root6 = math.Sqrt(6)

// radauNodes are the times of the stages.
var radauNodes = [radauStages]float64{(4 - root6) / 10, (4 + root6) / 10, 1}

// The inverse of the method's matrix A is T·Λ·T⁻¹, where Λ consists of a real eigenvalue and of the block
// ((α, β), (-β, α)) of a complex pair α ± iβ (HNW II, eq. IV.8.6). The equations of the stages then fall apart into a
// real and a complex system with as many unknowns as the state has. T is scaled so that its last row is (1, 1, 0).
const (
	radauReal = 3.637834252744495732208419 // 3 + ∛9 - ∛3
	radauRe   = 2.681082873627752133895791 // 3 + (∛3 - ∛9)/2
	radauIm   = 3.050430199247410569426378 // (3^(5/6) + 3^(7/6))/2
)

var (
	radauT = [radauStages][radauStages]float64{
		{0.09443876248897524148749, -0.141255295020954208428, 0.03002919410514742449186},
		{0.2502131229653333113765, 0.204129352293799931996, -0.3829421127572619377954},
		{1, 1, 0},
	}
	radauInverse = [radauStages][radauStages]float64{
		{4.178718591551904727346, 0.3276828207610623870825, 0.5233764454994495480399},
		{-4.178718591551904727346, -0.3276828207610623870825, 0.4766235545005504519601},
		{0.5028726349457868759512, -2.571926949855605429187, 0.5960392048282249249688},
	}
)

// radauCurve holds the coefficients of θ, θ² and θ³ of the collocation polynomial x(t+θh) - x(t), for the increments
// of each stage: the polynomials that are 1 at one node and 0 at the others and at 0.
var radauCurve = [radauStages][radauStages]float64{
	{(13 + 7*root6) / 3, (13 - 7*root6) / 3, 1. / 3},
	{(-23 - 22*root6) / 3, (-23 + 22*root6) / 3, -8. / 3},
	{(10 + 15*root6) / 3, (10 - 15*root6) / 3, 10. / 3},
}

// radauStepper takes steps with the Radau IIA method. The unknowns are the increments z_i = x(t + c_i·h) - x(t) of the
// stages, which simplified Newton iterations find as w = T⁻¹z.
type radauStepper struct {
	s          *Solver
	derivative *jacobian
	jacobian   []float64
	band       band
	real       *matrix[float64]
	complex    *matrix[complex128]
	z, w       [radauStages][]float64
	f          [radauStages][]float64 // the rates of the stages, and then the increments of w
	pair       []complex128
	at, est    []float64
	ends       endRates
	curve      [3][]float64 // the polynomial of the last accepted step without its constant, by power of θ - 1
	length     float64      // of that step; 0: there is none to extrapolate

	h        float64 // of the last attempt
	factored float64 // the step that the factorisations are for; 0: none
	current  bool    // the Jacobian is that of the current time
	stale    bool    // the next step needs a new Jacobian
	have     bool    // there is a Jacobian
	off      float64 // what the equations are off by before the first iteration, where the Jacobian is old
	progress float64 // θ/(1-θ) for the rate θ at which the iterations have converged
	limit    float64 // the tolerance of the iterations, in units of the tolerances
	control  radauControl
}

func newRadau(s *Solver) *radauStepper {
	n := len(s.x)
	r := &radauStepper{
		s: s, derivative: newJacobian(s), jacobian: make([]float64, n*n),
		real:    newMatrix[float64](n, math.Abs),
		complex: newMatrix[complex128](n, size1),
		pair:    make([]complex128, n), at: make([]float64, n), est: make([]float64, n),
		limit: radauLimit(s.norm), control: newRadauControl(s.o.Controller),
	}
	for i := range r.z {
		r.z[i], r.w[i], r.f[i] = make([]float64, n), make([]float64, n), make([]float64, n)
	}
	for i := range r.curve {
		r.curve[i] = make([]float64, n)
	}
	r.ends.start, r.ends.end = make([]float64, n), make([]float64, n)
	return r
}

// radauLimit returns the error that the Newton iterations may leave, in units of the tolerances. It is smaller the
// looser they are, but not below rounding (HNW II, eq. IV.8.10 and below).
func radauLimit(m norm) float64 {
	rtol := m.rtol
	if m.rtols != nil {
		rtol = 0
		for _, x := range m.rtols {
			if x > 0 && (rtol == 0 || x < rtol) {
				rtol = x
			}
		}
	}
	if rtol == 0 {
		return radauTolerance
	}
	return max(10*rounding/rtol, min(radauTolerance, math.Sqrt(rtol)))
}

// know sets the rate at the current time, which firstStep has evaluated already.
func (r *radauStepper) know(f []float64) {
	copy(r.ends.end, f)
	r.ends.endKnown = true
}

// restart forgets the last step and all that is not at the current state.
func (r *radauStepper) restart() {
	r.ends.restart()
	r.current, r.stale, r.length = false, true, 0
	r.control.restart()
}

func (r *radauStepper) advance(t, h float64, x, next []float64) (float64, error) {
	r.h = h
	if !r.ends.endKnown {
		r.s.f(t, x, r.ends.end)
		r.ends.endKnown = true
	}
	if err := r.stages(t, h, x); err != nil {
		copy(next, x)
		if errors.Is(err, errRate) { // for the message
			for _, rate := range [][]float64{r.ends.end, r.f[0], r.f[1], r.f[2]} {
				if i := firstBad(rate); i >= 0 {
					next[i] = rate[i]
					break
				}
			}
		}
		return math.NaN(), err
	}
	for i, z := range r.z[radauStages-1] {
		next[i] = x[i] + z
	}
	if r.s.grid != nil {
		return 0, nil
	}
	return max(r.estimate(t, x, next), r.between(x, next)), nil
}

// between returns the norm of the error between the nodes, as far as the last step tells. Where a stiff component
// follows the time, the error estimate, which is that of the end, does not see how it does. The polynomial of the last
// step differs at the end of this one by a multiple of θ(θ-c1)(θ-c2)(θ-1), whose factor is that of the fourth
// derivative; the error of this step's polynomial is the same multiple of that.
func (r *radauStepper) between(x, next []float64) float64 {
	if r.length == 0 {
		return 0
	}
	ratio := r.h / r.length
	theta := 1 + ratio
	c1, c2, c3 := r.curve[0], r.curve[1], r.curve[2]
	scale := radauBetween * ratio * ratio * ratio * ratio /
		(theta * (theta - radauNodes[0]) * (theta - radauNodes[1]) * ratio)
	for i := range r.at {
		r.at[i] = scale * (r.z[2][i] - ratio*(c1[i]+ratio*(c2[i]+ratio*c3[i])))
	}
	return r.s.norm.of(r.at, x, next)
}

// radauBetween is the largest value of |θ(θ-c1)(θ-c2)(θ-1)| in a step.
const radauBetween = 0.0183

// stages finds the increments of the stages, with a new Jacobian if it must.
func (r *radauStepper) stages(t, h float64, x []float64) error {
	if firstBad(r.ends.end) >= 0 {
		return errRate
	}
	if !r.have || r.stale && !r.current {
		if err := r.evaluateJacobian(t, h, x); err != nil {
			return err
		}
	}
	err := r.solve(t, h, x)
	if err != nil && !r.current { // the Jacobian may be too old
		if err = r.evaluateJacobian(t, h, x); err == nil {
			err = r.solve(t, h, x)
		}
	}
	return err
}

// estimate returns the norm of the error, the difference to an embedded method of order 3. It is that of the defect of
// the collocation polynomial at the beginning of the step, f(t, x) - x'(t), from which a solution with the Jacobian
// takes out what the stiff components put in (HNW II, eq. IV.8.19).
func (r *radauStepper) estimate(t float64, x, next []float64) float64 {
	r.defect(r.ends.end)
	e := r.s.norm.of(r.est, x, next)
	if e > 1 && (r.control.first || r.control.rejected) {
		// Where the stiff components are not on the solution yet, they hide the others (HNW II, eq. IV.8.20).
		for i := range r.at {
			r.at[i] = x[i] + r.est[i]
		}
		r.s.f(t, r.at, r.f[0])
		r.defect(r.f[0])
		e = r.s.norm.of(r.est, x, next)
	}
	return e
}

// defect writes (γ/h·I - J)⁻¹(rate - x'(t)) to est, where rate is f(t, x) and x'(t) that of the collocation polynomial.
func (r *radauStepper) defect(rate []float64) {
	row, z0, z1, z2 := &radauCurve[0], r.z[0], r.z[1], r.z[2]
	for i := range r.est {
		r.est[i] = rate[i] - (row[0]*z0[i]+row[1]*z1[i]+row[2]*z2[i])/r.h
	}
	r.real.solve(r.est)
}

// evaluateJacobian returns errJacobian if a number of the matrix is not finite.
func (r *radauStepper) evaluateJacobian(t, h float64, x []float64) error {
	r.derivative.evaluate(t, h, x, r.ends.end, r.jacobian)
	if firstBad(r.jacobian) >= 0 {
		r.have = false
		return errJacobian
	}
	r.band = bandOf(r.jacobian, len(x))
	r.have, r.current, r.stale, r.factored = true, true, false, 0
	return nil
}

// factorise factorises γ/h·I - J for both eigenvalues γ, unless the last factorisation is for a step of this length.
func (r *radauStepper) factorise(h float64) error {
	if math.Abs(h-r.factored) <= sameStep*math.Abs(h) {
		return nil
	}
	r.s.stats.Factorised += 2
	r.factored = 0
	if !r.real.shifted(radauReal/h, r.jacobian, r.band, func(x float64) float64 { return x }) ||
		!r.complex.shifted(complex(radauRe/h, -radauIm/h), r.jacobian, r.band,
			func(x float64) complex128 { return complex(x, 0) }) {
		return errNewton
	}
	r.factored = h
	return nil
}

// sameStep is the difference of steps, relative to their length, for which a factorisation serves both: t rounds them.
const sameStep = 1e-6

// solve finds the increments of the stages.
func (r *radauStepper) solve(t, h float64, x []float64) error {
	r.control.failed = 0
	if err := r.factorise(h); err != nil {
		return err
	}
	r.begin(h)
	if r.s.grid != nil {
		return r.iterateFixed(t, h, x)
	}
	iterations, limit := radauIterations, r.limit
	r.progress = math.Pow(max(r.progress, rounding), 0.8)
	if r.length == 0 {
		r.progress = math.Inf(1)
	}
	theta, last, lastRate, doubtful := 0.0, 0.0, 0.0, false
	for k := 1; k <= iterations; k++ {
		r.s.stats.Newton++
		size := r.iterate(t, h, x, k == 1 && !r.current)
		if !finite(size) {
			return r.noIteration()
		}
		if k > 1 && size > 0 {
			rate := size / last
			theta, lastRate = contraction(k, rate, lastRate), rate
			switch {
			case theta >= 0.99 && size <= radauTolerance && !doubtful: // all the digits that the rates have
				r.finish(k, theta)
				return nil
			case theta >= 0.99:
				return errNewton
			}
			r.progress = theta / (1 - theta)
			// What is left after all iterations tells how much shorter the step must be (HNW II, section IV.8).
			left := r.progress * size * math.Pow(theta, float64(iterations-1-k)) / limit
			if k < iterations && left >= 1 && r.progress*size > radauTolerance {
				r.control.failed = 0.8 * math.Pow(min(20, max(1e-4, left)), -1/float64(4+iterations-1-k))
				return errNewton
			}
		}
		last = max(size, rounding*limit)
		r.update()
		// A small change may be that of a Jacobian that is no more so large: then the next one is as small.
		doubtful = k == 1 && !r.current && r.off > doubt
		if size == 0 || r.progress*size <= limit && !doubtful || k == iterations && r.progress*size <= radauTolerance {
			r.finish(k, theta)
			return nil
		}
	}
	return errNewton
}

// doubt is the defect, in units of the tolerances, above which a first change is not believed to be small.
const doubt = 1e6

// finish notes what the convergence says about the next step.
func (r *radauStepper) finish(iterations int, theta float64) {
	r.control.iterations = iterations
	r.control.slow = iterations > 2 && theta > slowNewton
}

// slowNewton is the rate of convergence above which the next step has a new Jacobian.
const slowNewton = 1e-3

// begin sets the increments to those of the last step's polynomial beyond its end (HNW II, eq. IV.8.4 and below).
func (r *radauStepper) begin(h float64) {
	if r.length == 0 {
		for k := range r.z {
			clear(r.z[k])
			clear(r.w[k])
		}
		return
	}
	for k, c := range radauNodes {
		theta := c * h / r.length
		c1, c2, c3 := r.curve[0], r.curve[1], r.curve[2]
		for i := range r.z[k] {
			r.z[k][i] = theta * (c1[i] + theta*(c2[i]+theta*c3[i]))
		}
	}
	for k, row := range radauInverse {
		z0, z1, z2 := r.z[0], r.z[1], r.z[2]
		for i := range r.w[k] {
			r.w[k][i] = row[0]*z0[i] + row[1]*z1[i] + row[2]*z2[i]
		}
	}
}

// noIteration returns the error of an iteration whose change is not finite.
func (r *radauStepper) noIteration() error {
	if firstBad(r.at) < 0 && (firstBad(r.f[0]) >= 0 || firstBad(r.f[1]) >= 0 || firstBad(r.f[2]) >= 0) {
		return errRate
	}
	return errNewton
}

// contraction returns by how much iteration k brings the simplified Newton method closer, from the ratio of the sizes
// of its last two changes and the ratio before (Hairer & Wanner II, IV.8).
func contraction(k int, rate, lastRate float64) float64 {
	if k > 2 {
		return math.Sqrt(rate * lastRate)
	}
	return rate
}

// iterate computes the next change of w and returns its norm. With an old Jacobian it also measures what the equations
// are off by.
func (r *radauStepper) iterate(t, h float64, x []float64, old bool) float64 {
	if !r.residuals(t, h, x) {
		return math.NaN()
	}
	if old {
		r.measureDefect(h, x)
	}
	r.change()
	size := r.size(x, x)
	if math.IsInf(size, 0) { // x may be zero, and the tolerance there
		for i := range r.at {
			r.at[i] += r.f[0][i] + r.f[1][i]
		}
		size = r.size(x, r.at)
	}
	return size
}

// residuals computes those of the two systems, to f[0] and pair, and reports whether the rates are finite.
func (r *radauStepper) residuals(t, h float64, x []float64) bool {
	for k, c := range radauNodes {
		for i, z := range r.z[k] {
			r.at[i] = x[i] + z
		}
		r.s.f(t+c*h, r.at, r.f[k])
		if firstBad(r.f[k]) >= 0 {
			return false
		}
	}
	f0, f1, f2 := r.f[0], r.f[1], r.f[2]
	w0, w1, w2 := r.w[0], r.w[1], r.w[2]
	inverse := &radauInverse
	gamma, alpha, beta := radauReal/h, radauRe/h, radauIm/h
	for i := range f0 {
		a, b, c := f0[i], f1[i], f2[i]
		f0[i] = inverse[0][0]*a + inverse[0][1]*b + inverse[0][2]*c - gamma*w0[i]
		re := inverse[1][0]*a + inverse[1][1]*b + inverse[1][2]*c - alpha*w1[i] - beta*w2[i]
		im := inverse[2][0]*a + inverse[2][1]*b + inverse[2][2]*c + beta*w1[i] - alpha*w2[i]
		r.pair[i] = complex(re, im)
	}
	return true
}

// change solves both systems for the change of w, to f.
func (r *radauStepper) change() {
	r.real.solve(r.f[0])
	r.complex.solve(r.pair)
	for i, v := range r.pair {
		r.f[1][i], r.f[2][i] = real(v), imag(v)
	}
}

// measureDefect measures what the equations of the stages are off by, in units of the tolerances: where the Jacobian is
// large, the change of w is much smaller, and tells nothing if the Jacobian is that of another state.
func (r *radauStepper) measureDefect(h float64, x []float64) {
	sum := 0.0
	for i, v := range r.f[0] {
		if w := r.s.norm.tolerance(i, x[i], x[i]); w > 0 {
			a, b := v/w, size1(r.pair[i])/w
			sum += a*a + b*b
		}
	}
	r.off = math.Abs(h) / radauReal * math.Sqrt(sum/float64(len(x)))
}

// size returns the norm of the change of w, relative to the tolerances at states x and y.
func (r *radauStepper) size(x, y []float64) float64 {
	m := &r.s.norm
	a, b, c := m.of(r.f[0], x, y), m.of(r.f[1], x, y), m.of(r.f[2], x, y)
	return math.Sqrt((a*a + b*b + c*c) / 3)
}

// update adds the change to w and computes z = T·w.
func (r *radauStepper) update() {
	w0, w1, w2 := r.w[0], r.w[1], r.w[2]
	z0, z1, z2 := r.z[0], r.z[1], r.z[2]
	d0, d1, d2 := r.f[0], r.f[1], r.f[2]
	for i := range w0 {
		a, b, c := w0[i]+d0[i], w1[i]+d1[i], w2[i]+d2[i]
		w0[i], w1[i], w2[i] = a, b, c
		z0[i] = radauT[0][0]*a + radauT[0][1]*b + radauT[0][2]*c
		z1[i] = radauT[1][0]*a + radauT[1][1]*b + radauT[1][2]*c
		z2[i] = a + b
	}
}

// accept keeps the collocation polynomial of the step, from which the next one starts.
func (r *radauStepper) accept() {
	r.ends.accept()
	r.current, r.stale = false, r.control.slow
	r.coefficients(&r.curve)
	c1, c2, c3 := r.curve[0], r.curve[1], r.curve[2]
	for i := range c1 { // in powers of θ - 1
		a, b, c := c1[i], c2[i], c3[i]
		c1[i], c2[i] = a+2*b+3*c, b+3*c
	}
	r.length = r.h
}

func (r *radauStepper) factor(h, e float64, accepted bool) float64 {
	return r.control.factor(h, e, accepted)
}

func (r *radauStepper) errors() []float64 { return r.est }

// fit writes the collocation polynomial of the last accepted step to p. It is of order 3, also where the problem is
// stiff, since it goes through the stages (HNW II, section IV.8, "continuous output"); between sees to its error.
func (r *radauStepper) fit(p *polynomial) {
	s := r.s
	if s.o.Interpolation != Natural {
		r.ends.fit(s, r.h, p)
		return
	}
	p.reset(3, len(s.x))
	copy(p.c[0], s.before)
	r.coefficients((*[3][]float64)(p.c[1:]))
}

// coefficients writes those of the collocation polynomial, without its constant, to c.
func (r *radauStepper) coefficients(c *[3][]float64) {
	z0, z1, z2 := r.z[0], r.z[1], r.z[2]
	for k, row := range radauCurve {
		for i := range z0 {
			c[k][i] = row[0]*z0[i] + row[1]*z1[i] + row[2]*z2[i]
		}
	}
}
