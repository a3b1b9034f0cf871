package ode

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"time"
)

// Stats is the cost of a solution.
type Stats struct {
	NFE          int           `json:"nfe"` // evaluations of f, also for the first step and for Jacobians
	Accepted     int           `json:"accepted"`
	Rejected     int           `json:"rejected"`
	SmallestStep float64       `json:"smallest_step"` // of the accepted steps
	LargestStep  float64       `json:"largest_step"`
	Jacobians    int           `json:"jacobians,omitempty"`
	Factorised   int           `json:"factorised,omitempty"`  // matrices factorised for implicit stages
	Newton       int           `json:"newton,omitempty"`      // iterations for implicit stages
	VJPs         int           `json:"vjps,omitempty"`        // vector–Jacobian products
	Unconverged  int           `json:"unconverged,omitempty"` // steps whose Adams–Moulton corrector did not converge
	Implicit     int           `json:"implicit,omitempty"`    // accepted steps, of a method that switches
	Switches     int           `json:"switches,omitempty"`    // between its explicit and its implicit method
	RTol         float64       `json:"rtol,omitempty"`        // used instead of one that rounding does not permit
	Wall         time.Duration `json:"wall"`
}

// String returns the statistics on one line.
func (s Stats) String() string {
	line := fmt.Sprintf("%d evaluations, %d steps accepted and %d rejected, from %.3g to %.3g long", s.NFE, s.Accepted,
		s.Rejected, s.SmallestStep, s.LargestStep)
	if s.Jacobians > 0 {
		line += fmt.Sprintf(", %d Jacobians, %d factorisations, %d Newton iterations", s.Jacobians, s.Factorised,
			s.Newton)
	}
	if s.Switches > 0 {
		line += fmt.Sprintf(", %d of the steps implicit after %d switches", s.Implicit, s.Switches)
	}
	if s.RTol > 0 {
		line += fmt.Sprintf(", RTol raised to %.3g because of rounding", s.RTol)
	}
	return fmt.Sprintf("%s, %s", line, s.Wall.Round(time.Microsecond))
}

// Failure is the error of a solver that stopped before the end of the problem.
type Failure struct {
	Scheme    string
	Reason    string // such as "the step size underflowed"
	Advice    string
	T, H      float64 // the time reached, and the length of the step that failed
	ErrorNorm float64 // of that step; 1 is the most that the tolerances allow; 0 or NaN if there is none
	Component int     // the first one that is not finite, or else the one with the largest error
	Value     float64 // of that component
	Err       error   // that of Options.Context if it has stopped the solver, otherwise nil
}

// Unwrap returns Err, so that errors.Is finds context.Canceled and context.DeadlineExceeded.
func (f *Failure) Unwrap() error { return f.Err }

func (f *Failure) Error() string {
	norm := ""
	if finite(f.ErrorNorm) && f.ErrorNorm > 0 {
		norm = fmt.Sprintf("error norm %.3g, ", f.ErrorNorm)
	}
	text := fmt.Sprintf("ode: %s: %s at t = %.10g with step %.3g (%scomponent %d is %.6g)", f.Scheme, f.Reason, f.T,
		f.H, norm, f.Component, f.Value)
	if f.Advice != "" {
		text += "; " + f.Advice
	}
	return text
}

// Solver solves a problem step by step.
type Solver struct {
	p      Problem
	o      Options
	info   Info
	method Method
	norm   norm
	ctl    control
	step   stepper
	own    stepControl // of the method, instead of ctl; nil: it has none

	asked     []float64 // Options.At as it was given, before roundings outside of the interval were removed
	grid      []float64 // the ends of fixed steps, beginning with T0; nil: adaptive
	index     int       // of the next step
	t, h      float64   // the time reached, and the length of the next step, with its sign
	x, before []float64 // the states at the end and at the beginning of the last step
	next      []float64
	jumps     []float64 // still to come
	sides     sides     // the side of a jump on which f is evaluated in the current step
	current   Step
	events    eventState
	stats     Stats
	rejected  int  // in a row
	started   bool // the first step's length is known
	bounded   bool // its choice has ended at a jump, so that nothing is known of what is behind it
	restart   bool // the rates that are known are those in front of a jump
	anew      bool // an event has changed the state: nothing is known

	end    float64  // of the step that is attempted
	inside interior // the error of the states in it
	aim    float64  // an output that the next step must end at,
	aimed  bool     // if there is one

	trouble  error   // why the last attempt has no finite error
	troubled float64 // the length of the first such attempt in a row
	done     bool    // a terminal event happened
	failed   error
}

// A stepper takes the steps of one method for a Solver.
type stepper interface {
	// advance computes next ≈ x(t+h) from x and returns the norm of its error, 0 without an estimate.
	advance(t, h float64, x, next []float64) (float64, error)
	// accept makes the last advance permanent; restart discards the rates known at the current time.
	accept()
	restart()
	// errors returns the error estimate of the last advance for each component, or nil.
	errors() []float64
	// fit writes the polynomial of the last accepted step into c.
	fit(c *polynomial)
}

// A stepControl is a stepper that chooses the next step itself if Options.Controller does not.
type stepControl interface {
	// factor returns h_next/h after a step of length h with error norm e.
	factor(h, e float64, accepted bool) float64
}

func (s *Solver) factor(h, e float64, accepted bool) float64 {
	if s.own != nil {
		return s.own.factor(h, e, accepted)
	}
	return s.ctl.factor(e, accepted)
}

// A Step is the step that a Solver has accepted last. Its slices are valid until the next step.
type Step struct {
	Index    int       // counts accepted steps from 0
	T0, T    float64   // the step goes from T0 to T
	X0, X    []float64 // X before Event.Do, and Solver.State behind it
	Error    float64   // its error norm, at most 1; 0 for fixed steps
	Rejected int       // attempts that were rejected before this step

	solver *Solver
	fitted bool
	curve  polynomial
}

// H returns the length of the step, negative if time runs backwards.
func (s *Step) H() float64 { return s.T - s.T0 }

// At interpolates the state at a time within the step and writes it to x. Steps of diagonally implicit schemes see to
// the error between their ends with Options.Dense, or with events, and otherwise for Options.At alone.
func (s *Step) At(t float64, x []float64) {
	s.fit()
	s.curve.at((t-s.T0)/(s.T-s.T0), x)
}

// New returns a solver at the beginning of the problem.
func New(p Problem, o Options) (*Solver, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	m, err := o.method()
	if err != nil {
		return nil, err
	}
	info := m.Info()
	o = o.withDefaults()
	if err := o.check(p, info); err != nil {
		return nil, err
	}
	if o.CheckDerivatives {
		if err := p.checkDerivatives(); err != nil {
			return nil, err
		}
	}
	asked := o.At
	o.At, o.Grid = snapped(o.At, p), snappedGrid(o.Grid, p)
	n := len(p.X0)
	s := &Solver{
		asked: asked,
		p:     p, o: o, info: info, method: m, norm: newNorm(p, o), t: p.T0,
		x: slices.Clone(p.X0), before: make([]float64, n), next: make([]float64, n),
	}
	s.current = Step{solver: s, Index: -1, T0: p.T0, T: p.T0, X: s.x, X0: s.x}
	if !o.fixed() {
		s.stats.RTol = s.norm.raise()
	}
	s.jumps = o.innerJumps(p)
	s.sides = newSides(p, o, p.T0, p.T0)
	if o.fixed() {
		if s.grid, err = o.grid(p); err != nil {
			return nil, err
		}
	}
	switch m := m.(type) {
	case Tableau:
		order := m.controlOrder()
		if o.compat.controlOrder > 0 {
			order = o.compat.controlOrder
		}
		s.ctl = newControl(o.Controller, max(order, 1))
		if o.compat.singleRoot {
			s.ctl.order = 1 / float64(float32(1/s.ctl.order))
		}
		if m.Explicit() {
			s.step = newExplicit(s, m)
		} else {
			s.step = newImplicit(s, m)
		}
	case Adams:
		s.step = newAdamsStepper(s, m)
	case RadauIIA:
		s.ctl = newControl(o.Controller, radauControlOrder)
		s.step = newRadau(s)
	case Switching:
		s.ctl = newControl(o.Controller, m.Explicit.normalised().controlOrder())
		s.step = newAuto(s, m)
	case Splitting:
		if n%2 != 0 {
			return nil, fmt.Errorf("ode: %s needs a state of positions and momenta, half each; X0 has %d numbers",
				m.Name, n)
		}
		s.step = &splittingStepper{solver: s, Splitting: m, rate: make([]float64, n)}
	default:
		return nil, fmt.Errorf("ode: %s: methods of type %T are not known", info.Name, m)
	}
	if given := o.Controller; given.P == 0 && given.D == 0 && given.I == 1 {
		s.own, _ = s.step.(stepControl)
	}
	return s, nil
}

// innerJumps returns the jumps between T0 and T1.
func (o Options) innerJumps(p Problem) []float64 {
	var inner []float64
	for _, t := range o.Jumps {
		if (t-p.T0)*sign(p.T1-p.T0) > 0 && (p.T1-t)*sign(p.T1-p.T0) > 0 {
			inner = append(inner, t)
		}
	}
	return inner
}

// grid returns the times at which fixed steps end, beginning with T0. Jumps are among them.
func (o Options) grid(p Problem) ([]float64, error) {
	length := p.T1 - p.T0
	steps := float64(o.Steps)
	switch {
	case o.Grid != nil:
		steps = float64(len(o.Grid) - 1)
	case o.StepSize > 0:
		// Rounding must not add an empty last step.
		steps = max(1, math.Ceil(math.Abs(length)/o.StepSize*(1-1e-12)-1e-9))
	}
	if steps > float64(o.MaxSteps) {
		return nil, fmt.Errorf("ode: Options ask for %.0f steps, more than MaxSteps, %d", steps, o.MaxSteps)
	}
	g := slices.Clone(o.Grid)
	if g == nil {
		g = []float64{p.T0}
		for i := 1.0; i < steps && length != 0; i++ {
			t := p.T0 + length*(i/steps)
			if o.StepSize > 0 {
				t = p.T0 + i*o.StepSize*sign(length)
			}
			// In an interval of a few roundings some steps are empty.
			if (t-g[len(g)-1])*sign(length) > 0 && (p.T1-t)*sign(length) > 0 {
				g = append(g, t)
			}
		}
		if length != 0 {
			g = append(g, p.T1)
		}
	}
	return merge(g, o.innerJumps(p), sign(length)), nil
}

// merge returns the times of both lists in order, each once.
func merge(a, b []float64, direction float64) []float64 {
	if len(b) == 0 {
		return a
	}
	list := make([]float64, 0, len(a)+len(b))
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && (b[0]-a[0])*direction > 0:
			list, a = append(list, a[0]), a[1:]
		case len(a) > 0 && a[0] == b[0]:
			a = a[1:]
		default:
			list, b = append(list, b[0]), b[1:]
		}
	}
	return list
}

// isJump reports whether f is discontinuous at t.
func (o Options) isJump(t, direction float64) bool {
	_, found := slices.BinarySearchFunc(o.Jumps, t, func(jump, t float64) int {
		return cmp.Compare(jump*direction, t*direction)
	})
	return found
}

// sides moves evaluations of f at the ends of a step to just inside the step where f is discontinuous there.
type sides struct {
	from, to     float64 // the jump at the beginning and the one at the end; NaN: none
	begin, end   float64 // the times to take instead
	backwards    bool
	discontinues bool
}

func newSides(p Problem, o Options, t0, t1 float64) sides {
	if len(o.Jumps) == 0 {
		return sides{}
	}
	s := sides{from: math.NaN(), to: math.NaN(), backwards: p.T1 < p.T0, discontinues: true}
	direction := sign(p.T1 - p.T0)
	if o.isJump(t0, direction) {
		s.from, s.begin = t0, math.Nextafter(t0, p.T1)
	}
	if t1 != t0 && o.isJump(t1, direction) {
		s.to, s.end = t1, math.Nextafter(t1, p.T0)
	}
	if s.begin == t1 && t1 != t0 { // there is nothing inside: the value at a jump is taken for that behind it
		s.begin, s.end = min(t0, t1), min(t0, t1)
	}
	return s
}

// of returns the time at which to evaluate f in place of t.
func (s *sides) of(t float64) float64 {
	if !s.discontinues {
		return t
	}
	d := 1.0
	if s.backwards {
		d = -1
	}
	switch {
	case (t-s.to)*d >= 0:
		return s.end
	case (t-s.from)*d <= 0:
		return s.begin
	}
	return t
}

// fraction returns the fraction of the step at which f is evaluated in place of the fraction c, at t: stages may lie
// beyond the end.
func (s *sides) fraction(t, c float64) float64 {
	switch {
	case !s.discontinues:
	case t == s.to || (t < s.to) == s.backwards && !math.IsNaN(s.to):
		return 1
	case t == s.from || (t > s.from) == s.backwards && !math.IsNaN(s.from):
		return 0
	}
	return c
}

// f evaluates the problem's rate and counts the evaluation. At a jump it evaluates on the side of the current step.
func (s *Solver) f(t float64, x, dx []float64) {
	s.stats.NFE++
	s.p.F(s.sides.of(t), x, dx)
}

// Stats returns the cost so far.
func (s *Solver) Stats() Stats { return s.stats }

// Time returns the time that the solver has reached.
func (s *Solver) Time() float64 { return s.t }

// State returns the state at that time. The slice is valid until the next step.
func (s *Solver) State() []float64 { return s.x }

// Steps returns an iterator over the steps from the time reached to T1 or a terminal event:
//
//	for step, err := range solver.Steps() {
//		if err != nil { ... } // a *Failure; it is the last thing that the iterator yields
//	}
//
// After a break, Steps can be called again for the steps that follow.
func (s *Solver) Steps() iter.Seq2[*Step, error] {
	return func(yield func(*Step, error) bool) {
		for {
			begun := time.Now()
			step, err := s.advance()
			s.stats.Wall += time.Since(begun)
			if step == nil && err == nil || !yield(step, err) || err != nil {
				return
			}
		}
	}
}

// smallestStep is the shortest step, relative to t, that is well above the rounding of t. A step that is to become
// shorter because of its error is an underflow; to the end of the interval or to a jump it may be as short as it must.
const smallestStep = 10 * 0x1p-52

// advance takes one step. It returns nil at the end.
func (s *Solver) advance() (*Step, error) {
	if s.failed != nil {
		return nil, s.failed
	}
	direction := sign(s.p.T1 - s.p.T0)
	if s.done || (s.p.T1-s.t)*direction <= 0 {
		return nil, nil
	}
	if err := s.stopped(); err != nil {
		return nil, err
	}
	if !s.started {
		if err := s.begin(direction); err != nil {
			return nil, s.fail(err)
		}
		if s.done {
			return nil, nil
		}
	}
	if s.restart || s.anew {
		choose := s.anew || s.bounded
		s.restart, s.anew = false, false
		s.sides = newSides(s.p, s.o, s.t, s.t)
		s.step.restart()
		if choose && s.grid == nil {
			s.ctl.previous = [2]float64{1, 1}
			if err := s.choose(direction); err != nil {
				return nil, s.fail(err)
			}
		}
	}
	for {
		if s.stats.Accepted+s.stats.Rejected >= s.o.MaxSteps {
			return nil, s.failure(fmt.Sprintf("%d steps were not enough", s.o.MaxSteps), s.h, s.current.Error,
				s.moreSteps())
		}
		underflow := false
		if smallest := smallestStep * math.Abs(s.t); s.grid == nil && math.Abs(s.h) < smallest {
			underflow = s.rejected > 0
			s.h = direction * min(smallest, s.o.MaxStep)
		}
		t1, jump := s.nextTime(direction)
		if len(s.o.Jumps) > 0 {
			s.sides = newSides(s.p, s.o, s.t, t1)
		}
		h := t1 - s.t
		if underflow || s.t+h == s.t || s.trouble != nil && math.Abs(h) < 1e-25*s.troubled {
			return nil, s.underflow()
		}
		if s.end = t1; s.inside.checked {
			s.inside = interior{}
		}
		e, err := s.step.advance(s.t, h, s.x, s.next)
		if err != nil && s.grid != nil {
			return nil, s.failure(err.Error(), h, math.NaN(), s.newtonAdvice("shorten the steps"))
		}
		bad := firstBad(s.next)
		if bad >= 0 && err == nil {
			err = errRate
		}
		if err != nil {
			e = math.NaN()
			if s.trouble == nil {
				s.troubled = math.Abs(h)
			}
		}
		s.trouble = err
		accepted := e <= 1 && s.inside.accepted()
		if s.grid != nil {
			if bad >= 0 || math.IsNaN(e) {
				return nil, s.failure("the state is no longer finite", h, e,
					"shorten the steps, or choose a more stable scheme")
			}
			accepted = true
		} else {
			// The step may be a rounding longer than the one that was planned.
			smallest := min(math.Abs(h), math.Abs(s.h)) <= s.o.MinStep
			if smallest && finite(e) {
				accepted = true
			}
			planned := s.h
			aimed := s.aimed
			s.aimed = false
			switch {
			case !s.inside.checked:
				s.h = s.clamp(h*s.factor(h, e, accepted), direction)
			case e <= 1 && !accepted:
				s.h = s.clamp(s.shorterInside(h), direction)
			default:
				s.h = s.clamp(h*min(s.factor(h, e, accepted), s.inside.factor()), direction)
			}
			// A step cut short by a jump or an output says nothing about the next one.
			if accepted && (jump || aimed) {
				s.h = direction * max(math.Abs(planned), math.Abs(s.h))
			}
			if smallest && !accepted {
				reason, advice := "the state is no longer finite", ""
				if err != nil {
					reason, advice = err.Error(), s.newtonAdvice("")
				}
				return nil, s.failure(reason+" at the smallest step", h, e, advice)
			}
		}
		if !accepted {
			s.stats.Rejected++
			s.rejected++
			s.current.Error = max(e, s.inside.error)
			if err := s.stopped(); err != nil {
				return nil, err
			}
			continue
		}
		if err := s.accept(t1, h, max(e, s.inside.error), jump); err != nil {
			return nil, s.fail(err)
		}
		return &s.current, nil
	}
}

// stopped returns a *Failure if Options.Context is done.
func (s *Solver) stopped() error {
	if s.o.Context == nil {
		return nil
	}
	err := s.o.Context.Err()
	if err == nil {
		return nil
	}
	return s.fail(&Failure{Reason: err.Error(), T: s.t, H: s.h, Value: s.x[0], Err: err})
}

// moreSteps returns what to do where the steps were not enough.
func (s *Solver) moreSteps() string {
	switch s.step.(type) {
	case *radauStepper, *autoStepper:
		return s.newtonAdvice("raise MaxSteps or the tolerances")
	}
	return "raise MaxSteps or the tolerances, or try a scheme for stiff problems such as radau5"
}

var (
	errRate     = errors.New("the rate is not finite")
	errJacobian = errors.New("the Jacobian is not finite")
)

// underflow stops the solver because steps have become too short.
func (s *Solver) underflow() error {
	switch {
	case s.trouble == nil:
		return s.failure("the step size underflowed", s.h, s.current.Error,
			"the solution may have a singularity here, or the tolerances may be too small")
	case errors.Is(s.trouble, errRate), errors.Is(s.trouble, errJacobian):
		return s.failure(s.trouble.Error()+" in the shortest step", s.h, math.NaN(),
			"it may not be defined behind this time, or the solution have a singularity")
	}
	return s.failure("the step size underflowed, because "+s.trouble.Error(), s.h, math.NaN(),
		s.newtonAdvice("the solution may have a singularity here"))
}

// begin prepares the first step: it evaluates the events and chooses the length of an adaptive step.
func (s *Solver) begin(direction float64) error {
	s.started = true
	if split, ok := s.step.(*splittingStepper); ok {
		if err := split.separable(s.t, s.grid[1]-s.grid[0], s.x); err != nil {
			return err
		}
	}
	if len(s.p.Events) > 0 {
		if err := s.events.begin(s); err != nil || s.done {
			return err
		}
		s.anew = false
	}
	if s.grid != nil {
		return nil
	}
	return s.choose(direction)
}

// choose sets the length of a step that no other one precedes.
func (s *Solver) choose(direction float64) error {
	h := s.o.FirstStep
	if h == 0 {
		var err error
		if h, err = s.firstStep(direction); err != nil {
			return err
		}
	}
	s.h = s.clamp(h*direction, direction)
	return nil
}

func (s *Solver) clamp(h, direction float64) float64 {
	return direction * min(max(math.Abs(h), s.o.MinStep), s.o.MaxStep)
}

// nextTime returns the end of the next step, and whether f is discontinuous there.
func (s *Solver) nextTime(direction float64) (t1 float64, jump bool) {
	if s.grid != nil {
		t1 = s.grid[s.index+1]
		return t1, len(s.jumps) > 0 && t1 == s.jumps[0]
	}
	t1 = s.t + s.h
	if s.aimed {
		return s.aim, false
	}
	if len(s.jumps) > 0 && (t1-s.jumps[0])*direction >= -1e-10*math.Abs(s.h) {
		return s.jumps[0], true
	}
	// A step that leaves almost nothing for the next one goes to the end.
	if !s.o.compat.overshoot && (s.p.T1-t1)*direction <= 1e-10*math.Abs(s.h) {
		return s.p.T1, false
	}
	return t1, false
}

// accept makes the step the current one, counts it and looks for its events.
func (s *Solver) accept(t1, h, e float64, jump bool) error {
	s.before, s.x, s.next = s.x, s.next, s.before
	step := &s.current // field by field, as the curve stays where it is
	step.Index, step.T0, step.T, step.X0, step.X = s.index, s.t, t1, s.before, s.x
	step.Error, step.Rejected, step.fitted = e, s.rejected, false
	s.t, s.rejected = t1, 0
	s.index++
	s.stats.Accepted++
	size := math.Abs(h)
	if s.stats.Accepted == 1 {
		s.stats.SmallestStep = size
	}
	s.stats.SmallestStep, s.stats.LargestStep = min(s.stats.SmallestStep, size), max(s.stats.LargestStep, size)
	s.step.accept()
	var err error
	if len(s.p.Events) > 0 {
		err = s.events.look(s)
	}
	if jump && s.t == t1 {
		s.jumps = s.jumps[1:]
		s.restart = true // only before the next step: what interpolates in this one needs its rates
	}
	return err
}

// firstStep returns the length of the first step by the heuristic of HNW I, section II.4.
func (s *Solver) firstStep(direction float64) (float64, error) {
	n := len(s.x)
	f0, f1, x1 := make([]float64, n), make([]float64, n), make([]float64, n)
	s.f(s.t, s.x, f0)
	if r, ok := s.step.(interface{ know(f []float64) }); ok {
		r.know(f0)
	}
	if i := firstBad(f0); i >= 0 {
		return 0, &Failure{Reason: "the rate is not finite where the problem begins", T: s.t, Component: i,
			Value: f0[i]}
	}
	d0, d1 := s.norm.of(s.x, s.x, s.x), s.norm.of(f0, s.x, s.x)
	h := 1e-6
	if d0 >= 1e-5 && d1 >= 1e-5 {
		h = 0.01 * d0 / d1
		if s.o.compat.ratios {
			h = 0.01 * s.norm.largestRatio(s.x, f0)
		}
	}
	bound := math.Inf(1) // f may not be defined beyond
	if !s.o.compat.overshoot {
		bound = min(math.Abs(s.p.T1-s.t), s.o.MaxStep)
		if len(s.jumps) > 0 {
			bound = min(bound, math.Abs(s.jumps[0]-s.t))
		}
	}
	h = min(h, bound)
	d2 := 0.0
	if finite(h) {
		for i := range x1 {
			x1[i] = s.x[i] + direction*h*f0[i]
		}
		s.f(s.t+direction*h, x1, f1)
		for i := range f1 {
			f1[i] -= f0[i]
		}
		d2 = s.norm.of(f1, s.x, s.x) / h
	}
	h1 := max(1e-6, h*1e-3)
	if d1 > 1e-15 || d2 > 1e-15 {
		order := math.Round(s.ctl.order)
		if s.o.compat.initialOrder > 0 {
			order = float64(s.o.compat.initialOrder)
		}
		h1 = math.Pow(0.01/max(d1, d2), 1/order)
	}
	h = min(100*h, h1, bound)
	s.bounded = len(s.jumps) > 0 && h == math.Abs(s.jumps[0]-s.t)
	if !finite(h) || h == 0 {
		h = 1e-6 // a rate that explodes at once: let the error control find out
	}
	return h, nil
}

// failure stops the solver with a Failure that names the component to look at.
func (s *Solver) failure(reason string, h, e float64, advice string) error {
	f := &Failure{Reason: reason, Advice: advice, T: s.t, H: h, ErrorNorm: e}
	if bad := firstBad(s.next); bad >= 0 {
		f.Component, f.Value = bad, s.next[bad]
	} else if errors := s.step.errors(); errors != nil {
		f.Component = s.norm.worst(errors, s.x, s.next)
		f.Value = s.x[f.Component]
	} else {
		f.Value = s.x[0]
	}
	return s.fail(f)
}

// fail makes the solver return err from now on.
func (s *Solver) fail(err error) error {
	if f, ok := err.(*Failure); ok {
		f.Scheme = s.info.Name
		f.Reason = strings.TrimPrefix(f.Reason, "ode: ")
	}
	s.failed = err
	return err
}
