// Package smooth joins the steps of solvers by curves without corners, as fine as a picture shows them.
//
// Distances are compared component by component: within has the distance that nobody sees for each component of the
// state; for a batch, for each component of one of its states.
package smooth

import (
	"math"

	"continuousnet/cnet/ode"
)

// Relative is the distance that nobody sees, as a share of the width of a plot: a tenth of a pixel of 500. Charts leave
// out points that lie within 0.3 pixels; together it stays below half a pixel.
const Relative = 1. / 5000

// Line is a solution at its steps and between them.
type Line struct {
	T     []float64
	X     [][]float64
	Steps []int // the indices of the steps
}

// Interpolate finds the states between steps of a given length, for Through. It solves again, so that the costs in s
// are those of the steps alone. A method of the first order has none: Euler's method goes along straight lines. Nor are
// they needed where the steps are so short that no corner is seen.
func Interpolate(s *ode.Solution, p ode.Problem, o ode.Options, within []float64) {
	method := o.Method
	if method == nil && o.Scheme != "" {
		method, _ = ode.Lookup(o.Scheme)
	}
	if method != nil && method.Info().Order < 2 || s == nil || !cornered(s, within) {
		return
	}
	o.Dense, o.Progress = true, nil
	if again, _ := ode.Solve(p, o); again != nil { // what fails has failed before
		s.Curve = again.Curve
	}
}

// cornered reports whether straight lines between the outputs have corners that are seen. Between equal steps of a
// smooth curve a corner is four times as far from the straight line past it as the curve from the lines beside it.
func cornered(s *ode.Solution, within []float64) bool {
	if len(s.X) == 2 {
		return true
	}
	for i := 2; i < len(s.X); i++ {
		at := (s.T[i-1] - s.T[i-2]) / (s.T[i] - s.T[i-2])
		if strays(s.X[i-2], s.X[i-1], s.X[i], at, within) > 4 {
			return true
		}
	}
	return false
}

// strays returns how far x is from the place at a share of the way from a to b, in units of what is seen.
func strays(a, x, b []float64, at float64, within []float64) (most float64) {
	for k := range x {
		d := math.Abs(x[k]-(a[k]+at*(b[k]-a[k]))) / within[k%len(within)]
		if !(d <= most) { // also NaN
			most = d
		}
	}
	return most
}

// mostHalvings is how often a step is halved at most.
const mostHalvings = 7

// Through returns a solution with as many states between its steps as are needed so that the straight lines between
// them look like a curve. Without an interpolation there are none between. given says that the steps are not those of
// an error control: where one of them is so long that its interpolation strays further than in half a turn, that says
// nothing about the solution, and is left out.
func Through(s *ode.Solution, given bool, within []float64) (l Line) {
	for i, t := range s.T {
		if i > 0 && s.Curve != nil && t != s.T[i-1] { // a state may jump at an event
			c := cutter{s: s, within: within, line: &l}
			if !given || c.plausible(i) {
				c.between(s.T[i-1], t, s.X[i-1], s.X[i], mostHalvings)
			}
		}
		l.Steps = append(l.Steps, len(l.T))
		l.T, l.X = append(l.T, t), append(l.X, s.X[i])
	}
	return l
}

// cutter adds states between steps to a line.
type cutter struct {
	s      *ode.Solution
	within []float64
	line   *Line
}

// quarters returns the times and the states at the quarters of a step; ok is false if one of them is not finite.
func (c cutter) quarters(t0, t1 float64) (t [3]float64, x [3][]float64, ok bool) {
	for k := range x {
		t[k] = t0 + (t1-t0)*float64(k+1)/4
		state, err := c.s.At(t[k])
		if err != nil {
			return t, x, false
		}
		for _, v := range state {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return t, x, false
			}
		}
		x[k] = state
	}
	return t, x, true
}

// plausible reports whether the interpolation of the step to output i strays no further than half of what the step
// reaches, in any component or on an axis of time: half a circle does.
func (c cutter) plausible(i int) bool {
	s := c.s
	_, x, ok := c.quarters(s.T[i-1], s.T[i])
	if !ok {
		return false
	}
	time := (s.T[i] - s.T[i-1]) / (s.T[len(s.T)-1] - s.T[0]) / Relative
	reach := max(time, strays(s.X[i-1], s.X[i], s.X[i-1], 0, c.within))
	for k := range x {
		if strays(s.X[i-1], x[k], s.X[i], float64(k+1)/4, c.within) > reach/2 {
			return false
		}
	}
	return true
}

// between adds states until the straight lines between them are as good as the curve.
func (c cutter) between(t0, t1 float64, x0, x1 []float64, halvings int) {
	t, x, ok := c.quarters(t0, t1)
	if !ok || halvings == 0 {
		return
	}
	most := 0.0
	for k := range x {
		most = max(most, strays(x0, x[k], x1, float64(k+1)/4, c.within))
	}
	if most <= 1 {
		return
	}
	c.between(t0, t[1], x0, x[1], halvings-1)
	c.line.T, c.line.X = append(c.line.T, t[1]), append(c.line.X, x[1])
	c.between(t[1], t1, x[1], x1, halvings-1)
}

// Thinned returns the indices of the points of a curve that its picture needs: the straight lines between them pass
// what is left out at a distance that is not seen.
func Thinned(line [][2]float64, within [2]float64) (kept []int) {
	const most = 100 // are left out in a row, which bounds what is looked through
	scaled := func(i int) (x, y float64) { return line[i][0] / within[0], line[i][1] / within[1] }
	passes := func(from, to int) bool {
		ax, ay := scaled(from)
		bx, by := scaled(to)
		dx, dy := bx-ax, by-ay
		length := dx*dx + dy*dy
		for i := from + 1; i < to; i++ {
			px, py := scaled(i)
			px, py = px-ax, py-ay
			if length > 0 {
				at := min(max((px*dx+py*dy)/length, 0), 1)
				px, py = px-at*dx, py-at*dy
			}
			if !(px*px+py*py <= 1) {
				return false
			}
		}
		return true
	}
	for i := range line {
		last := len(kept) - 1
		if last < 0 {
			kept = append(kept, i)
			continue
		}
		if i-kept[last] > 1 && (i-kept[last] > most || !passes(kept[last], i)) {
			kept = append(kept, i-1)
		}
	}
	if n := len(line); n > 1 {
		kept = append(kept, n-1)
	}
	return kept
}
