package ode

import (
	"fmt"
	"math"
	"slices"
)

// Event is a zero crossing of a function of time and state. It is looked for at twelve points within each step, on the
// dense output, and where the function turns back towards zero between them.
//
// A function that is zero at T0 has no event there, unless AtStart is set, and none when it leaves zero. The same is so
// after Do.
type Event struct {
	Name      string
	G         func(t float64, x []float64) float64
	Direction int  // > 0: only where G rises through zero; < 0: only where it falls; 0: both
	Terminal  bool // the solution ends at the event
	AtStart   bool // a function that is zero at T0 has an event there, whatever its direction

	// Do changes the state x at the event, after which the solver starts anew from there: a ball bounces, a neuron
	// fires. Other events that Do itself carries through zero do not happen. If an event happens again and again
	// without time passing, the solver stops with a *Failure: where a ball has come to rest, the equation is another.
	Do func(t float64, x []float64)

	// Gradient writes ∂G/∂x to gx and ∂G/∂p to gp, which are zero before, and returns ∂G/∂t, for gradients through
	// events; nil: differences are used, and G depends on no parameters.
	Gradient func(t float64, x, gx, gp []float64) (gt float64)

	// DoVJP adds aᵀ∂x'/∂x to ax and aᵀ∂x'/∂p to ap, where x' is what Do makes of x, and returns aᵀ∂x'/∂t, for gradients
	// through Do.
	DoVJP func(t float64, x, a, ax, ap []float64) (at float64)
}

// Occurrence is an event that a solver has found, with its time and state.
type Occurrence struct {
	Event int // its index in Problem.Events
	Name  string
	T     float64
	X     []float64 // before Event.Do, and behind that of another event at the same time
	After []float64 // what Do has made of it; nil without Do
}

// eventState follows the signs of the events' functions from point to point.
type eventState struct {
	of    []eventOf
	found []Occurrence
	x     []float64
	times []float64   // the points of a step that are looked at, beginning with its own beginning
	g     [][]float64 // the values of each event's function there
}

// eventOf is what is known of one event.
type eventOf struct {
	sign   float64 // the last sign of the function that was not 0; 0 if there has been none
	onZero bool    // whether the function was zero at the last point
	last   float64 // its value at the end of the last step
	did    float64 // the time of the last Do

	// After a Do that does not lead away from the zero: what the function is there, and how much of it is rounding.
	// Until it is clearly larger, its sign is that of what it has changed by.
	offset, noise float64
}

// value returns the function's value as it counts: what it has changed by since a Do at its zero.
func (of *eventOf) value(g float64) float64 {
	if of.noise == 0 {
		return g
	}
	if g -= of.offset; math.Abs(g) <= of.noise {
		return 0
	}
	return g
}

// begin evaluates the functions at T0. It reports events there if they are asked for.
func (e *eventState) begin(s *Solver) error {
	e.x = make([]float64, len(s.x))
	e.of = make([]eventOf, len(s.p.Events))
	e.g = make([][]float64, len(s.p.Events))
	var found []Occurrence
	for i, event := range s.p.Events {
		value := event.G(s.t, s.x)
		e.of[i] = eventOf{sign: signOrZero(value), last: value, did: math.NaN()}
		if value == 0 && event.AtStart {
			found = append(found, Occurrence{Event: i, Name: event.Name, T: s.t, X: slices.Clone(s.x)})
		}
	}
	return e.happen(s, found)
}

func signOrZero(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}

// look finds the events of the step that was just accepted, in the order of time, and ends the step at the first one
// that is terminal or changes the state.
func (e *eventState) look(s *Solver) error {
	if err := e.sample(s); err != nil {
		return err
	}
	var found []Occurrence
	for i := range s.p.Events {
		for _, t := range e.crossings(s, i) {
			s.current.At(t, e.x)
			if t == s.t {
				copy(e.x, s.x)
			}
			if bad := firstBad(e.x); bad >= 0 {
				return notInterpolated(&s.current, t, bad, e.x[bad])
			}
			found = append(found, Occurrence{Event: i, Name: s.p.Events[i].Name, T: t, X: slices.Clone(e.x)})
		}
	}
	direction := sign(s.p.T1 - s.p.T0)
	slices.SortStableFunc(found, func(a, b Occurrence) int { return int(signOrZero((a.T - b.T) * direction)) })
	return e.happen(s, found)
}

// samplePoints are the fractions of a step at which functions are evaluated, besides its ends. Those next to the ends
// show where a function turns back close to them.
var samplePoints = func() []float64 {
	points := []float64{0.001}
	for i := 1; i <= 10; i++ {
		points = append(points, float64(i)/11)
	}
	return append(points, 0.999)
}()

// sample evaluates all functions at the points of the step.
func (e *eventState) sample(s *Solver) error {
	t0, h := s.current.T0, s.current.H()
	e.times = append(e.times[:0], t0)
	for i := range e.of {
		e.g[i] = append(e.g[i][:0], e.of[i].last)
	}
	leaving := slices.ContainsFunc(e.of, func(of eventOf) bool { return of.sign == 0 })
	if leaving {
		// A function that begins at zero may leave it and come back at once: points that come ever closer.
		for theta := samplePoints[0] / 2; math.Abs(theta*h) > 2*rounding*math.Abs(t0) && theta > 1e-18; theta /= 2 {
			e.times = append(e.times, t0+theta*h)
		}
		slices.Reverse(e.times[1:])
	}
	for _, theta := range samplePoints {
		if t := t0 + theta*h; t != e.times[len(e.times)-1] && t != s.t {
			e.times = append(e.times, t)
		}
	}
	e.times = append(e.times, s.t)
	for _, t := range e.times[1:] {
		x := s.x
		if t != s.t {
			s.current.At(t, e.x)
			x = e.x
		}
		for i, event := range s.p.Events {
			value := event.G(t, x)
			if math.IsNaN(value) {
				return &Failure{Reason: fmt.Sprintf("the function of event %d (%s) is not a number", i, event.Name),
					T: t, H: h, Value: value}
			}
			e.g[i] = append(e.g[i], value)
		}
	}
	return nil
}

// crossings returns the times at which the function of event i passes through zero in the step, and updates what is
// known of it.
func (e *eventState) crossings(s *Solver, i int) []float64 {
	var list []float64
	event, of, g := s.p.Events[i], &e.of[i], e.g[i]
	wanted := func(before, after float64) bool {
		return float64(event.Direction)*before <= 0 && float64(event.Direction)*after >= 0
	}
	for k := 1; k < len(e.times); k++ {
		before, after, was := of.sign, signOrZero(of.value(g[k])), of.onZero
		// A function that has reached zero is found there, and again only after it has left it.
		of.onZero = after == 0
		if after != 0 {
			of.sign = after
		}
		if !was && before != 0 && after != before && wanted(before, after) {
			list = append(list, e.root(s, i, before, e.times[k-1], e.times[k], g[k-1], g[k]))
			continue
		}
		if math.Abs(g[k]) > 8*max(math.Abs(of.offset), of.noise) {
			of.offset, of.noise = 0, 0
		}
		// Where three values come closer to zero and leave it again, it may have been passed in between.
		if k < 2 || of.noise > 0 || before == 0 || after != before || g[k-2]*before <= 0 || g[k-1]*before <= 0 {
			continue
		}
		if t, value, crossed := e.dip(s, event, before, [3]float64(e.times[k-2:k+1]), [3]float64(g[k-2:k+1])); crossed {
			low, high := k-1, k-1 // t lies before or behind the point in the middle
			if (t-e.times[k-1])*s.current.H() < 0 {
				low--
			} else {
				high++
			}
			if wanted(before, -before) {
				list = append(list, e.root(s, i, before, e.times[low], t, g[low], value))
			}
			if wanted(-before, before) {
				list = append(list, e.root(s, i, -before, t, e.times[high], value, g[high]))
			}
		}
	}
	of.last = g[len(g)-1]
	return list
}

// dip looks for a point at which the function has not the sign that it has at three points, of which the middle one is
// nearest to zero: it follows the minima of parabolas through three points.
func (e *eventState) dip(s *Solver, event Event, sign float64, t, g [3]float64) (at, value float64, crossed bool) {
	for i := range g {
		g[i] *= sign
	}
	for range 40 {
		if g[1] > g[0] || g[1] > g[2] {
			return 0, 0, false
		}
		// The parabola is g[1] + b·u + c·u², u = time - t[1].
		u0, u2 := t[0]-t[1], t[2]-t[1]
		d0, d2 := (g[0]-g[1])/u0, (g[2]-g[1])/u2
		c := (d2 - d0) / (u2 - u0)
		b := d0 - c*u0
		at = t[1] - b/(2*c)
		if expected := g[1] - b*b/(4*c); !(c > 0) || expected > g[1]/2 {
			return 0, 0, false // far from zero
		}
		if !((at-t[0])*(t[2]-at) > 0) || at == t[1] {
			return 0, 0, false
		}
		s.current.At(at, e.x)
		value = event.G(at, e.x) * sign
		if value < 0 {
			return at, value * sign, true
		}
		if !(value < g[1]) { // not better, or NaN
			return 0, 0, false
		}
		if (at-t[1])*(t[2]-t[0]) > 0 {
			t[0], g[0] = t[1], g[1]
		} else {
			t[2], g[2] = t[1], g[1]
		}
		t[1], g[1] = at, value
	}
	return 0, 0, false
}

// root returns the time between low and high at which the function of event i loses the sign that it has at low. Every
// third iteration bisects the bracket, the others are false position, which alone can be slow.
func (e *eventState) root(s *Solver, i int, before, low, high, gLow, gHigh float64) float64 {
	event, of := s.p.Events[i], &e.of[i]
	gLow, gHigh = of.value(gLow), of.value(gHigh)
	if gHigh == 0 {
		return high
	}
	if gLow*before <= 0 { // left again since, in the other direction
		gLow = before * math.SmallestNonzeroFloat64
	}
	for k := range 200 {
		middle := low + (high-low)/2
		if middle == low || middle == high {
			break
		}
		if secant := low - gLow*(high-low)/(gHigh-gLow); k%3 != 0 && (secant-low)*(high-secant) > 0 {
			middle = secant
		}
		s.current.At(middle, e.x)
		value := of.value(event.G(middle, e.x))
		if value == 0 {
			return middle
		}
		if signOrZero(value) == before {
			low, gLow = middle, value
		} else {
			high, gHigh = middle, value
		}
	}
	return high // past the zero, so that the function has its new sign there
}

// happen notes occurrences, which are in the order of time, up to the first one that is terminal or changes the state,
// and those that happen at the same time. There it ends the step, and changes the state.
func (e *eventState) happen(s *Solver, found []Occurrence) error {
	ends := func(o Occurrence) bool { return s.p.Events[o.Event].Terminal || s.p.Events[o.Event].Do != nil }
	first := slices.IndexFunc(found, ends)
	if first < 0 {
		e.found = append(e.found, found...)
		return nil
	}
	t := found[first].T
	last := first
	for last+1 < len(found) && found[last+1].T == t {
		last++
	}
	found = found[:last+1]
	crossing := slices.Clone(found[first].X) // before any Do
	if s.stats.Accepted > 0 {
		s.cut(t, found[first].X)
	}
	changed := false
	var again *Occurrence
	for k := range found {
		o := &found[k]
		if o.T != t {
			continue
		}
		event, of := s.p.Events[o.Event], &e.of[o.Event]
		s.done = s.done || event.Terminal
		if event.Do == nil {
			continue
		}
		changed = true
		copy(o.X, s.x)
		event.Do(t, s.x)
		o.After = slices.Clone(s.x)
		if bad := firstBad(s.x); bad >= 0 {
			e.found = append(e.found, found[:k]...)
			value := s.x[bad]
			copy(s.x, o.X)
			return &Failure{Reason: fmt.Sprintf("Do of event %d (%s) has made a state that is not finite", o.Event,
				event.Name), T: t, H: s.current.H(), Component: bad, Value: value}
		}
		if math.Abs(t-of.did) <= atOnce*math.Abs(t) {
			again = o
		}
		of.did = t
	}
	e.found = append(e.found, found...)
	if !changed {
		return nil
	}
	if again != nil {
		return &Failure{Reason: fmt.Sprintf("event %d (%s) happens again and again without time passing", again.Event,
			again.Name), Advice: "let its Do lead away from its zero, or make it Terminal where it comes to rest",
			T: t, H: s.current.H(), Value: s.x[0]}
	}
	s.anew = true
	for i := range e.of {
		happened := slices.ContainsFunc(found, func(o Occurrence) bool { return o.Event == i && o.T == t })
		e.rearm(s, i, happened, crossing)
	}
	return nil
}

// atOnce is the time, relative to the present one, that must pass between two calls of an event's Do.
const atOnce = 0x1p-39

// rearm sets what is known of event i after a Do, where its function has a new value. crossing is the state before it.
func (e *eventState) rearm(s *Solver, i int, happened bool, crossing []float64) {
	event, of := s.p.Events[i], &e.of[i]
	value := event.G(s.t, s.x)
	of.last, of.sign, of.onZero, of.offset, of.noise = value, signOrZero(value), value == 0, 0, 0
	// A state that Do has not led away from the zero, which was found up to rounding, is there still.
	if !happened || math.Abs(value) > 2*math.Abs(event.G(s.t, crossing)) {
		return
	}
	of.sign, of.onZero, of.offset = 0, true, value
	of.noise = math.SmallestNonzeroFloat64
	for _, by := range []float64{1 - rounding, 1 + rounding} { // what rounding of the state makes of it
		for j, x := range s.x {
			e.x[j] = x * by
		}
		if d := 4 * math.Abs(event.G(s.t*by, e.x)-value); d > of.noise {
			of.noise = d
		}
	}
}

// cut makes the accepted step end at t, where the state is x.
func (s *Solver) cut(t float64, x []float64) {
	s.current.truncate(t)
	if s.grid != nil && t != s.grid[s.index] {
		s.grid = slices.Insert(s.grid, s.index, t)
	}
	s.t = t
	copy(s.x, x)
	s.current.X = slices.Clone(x) // s.x may be changed
}

// truncate makes the step, and its curve, end at t.
func (s *Step) truncate(t float64) {
	s.fit()
	scale := (t - s.T0) / (s.T - s.T0)
	power := 1.0
	for k := range s.curve.degree + 1 {
		for i := range s.curve.c[k] {
			s.curve.c[k][i] *= power
		}
		power *= scale
	}
	s.T = t
}
