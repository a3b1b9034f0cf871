package ode

import (
	"fmt"
	"math"
)

// Switching solves with an explicit scheme where the problem permits it and with the Radau IIA method of order 5 where
// it is stiff, and may switch any number of times. Stats says how often it did, and how many steps were implicit.
//
// Two stages of an explicit step at the same time, its end, give an estimate of the largest eigenvalue ρ of ∂f/∂x along
// the solution (Hairer & Wanner, Solving Ordinary Differential Equations II, section IV.2; Shampine, 1977). Where h·ρ
// stays at the limit of the scheme's stability, stability and not accuracy limits the steps. Norms of the Jacobian tell
// when implicit steps are no longer than stable explicit ones.
type Switching struct {
	Name     string
	Explicit Tableau // adaptive and FSAL, with another stage at the end of the step
}

const switchingKind = "explicit or implicit Runge–Kutta"

// Info describes the method.
func (m Switching) Info() Info {
	return Info{
		Name: m.Name, Kind: switchingKind, Order: min(m.Explicit.Order, 5), Embedded: m.Explicit.Info().Embedded,
		Stages: m.Explicit.Stages(), Adaptive: true,
		Note: fmt.Sprintf("%s, and the Radau IIA method of order 5 where a test finds the problem stiff",
			m.Explicit.Name),
	}
}

func (m Switching) check() error {
	if err := checkName(m.Name); err != nil {
		return err
	}
	if err := m.Explicit.normalised().Check(); err != nil {
		return err
	}
	tb := m.Explicit.normalised()
	if s := tb.Stages(); !tb.Adaptive() || !tb.FSAL() || tb.C[s-2] != 1 {
		return fmt.Errorf("ode: scheme %q: the explicit scheme %s must estimate its error and have its last two "+
			"stages at the end of the step, the last one with the weights B, as dopri5 and tsit5 do", m.Name, tb.Name)
	}
	return nil
}

// stabilityLimit returns the largest x for which the scheme damps x' = -x with every step up to x.
func (tb Tableau) stabilityLimit() float64 {
	// R(z) = 1 + Σ_k z^k·bᵀA^(k-1)·1 (HNW II, eq. IV.2.9)
	s := tb.Stages()
	v, coefficients := make([]float64, s), []float64{1}
	for i := range v {
		v[i] = 1
	}
	for range s {
		sum, next := 0.0, make([]float64, s)
		for i := range v {
			sum += tb.B[i] * v[i]
			for j, a := range tb.A[i] {
				next[i] += a * v[j]
			}
		}
		coefficients, v = append(coefficients, sum), next
	}
	const resolution = 1e-3
	for x := resolution; x < 100; x += resolution {
		r := 0.0
		for k := len(coefficients) - 1; k >= 0; k-- {
			r = r*-x + coefficients[k]
		}
		if math.Abs(r) > 1 {
			return x - resolution
		}
	}
	return 100
}

const (
	stiffShare  = 0.9 // of the stability limit, above which a step counts as limited by it
	stiffSteps  = 15  // such steps after which the problem counts as stiff,
	mildSteps   = 6   // if there are never so many others in a row
	calmSteps   = 5   // implicit steps within the limit after which the next ones are explicit
	calmestWait = 640 // at most so many, after many returns
)

// autoStepper takes steps with one of two steppers.
type autoStepper struct {
	s        *Solver
	explicit *explicitStepper
	radau    *radauStepper
	implicit bool
	taken    stepper // of the last accepted step
	limit    float64 // of h·ρ
	change   []term  // of the state between the last two stages, divided by h
	state    []float64
	rate     []float64
	stiff    int     // steps at the limit
	mild     int     // other steps in a row
	calm     int     // implicit steps within the limit in a row
	wait     int     // so many of them are needed
	radius   float64 // a bound of ρ from the Jacobian
	bounded  int     // the Jacobian that it is from
}

func newAuto(s *Solver, m Switching) *autoStepper {
	tb := m.Explicit.normalised()
	n := len(s.x)
	r := &autoStepper{
		s: s, explicit: newExplicit(s, tb), radau: newRadau(s), limit: tb.stabilityLimit(), wait: calmSteps,
		state: make([]float64, n), rate: make([]float64, n),
	}
	stages := tb.Stages()
	difference := make([]float64, stages)
	for j := range difference {
		difference[j] = at(tb.A[stages-1], j) - at(tb.A[stages-2], j)
	}
	r.change = r.explicit.terms(difference)
	r.taken = r.explicit
	return r
}

func (r *autoStepper) active() stepper {
	if r.implicit {
		return r.radau
	}
	return r.explicit
}

func (r *autoStepper) know(f []float64) {
	if r.implicit {
		r.radau.know(f)
	} else {
		r.explicit.know(f)
	}
}

func (r *autoStepper) advance(t, h float64, x, next []float64) (float64, error) {
	return r.active().advance(t, h, x, next)
}

func (r *autoStepper) factor(h, e float64, accepted bool) float64 {
	if r.implicit {
		return r.radau.factor(h, e, accepted)
	}
	return r.s.ctl.factor(e, accepted)
}

func (r *autoStepper) restart() {
	r.explicit.restart()
	r.radau.restart()
	r.stiff, r.mild, r.calm = 0, 0, 0
}

func (r *autoStepper) errors() []float64 { return r.active().errors() }
func (r *autoStepper) fit(p *polynomial) { r.taken.fit(p) }

// accept makes the step permanent and decides which method takes the next one.
func (r *autoStepper) accept() {
	r.taken = r.active()
	r.taken.accept()
	if r.implicit {
		r.s.stats.Implicit++
		if r.isCalm() {
			r.toExplicit()
		}
		return
	}
	if r.isStiff() {
		r.toImplicit()
	}
}

// isStiff looks at the explicit step that was accepted.
func (r *autoStepper) isStiff() bool {
	e := r.explicit
	last, before := e.k[len(e.k)-1], e.k[len(e.k)-2]
	for i := range r.rate {
		r.rate[i] = last[i] - before[i]
	}
	sum(r.state, r.change)
	moved := r.s.norm.of(r.state, r.s.before, r.s.x) // divided by h
	if moved > 0 && r.s.norm.of(r.rate, r.s.before, r.s.x) > stiffShare*r.limit*moved {
		r.stiff, r.mild = r.stiff+1, 0
	} else if r.mild++; r.mild >= mildSteps {
		r.stiff = 0
	}
	return r.stiff >= stiffSteps
}

// isCalm looks at the implicit step that was accepted.
func (r *autoStepper) isCalm() bool {
	if r.bounded != r.s.stats.Jacobians {
		r.bounded, r.radius = r.s.stats.Jacobians, r.spectralBound()
	}
	if math.Abs(r.s.h)*r.radius > stiffShare*r.limit {
		r.calm = 0
		return false
	}
	r.calm++
	return r.calm >= r.wait
}

// spectralBound returns a bound of the Jacobian's eigenvalues: the smaller one of its row and column sum norms, of
// components in units of their tolerances.
func (r *autoStepper) spectralBound() float64 {
	n := len(r.s.x)
	weights, columns := r.state, r.rate
	clear(columns)
	for i, x := range r.s.x {
		if weights[i] = r.s.norm.tolerance(i, x, x); weights[i] == 0 {
			weights[i] = math.SmallestNonzeroFloat64
		}
	}
	rows := 0.0
	for i := range n {
		sum := 0.0
		for k, v := range r.radau.jacobian[i*n : (i+1)*n] {
			if v != 0 {
				v = math.Abs(v) * (weights[k] / weights[i])
				sum += v
				columns[k] += v
			}
		}
		rows = max(rows, sum)
	}
	largest := 0.0
	for _, v := range columns {
		largest = max(largest, v)
	}
	return min(rows, largest)
}

func (r *autoStepper) toImplicit() {
	r.implicit, r.calm = true, 0
	r.s.stats.Switches++
	r.radau.restart()
	r.radau.know(r.explicit.end)
}

func (r *autoStepper) toExplicit() {
	r.implicit, r.stiff, r.mild = false, 0, 0
	r.s.stats.Switches++
	r.explicit.restart()
	r.wait = min(2*r.wait, calmestWait) // a problem that has become stiff again may do so once more
}
