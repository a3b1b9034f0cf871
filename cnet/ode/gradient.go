package ode

import (
	"fmt"
	"slices"
	"time"
)

// Cost is the part of a loss that depends on the state x at output i, at time t: it returns its value and writes its
// gradient with respect to x to gx, which is zero before.
type Cost func(i int, t float64, x, gx []float64) float64

// Gradient is the result of Differentiate.
type Gradient struct {
	Loss           float64
	X0, Parameters []float64 // ∂loss/∂x(T0) and ∂loss/∂p
	Forward        Stats     // of the forward solution; backpropagation with fixed steps counts them in Backward
	Backward       Stats     // of computing the gradient
	States         int       // the largest number of states held at once: the memory that was needed, in units of X0

	// With Differentiation.Times: the derivatives of the loss with respect to the ends of the interval and to the times
	// Options.At. T1 is without the outputs that lie there, which are among At; without Options.At the output is at T1
	// and moves with it. What Cost itself makes of the time that it is given is not in them.
	T0, T1 float64
	At     []float64

	// Also with Differentiation.Times. Jumps are with respect to Options.Jumps, at which F changes from one smooth
	// function to another: ∂loss/∂t = <∂loss/∂x(t), f before the jump - f behind it>. Grid, of backpropagation, is with
	// respect to the times of Options.Grid, of which the first is T0 and the last T1: what the loss makes of where
	// steps end. A time of the grid that is a jump is among Jumps alone.
	Jumps, Grid []float64
}

// Differentiation is the way in which gradients are computed.
//
//	                  memory                  error
//	Backpropagation   all stages of all steps none: the gradient of the computed solution
//	  Checkpoints: n  n states and one step   none
//	Backsolve         none                    of the order of the tolerances, as x is integrated backwards too
//
// With checkpoints, steps are computed again: about twice for n ≈ √steps, log(steps) times for n ≈ log(steps).
type Differentiation struct {
	Backsolve   bool
	Checkpoints int // the number of states that backpropagation keeps; 0: everything is kept; or Auto

	// Adjoint holds the options of the backward solution, for Backsolve; nil: those of the forward one.
	Adjoint *Options

	Times     bool      // also with respect to T0, T1 and the times of outputs, jumps and a grid
	EventCost EventCost // a part of the loss for each event; nil: none
}

// Auto as the number of checkpoints stands for the square root of the number of steps.
const Auto = -1

// Differentiate solves the problem and computes the gradient of Σ cost over the outputs (Options.At, or the end if
// there are none), and of Σ EventCost over the events, with respect to the initial state and the parameters.
// Problem.VJP must be set.
//
// Step sizes are treated as constants. The original's fork of torchdiffeq also differentiates through their choice,
// which puts its gradients off by up to a tenth at tolerances of 1e-3. torchdiffeq 0.2.5 does so for the first step
// alone, unless its length is given: up to 0.5 % there.
//
// Backpropagation needs a Runge–Kutta scheme, explicit or implicit, a Switching or an Adams method. Implicit stages are
// solved to the last digit, and differentiated by the implicit function theorem: with one linear system of the
// transposed matrix for a stage. Their loss is therefore that of fixed steps of these lengths, and differs from that of
// an adaptive solution by what the Newton iterations have left there, a part of the tolerances.
//
// # Times
//
// Along the solution, ∂loss/∂t = <∂loss/∂x(t), f(t, x)> for an output at t, and ∂loss/∂T0 = -<∂loss/∂x(T0), f(T0, x0)>
// (Chen et al., Neural ordinary differential equations, 2018, appendix C). This is what Backsolve computes.
// Backpropagation differentiates the steps and the interpolation between them, for which rates are also differentiated
// with respect to time: Options.Steps and adaptive steps keep their proportions between T0, jumps, events and T1, with
// Options.StepSize all steps but the last move with T0, and the inner times of Options.Grid are times of their own.
//
// # Events
//
// Backpropagation knows events. Their times follow from the state (see Event.Gradient), the steps behind an Event.Do
// begin where it ends, and Event.DoVJP takes adjoints through what it does (Corner, Sandu & Sandu, Modeling and
// sensitivity analysis methodology for hybrid dynamical systems, 2019). Where a terminal event ends the solution, the
// outputs behind it are left out; without Options.At, the output is the state there. Events are taken to happen in the
// same order wherever the initial state and the parameters move; one that merely touches zero is refused.
func Differentiate(p Problem, o Options, cost Cost, d Differentiation) (*Gradient, error) {
	if p.VJP == nil {
		return nil, fmt.Errorf("ode: Problem.VJP is nil; " +
			"gradients need it: it must add aᵀ∂f/∂x to ax and aᵀ∂f/∂p to ap")
	}
	if cost == nil {
		if d.EventCost == nil {
			return nil, fmt.Errorf("ode: the cost is nil")
		}
		cost = func(int, float64, []float64, []float64) float64 { return 0 }
	}
	if d.Backsolve && len(p.Events) > 0 {
		return nil, fmt.Errorf("ode: the adjoint equation is not solved through events; " +
			"use backpropagation, Differentiation.Backsolve: false")
	}
	for i, e := range p.Events {
		if e.Do != nil && e.DoVJP == nil {
			return nil, fmt.Errorf("ode: Problem.Events[%d] (%s) has a Do without DoVJP; "+
				"gradients need it: it must add aᵀ∂x'/∂x to ax and aᵀ∂x'/∂p to ap", i, e.Name)
		}
	}
	if d.Checkpoints < Auto {
		return nil, fmt.Errorf("ode: Differentiation.Checkpoints is %d, must be a number of states, 0 for all or Auto",
			d.Checkpoints)
	}
	if o.EveryStep {
		return nil, fmt.Errorf("ode: gradients need outputs that do not depend on the steps; " +
			"use Options.At instead of EveryStep")
	}
	if d.Backsolve {
		return backsolve(p, o, cost, d)
	}
	return backpropagate(p, o, cost, d)
}

// backsolve integrates the adjoint equation da/dt = -aᵀ∂f/∂x backwards, together with x and the gradient of the
// parameters (Pontryagin; Chen et al., Neural ordinary differential equations, 2018). At each output x is reset to the
// forward solution.
func backsolve(p Problem, o Options, cost Cost, d Differentiation) (*Gradient, error) {
	o.Dense, o.EveryStep = false, false
	atEnd := len(o.At) == 0
	if atEnd {
		o.At = []float64{p.T1}
	}
	solution, err := Solve(p, o)
	if err != nil {
		return nil, err
	}
	n, m := len(p.X0), p.Parameters
	back := o
	if d.Adjoint != nil {
		back = *d.Adjoint
	} else if o.fixed() {
		if back.Grid, err = o.withDefaults().grid(p); err != nil {
			return nil, err
		}
		back.Steps, back.StepSize = 0, 0
	}
	if method, err := back.method(); err != nil {
		return nil, err
	} else if _, split := method.(Splitting); split {
		return nil, fmt.Errorf("ode: the adjoint equation is not separable, as %s needs it; "+
			"give Differentiation.Adjoint with another scheme", method.Info().Name)
	}
	grid := back.Grid
	g := &Gradient{Forward: solution.Stats, States: len(solution.X) + 3}
	adjoint := Problem{F: func(t float64, y, dy []float64) {
		p.F(t, y[:n], dy[:n])
		a := make([]float64, n)
		for i := range a {
			a[i] = -y[n+i]
		}
		clear(dy[n:])
		p.VJP(t, y[:n], a, dy[n:2*n], dy[2*n:2*n+m])
		if o.compat.integrateTime {
			dy[2*n+m] = p.TimeVJP(t, y[:n], a)
		}
		g.Backward.VJPs++
	}}
	back.Dense, back.EveryStep = false, false
	if back.RTols != nil || back.ATols != nil {
		return nil, fmt.Errorf("ode: the backward solution has more components than X0; " +
			"give Differentiation.Adjoint with tolerances of its own")
	}
	back.groups = []int{n, 2 * n, 2*n + m}
	if m == 0 {
		back.groups = back.groups[:2]
	}
	y := make([]float64, 2*n+m)
	if o.compat.integrateTime {
		y = append(y, 0)
		back.groups = append(back.groups, len(y))
	}
	gx := make([]float64, n)
	rate := func(t float64, x []float64) []float64 { // on the side of a jump that the solution comes from
		f := make([]float64, n)
		side := newSides(p, o, p.T0, t)
		p.F(side.of(t), x, f)
		g.Backward.NFE++
		return f
	}
	if len(solution.T) == 0 {
		return nil, fmt.Errorf("ode: there is no output that the cost could depend on")
	}
	last := len(solution.T) - 1
	times := snapped(solution.T, p)
	from := times[last]
	copy(y, solution.X[last])
	jumps := slices.Clone(o.Jumps)
	slices.Reverse(jumps)
	along := func(to float64) error {
		if from == to {
			return nil
		}
		segment := adjoint
		segment.X0, segment.T0, segment.T1 = y, from, to
		options := back
		options.At = []float64{from, to}
		if grid != nil {
			options.Grid = reversedGrid(grid, from, to)
		}
		options.Jumps = jumps
		s, err := Solve(segment, options)
		if err != nil {
			return fmt.Errorf("solving the adjoint equation backwards: %w", err)
		}
		g.Backward.add(s.Stats)
		y, from = s.X[1], to
		return nil
	}
	if d.Times {
		g.Jumps = make([]float64, len(o.Jumps))
	}
	ahead := func(a, b float64) bool { return (b-a)*sign(p.T1-p.T0) > 0 }
	solve := func(to float64) error {
		for i := len(o.Jumps) - 1; i >= 0 && d.Times; i-- {
			at := o.Jumps[i]
			if !ahead(p.T0, at) || !ahead(at, from) || ahead(at, to) {
				continue
			}
			if err := along(at); err != nil {
				return err
			}
			before, behind := newSides(p, o, p.T0, at), newSides(p, o, at, p.T1)
			g.Jumps[i] = p.jumpOf(y[:n], y[n:2*n], before.of(at), behind.of(at))
			g.Backward.NFE += 2
		}
		return along(to)
	}
	for i := last; i >= 0; i-- {
		if err := solve(times[i]); err != nil {
			return nil, err
		}
		copy(y[:n], solution.X[i])
		clear(gx)
		g.Loss += cost(i, solution.T[i], solution.X[i], gx)
		for j, v := range gx {
			y[n+j] += v
		}
		if d.Times {
			slope := dot(gx, rate(times[i], solution.X[i]))
			if atEnd {
				g.T1 += slope
			} else {
				g.At = append(g.At, slope) // backwards
			}
		}
		if o.compat.outputTimes && i > 0 {
			y[2*n+m] -= dot(gx, rate(times[i], solution.X[i]))
		}
	}
	if err := solve(p.T0); err != nil {
		return nil, err
	}
	g.X0, g.Parameters = slices.Clone(y[n:2*n]), slices.Clone(y[2*n:2*n+m])
	if d.Times {
		slices.Reverse(g.At)
		side := newSides(p, o, p.T0, p.T0)
		f := make([]float64, n)
		p.F(side.of(p.T0), p.X0, f)
		g.Backward.NFE++
		g.T0 = -dot(g.X0, f)
	}
	return g, nil
}

// jumpOf returns <a, f before a jump - f behind it>.
func (p Problem) jumpOf(x, a []float64, before, behind float64) float64 {
	f, g := make([]float64, len(x)), make([]float64, len(x))
	p.F(before, x, f)
	p.F(behind, x, g)
	return dot(a, f) - dot(a, g)
}

// reversedGrid returns the times from, to, and those of the grid between them, backwards.
func reversedGrid(grid []float64, from, to float64) []float64 {
	part := []float64{from}
	for i := len(grid) - 1; i >= 0; i-- {
		if (grid[i]-from)*(to-from) > 0 && (to-grid[i])*(to-from) > 0 {
			part = append(part, grid[i])
		}
	}
	return append(part, to)
}

// add adds the cost of another solution.
func (s *Stats) add(other Stats) {
	s.NFE += other.NFE
	s.Accepted += other.Accepted
	s.Rejected += other.Rejected
	s.Jacobians += other.Jacobians
	s.Factorised += other.Factorised
	s.Newton += other.Newton
	s.Implicit += other.Implicit
	s.Switches += other.Switches
	s.Unconverged += other.Unconverged
	s.VJPs += other.VJPs
	s.Wall += other.Wall
	s.RTol = max(s.RTol, other.RTol)
	if s.SmallestStep == 0 || other.SmallestStep > 0 && other.SmallestStep < s.SmallestStep {
		s.SmallestStep = other.SmallestStep
	}
	s.LargestStep = max(s.LargestStep, other.LargestStep)
}

// since adds the wall time that has passed since begun.
func (s *Stats) since(begun time.Time) { s.Wall += time.Since(begun) }
