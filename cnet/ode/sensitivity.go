package ode

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Sensitivity is a solution with its derivatives with respect to m parameters.
type Sensitivity struct {
	Solution

	DX [][][]float64 // DX[i][j] is ∂X[i]/∂p_j, of the length of a state

	// For each of Events, the derivatives of its time, DT[e][j] = ∂t/∂p_j, and of its state as it moves with that time,
	// DEvents[e][j] = ∂X/∂p_j + x'·∂t/∂p_j.
	DT      [][]float64
	DEvents [][][]float64
}

// Sensitivities solves the problem that build returns for parameters p, and integrates S_j = ∂x/∂p_j with it, by
//
//	S_j' = ∂f/∂x·S_j + ∂f/∂p_j,   S_j(T0) = ∂x0/∂p_j
//
// (HNW I, sections I.14 and II.6). The steps are those of the solution alone, so that tolerances hold for x and not for
// S. What is computed is the derivative of the solution's steps, exactly so where they are fixed: implicit stages are
// solved for S_j with one linear system each, and events move with the parameters, also through Event.Do, as in
// Differentiate. X0, T0 and T1 may depend on parameters, too: their derivatives are differences.
//
// build is called once with p and twice for each parameter, with p a little above and below. The problems that it
// returns are used in turns: what they depend on must be theirs alone. The derivatives of f are taken from Problem.VJP,
// if there is one and Problem.Parameters is the length of p, with as many products for each rate as x has components;
// otherwise ∂f/∂x·S_j from Problem.Jacobian, if there is one, and what is missing by central differences, which leave
// about 1e-9 of the size of the derivatives.
//
// Each parameter costs as much as a solution or two, and all outputs are there at once. Differentiate costs a few
// solutions for any number of parameters, but for one loss: take it for more than about ten parameters.
//
// Outputs are as in Solve: at T0 and T1, or at Options.At. Options.EveryStep, Dense and Independent are not for this.
func Sensitivities(build func(p []float64) Problem, p []float64, o Options) (*Sensitivity, error) {
	if build == nil {
		return nil, fmt.Errorf("ode: build is nil; it must return the problem for parameters")
	}
	if len(p) == 0 || firstBad(p) >= 0 {
		return nil, fmt.Errorf("ode: the parameters are %v, must be at least one number, all finite", p)
	}
	if o.EveryStep || o.Dense || o.Independent {
		return nil, fmt.Errorf("ode: sensitivities are at Options.At, or at T0 and T1; " +
			"Options.EveryStep, Dense and Independent must be unset")
	}
	problem := build(slices.Clone(p))
	if err := problem.check(); err != nil {
		return nil, err
	}
	begun := time.Now()
	ends := len(o.At) == 0
	if ends && problem.T0 != problem.T1 {
		o.At = []float64{problem.T0, problem.T1}
	} else if ends {
		o.At = []float64{problem.T0}
	}
	r, err := newReplay(problem, o, false)
	if err != nil {
		return nil, err
	}
	r.timed = true
	if err := r.timesOfAdams(); err != nil {
		r.timed = len(r.full) > 0 // otherwise nothing moves
		if r.timed {
			return nil, err
		}
	}
	f := newTangents(build, p, problem)
	w := &sensing{replay: r, s: &Sensitivity{}}
	w.s.Stats = r.forward
	w.s.Stats.Accepted = len(r.times) - 1
	x0, err := f.initial(r)
	if err != nil {
		return nil, err
	}
	if ends { // the outputs move with T0 and T1
		r.at[0].dots, r.at[len(r.at)-1].dots = r.t0.dots, r.t1.dots
	}
	for i := range r.first[0] {
		w.output(i, x0)
		if !ends {
			w.stay(i)
		}
	}
	tp := &tape{p: &r.p, stats: &w.s.Stats, small: new(small), forward: f}
	state := carry{x: x0}
	for k := range len(r.times) - 1 {
		if state, err = r.take(tp, k, state, w); err != nil {
			return nil, err
		}
	}
	if last := len(w.s.T) - 1; r.ended && (last < 0 || w.s.T[last] != r.times[len(r.times)-1]) {
		w.add(r.times[len(r.times)-1], state.x)
	}
	w.s.Stats.add(Stats{NFE: r.inner.stats.NFE, Jacobians: r.inner.stats.Jacobians,
		Factorised: r.inner.stats.Factorised, Newton: r.inner.stats.Newton})
	w.s.Stats.Wall = time.Since(begun)
	for i, list := range w.s.DX {
		for j, s := range list {
			if bad := firstBad(s); bad >= 0 {
				return nil, fmt.Errorf("ode: ∂x_%d/∂p_%d at t = %v is not finite", bad, j, w.s.T[i])
			}
		}
	}
	return w.s, nil
}

// sensing gathers the outputs and events of a replay that goes forwards.
type sensing struct {
	*replay
	s *Sensitivity
}

func (w *sensing) output(i int, x *node) { w.add(w.timeOf(i), x) }

// stay makes an output at T0 one that stays there while T0 moves: x(t) = x0 + (t - T0)·f.
func (w *sensing) stay(i int) {
	f := make([]float64, len(w.p.X0))
	side := newSides(w.p, w.o, w.p.T0, w.p.T0)
	w.p.F(side.of(w.p.T0), w.p.X0, f)
	w.s.Stats.NFE++
	for j, moves := range w.t0.dots {
		for m, v := range f {
			w.s.DX[i][j][m] -= moves * v
		}
	}
}

func (w *sensing) add(t float64, x *node) {
	w.s.T = append(w.s.T, t)
	w.s.X = append(w.s.X, slices.Clone(x.value))
	w.s.DX = append(w.s.DX, x.copyDots())
}

func (w *sensing) event(e *happened, x *node) {
	o := e.Occurrence
	o.X = slices.Clone(x.value)
	w.s.Events = append(w.s.Events, o)
	w.s.DT = append(w.s.DT, slices.Clone(e.instant.dots))
	w.s.DEvents = append(w.s.DEvents, x.copyDots())
}

func (n *node) copyDots() [][]float64 {
	list := make([][]float64, len(n.dots))
	for j, d := range n.dots {
		list[j] = slices.Clone(d)
	}
	return list
}

// tangents differentiates a tape on the way, with respect to all parameters.
type tangents struct {
	p            []float64
	delta        []float64 // by how much parameters move for differences
	above, below []Problem // with one parameter moved
	length       []float64 // the distances between these
	counted      bool      // Problem.Parameters are these
	rows         bool      // VJP has the derivatives with respect to all of them
}

func newTangents(build func(p []float64) Problem, p []float64, problem Problem) *tangents {
	counted := problem.Parameters == len(p)
	f := &tangents{p: p, delta: nudges(p), counted: counted, rows: counted && problem.VJP != nil}
	for j, d := range f.delta {
		moved := slices.Clone(p)
		moved[j] = p[j] + d
		high := moved[j]
		f.above = append(f.above, build(slices.Clone(moved)))
		moved[j] = p[j] - d
		f.below = append(f.below, build(slices.Clone(moved)))
		f.length = append(f.length, high-moved[j])
	}
	return f
}

// initial returns the initial state with its derivatives, and sets those of T0 and T1.
func (f *tangents) initial(r *replay) (*node, error) {
	n := &node{value: slices.Clone(r.p.X0)}
	r.t0.dots, r.t1.dots = make([]float64, len(f.p)), make([]float64, len(f.p))
	for j := range f.p {
		above, below := f.above[j], f.below[j]
		if len(above.X0) != len(n.value) || len(below.X0) != len(n.value) || len(above.Events) != len(r.p.Events) ||
			len(below.Events) != len(r.p.Events) || above.F == nil || below.F == nil {
			return nil, fmt.Errorf("ode: build returns another kind of problem where parameter %d moves by %v; "+
				"its functions, the length of X0 and the events must be the same", j, f.delta[j])
		}
		d := make([]float64, len(n.value))
		for i := range d {
			d[i] = (above.X0[i] - below.X0[i]) / f.length[j]
		}
		n.dots = append(n.dots, d)
		r.t0.dots[j] = (above.T0 - below.T0) / f.length[j]
		r.t1.dots[j] = (above.T1 - below.T1) / f.length[j]
	}
	return n, nil
}

// of computes the derivatives of a node from those that it depends on.
func (f *tangents) of(tp *tape, n *node) {
	size := len(n.value)
	n.dots = make([][]float64, len(f.p))
	for j := range n.dots {
		n.dots[j] = make([]float64, size)
	}
	switch {
	case n.rateOf != nil:
		d := f.derivatives(tp, n.t, n.rateOf.value, n.when)
		for j := range n.dots {
			d.along(j, n.rateOf.dots[j], n.dots[j])
		}
	case n.crossing != nil:
		f.cross(tp, n)
	case n.done != nil:
		f.do(tp, n)
	default:
		for j, dots := range n.dots {
			for i, term := range n.terms {
				for m, v := range term.dots[j] {
					dots[m] += n.c[i] * v
				}
			}
			if n.when != nil {
				n.when.forward(n, j, dots)
			}
		}
	}
}

// forward adds what a sum depends on times by to its derivative with respect to parameter j.
func (w *when) forward(n *node, j int, dots []float64) {
	begin, end := w.span.begin.dot(j), w.span.end.dot(j)
	length := end - begin
	theta := (w.at.dot(j) - begin - w.theta*length) / w.span.h
	for i, term := range n.terms {
		c := 0.0
		if w.dh != nil {
			c += w.dh[i] * length
		}
		if w.dtheta != nil {
			c += w.dtheta[i] * theta
		}
		if c != 0 {
			for m, v := range term.value {
				dots[m] += c * v
			}
		}
	}
}

// derivatives are those of f at a state.
type derivatives struct {
	f          *tangents
	tp         *tape
	t          float64
	x          []float64
	jacobian   []float64 // nil: differences along directions
	parameters []float64 // ∂f_i/∂p_j at [i·m+j]; nil: differences
	times      []float64 // ∂f/∂t; nil: it does not matter
	when       *when
}

func (f *tangents) derivatives(tp *tape, t float64, x []float64, w *when) *derivatives {
	d := &derivatives{f: f, tp: tp, t: t, x: x, when: w}
	n, m := len(x), len(f.p)
	switch {
	case f.rows:
		d.jacobian, d.parameters = make([]float64, n*n), make([]float64, n*m)
		unit := make([]float64, n)
		for i := range n {
			unit[i] = 1
			tp.stats.VJPs++
			tp.p.VJP(t, x, unit, d.jacobian[i*n:(i+1)*n], d.parameters[i*m:(i+1)*m])
			unit[i] = 0
		}
	case tp.p.Jacobian != nil:
		d.jacobian = make([]float64, n*n)
		tp.stats.Jacobians++
		tp.p.Jacobian(t, x, d.jacobian)
	}
	return d
}

// along adds ∂f/∂x·v + ∂f/∂p_j, and ∂f/∂t times what t moves by with parameter j, to out.
func (d *derivatives) along(j int, v, out []float64) {
	n, m := len(d.x), len(d.f.p)
	moving := slices.ContainsFunc(v, func(y float64) bool { return y != 0 })
	switch {
	case d.jacobian != nil:
		for i := range n {
			out[i] += dot(d.jacobian[i*n:(i+1)*n], v)
		}
	case moving:
		for i, y := range d.directional(v) {
			out[i] += y
		}
	}
	if d.parameters != nil {
		for i := range n {
			out[i] += d.parameters[i*m+j]
		}
	} else {
		above, below := make([]float64, n), make([]float64, n)
		d.tp.stats.NFE += 2
		d.f.above[j].F(d.t, d.x, above)
		d.f.below[j].F(d.t, d.x, below)
		for i := range n {
			out[i] += (above[i] - below[i]) / d.f.length[j]
		}
	}
	if d.when == nil {
		return
	}
	w := d.when
	moves := (1-w.theta)*w.span.begin.dot(j) + w.theta*w.span.end.dot(j)
	if moves == 0 {
		return
	}
	if d.times == nil {
		d.times = d.tp.timeDerivative(d.tp.p.F, d.t, w.span, d.x)
	}
	for i, y := range d.times {
		out[i] += moves * y
	}
}

// directional returns the central difference of f along v.
func (d *derivatives) directional(v []float64) []float64 {
	n := len(d.x)
	// No component moves by more than for a difference of its own, but for those that are far smaller than the others.
	step := math.Inf(1)
	for i, delta := range nudges(d.x) {
		if v[i] != 0 {
			step = min(step, delta/math.Abs(v[i]))
		}
	}
	step = max(step, largestShift(d.x, v)*1e-3)
	at, above, below := make([]float64, n), make([]float64, n), make([]float64, n)
	move := func(c float64, f []float64) {
		for i := range at {
			at[i] = d.x[i] + c*v[i]
		}
		d.tp.stats.NFE++
		d.tp.p.F(d.t, at, f)
	}
	move(step, above)
	move(-step, below)
	for i := range above {
		above[i] = (above[i] - below[i]) / (2 * step)
	}
	return above
}

// largestShift returns by how much to go along v so that the largest component moves as much as for a difference.
func largestShift(x, v []float64) float64 {
	of := func(v []float64) (largest float64) {
		for _, y := range v {
			largest = max(largest, math.Abs(y))
		}
		return largest
	}
	size := of(x)
	if size == 0 {
		size = 1
	}
	return centralShift * size / of(v)
}

// stages computes the derivatives of coupled stages: with the same equations as their adjoints, not transposed.
func (f *tangents) stages(tp *tape, g *stageGroup) {
	s, n := len(g.a), len(g.base.value)
	of := make([]*derivatives, s)
	for i := range g.a {
		var w *when
		if g.span != nil {
			w = &when{span: g.span, theta: g.c[i]}
		}
		of[i] = f.derivatives(tp, g.t[i], g.states[i], w)
		g.rates[i].dots = make([][]float64, len(f.p))
	}
	system, err := tp.factorise(g, func(i, j, row, column int) (int, int) { return row*s + i, column*s + j })
	if err != nil {
		tp.fail(err)
		return
	}
	enough := refinedEnough
	if !f.rows && tp.p.Jacobian == nil {
		enough = roughlySolved
	}
	state := make([]float64, n)
	for p := range f.p {
		length := 0.0
		if g.span != nil {
			length = g.span.end.dot(p) - g.span.begin.dot(p)
		}
		k := make([]float64, s*n)
		next := func(residual []float64) float64 {
			size := 0.0
			for i, row := range g.a {
				copy(state, g.base.dots[p])
				for j, a := range row {
					for m := range state {
						state[m] += g.h*a*k[m*s+j] + length*a*g.rates[j].value[m]
					}
				}
				rate := make([]float64, n)
				of[i].along(p, state, rate)
				for m, v := range rate {
					residual[m*s+i] = v - k[m*s+i]
					size = max(size, math.Abs(v)+math.Abs(k[m*s+i]))
				}
			}
			return size
		}
		residual := make([]float64, s*n)
		next(residual)
		if err := refine(system, residual, k, enough, next); err != nil {
			tp.fail(tp.p.disagreement(g.t[0], g.states[0], err))
			return
		}
		for i := range g.a {
			dots := make([]float64, n)
			for m := range dots {
				dots[m] = k[m*s+i]
			}
			g.rates[i].dots[p] = dots
		}
	}
}

// cross computes the derivatives of the time of an event and of the state that moves with it.
func (f *tangents) cross(tp *tape, n *node) {
	c := n.crossing
	gx, gp, total, err := c.speed(tp.p.Parameters)
	if err != nil {
		tp.fail(err)
		return
	}
	if c.e.instant.dots == nil {
		c.e.instant.dots = make([]float64, len(f.p))
	}
	for j := range f.p {
		moved := dot(gx, c.x.dots[j])
		if c.e.of.Gradient != nil && f.counted {
			moved += gp[j]
		} else {
			moved += (f.above[j].Events[c.e.Event].G(c.e.T, c.x.value) -
				f.below[j].Events[c.e.Event].G(c.e.T, c.x.value)) / f.length[j]
		}
		t := -moved / total
		c.e.instant.dots[j] = t
		for i, v := range c.x.dots[j] {
			n.dots[j][i] = v + t*c.slope[i]
		}
	}
}

// do computes the derivatives of the state behind Event.Do: from DoVJP row by row, or by differences.
func (f *tangents) do(tp *tape, n *node) {
	e, x := n.done.e, n.done.x
	size := len(x.value)
	if e.of.DoVJP != nil && f.rows {
		unit, ax, ap := make([]float64, size), make([]float64, size), make([]float64, len(f.p))
		for i := range size {
			clear(ax)
			clear(ap)
			unit[i] = 1
			at := e.of.DoVJP(e.T, x.value, unit, ax, ap)
			unit[i] = 0
			for j := range f.p {
				n.dots[j][i] = dot(ax, x.dots[j]) + ap[j] + at*e.instant.dots[j]
			}
		}
		return
	}
	did := func(do func(t float64, x []float64), t float64, x []float64) []float64 {
		x = slices.Clone(x)
		do(t, x)
		return x
	}
	add := func(j int, c float64, above, below []float64) {
		for i := range above {
			n.dots[j][i] += c * (above[i] - below[i])
		}
	}
	for k, d := range nudges(x.value) {
		at := slices.Clone(x.value)
		at[k] = x.value[k] + d
		high := at[k]
		above := did(e.of.Do, e.T, at)
		at[k] = x.value[k] - d
		below := did(e.of.Do, e.T, at)
		for j := range f.p {
			if v := x.dots[j][k]; v != 0 {
				add(j, v/(high-at[k]), above, below)
			}
		}
	}
	d := timeNudge(e.T, x.value, nil)
	above, below := did(e.of.Do, e.T+d, x.value), did(e.of.Do, e.T-d, x.value)
	for j := range f.p {
		add(j, e.instant.dots[j]/((e.T+d)-(e.T-d)), above, below)
		add(j, 1/f.length[j], did(f.above[j].Events[e.Event].Do, e.T, x.value),
			did(f.below[j].Events[e.Event].Do, e.T, x.value))
	}
}
