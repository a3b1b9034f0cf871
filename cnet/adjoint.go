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
	"continuousnet/cnet/ode"
)

// How gradients go back through the steps of an ODE block: the values of Config.Adjoint.
const (
	Backprop   = "backprop"   // through all layers, whose maps are kept
	Checkpoint = "checkpoint" // the same gradients; only states between steps are kept, and layers are computed again
	Backsolve  = "backsolve"  // the adjoint equation, solved backwards by the scheme from the states between steps
)

// Adjoints are the values of Config.Adjoint.
var Adjoints = []string{Backprop, Checkpoint, Backsolve}

// checkAdjoint is about Adjoint and Checkpoints, with the scheme that the configuration names.
func (c Config) checkAdjoint(scheme ode.Method) error {
	switch c.Adjoint {
	case "", Backprop:
	case Checkpoint, Backsolve:
		if _, ok := scheme.(ode.Tableau); !ok {
			return badField("scheme", c.Scheme, fmt.Sprintf("a Runge–Kutta scheme with the adjoint %s: a multistep method has no steps of its own to compute again", c.Adjoint))
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

// block is the ODE block: the scheme applied to dx/dt = ε·R(x, θ(t)) for t from 0 to 1.
func (b *builder) block(x fmap.Map, path string) fmap.Map {
	n := b.net
	s := solve{builder: b, path: path, h: n.Config.TimeEpsilon / float64(n.Steps)}
	if b.Training { // otherwise there are no gradients
		switch n.Config.Adjoint {
		case Checkpoint:
			return s.checkpointed(x)
		case Backsolve:
			for step := range n.Steps {
				x = s.backsolved(x, step)
			}
			return x
		}
	}
	x, err := ode.Integrate(n.Scheme, x, n.Steps, s.h, ode.System[fmap.Map]{Rate: s.rate, Combine: fmap.Map.Combine})
	if err != nil {
		exceptions.Panicf("net: %v", err)
	}
	return x
}

// solve is an ODE block while it is solved.
type solve struct {
	*builder
	path string
	h    float64 // the length of a step
}

func (s solve) rate(step, _ int, c float64, x fmap.Map) fmap.Map {
	return s.builder.rate(x, s.path, basis.Stage(s.net.Basis, step, s.net.Steps, c))
}

// step is one step of a Runge–Kutta scheme.
func (s solve) step(x fmap.Map, step int) fmap.Map {
	return ode.Advance(s.tableau(), x, s.h, func(stage int, c float64, x fmap.Map) fmap.Map { return s.rate(step, stage, c, x) }, fmap.Map.Combine)
}

func (s solve) tableau() ode.Tableau {
	tb, ok := s.net.Scheme.(ode.Tableau)
	if !ok {
		exceptions.Panicf("net: the adjoint %s needs a Runge–Kutta scheme, not %s", s.net.Config.Adjoint, s.net.Scheme.Info().Name)
	}
	return tb
}

// checkpointed takes all steps in segments. In the backward pass a segment is computed again from the state that it
// begins with, keeping the states between its steps, and each step from the state that it begins with. So the states of
// the checkpoints and of one segment are held, 2√n for n steps unless told otherwise, and the layers of one step (Chen
// et al., Training deep nets with sublinear memory cost, 2016).
func (s solve) checkpointed(x fmap.Map) fmap.Map {
	steps := s.net.Steps
	segments := s.net.Config.Checkpoints
	if segments == 0 {
		segments = int(math.Ceil(math.Sqrt(float64(steps))))
	}
	segments = min(segments, steps)
	for i := range segments {
		from, to := i*steps/segments, (i+1)*steps/segments
		segment := func(x fmap.Map) fmap.Map {
			for step := from; step < to; step++ {
				x = s.again(x, func(x fmap.Map) fmap.Map { return s.step(x, step) })
			}
			return x
		}
		if to-from == 1 {
			x = segment(x)
		} else {
			x = s.again(x, segment)
		}
	}
	return x
}

// again is f, which is computed again in the backward pass instead of being kept.
func (s solve) again(x fmap.Map, f func(x fmap.Map) fmap.Map) fmap.Map {
	var weights []*Node
	return fmap.Custom(x,
		func(x fmap.Map) (y fmap.Map) {
			weights = s.Recording(func() { y = f(x) })
			return y
		},
		func() []*Node { return weights },
		func(x, _, dy fmap.Map) (dx fmap.Map, dw []*Node) {
			s.Quietly(func() { _, dx, dw = fmap.Pullback(x, f, weights, dy) })
			return dx, dw
		})
}

// adjoint is the state of the adjoint equation: that of the block, ∂loss/∂x, and the gradients of the weights so far.
type adjoint struct {
	x, a fmap.Map
	g    []*Node
}

// backsolved is one step whose gradient is that of the ODE instead of the scheme: the adjoint equation da/dt =
// -aᵀ∂R/∂x, dg/dt = -aᵀ∂R/∂θ is solved backwards over the step by the same scheme, together with x (Chen et al., Neural
// ordinary differential equations, 2018), from the x that the step ended with. It is exact up to the error of the
// scheme, which for few Euler steps is as large as the gradient.
func (s solve) backsolved(x fmap.Map, step int) fmap.Map {
	tb := s.tableau()
	// All weights that the stages of the step back look at, at time 1-c.
	var weights []*Node
	for _, c := range tb.C {
		for _, w := range s.BlockWeights(s.path, basis.Stage(s.net.Basis, step, s.net.Steps, 1-c)) {
			if !slices.Contains(weights, w) {
				weights = append(weights, w)
			}
		}
	}
	return fmap.Custom(x,
		func(x fmap.Map) fmap.Map { return s.step(x, step) },
		func() []*Node { return weights },
		func(_, y, dy fmap.Map) (dx fmap.Map, dw []*Node) {
			end := adjoint{x: y, a: dy}
			for _, w := range weights {
				end.g = append(end.g, ZerosLike(w))
			}
			rate := func(stage int, c float64, at adjoint) (d adjoint) {
				f := func(x fmap.Map) fmap.Map { return s.rate(step, stage, 1-c, x) }
				s.Quietly(func() { d.x, d.a, d.g = fmap.Pullback(at.x, f, weights, at.a) })
				return d
			}
			begin := ode.Advance(tb, end, s.h, rate, adjoint.combine)
			return begin.a, begin.g
		})
}

// combine goes back in time: x loses what the terms are, a and g gain it.
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
