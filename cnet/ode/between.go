package ode

import (
	"cmp"
	"math"
	"slices"
)

// interior is what is known of the error of states between the ends of a step.
type interior struct {
	checked      bool
	error, power float64 // its norm, and the power of the step's length in it
	atEnd        bool    // the state at the end has it, too
}

func (i interior) accepted() bool { return !i.checked || i.error <= 1 }

// factor returns by how much the step behind an accepted one may be longer.
func (i interior) factor() float64 {
	if !i.checked || i.error == 0 {
		return math.Inf(1)
	}
	return max(1, interiorSafety*math.Pow(i.error, -1/i.power))
}

const interiorSafety = 0.9

// shorterInside returns the length of the step that follows one of length h, whose end is accurate but not the states
// in it. Where an output comes first, the next step ends there.
func (s *Solver) shorterInside(h float64) float64 {
	f := s.ctl.MinFactor
	if finite(s.inside.error) {
		f = min(max(f, interiorSafety*math.Pow(s.inside.error, -1/s.inside.power)), interiorSafety)
	}
	if next := s.nextOutput(); next < len(s.o.At) && math.Abs(s.o.At[next]-s.t) >= math.Abs(f*h) &&
		!s.inside.atEnd && !s.o.Dense && len(s.p.Events) == 0 {
		s.aim, s.aimed = s.o.At[next], true
		return h
	}
	return f * h
}

// nextOutput returns the index of the first of Options.At that lies behind the current time.
func (s *Solver) nextOutput() int {
	direction := sign(s.p.T1 - s.p.T0)
	next, found := slices.BinarySearchFunc(s.o.At, s.t, func(at, t float64) int {
		return cmp.Compare(at*direction, t*direction)
	})
	if found {
		next++
	}
	return next
}

// asksBetween reports whether states between the ends of the step that is attempted will be needed: for an output, for
// Options.Dense or for events, unless another interpolation than the scheme's own is asked for. Where ends have the
// same errors, those of the steps before an output count, too.
func (s *Solver) asksBetween(ends bool) bool {
	if s.o.Interpolation != Natural {
		return false
	}
	if s.o.Dense || len(s.p.Events) > 0 {
		return true
	}
	next := s.nextOutput()
	return next < len(s.o.At) && (ends && s.o.At[next] != s.p.T1 || (s.end-s.o.At[next])*sign(s.end-s.t) > 0)
}

// between returns the norm of the error of the continuous extension, before the step is accepted. The error estimate,
// which is that of the end, does not see how a stiff component follows the time in the step. The defect of the
// extension p does, f(t+θh, p(θ)) - p'(θ)/h: a solution with the factorised matrix of the stages,
//
//	(I - hγJ)⁻¹·hγ·(f(t+θh, p(θ)) - p'(θ)/h),
//
// is the error of p(θ) in stiff components, and γ times its derivative in the others (Enright, A new error-control for
// initial value solvers, 1989, controls the defect itself, which in stiff components is any number).
func (r *implicitStepper) between(t, h float64, x, next []float64) interior {
	if r.factored == 0 {
		return interior{}
	}
	e, p := r.curve(), &r.trial
	e.fit(p, h, x, r.k)
	if r.points == nil {
		r.points, r.power = e.farthest(r.tb)
	}
	of := interior{checked: true, power: float64(r.power), atEnd: !r.last}
	for _, theta := range r.points {
		p.at(theta, r.at)
		r.s.f(t+theta*h, r.at, r.residual)
		if firstBad(r.residual) >= 0 {
			of.error = math.NaN()
			return of
		}
		p.slope(theta, r.at)
		for i, v := range r.at {
			r.residual[i] = r.factored * (r.residual[i] - v/h)
		}
		r.lu.solve(r.residual)
		of.error = max(of.error, r.s.norm.of(r.residual, x, next))
	}
	return of
}

// farthest returns fractions of the step at which the extension's error is largest where the problem is stiff: those
// for the first two powers of θ that it does not follow. It also returns the power of the step's length in that error,
// which is one less if it has a part of the rate at the beginning, that of the last stage of the step before.
func (e extension) farthest(tb Tableau) (points []float64, power int) {
	const resolution = 64
	power = 2
	for q := 1; q <= 2*CheckedOrder && len(points) < 2; q++ {
		row := tb.stiffWeights(q)
		if row == nil {
			break
		}
		largest, farthest := 1e-9, 0.0
		for i := 1; i < resolution; i++ {
			theta := float64(i) / resolution
			off := math.Abs(dot(e.at(theta), row) - math.Pow(theta, float64(q)))
			if off > largest {
				largest, farthest = off, theta
			}
		}
		if farthest == 0 {
			continue
		}
		if q == 1 { // an explicit first stage
			power--
			continue
		}
		if points == nil {
			power = max(2, power+q-2)
		}
		if !slices.Contains(points, farthest) {
			points = append(points, farthest)
		}
	}
	if points == nil {
		points = []float64{1. / 3}
	}
	return points, max(2, power)
}
