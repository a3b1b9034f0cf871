package ode

import (
	"fmt"
	"math"
	"slices"
)

// Interpolation is the way in which states between the ends of a step are computed.
type Interpolation int

const (
	// Natural is the scheme's own dense output: of implicit schemes one that stays right on stiff problems, whose error
	// adaptive steps keep within the tolerances where states between them are asked for, and cubic Hermite where an
	// explicit scheme has none.
	Natural Interpolation = iota
	Hermite               // cubic, through states and rates at both ends; order 3; not for stiff problems
	Linear                // through the states at both ends; order 1
)

// maxDegree is the highest degree of a scheme's dense output.
const maxDegree = 7

// polynomial is a curve over a step, x(θ) = Σ c[k]·θ^k, θ from 0 to 1.
type polynomial struct {
	degree int
	c      [maxDegree + 1][]float64
}

func (p *polynomial) reset(degree, n int) {
	p.degree = degree
	for k := range degree + 1 {
		if len(p.c[k]) != n {
			p.c[k] = make([]float64, n)
		}
	}
}

// clone returns a copy with slices of its own.
func (p *polynomial) clone() polynomial {
	q := polynomial{degree: p.degree}
	for k := range p.degree + 1 {
		q.c[k] = append([]float64(nil), p.c[k]...)
	}
	return q
}

func (p *polynomial) at(theta float64, x []float64) {
	for i := range x {
		v := p.c[p.degree][i]
		for k := p.degree - 1; k >= 0; k-- {
			v = v*theta + p.c[k][i]
		}
		x[i] = v
	}
}

// slope writes the derivative with respect to θ to x.
func (p *polynomial) slope(theta float64, x []float64) {
	for i := range x {
		v := 0.0
		for k := p.degree; k >= 1; k-- {
			v = v*theta + float64(k)*p.c[k][i]
		}
		x[i] = v
	}
}

// line sets p to the straight line through the states at both ends.
func (p *polynomial) line(x0, x1 []float64) {
	p.reset(1, len(x0))
	for i := range x0 {
		p.c[0][i], p.c[1][i] = x0[i], x1[i]-x0[i]
	}
}

// hermite sets p to the cubic through states and rates at both ends of a step of length h (HNW I, eq. II.6.7).
func (p *polynomial) hermite(h float64, x0, x1, f0, f1 []float64) {
	p.reset(3, len(x0))
	for i := range x0 {
		d := x1[i] - x0[i]
		p.c[0][i], p.c[1][i] = x0[i], h*f0[i]
		p.c[2][i] = 3*d - h*(2*f0[i]+f1[i])
		p.c[3][i] = h*(f0[i]+f1[i]) - 2*d
	}
}

// quartic sets p to the polynomial of degree 4 that also goes through the state in the middle of the step.
func (p *polynomial) quartic(h float64, x0, mid, x1, f0, f1 []float64) {
	p.reset(4, len(x0))
	for i := range x0 {
		m, d := mid[i]-x0[i], x1[i]-x0[i]
		p.c[0][i], p.c[1][i] = x0[i], h*f0[i]
		p.c[2][i] = h*(f1[i]-4*f0[i]) - 5*d + 16*m
		p.c[3][i] = h*(5*f0[i]-3*f1[i]) + 14*d - 32*m
		p.c[4][i] = 2*h*(f1[i]-f0[i]) - 8*d + 16*m
	}
}

// fit computes the curve of the step unless that has been done.
func (s *Step) fit() {
	if !s.fitted {
		s.solver.step.fit(&s.curve)
		s.fitted = true
	}
}

// notInterpolated returns the failure of a step whose ends are finite and whose interpolated states are not.
func notInterpolated(s *Step, t float64, component int, value float64) *Failure {
	return &Failure{
		Reason: "the interpolated state is not finite", Advice: "shorten the steps, or choose a more stable scheme",
		T: t, H: s.H(), ErrorNorm: s.Error, Component: component, Value: value,
	}
}

// Curve is a solution as a function of time, kept by Options.Dense.
type Curve struct {
	times  []float64 // the ends of the pieces, beginning with T0
	pieces []polynomial
	begin  []float64 // the state at the first time
}

func (c *Curve) add(s *Step) {
	s.fit()
	c.times = append(c.times, s.T)
	c.pieces = append(c.pieces, s.curve.clone())
}

// At returns the state at a time that has been reached.
func (c *Curve) At(t float64) ([]float64, error) {
	if c == nil {
		return nil, fmt.Errorf("ode: the solution was not kept for interpolation; solve with Options.Dense")
	}
	last := len(c.times) - 1
	direction := sign(c.times[last] - c.times[0])
	slack := smallestStep * max(math.Abs(c.times[0]), math.Abs(c.times[last])) // as for Options.At
	if (t-c.times[0])*direction < 0 && math.Abs(t-c.times[0]) <= slack {
		t = c.times[0]
	} else if (c.times[last]-t)*direction < 0 && math.Abs(t-c.times[last]) <= slack {
		t = c.times[last]
	}
	if !((t-c.times[0])*direction >= 0 && (c.times[last]-t)*direction >= 0) {
		return nil, fmt.Errorf("ode: t is %v, must be between %v and %v", t, min(c.times[0], c.times[last]),
			max(c.times[0], c.times[last]))
	}
	if last == 0 {
		return slices.Clone(c.begin), nil
	}
	low, high := 0, last-1 // the piece is among pieces[low:high+1]
	for low < high {
		middle := (low + high) / 2
		if (t-c.times[middle+1])*direction <= 0 {
			high = middle
		} else {
			low = middle + 1
		}
	}
	x := make([]float64, len(c.pieces[0].c[0]))
	c.pieces[low].at((t-c.times[low])/(c.times[low+1]-c.times[low]), x)
	return x, nil
}

// endRates holds the rates at both ends of a step for methods that do not have them as stages. A rate is evaluated when
// interpolation needs it; the one at the end serves the next step.
type endRates struct {
	start, end           []float64
	startKnown, endKnown bool
}

func (e *endRates) accept() {
	e.start, e.end = e.end, e.start
	e.startKnown, e.endKnown = e.endKnown, false
}

func (e *endRates) restart() { e.endKnown = false }

// know sets the rate at the end of the last step, which is the current time.
func (e *endRates) know(f []float64) { e.end, e.endKnown = append(e.end[:0], f...), true }

// now returns the rate at the current time t, where the state is x.
func (e *endRates) now(s *Solver, t float64, x []float64) []float64 {
	if !e.endKnown {
		e.end, e.endKnown = make([]float64, len(x)), true
		s.f(t, x, e.end)
	}
	return e.end
}

// fit writes the polynomial of the solver's last accepted step to p.
func (e *endRates) fit(s *Solver, h float64, p *polynomial) {
	if s.o.Interpolation == Linear {
		p.line(s.before, s.x)
		return
	}
	for _, r := range []struct {
		f     *[]float64
		known *bool
		t     float64
		x     []float64
	}{{&e.start, &e.startKnown, s.current.T0, s.before}, {&e.end, &e.endKnown, s.t, s.x}} {
		if !*r.known {
			*r.f = make([]float64, len(s.x))
			s.f(r.t, r.x, *r.f)
			*r.known = true
		}
	}
	p.hermite(h, s.before, s.x, e.start, e.end)
}
