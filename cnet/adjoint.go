package cnet

import (
	"fmt"
	"math"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"continuousnet/cnet/basis"
	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/internal/layers"
	"continuousnet/cnet/ode"
	"continuousnet/cnet/rate"
)

// The values of Config.Adjoint: how gradients go back through the steps of an ODE block.
const (
	Backprop   = "backprop"   // through all layers, whose feature maps are kept
	Checkpoint = "checkpoint" // the same gradients; only states between steps are kept, and layers are computed again
	Backsolve  = "backsolve"  // the adjoint equation, solved backwards by the scheme from the states between steps
)

// Adjoints lists the values of Config.Adjoint.
var Adjoints = []string{Backprop, Checkpoint, Backsolve}

// checkAdjoint checks Adjoint and Checkpoints, for the scheme that the configuration names.
func (c Config) checkAdjoint(scheme ode.Method) error {
	switch c.Adjoint {
	case "", Backprop:
	case Checkpoint, Backsolve:
		if _, ok := scheme.(ode.Tableau); !ok {
			return badField("scheme", c.Scheme, fmt.Sprintf("a Runge–Kutta scheme with the adjoint %s: "+
				"a multistep method has no steps of its own to compute again", c.Adjoint))
		}
	default:
		return badField("adjoint", fmt.Sprintf("%q", c.Adjoint), "one of "+strings.Join(Adjoints, ", "))
	}
	if c.Checkpoints < 0 {
		return badField("checkpoints", c.Checkpoints, "a number of states, or 0 for the root of the number of steps")
	}
	if c.Checkpoints > 0 && c.Adjoint != Checkpoint {
		return badField("checkpoints", c.Checkpoints, "left out unless the adjoint is "+Checkpoint)
	}
	return nil
}

// block builds the ODE block: the scheme takes x from t = 0 to t = 1 of dx/dt = ε·R(x, θ(t)).
func (b *builder) block(x fmap.Map, of stage) fmap.Map { return b.solve(of).end(x).x }

// end returns the end of the block that begins at x, and what the way there costs.
func (s solve) end(x fmap.Map) costly {
	at := costly{x, s.zero}
	if s.Training { // otherwise there are no gradients
		switch s.net.Config.Adjoint {
		case Checkpoint:
			return s.checkpointed(at)
		case Backsolve:
			for step := range s.steps {
				at = at.then(s.backsolved(at.x, step))
			}
			return at
		}
		if y, ok := s.repeated(x); ok {
			return costly{y, s.zero}
		}
		if s.zero.ErrorEstimate != nil {
			for step := range s.steps {
				at = at.then(s.step(at.x, step))
			}
			return at
		}
	}
	at, err := ode.Integrate(s.net.Scheme, at, s.steps, s.h, ode.System[costly]{
		Rate: s.costlyRate, Combine: costly.combine,
	})
	if err != nil {
		exceptions.Panicf("net: %v", err)
	}
	return at
}

// solve returns the ODE block of a stage.
func (b *builder) solve(of stage) solve {
	s := solve{
		builder: b, path: of.path + "/ode", declared: b.net.mustDeclare(of), in: b.layout,
		steps: of.steps, basis: of.basis, h: of.length / float64(of.steps),
	}
	if b.net.taken != nil {
		s.takeSteps(b.net.taken)
	}
	return s
}

// solve builds the graph of one ODE block.
type solve struct {
	*builder
	path     string
	declared *rate.Declared
	in       fmap.Layout // of the state
	steps    int
	basis    basis.Basis // of the weights over depth
	h        float64     // the length of a step; 1 if the steps are those of a solver

	// The steps of a solver: for each the time t in [0, 1] at its beginning, its length, and the factor of the rate.
	begin, length, factor []*Node
	phis                  []map[float64][]float64 // of each step, by the fraction of it; none if weights are constant

	zero  Costs // what is charged for at the beginning: zeros; without regularisers there are none
	noise *Node // the e of the Jacobian's cost
}

// rate returns the rate at the fraction c of a step, as an ode.System asks for it.
func (s solve) rate(step, _ int, c float64, x fmap.Map) fmap.Map {
	if s.factor != nil {
		time := func() *Node { return Add(s.begin[step], MulScalar(s.length[step], c)) }
		dx := s.builder.rate(s.in, x, s.declared, rate.Position{Path: s.path, Phi: s.phi(step, c), Time: time})
		return dx.Scale(s.factor[step])
	}
	return s.builder.rate(s.in, x, s.declared, rate.Position{
		Path: s.path, Phi: s.phi(step, c),
		Time: func() *Node { return s.constant(timeAt(step, s.steps, c)) },
	})
}

// phi returns the values of the basis functions at the fraction c of a step.
func (s solve) phi(step int, c float64) []float64 {
	switch {
	case s.phis != nil:
		return s.phis[step][c]
	case s.factor != nil:
		return basis.Stage(s.basis, 0, 1, 0) // weights are constant in depth
	}
	return basis.Stage(s.basis, step, s.steps, c)
}

// step takes one step of a Runge–Kutta scheme, and returns its costs.
func (s solve) step(x fmap.Map, step int) costly {
	if s.zero.ErrorEstimate != nil {
		return s.estimated(x, step)
	}
	rate := func(stage int, c float64, at costly) costly { return s.costlyRate(step, stage, c, at) }
	return ode.Advance(s.tableau(), costly{x, s.zero}, s.h, rate, costly.combine)
}

// repeated takes all steps as one that is built once and repeated, which keeps graphs of many steps small. It reports
// whether that is possible: the engine must be able to, nothing is charged for the way, and the steps must differ in
// nothing but in coefficients that each has for itself.
func (s solve) repeated(x fmap.Map) (y fmap.Map, ok bool) {
	tb, ok := s.net.Scheme.(ode.Tableau)
	if !ok || s.steps < 2 || s.steps != s.basis.NumBasis() || s.factor != nil || !s.net.originalRate() ||
		len(s.zero.nodes()) > 0 || !tb.Explicit() || len(tb.C) != len(tb.B) {
		return nil, false
	}
	for step := range s.steps {
		for _, c := range tb.C {
			for k, v := range s.phi(step, c) {
				if k == step && v != 1 || k != step && v != 0 {
					return nil, false
				}
			}
		}
	}
	return s.Repeat(x, s.steps, func(one *layers.Builder, x fmap.Map) fmap.Map {
		own := s
		own.builder = &builder{one, s.net, s.layout}
		return own.step(x, 0).x
	})
}

// timeAt returns the time t in [0, 1] of a block at the fraction c of a step.
func timeAt(step, steps int, c float64) float64 { return (float64(step) + c) / float64(steps) }

func (s solve) tableau() ode.Tableau {
	tb, ok := s.net.Scheme.(ode.Tableau)
	if !ok {
		exceptions.Panicf("net: the adjoint %s needs a Runge–Kutta scheme, not %s",
			s.net.Config.Adjoint, s.net.Scheme.Info().Name)
	}
	return tb
}

// checkpointed takes all steps in segments and keeps only the state at the beginning of each. The backward pass
// computes a segment again to get the states between its steps, and then each step again from the state that it begins
// with. With n steps there are 2√n states in memory unless Config.Checkpoints says otherwise, those of the segments and
// those within one segment, and the layers of one step (Chen et al., Training deep nets with sublinear memory cost,
// 2016).
func (s solve) checkpointed(at costly) costly {
	steps := s.steps
	segments := s.net.Config.Checkpoints
	if segments == 0 {
		segments = int(math.Ceil(math.Sqrt(float64(steps))))
	}
	segments = min(segments, steps)
	for i := range segments {
		from, to := i*steps/segments, (i+1)*steps/segments
		segment := func(x fmap.Map) costly {
			at := costly{x, s.zero}
			for step := from; step < to; step++ {
				at = at.then(s.again(at.x, func(x fmap.Map) costly { return s.step(x, step) }))
			}
			return at
		}
		if to-from == 1 {
			at = at.then(segment(at.x))
		} else {
			at = at.then(s.again(at.x, segment))
		}
	}
	return at
}

// again returns f(x). The backward pass computes f once more instead of keeping what it computed.
func (s solve) again(x fmap.Map, f func(x fmap.Map) costly) costly {
	var weights []*Node
	outputs := func(x fmap.Map) fmap.Outputs { return f(x).outputs() }
	return s.costly(fmap.Custom(x,
		func(x fmap.Map) (y fmap.Outputs) {
			weights = s.Recording(func() { y = outputs(x) })
			return y
		},
		func() []*Node { return weights },
		func(x fmap.Map, _, dy fmap.Outputs) (dx fmap.Map, dw []*Node) {
			s.Quietly(func() { _, dx, dw = fmap.Pullback(x, outputs, weights, dy) })
			return dx, dw
		}))
}

// adjoint is the state of the adjoint equation: the state x of the block, a = ∂loss/∂x, and g, the gradients of the
// weights so far.
type adjoint struct {
	x, a fmap.Map
	g    []*Node
}

// backsolved takes one step whose gradient is that of the ODE, not that of the scheme. From the x at the end of the
// step, the same scheme solves the adjoint equation
//
//	da/dt = -aᵀ∂R/∂x - bᵀ∂C/∂x,  dg/dt = -aᵀ∂R/∂θ - bᵀ∂C/∂θ
//
// backwards over the step, together with x (Chen et al., Neural ordinary differential equations, 2018). C holds what
// regularisers charge, which is integrated like a part of the state, and b = ∂loss/∂∫C dt. As nothing depends on the
// integrals so far, b does not change. The error of the gradient is that of the scheme, which for few Euler steps is as
// large as the gradient.
func (s solve) backsolved(x fmap.Map, step int) costly {
	tb := s.tableau()
	// The weights that the stages of the step backwards use: the stage at c is at 1-c of the step.
	var weights []*Node
	for _, c := range tb.C {
		for _, w := range s.BlockWeights(s.path, s.phi(step, 1-c)) {
			if !slices.Contains(weights, w) {
				weights = append(weights, w)
			}
		}
	}
	return s.costly(fmap.Custom(x,
		func(x fmap.Map) fmap.Outputs { return s.step(x, step).outputs() },
		func() []*Node { return weights },
		func(_ fmap.Map, y, dy fmap.Outputs) (dx fmap.Map, dw []*Node) {
			end := adjoint{x: y.Map, a: dy.Map}
			for _, w := range weights {
				end.g = append(end.g, ZerosLike(w))
			}
			rate := func(stage int, c float64, at adjoint) (d adjoint) {
				f := func(x fmap.Map) fmap.Outputs {
					return s.costlyRate(step, stage, 1-c, costly{x: x}).outputs()
				}
				s.Quietly(func() {
					var y fmap.Outputs
					y, d.a, d.g = fmap.Pullback(at.x, f, weights, fmap.Outputs{Map: at.a, More: dy.More})
					d.x = y.Map
				})
				return d
			}
			begin := ode.Advance(tb, end, s.h, rate, adjoint.combine)
			return begin.a, begin.g
		}))
}

// combine steps back in time: the terms are subtracted from x, and added to a and g.
func (s adjoint) combine(coefficients []float64, terms []adjoint) adjoint {
	back := make([]float64, len(coefficients))
	xs, as := make([]fmap.Map, len(terms)), make([]fmap.Map, len(terms))
	g := slices.Clone(s.g)
	for i, term := range terms {
		back[i], xs[i], as[i] = -coefficients[i], term.x, term.a
		if coefficients[i] == 0 {
			continue
		}
		for j := range g {
			g[j] = Add(g[j], MulScalar(term.g[j], coefficients[i]))
		}
	}
	return adjoint{s.x.Combine(back, xs), s.a.Combine(coefficients, as), g}
}
