package ode

import (
	"fmt"
	"math"
)

// stageGroup is a number of stages of an implicit scheme that depend on each other:
//
//	k_i = f(t_i, base + h·Σ_j a_ij·k_j)
//
// Their derivatives follow from the equation itself and not from the iterations that have solved it (implicit function
// theorem; Gholami, Keutzer & Biros, ANODE, 2019, differentiate what is computed in the same sense). With J_i = ∂f/∂x
// at stage i, the adjoints λ_i of the right sides satisfy
//
//	λ_j - h·Σ_i a_ij·J_iᵀ·λ_i = ∂loss/∂k_j
//
// and then ∂loss/∂base = Σ J_iᵀ·λ_i and ∂loss/∂p = Σ (∂f/∂p)_iᵀ·λ_i.
type stageGroup struct {
	base   *node
	h      float64
	a      [][]float64
	t, c   []float64   // the times of the stages, and these as fractions of the step
	states [][]float64 // base + h·Σ_j a_ij·k_j
	rates  []*node
	span   *span
}

// stages records coupled stages of the current step of length h, whose rates are k.
func (tp *tape) stages(base *node, t0, h float64, a [][]float64, c []float64, k [][]float64) []*node {
	g := &stageGroup{base: base, h: h, a: a, span: tp.span}
	for i, row := range a {
		t := t0 + c[i]*h
		g.t, g.c = append(g.t, tp.sides.of(t)), append(g.c, tp.sides.fraction(t, c[i]))
		state := append([]float64(nil), base.value...)
		for j, v := range row {
			for m, rate := range k[j] {
				state[m] += h * v * rate
			}
		}
		g.states = append(g.states, state)
		g.rates = append(g.rates, &node{value: k[i], stages: g})
	}
	rates := g.rates
	if tp.forward != nil {
		tp.forward.stages(tp, g)
	}
	for _, n := range rates {
		if !tp.off && tp.forward == nil {
			tp.nodes = append(tp.nodes, n)
		} else {
			n.stages = nil
		}
	}
	return rates
}

const (
	refinements   = 30    // of the solution of a stage's linear system, at most
	refined       = 1e-14 // the residual, relative to the numbers that it is the difference of, that is rounding
	refinedEnough = 1e-6  // above it, derivatives that are given disagree
	roughlySolved = 1e-3  // above it, derivatives by differences are no solution
)

// backStages propagates the adjoints of coupled stages. The linear system is factorised with Problem.Jacobian, or the
// rows that Problem.VJP gives, and refined until VJP itself finds nothing left.
func (tp *tape) backStages(g *stageGroup, parameters []float64) {
	s, n := len(g.a), len(g.base.value)
	used := false
	right := make([]float64, s*n) // [component][stage], which keeps the band of J
	for j, k := range g.rates {
		for i, v := range k.bar {
			right[i*s+j] = v
			used = true
		}
	}
	if !used {
		return
	}
	if g.base.bar == nil {
		g.base.bar = make([]float64, n)
	}
	system, err := tp.transposed(g)
	if err != nil {
		tp.fail(err)
		return
	}
	lambda := make([]float64, s*n)
	at := make([]float64, n)
	products, gradient := make([]float64, s*n), make([]float64, len(parameters))
	residual := append([]float64(nil), right...)
	err = refine(system, residual, lambda, refinedEnough, func(residual []float64) float64 {
		clear(gradient)
		clear(products)
		ax := make([]float64, n)
		for i, state := range g.states {
			for m := range at {
				at[m] = lambda[m*s+i]
			}
			clear(ax)
			tp.stats.VJPs++
			tp.p.VJP(g.t[i], state, at, ax, gradient)
			for m, v := range ax {
				products[m*s+i] = v
			}
		}
		size := 0.0
		for m := range n {
			for j := range s {
				sum, large := right[m*s+j]-lambda[m*s+j], math.Abs(right[m*s+j])+math.Abs(lambda[m*s+j])
				for i, row := range g.a {
					term := g.h * row[j] * products[m*s+i]
					sum, large = sum+term, large+math.Abs(term)
				}
				residual[m*s+j] = sum
				size = max(size, large)
			}
		}
		return size
	})
	if err != nil {
		tp.fail(tp.p.disagreement(g.t[0], g.states[0], err))
		return
	}
	for i, v := range gradient {
		parameters[i] += v
	}
	for m := range n {
		for i := range s {
			g.base.bar[m] += products[m*s+i]
		}
	}
	if g.span == nil {
		return
	}
	length := 0.0 // ∂loss/∂h
	for i, row := range g.a {
		for m := range at {
			at[m] = lambda[m*s+i]
			for j, v := range row {
				length += products[m*s+i] * v * g.rates[j].value[m]
			}
		}
		w := when{span: g.span, theta: g.c[i]}
		w.rate(tp.timeVJP(g.t[i], g.span, g.states[i], at))
	}
	g.span.end.add(length)
	g.span.begin.add(-length)
}

// refine solves a linear system by iterative refinement: next writes the residual of x and returns the size of what it
// is the difference of, and the factors give corrections. A residual of more than enough times that size is an error.
func refine(
	system *matrix[float64], residual, x []float64, enough float64, next func(residual []float64) float64,
) error {
	left, before := 0.0, math.Inf(1)
	for range refinements {
		system.solve(residual)
		for i, v := range residual {
			x[i] += v
		}
		size := next(residual)
		largest := 0.0
		for _, v := range residual {
			if !finite(v) {
				return fmt.Errorf("a derivative is not finite")
			}
			largest = max(largest, math.Abs(v))
		}
		if largest <= refined*size {
			return nil
		}
		left = largest / size
		if left >= before/2 { // as far as rounding, and differences, permit
			break
		}
		before = left
	}
	if left > enough {
		return fmt.Errorf("the linear system of an implicit stage has a residual of %.2g", left)
	}
	return nil
}

// transposed factorises I - h·(a_ij·J_iᵀ) for the stages.
func (tp *tape) transposed(g *stageGroup) (*matrix[float64], error) {
	s := len(g.a)
	return tp.factorise(g, func(i, j, row, column int) (int, int) { return column*s + j, row*s + i })
}

// workspace is memory for the linear systems of coupled stages, which serves one after the other.
type workspace struct {
	system []float64
	factor *matrix[float64]
}

// factorise factorises I - M for the stages, where place says at which row and column of M h·a_ij·(J_i)_(row, column)
// is.
func (tp *tape) factorise(g *stageGroup, place func(i, j, row, column int) (int, int)) (*matrix[float64], error) {
	s, n := len(g.a), len(g.base.value)
	width := s * n
	if tp.work == nil {
		tp.work = &workspace{}
	}
	w := tp.work
	if len(w.system) != width*width {
		w.system, w.factor = make([]float64, width*width), newMatrix[float64](width, math.Abs)
	}
	clear(w.system)
	var b band
	for i, row := range g.a {
		jacobian := tp.jacobianAt(g.t[i], g.states[i])
		for r := range n {
			for c, v := range jacobian[r*n : (r+1)*n] {
				if v == 0 {
					continue
				}
				for j, a := range row {
					x, y := place(i, j, r, c)
					w.system[x*width+y] = g.h * a * v
					b.lower, b.upper = max(b.lower, x-y), max(b.upper, y-x)
				}
			}
		}
	}
	tp.stats.Factorised++
	if !w.factor.shifted(1, w.system, b, func(x float64) float64 { return x }) {
		return nil, fmt.Errorf("the linear system of an implicit stage at t = %v is singular or not finite; "+
			"shorten the steps", g.t[0])
	}
	return w.factor, nil
}

// jacobianAt returns ∂f_i/∂x_j at [i·n+j], by Problem.Jacobian, row by row by Problem.VJP, or by central differences.
func (tp *tape) jacobianAt(t float64, x []float64) []float64 {
	n := len(x)
	j := make([]float64, n*n)
	tp.stats.Jacobians++
	switch {
	case tp.p.Jacobian != nil:
		tp.p.Jacobian(t, x, j)
	case tp.p.VJP != nil:
		unit, ap := make([]float64, n), make([]float64, tp.p.Parameters)
		for i := range n {
			unit[i] = 1
			tp.stats.VJPs++
			tp.p.VJP(t, x, unit, j[i*n:(i+1)*n], ap)
			unit[i] = 0
		}
	default:
		tp.stats.NFE += 2 * n
		centralJacobian(tp.p.F, t, x, nudges(x), j)
	}
	return j
}
