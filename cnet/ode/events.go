package ode

import (
	"fmt"
	"math"
	"slices"
)

// Event is a zero crossing of a function of time and state. Its sign is compared at the ends of steps: two sign changes
// within one step are missed; a smaller Options.MaxStep finds them.
type Event struct {
	Name      string
	G         func(t float64, x []float64) float64
	Direction int  // > 0: only where G rises through zero; < 0: only where it falls; 0: both
	Terminal  bool // the solution ends at the event
}

// Occurrence is an event that a solver has found, with its time and state.
type Occurrence struct {
	Event int // its index in Problem.Events
	Name  string
	T     float64
	X     []float64
}

// eventState follows the signs of the events' functions from step to step.
type eventState struct {
	sign   []float64 // the last sign of each function that was not 0; 0 if there has been none
	onZero []bool    // whether the function was zero at the end of the last step
	found  []Occurrence
	x      []float64
}

func (e *eventState) begin(s *Solver) {
	for _, event := range s.p.Events {
		value := signOrZero(event.G(s.t, s.x))
		e.sign, e.onZero = append(e.sign, value), append(e.onZero, false)
	}
	e.x = make([]float64, len(s.x))
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

// look finds the events of the step that was just accepted, in the order of time, and ends the step at the first
// terminal one.
func (e *eventState) look(s *Solver) error {
	var found []Occurrence
	for i, event := range s.p.Events {
		value := event.G(s.t, s.x)
		if math.IsNaN(value) {
			return &Failure{Reason: fmt.Sprintf("the function of event %d (%s) is not a number", i, event.Name), T: s.t,
				H: s.current.H(), Value: value}
		}
		before, after := e.sign[i], signOrZero(value)
		if after != 0 {
			e.sign[i] = after
		}
		// A function that has reached zero is found there, and again only after it has left it.
		was := e.onZero[i]
		e.onZero[i] = after == 0
		passes := float64(event.Direction)*before <= 0 && float64(event.Direction)*after >= 0
		if was || before == 0 || after == before || !passes {
			continue
		}
		t := e.root(s, event, before)
		s.current.At(t, e.x)
		if bad := firstBad(e.x); bad >= 0 {
			return notInterpolated(&s.current, t, bad, e.x[bad])
		}
		found = append(found, Occurrence{i, event.Name, t, slices.Clone(e.x)})
	}
	direction := sign(s.p.T1 - s.p.T0)
	slices.SortStableFunc(found, func(a, b Occurrence) int { return int(signOrZero((a.T - b.T) * direction)) })
	for _, o := range found {
		e.found = append(e.found, o)
		if s.p.Events[o.Event].Terminal {
			s.current.truncate(o.T)
			s.t = o.T
			copy(s.x, o.X)
			s.done = true
			break
		}
	}
	return nil
}

// root returns the time at which the event's function loses the sign that it has at the beginning of the step. Every
// third iteration bisects the bracket, the others are false position, which alone can be slow.
func (e *eventState) root(s *Solver, event Event, before float64) float64 {
	g := func(t float64) float64 {
		s.current.At(t, e.x)
		return event.G(t, e.x)
	}
	low, high := s.current.T0, s.current.T
	gLow, gHigh := event.G(low, s.before), event.G(high, s.x)
	if gHigh == 0 {
		return high
	}
	if gLow == 0 { // left again within the step, in the other direction
		gLow = before * math.SmallestNonzeroFloat64
	}
	for i := 0; i < 200; i++ {
		middle := low + (high-low)/2
		if middle == low || middle == high {
			break
		}
		if secant := low - gLow*(high-low)/(gHigh-gLow); i%3 != 0 && (secant-low)*(high-secant) > 0 {
			middle = secant
		}
		value := g(middle)
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
