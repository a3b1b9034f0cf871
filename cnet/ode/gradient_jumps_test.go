package ode

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// switched is forced, whose right side changes at the given times.
func switched(jumps []float64, back bool) Problem {
	p := forced([]float64{0.8, 0.3}, false)
	smooth, vjp := p.F, p.VJP
	side := func(t float64) float64 {
		c := 1.0
		for i, at := range jumps {
			if t > at {
				c += float64(i+1) * 0.7
			}
		}
		return c
	}
	p.F = func(t float64, x, dx []float64) {
		smooth(t, x, dx)
		dx[0] += side(t) * x[1]
		dx[1] += side(t)
	}
	p.VJP = func(t float64, x, a, ax, ap []float64) {
		vjp(t, x, a, ax, ap)
		ax[1] += side(t) * a[0]
	}
	if back {
		p.T0, p.T1 = p.T1, p.T0
	}
	return p
}

// The derivatives with respect to jumps are those of what fixed steps compute, by finite differences, and near those of
// the solution for adaptive steps and for the adjoint equation.
func TestJumpGradients(t *testing.T) {
	jumps := []float64{0.52, 1.4}
	at := []float64{0.3, 0.9, 1.4, 1.9}
	reversed := func(v []float64) []float64 {
		v = slices.Clone(v)
		slices.Reverse(v)
		return v
	}
	for _, c := range []struct {
		o     Options
		d     Differentiation
		exact bool // the gradient is that of the steps
	}{
		{Options{Scheme: "rk4", Steps: 13}, Differentiation{}, true},
		{Options{Scheme: "rk4", StepSize: 0.11}, Differentiation{Checkpoints: 2}, true},
		{Options{Scheme: "dopri5", Grid: []float64{0.1, 0.5, 1, 1.6, 2}}, Differentiation{}, true},
		{Options{Scheme: "sdirk4", Steps: 9}, Differentiation{}, true},
		{Options{Scheme: "kvaerno5", Steps: 9}, Differentiation{}, true},
		{Options{Scheme: "radau5", Steps: 7}, Differentiation{Checkpoints: Auto}, true},
		{Options{Scheme: "tsit5", RTol: 1e-9, ATol: 1e-9}, Differentiation{}, false},
		{Options{Scheme: "auto", RTol: 1e-9, ATol: 1e-9}, Differentiation{Checkpoints: 3}, false},
		{Options{Scheme: "tsit5", RTol: 1e-9, ATol: 1e-9}, Differentiation{Backsolve: true}, false},
	} {
		for _, back := range []bool{false, true} {
			for _, outputs := range []bool{false, true} {
				o, d := c.o, c.d
				d.Times = true
				order := slices.Clone[[]float64]
				if back {
					order = reversed
				}
				name := fmt.Sprintf("%s %v, backwards %v, outputs %v", o.Scheme, d.Backsolve, back, outputs)
				o.Jumps = order(jumps)
				if o.Grid != nil {
					o.Grid = order(o.Grid)
				}
				if outputs {
					o.At = order(at)
				}
				g, err := Differentiate(switched(jumps, back), o, weightedCost, d)
				if err != nil || len(g.Jumps) != len(jumps) {
					t.Errorf("%s: %v, %v", name, g, err)
					continue
				}
				for i, got := range order(g.Jumps) {
					if outputs && i == 1 {
						continue // an output at a jump has no derivative
					}
					tolerance := 1e-7
					if !c.exact {
						tolerance = 1e-5
					}
					want := central(0, 1e-3, func(by float64) float64 {
						moved, o := moved(jumps, i, by), o
						o.Jumps = order(moved)
						return lossOf(t, switched(moved, back), o, weightedCost)
					})
					if math.Abs(got-want) > tolerance*(1+math.Abs(want)) {
						t.Errorf("%s: with respect to jump %d: %.12g, want %.12g", name, i, got, want)
					}
				}
			}
		}
	}
}

// Steps of a grid that end elsewhere make another error; its derivative is that of the loss, exactly.
func TestGridGradients(t *testing.T) {
	grid := []float64{0.1, 0.35, 0.6, 1.1, 1.5, 1.8, 2}
	for _, o := range []Options{{Scheme: "heun3"}, {Scheme: "tsit5"}, {Scheme: "implicit_midpoint"}, {Scheme: "radau5"},
		{Scheme: "heun3", Jumps: []float64{1.1}}} {
		o.Grid, o.At = grid, []float64{0.5, 1.3, 2}
		p := forced([]float64{0.8, 0.3}, true)
		g, err := Differentiate(p, o, weightedCost, Differentiation{Times: true})
		if err != nil || len(g.Grid) != len(grid) {
			t.Errorf("%s: %v, %v", o.Scheme, g, err)
			continue
		}
		for i, got := range g.Grid {
			want := 0.0
			switch {
			case i == 0 || i == len(grid)-1:
				want = []float64{g.T0, g.T1}[min(i, 1)]
			case o.Jumps == nil || grid[i] != o.Jumps[0]:
				want = central(0, 1e-3, func(by float64) float64 {
					o := o
					o.Grid = moved(grid, i, by)
					return lossOf(t, p, o, weightedCost)
				})
			}
			if math.Abs(got-want) > 1e-9*(1+math.Abs(want)) {
				t.Errorf("%s %v: with respect to step end %d: %.12g, want %.12g", o.Scheme, o.Jumps, i, got, want)
			}
		}
	}
}
