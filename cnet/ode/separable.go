package ode

import (
	"fmt"
	"math"
	"slices"
)

// separable returns a *Failure unless the system falls apart at the beginning of the first step, of length h, as a
// Splitting needs it: dq/dt must not change with q and t, and dp/dt not with p. Differences tell: four evaluations,
// and more only where one of them shows a change.
func (r *splittingStepper) separable(t, h float64, x []float64) error {
	c := separability{s: r.solver, t: t, h: h, x: x, f0: make([]float64, len(x))}
	c.s.f(t, x, c.f0)
	if firstBad(c.f0) >= 0 {
		return nil // the step will say so
	}
	c.measure()
	half := len(x) / 2
	for _, part := range []struct {
		move              move
		from, to          int // the rates that must stay as they are
		rate, with, needs string
	}{
		{move{from: 0, to: half}, 0, half, "position", "the positions", "dq/dt to depend on the momenta alone"},
		{move{from: half, to: len(x)}, half, len(x), "momentum", "the momenta",
			"dp/dt to depend on time and positions alone"},
		{move{time: true}, 0, half, "position", "time", "dq/dt to depend on the momenta alone"},
	} {
		if i := c.depends(part.move, part.from, part.to); i >= 0 {
			return &Failure{
				Reason: fmt.Sprintf("the system is not separable: the rate of component %d, a %s, depends on %s, and "+
					"the method needs %s", i, part.rate, part.with, part.needs),
				Advice: "use a scheme for any system, such as rk4 or implicit_midpoint; " +
					"positions are the first half of the state, and momenta the second",
				T: t, H: h, Component: i, Value: x[i],
			}
		}
	}
	return nil
}

// separability looks for what rates depend on.
type separability struct {
	s     *Solver
	t, h  float64
	x, f0 []float64
	scale []float64 // of each component
}

// move is what a difference moves: the components from to to - 1, or the time.
type move struct {
	from, to int
	time     bool
}

// measure sets the scale of each component: its size or by how much it moves in a step, whichever is larger, or else
// that of its half of the state, of the whole, or 1.
func (c *separability) measure() {
	c.scale = make([]float64, len(c.x))
	all := 0.0
	for i, x := range c.x {
		if c.scale[i] = max(math.Abs(x), math.Abs(c.h*c.f0[i])); !finite(c.scale[i]) {
			c.scale[i] = math.Abs(x)
		}
		all = max(all, c.scale[i])
	}
	if all == 0 {
		all = 1
	}
	half := len(c.x) / 2
	for _, part := range [][]float64{c.scale[:half], c.scale[half:]} {
		largest := 0.0
		for _, v := range part {
			largest = max(largest, v)
		}
		if largest == 0 {
			largest = all
		}
		for i, v := range part {
			if v == 0 {
				part[i] = largest
			}
		}
	}
}

const (
	farMove  = 0x1p-4 // of the scale: a move that shows a dependence
	moves    = 8      // so many, equally spaced, up to that
	clearly  = 1024   // times the rounding of a rate: a change that is none
	smooth   = 0.05   // of the change: third differences of a dependence
	ulpsTime = 1e4    // a step of so many roundings of the time is long enough to see changes with it
)

// depends returns the first of the rates from from to to - 1 that depends on what is moved, or -1.
//
// A rate that does not depend on it is the same to the bit, as a rule. Where what is moved cancels in how the rate is
// computed, rounding changes it, by any amount, but not as smoothly as a dependence does.
func (c *separability) depends(m move, from, to int) int {
	if m.time && ulpsTime*rounding*math.Abs(c.t) > math.Abs(c.h) {
		return -1
	}
	f := [moves + 1][]float64{0: c.f0, moves: c.rates(m, farMove)}
	if f[moves] == nil || slices.Equal(f[moves][from:to], c.f0[from:to]) {
		return -1
	}
	for k := 1; k < moves; k++ {
		if f[k] = c.rates(m, farMove*float64(k)/moves); f[k] == nil {
			return -1
		}
	}
	for i := from; i < to; i++ {
		low, high, largest := f[0][i], f[0][i], 0.0
		for k := range f {
			low, high = min(low, f[k][i]), max(high, f[k][i])
			if k >= 3 {
				largest = max(largest, math.Abs(f[k][i]-3*f[k-1][i]+3*f[k-2][i]-f[k-3][i]))
			}
		}
		change := high - low
		if change > clearly*rounding*max(math.Abs(low), math.Abs(high)) && largest <= smooth*change {
			return i
		}
	}
	return -1
}

// rates returns the rates after a move, or nil if they are not all finite there.
func (c *separability) rates(m move, by float64) []float64 {
	t, x, f := c.t, slices.Clone(c.x), make([]float64, len(c.x))
	if m.time {
		t += by * c.h
	}
	for i := m.from; i < m.to; i++ {
		// Not all by the same factor: what depends on a difference of two components must show it.
		_, fraction := math.Modf(float64(i+1) * math.Phi)
		x[i] += by * (1 + fraction) / 2 * c.scale[i]
	}
	c.s.f(t, x, f)
	if firstBad(f) >= 0 {
		return nil
	}
	return f
}
