package ode

import (
	"fmt"
	"math"
	"slices"
)

// Splitting is a symplectic method for separable systems, whose state is in two halves, positions q and momenta p, with
// dq/dt a function of p alone and dp/dt a function of (t, q) alone, as for a Hamiltonian T(p) + V(q). A step alternates
// between kicks p += Kick[i]·h·dp/dt and drifts q += Drift[i]·h·dq/dt, beginning with a kick (Hairer, Lubich & Wanner,
// Geometric Numerical Integration, sections I.1.4 and II.5). Energy errors stay bounded for exponentially long times.
//
// For any other system, such as one with friction, which depends on p, the method would be of first order. Differences
// at the beginning tell, and the solver refuses it; what depends on the wrong half only later is not seen.
type Splitting struct {
	Name  string
	Order int
	Kick  []float64 // one coefficient more than Drift
	Drift []float64
	Note  string
}

var splittings = []Method{
	Splitting{
		Name: "leapfrog", Order: 2, Kick: []float64{1. / 2, 1. / 2}, Drift: []float64{1},
		Note: "Störmer–Verlet, for dq/dt = v(p), dp/dt = g(t, q)",
	},
	yoshida4(),
}

// yoshida4 returns the composition of three leapfrog steps whose errors of third order cancel.
func yoshida4() Splitting {
	w1 := 1 / (2 - math.Cbrt(2))
	w0 := 1 - 2*w1
	return Splitting{
		Name: "yoshida4", Order: 4,
		Kick:  []float64{w1 / 2, (w0 + w1) / 2, (w0 + w1) / 2, w1 / 2},
		Drift: []float64{w1, w0, w1},
		Note:  "three leapfrog steps of length 1.35, -1.70 and 1.35; Yoshida (1990)",
	}
}

// Info describes the method.
func (s Splitting) Info() Info {
	return Info{Name: s.Name, Kind: "symplectic splitting", Order: s.Order, Stages: len(s.Drift),
		Evaluations: 2 * len(s.Drift), Note: s.Note}
}

func (s Splitting) check() error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("ode: scheme %q: %s", s.Name, fmt.Sprintf(format, args...))
	}
	if s.Name == "" || s.Order < 1 {
		return fail("a splitting needs a name and an order of at least 1")
	}
	if len(s.Drift) == 0 || len(s.Kick) != len(s.Drift)+1 {
		return fail("needs one kick more than drifts, got %d and %d", len(s.Kick), len(s.Drift))
	}
	for _, x := range append(slices.Clone(s.Kick), s.Drift...) {
		if !finite(x) {
			return fail("its coefficients must be finite numbers, got %v", x)
		}
	}
	for name, v := range map[string][]float64{"kicks": s.Kick, "drifts": s.Drift} {
		if sum := exactSum(v, 1); !sum.zero() {
			return fail("the %s sum to %.10g, not 1: the scheme is not consistent", name, total(v))
		}
	}
	// Σ kick·(drifts before it) = 1/2 is the second-order condition; higher orders are not checked.
	drifted, moment := 0.0, 0.0
	for i, kick := range s.Kick {
		moment += kick * drifted
		if i < len(s.Drift) {
			drifted += s.Drift[i]
		}
	}
	if s.Order > 1 && math.Abs(moment-0.5) > 1e-12 {
		return fail("claims order %d, but kicks and drifts are not balanced as order 2 needs: Σ kick·time is %.10g, "+
			"not 1/2", s.Order, moment)
	}
	return nil
}

// splittingStepper takes steps with a Splitting on the host. The first half of the state is positions, the second
// momenta.
type splittingStepper struct {
	Splitting
	solver *Solver
	rate   []float64
	known  bool // rate[n/2:] is dp/dt at the current time, from the last kick
	h      float64
	ends   endRates
}

func (r *splittingStepper) advance(t, h float64, x, next []float64) (float64, error) {
	r.h = h
	copy(next, x)
	half := len(x) / 2
	add := func(part []float64, rate []float64, c float64) {
		for i := range part {
			part[i] += c * h * rate[i]
		}
	}
	c := 0.0
	for i, kick := range r.Kick {
		if i > 0 || !r.known {
			r.solver.f(t+c*h, next, r.rate)
		}
		add(next[half:], r.rate[half:], kick)
		if i < len(r.Drift) {
			r.solver.f(t+c*h, next, r.rate)
			add(next[:half], r.rate[:half], r.Drift[i])
			c += r.Drift[i]
		}
	}
	return 0, nil
}

func (r *splittingStepper) accept() {
	r.known = true
	r.ends.accept()
}

func (r *splittingStepper) restart() {
	r.known = false
	r.ends.restart()
}

func (r *splittingStepper) errors() []float64 { return nil }
func (r *splittingStepper) fit(p *polynomial) { r.ends.fit(r.solver, r.h, p) }
