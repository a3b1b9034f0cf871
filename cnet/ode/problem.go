package ode

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
)

// Func evaluates dx/dt = f(t, x) into dx, which has the length of x. It must neither keep the slices nor change x.
type Func func(t float64, x, dx []float64)

// Problem is an initial value problem dx/dt = f(t, x), x(T0) = X0, on the host.
type Problem struct {
	F      Func
	X0     []float64
	T0, T1 float64 // T1 may lie before T0

	// Samples is the number of independent states in X0, which is then a batch [Samples, n]; 0 means 1. It matters to
	// Norm PerSample and to Options.Independent; F gets the whole batch.
	Samples int

	// Jacobian writes ∂f_i/∂x_j to j[i·n+j], which are zero before, for implicit schemes; nil: finite differences are
	// used.
	Jacobian func(t float64, x, j []float64)

	// Band says that the Jacobian lies in a band, as that of differences in space does. Finite differences then take
	// Lower + Upper + 1 evaluations instead of one for each component.
	Band *Band

	// VJP adds aᵀ∂f/∂x to ax and aᵀ∂f/∂p to ap, for gradients. Parameters is the length of ap.
	VJP        func(t float64, x, a, ax, ap []float64)
	Parameters int

	// TimeVJP returns aᵀ∂f/∂t, for gradients with respect to times and through events; nil: differences are used.
	TimeVJP func(t float64, x, a []float64) float64

	Events []Event
}

// Band bounds where a matrix is not zero: ∂f_i/∂x_j is 0 for j < i-Lower and for j > i+Upper.
type Band struct{ Lower, Upper int }

// Options say how a problem is solved. The zero value solves adaptively with dopri5.
type Options struct {
	Scheme string // the name of a registered method; "dopri5"
	Method Method // a method that need not be registered, instead of Scheme

	// Fixed steps: give one of these. A scheme without an error estimate needs one.
	Steps    int       // the number of equal steps
	StepSize float64   // steps of this length, the last one shorter
	Grid     []float64 // steps that end at these times, from T0 to T1

	// Adaptive steps. A relative tolerance below 10·2⁻⁵² is raised, as rounding does not permit it; Stats.RTol tells.
	RTol, ATol   float64   // 1e-6, 1e-9: relative and absolute tolerance of a step's error, and of a corrector's
	RTols, ATols []float64 // for each component of X0, instead of RTol and ATol; here 0 means 0
	FirstStep    float64   // 0: Hairer's heuristic
	MinStep      float64   // steps never get shorter, and are accepted at this length whatever their error
	MaxStep      float64   // 0: no bound
	Norm         Norm
	Independent  bool // samples take steps of their own: F gets one at a time, from several goroutines
	Controller   Controller
	Jumps        []float64 // times at which f is discontinuous; steps, also fixed ones, end there

	MaxSteps int // accepted and rejected; 0: 100,000, and 10,000,000 fixed ones

	// Outputs are at T0 and T1 or, instead, as one of these says. Times that lie up to ten roundings outside of the
	// interval, such as 0.1·3 where T1 is 0.3, are taken for its ends.
	At        []float64 // at these times, in the direction of T1, interpolated if necessary
	EveryStep bool      // at T0 and at the end of every step; twice where Event.Do has changed the state

	Dense         bool // keep the solution for Solution.At
	Interpolation Interpolation

	// CheckDerivatives compares Problem.Jacobian, VJP and Band with differences of Problem.F before the first step, as
	// CheckJacobian and CheckVJP do, and refuses wrong ones.
	CheckDerivatives bool

	// Context, once it is done, stops the solver before the next step. What has been reached is returned together with
	// a *Failure that wraps the context's error. nil: the solver is not stopped. It applies to whatever takes Options.
	Context context.Context

	// Progress, if not nil, is called by Solve after every accepted step with the time reached and the cost so far,
	// by SolveEach and SolveEnsemble from several goroutines.
	Progress func(t float64, cost Stats)

	groups []int // the ends of groups of components that have error norms of their own, for the adjoint equation
	compat compat
}

// compat makes a solver repeat what torchdiffeq does differently, for the parity tests.
type compat struct {
	overshoot    bool // step past the end and interpolate
	reuseLast    bool // use the last stage as the rate at the end of the step, even where it is not
	uniformAdams bool // use the coefficients of equal steps for unequal ones
	forgetRate   bool // drop the oldest rate where an Adams–Moulton corrector does not converge
	controlOrder int  // the order of the error estimate, if not 0
	initialOrder int  // the order for the length of the first step, if not 0
	quartic      bool // interpolate with Mid also where there is an extension of higher order
	singleRoot   bool // round the reciprocal of the order to float32
	ratios       bool // take 0.01·max(d0/d1) over groups for the first step instead of 0.01·max(d0)/max(d1)

	// Integrate the gradient of time backwards with the adjoint equation; also what outputs contribute to it.
	integrateTime, outputTimes bool
}

const (
	defaultRTol     = 1e-6
	defaultATol     = 1e-9
	defaultMaxSteps = 100_000
	maxFixedSteps   = 10_000_000
)

// check returns an error for the first field that is not valid.
func (p Problem) check() error {
	if p.F == nil {
		return fmt.Errorf("ode: Problem.F is nil; it must evaluate dx/dt")
	}
	if len(p.X0) == 0 {
		return fmt.Errorf("ode: Problem.X0 is empty; it must hold the initial state")
	}
	if i := firstBad(p.X0); i >= 0 {
		return fmt.Errorf("ode: Problem.X0[%d] is %v, must be finite", i, p.X0[i])
	}
	if !finite(p.T0) || !finite(p.T1) || !finite(p.T1-p.T0) {
		return fmt.Errorf("ode: the time interval is from %v to %v, must be finite", p.T0, p.T1)
	}
	if p.Samples < 0 || p.Samples > 0 && len(p.X0)%p.Samples != 0 {
		return fmt.Errorf("ode: Problem.Samples is %d, must divide the %d numbers of X0", p.Samples, len(p.X0))
	}
	if p.Parameters < 0 {
		return fmt.Errorf("ode: Problem.Parameters is %d, must not be negative", p.Parameters)
	}
	if b := p.Band; b != nil && (b.Lower < 0 || b.Upper < 0) {
		return fmt.Errorf("ode: Problem.Band is %d below and %d above the diagonal, must not be negative", b.Lower,
			b.Upper)
	}
	for i, e := range p.Events {
		if e.G == nil {
			return fmt.Errorf("ode: Problem.Events[%d].G is nil; its zeros are the event", i)
		}
	}
	return nil
}

// method returns the method that the options hold or name.
func (o Options) method() (Method, error) {
	if o.Method == nil {
		if o.Scheme == "" {
			o.Scheme = "dopri5"
		}
		return Lookup(o.Scheme)
	}
	m := o.Method
	if tb, ok := m.(Tableau); ok {
		return checkedTableau(tb)
	}
	return m, m.check()
}

// checked caches the tableaux that have passed Check, whose exact arithmetic can take longer than a solution.
var checked sync.Map // the key is fmt.Sprint of the tableau, the value its normalised form

func checkedTableau(tb Tableau) (Method, error) {
	key := fmt.Sprint(tb)
	if known, ok := checked.Load(key); ok {
		return known.(Tableau), nil
	}
	tb = tb.normalised()
	if err := tb.Check(); err != nil {
		return nil, err
	}
	checked.Store(key, tb)
	return tb, nil
}

// withDefaults returns the options with defaults in place of zeros.
func (o Options) withDefaults() Options {
	if o.RTol == 0 {
		o.RTol = defaultRTol
	}
	if o.ATol == 0 {
		o.ATol = defaultATol
	}
	if o.MaxSteps == 0 {
		o.MaxSteps = defaultMaxSteps
		if o.fixed() {
			o.MaxSteps = maxFixedSteps
		}
	}
	if len(o.At) == 0 {
		o.At = nil
	}
	o.At = slices.Clone(o.At)
	if o.MaxStep == 0 {
		o.MaxStep = math.Inf(1)
	}
	o.Controller = o.Controller.withDefaults()
	return o
}

// fixed reports whether the options ask for fixed steps.
func (o Options) fixed() bool { return o.Steps != 0 || o.StepSize != 0 || o.Grid != nil }

// check returns an error for the first option that is not valid for the problem and the method.
func (o Options) check(p Problem, info Info) error {
	n := len(p.X0)
	fail := func(name string, value any, want string) error {
		return fmt.Errorf("ode: Options.%s is %v, must be %s", name, value, want)
	}
	ways := 0
	for _, given := range []bool{o.Steps != 0, o.StepSize != 0, o.Grid != nil} {
		if given {
			ways++
		}
	}
	if ways > 1 {
		return fmt.Errorf("ode: Options.Steps, StepSize and Grid exclude each other; give one")
	}
	if ways == 0 && !info.Adaptive && p.T0 != p.T1 {
		return fmt.Errorf("ode: %s has no error estimate to choose steps by; give Options.Steps, StepSize or Grid",
			info.Name)
	}
	if ways > 0 && info.Adaptive && info.Kind == switchingKind {
		return fmt.Errorf("ode: %s chooses its steps; for fixed ones use an explicit scheme or radau5", info.Name)
	}
	if o.Independent && (o.EveryStep || o.Dense || len(p.Events) > 0) {
		return fmt.Errorf("ode: independent samples have no steps, curves and events in common; use SolveEach")
	}
	if o.Steps < 0 {
		return fail("Steps", o.Steps, "positive")
	}
	if o.MaxSteps < 0 || o.MaxSteps > 1<<40 {
		return fail("MaxSteps", o.MaxSteps, "positive and at most 2^40")
	}
	if o.Norm < RMS || o.Norm > PerSample {
		return fail("Norm", int(o.Norm), "RMS, Max or PerSample")
	}
	if o.Interpolation < Natural || o.Interpolation > Linear {
		return fail("Interpolation", int(o.Interpolation), "Natural, Hermite or Linear")
	}
	for _, f := range []struct {
		name  string
		value float64
	}{
		{"StepSize", o.StepSize}, {"RTol", o.RTol}, {"ATol", o.ATol}, {"FirstStep", o.FirstStep},
		{"MinStep", o.MinStep},
		{"MaxStep", o.MaxStep},
	} {
		if !(f.value >= 0) || f.name != "MaxStep" && math.IsInf(f.value, 0) {
			return fail(f.name, f.value, "a number that is not negative")
		}
	}
	if o.MinStep > o.MaxStep {
		return fail("MinStep", o.MinStep, fmt.Sprintf("at most MaxStep, %v", o.MaxStep))
	}
	for name, v := range map[string][]float64{"RTols": o.RTols, "ATols": o.ATols} {
		if v != nil && len(v) != n {
			return fail(name, fmt.Sprintf("of length %d", len(v)), fmt.Sprintf("of length %d, as X0", n))
		}
		for i, x := range v {
			if !(x >= 0) || math.IsInf(x, 0) {
				return fail(fmt.Sprintf("%s[%d]", name, i), x, "a number that is not negative")
			}
		}
	}
	if err := o.Controller.check(); err != nil {
		return err
	}
	direction := sign(p.T1 - p.T0)
	for name, times := range map[string][]float64{"At": o.At, "Grid": o.Grid, "Jumps": o.Jumps} {
		for i, t := range times {
			inside := (t-p.T0)*direction >= -p.slack() && (p.T1-t)*direction >= -p.slack()
			if !finite(t) || name != "Jumps" && !inside {
				return fail(fmt.Sprintf("%s[%d]", name, i), t, fmt.Sprintf("between T0 = %v and T1 = %v", p.T0, p.T1))
			}
			if i > 0 && (t-times[i-1])*direction <= 0 {
				return fail(fmt.Sprintf("%s[%d]", name, i), t,
					fmt.Sprintf("after the time before it, %v, in the direction of T1", times[i-1]))
			}
		}
	}
	if g := snappedGrid(o.Grid, p); g != nil && (len(g) < 1 || g[0] != p.T0 || g[len(g)-1] != p.T1) {
		return fail("Grid", g, fmt.Sprintf("from T0 = %v to T1 = %v", p.T0, p.T1))
	}
	return nil
}

// slack is by how much outputs may lie outside of the interval: multiples of 0.1, and sums of it, do so by a few
// roundings.
func (p Problem) slack() float64 { return smallestStep * max(math.Abs(p.T0), math.Abs(p.T1)) }

// snapped returns the times with those that lie outside of the interval, as slack permits, moved to its ends.
func snapped(times []float64, p Problem) []float64 {
	if len(times) == 0 {
		return times
	}
	direction := sign(p.T1 - p.T0)
	times = slices.Clone(times)
	for i, t := range times {
		switch {
		case (t-p.T0)*direction < 0:
			times[i] = p.T0
		case (p.T1-t)*direction < 0:
			times[i] = p.T1
		}
	}
	return times
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// firstBad returns the index of the first number that is not finite, or -1.
func firstBad(v []float64) int {
	for i, x := range v {
		if x-x != 0 { // NaN for NaN and the infinities
			return i
		}
	}
	return -1
}

func sign(x float64) float64 {
	if x < 0 {
		return -1
	}
	return 1
}

// snappedGrid returns the times with the first and the last one moved to the ends of the interval, if they differ from
// them by no more than slack.
func snappedGrid(grid []float64, p Problem) []float64 {
	if len(grid) == 0 {
		return grid
	}
	grid = snapped(grid, p)
	if last := len(grid) - 1; math.Abs(grid[last]-p.T1) <= p.slack() {
		grid[last] = p.T1
	}
	if math.Abs(grid[0]-p.T0) <= p.slack() {
		grid[0] = p.T0
	}
	return slices.Compact(grid)
}
