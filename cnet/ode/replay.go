package ode

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// replay repeats the steps of a solution on tapes, to differentiate them.
type replay struct {
	p     Problem
	o     Options
	inner *Solver // whose stepper solves implicit stages
	step  func(tp *tape, k int, t0, t1 float64, from carry) (carry, func() curve, error)

	times    []float64       // the ends of the steps, beginning with T0
	implicit map[int]bool    // the steps that Switching has taken implicitly
	full     map[int]float64 // the ends of steps that an event has cut short, before it did
	events   map[int][]*happened
	seen     int       // events so far
	first    []int     // for each step, the index of the first output after its beginning; last, their number
	asked    []float64 // the times of the outputs, as they were given
	atEnd    bool      // the only output is the end, wherever that is
	ended    bool      // by a terminal event
	forward  Stats     // of finding the steps

	timed  bool // derivatives with respect to times are asked for
	t0, t1 instant
	at     []instant // of the outputs
	jumps  []instant // Options.Jumps, of which those between T0 and T1 count,
	grid   []instant // and Options.Grid, of which inner times that are no jumps count
	breaks []int     // the indices of times between which the others move in proportion, for adaptive steps
}

// watcher is told of the outputs and events of a replay.
type watcher interface {
	output(i int, x *node)
	event(e *happened, x *node) // with the state before Event.Do
}

// newReplay finds the steps of a solution. atEnd says that the only output is the end.
func newReplay(p Problem, o Options, atEnd bool) (*replay, error) {
	solver, err := New(p, o)
	if err != nil {
		return nil, err
	}
	r := &replay{
		p: solver.p, o: solver.o, asked: solver.asked, atEnd: atEnd, full: map[int]float64{},
		implicit: map[int]bool{}, events: map[int][]*happened{}, at: make([]instant, len(solver.o.At)),
		jumps: make([]instant, len(solver.o.Jumps)), grid: make([]instant, len(solver.o.Grid)),
	}
	if err := r.choose(solver.method); err != nil {
		return nil, err
	}
	begun := time.Now()
	r.times = []float64{p.T0}
	if solver.grid != nil && len(p.Events) == 0 {
		r.times = solver.grid
	} else {
		for step, err := range solver.Steps() {
			if err != nil {
				return nil, err
			}
			if err := r.note(solver, step); err != nil {
				return nil, err
			}
		}
		if len(r.times) == 1 && len(solver.events.found) > 0 {
			return nil, fmt.Errorf("ode: event %d happens at T0, where its time does not change; "+
				"gradients need AtStart to be unset", solver.events.found[0].Event)
		}
		r.forward, r.ended = solver.stats, solver.done
	}
	r.forward.since(begun)
	direction, output := sign(p.T1-p.T0), 0
	for _, t := range r.times {
		for output < len(r.o.At) && (r.o.At[output]-t)*direction <= 0 {
			output++
		}
		r.first = append(r.first, output)
	}
	if atEnd {
		r.first[len(r.first)-1] = 1
	}
	r.inner = solver
	r.inner.grid, r.inner.stats = r.times, Stats{} // stages are solved as in fixed steps, to the last digit
	for i, t := range r.times {
		last := i == len(r.times)-1
		if i == 0 || last || r.cuts(i-1) || r.o.isJump(t, direction) {
			r.breaks = append(r.breaks, i)
		}
	}
	return r, nil
}

// note keeps what is needed to repeat an accepted step.
func (r *replay) note(s *Solver, step *Step) error {
	k := len(r.times) - 1
	r.times = append(r.times, step.T)
	if auto, ok := s.step.(*autoStepper); ok && auto.taken == stepper(auto.radau) {
		r.implicit[k] = true
	}
	for i, e := range s.events.found[r.seen:] {
		if e.T == r.p.T0 {
			return fmt.Errorf("ode: event %d happens at T0, where its time does not change; "+
				"gradients need AtStart to be unset", e.Event)
		}
		event := &s.p.Events[e.Event]
		if event.Do != nil || event.Terminal {
			r.full[k] = planned(s, step)
			r.timed = true
		}
		r.events[k] = append(r.events[k], &happened{Occurrence: e, index: r.seen + i, of: event,
			instant: &instant{}})
	}
	r.seen = len(s.events.found)
	if _, cut := r.full[k]; cut { // what happens at its end does so at the same time
		var first *instant
		for _, e := range r.events[k] {
			if e.T == step.T && first == nil {
				first = e.instant
			}
			if e.T == step.T {
				e.instant = first
			}
		}
	}
	return nil
}

// planned returns where a step that an event has ended would have ended without it.
func planned(s *Solver, step *Step) float64 {
	end := step.T0 + lastLength(s.step)
	if s.grid == nil {
		return end
	}
	// One of these is it, and the event may have inserted the first one.
	best := s.grid[s.index]
	if next := s.index + 1; next < len(s.grid) && math.Abs(s.grid[next]-end) < math.Abs(best-end) {
		best = s.grid[next]
	}
	return best
}

// lastLength returns the length of the last step, before an event has cut it short.
func lastLength(s stepper) float64 {
	switch s := s.(type) {
	case *explicitStepper:
		return s.h
	case *implicitStepper:
		return s.h
	case *radauStepper:
		return s.h
	case *autoStepper:
		return lastLength(s.taken)
	case *adamsStepper:
		return s.h
	}
	return 0
}

// timesOfAdams returns an error if times are asked for that the weights of an Adams method depend on.
func (r *replay) timesOfAdams() error {
	m, multistep := r.inner.method.(Adams)
	if !multistep || !r.timed || r.o.Steps > 0 && len(r.o.innerJumps(r.p)) == 0 && len(r.full) == 0 {
		return nil
	}
	return fmt.Errorf("ode: the weights of %s depend on the times of its steps; for gradients with respect to times, "+
		"and through events, use a Runge–Kutta scheme, or equal steps (Options.Steps) without jumps and events", m.Name)
}

// choose sets the step of the method.
func (r *replay) choose(method Method) error {
	switch m := method.(type) {
	case Tableau:
		r.step = r.rungeKutta(m)
		if !m.Explicit() {
			r.step = r.diagonallyImplicit(m)
		}
	case Adams:
		r.step = r.adams(m)
	case RadauIIA:
		r.step = r.radau()
	case Switching:
		explicit, implicit := r.rungeKutta(m.Explicit.normalised()), r.radau()
		r.step = func(tp *tape, k int, t0, t1 float64, from carry) (carry, func() curve, error) {
			if r.implicit[k] {
				return implicit(tp, k, t0, t1, from)
			}
			return explicit(tp, k, t0, t1, from)
		}
	default:
		return fmt.Errorf("ode: %s (%s) cannot be differentiated by backpropagation; "+
			"use a Runge–Kutta scheme", m.Info().Name, m.Info().Kind)
	}
	return nil
}

// reached returns the number of outputs that the solution has reached.
func (r *replay) reached() int { return r.first[len(r.first)-1] }

// timeOf returns the time of an output.
func (r *replay) timeOf(i int) float64 {
	if r.atEnd {
		return r.times[len(r.times)-1]
	}
	return r.asked[i]
}

// take takes step k, with its events, and shows w its outputs. It returns the carry for the next step, without rates
// where f jumps in between or an event changes the state.
func (r *replay) take(tp *tape, k int, from carry, w watcher) (carry, error) {
	t0, t1, end := r.times[k], r.times[k+1], r.times[k+1]
	if c := r.o.Context; c != nil && c.Err() != nil {
		return from, &Failure{Scheme: r.inner.info.Name, Reason: c.Err().Error() + " while steps were differentiated",
			T: t0, H: end - t0, Value: from.x.value[0], Err: c.Err()}
	}
	full, cut := r.full[k]
	if cut {
		end = full
	}
	tp.sides = newSides(r.p, r.o, t0, end)
	if tp.span = nil; r.timed {
		tp.span = &span{t0: t0, h: end - t0, begin: r.moment(k), end: r.moment(k + 1)}
		if cut {
			tp.span.end = r.fullMoment(k)
		}
	}
	next, lazy, err := r.step(tp, k, t0, end, from)
	if err == nil {
		err = tp.err
	}
	if err != nil {
		if errors.Is(err, errNewton) {
			err = tp.p.disagreement(tp.sides.of(t0), from.x.value, err)
		}
		var wrong *WrongDerivative
		if errors.As(err, &wrong) {
			return next, wrong
		}
		return next, fmt.Errorf("ode: repeating the step from t = %v for its derivatives: %w", t0, err)
	}
	point := func(t float64, at moment) *node { return tp.point(lazy(), t0, end-t0, t, at) }
	if w != nil {
		for i := r.first[k]; i < r.first[k+1] && !r.atEnd; i++ {
			if t := r.o.At[i]; t == end && !r.timed {
				w.output(i, next.x)
			} else {
				w.output(i, point(t, moment{{&r.at[i], 1}}))
			}
		}
	}
	if r.o.isJump(t1, sign(r.p.T1-r.p.T0)) {
		next = carry{x: next.x}
	}
	var state *node // at the event that ends the step
	for _, e := range r.events[k] {
		ends := cut && e.T == t1
		if !ends && w == nil {
			continue
		}
		x := state
		if x == nil {
			slope := lazy().slope((e.T-t0)/(end-t0), end-t0)
			x = tp.cross(point(e.T, nil), e, slope)
		}
		if w != nil {
			w.event(e, x)
		}
		if !ends {
			continue
		}
		if state = x; e.of.Do != nil {
			state = tp.do(x, e)
		}
		next = carry{x: state}
	}
	if w != nil && r.atEnd && k == len(r.times)-2 {
		w.output(0, next.x)
	}
	if tp.err != nil {
		return next, fmt.Errorf("ode: the step from t = %v has no derivatives: %w", t0, tp.err)
	}
	return next, nil
}

// moment returns how the time at which step k begins moves with T0, T1 and the times of events:
//
//   - with Options.Steps, and with adaptive steps, the steps keep their proportions between T0, jumps, events and T1;
//   - with Options.StepSize all steps but the last move with T0;
//   - the inner times of Options.Grid and the jumps are times of their own.
func (r *replay) moment(k int) moment {
	t := r.times[k]
	if i := r.instantOf(k); i != nil {
		return moment{{i, 1}}
	}
	if r.o.fixed() {
		return r.fixedMoment(t)
	}
	i, found := slices.BinarySearch(r.breaks, k)
	if found {
		return r.jump(t)
	}
	low, high := r.breaks[i-1], r.breaks[i]
	share := (t - r.times[low]) / (r.times[high] - r.times[low])
	return append(r.moment(low).times(1-share), r.moment(high).times(share)...)
}

// cuts reports whether an event cuts step k short.
func (r *replay) cuts(k int) bool {
	_, cut := r.full[k]
	return cut
}

// instantOf returns T0, T1 or the event that is the beginning of step k, or nil.
func (r *replay) instantOf(k int) *instant {
	switch {
	case k == 0:
		return &r.t0
	case r.cuts(k - 1):
		for _, e := range r.events[k-1] {
			if e.T == r.times[k] {
				return e.instant
			}
		}
	case k == len(r.times)-1:
		return &r.t1
	}
	return nil
}

// fixedMoment returns how a time of a fixed grid moves.
func (r *replay) fixedMoment(t float64) moment {
	share := (t - r.p.T0) / (r.p.T1 - r.p.T0)
	switch {
	case t == r.p.T1:
		return moment{{&r.t1, 1}}
	case r.o.isJump(t, sign(r.p.T1-r.p.T0)):
		return r.jump(t)
	case r.o.Grid != nil:
		if i := slices.Index(r.o.Grid, t); i >= 0 {
			return moment{{&r.grid[i], 1}}
		}
		return nil
	case r.o.StepSize > 0:
		return moment{{&r.t0, 1}}
	}
	return moment{{&r.t0, 1 - share}, {&r.t1, share}}
}

// jump returns the moment of the jump at t.
func (r *replay) jump(t float64) moment {
	i := slices.Index(r.o.Jumps, t)
	if i < 0 {
		return nil
	}
	return moment{{&r.jumps[i], 1}}
}

// gridBars returns the derivatives with respect to the times of a grid as it was given, whose ends may be T0 and T1 up
// to rounding.
func (r *replay) gridBars(grid []float64) []float64 {
	bars := make([]float64, len(grid))
	for i, t := range grid {
		if k := slices.Index(r.o.Grid, t); k >= 0 {
			bars[i] = r.grid[k].bar
		}
	}
	if last := len(grid) - 1; last > 0 {
		bars[0], bars[last] = r.t0.bar, r.t1.bar
	}
	return bars
}

// fullMoment returns how the end of step k would move if no event had cut it short. An adaptive step keeps its length.
func (r *replay) fullMoment(k int) moment {
	if r.o.fixed() {
		return r.fixedMoment(r.full[k])
	}
	return r.moment(k)
}

func (m moment) times(c float64) moment {
	n := slices.Clone(m)
	for i := range n {
		n[i].weight *= c
	}
	return n
}
