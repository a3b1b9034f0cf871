// Package ode holds explicit Runge–Kutta schemes as data (Butcher tableaux) and the step that any of them takes.
//
// A scheme registered once works everywhere: on numbers, on vectors, and on the nodes of a computation graph, because
// Step knows nothing of the state but how to combine it.
//
//	tb, err := ode.Scheme("rk4_classic")
//	x = ode.Step(tb, x, h, rate, combine) // x(t+h) from x(t)
//
// # How to choose a scheme
//
// For a trained network the scheme is part of the model: train and run with the same one, unless the point is to see what
// happens otherwise. Euler makes an ordinary residual network. Midpoint costs two evaluations a step and is second
// order; rk4_classic and rk4 cost four and are fourth order: they pay when weights vary smoothly over depth, so that
// fewer steps or another number of steps give the same function.
package ode

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
)

// Tableau is an explicit Runge–Kutta scheme in Butcher's form (Hairer, Nørsett & Wanner, Solving Ordinary Differential
// Equations I, section II.1):
//
//	k_i = f(t + C[i]·h, x + h·Σ_j A[i][j]·k_j),   x(t+h) = x + h·Σ_i B[i]·k_i
type Tableau struct {
	Name  string
	Order int         // the order of convergence claimed
	A     [][]float64 // row i holds the coefficients of the stages before i; row 0 is empty
	B     []float64   // the weights of the stages
	C     []float64   // the time of each stage as a fraction of the step; nil: the row sums of A
	Note  string      // where it is from, what it is good for
}

// Stages is the number of evaluations of the rate that a step costs.
func (tb Tableau) Stages() int { return len(tb.B) }

// tolerance is what rounding may leave of a condition whose coefficients are given as decimals.
const tolerance = 1e-12

// Check reports the first condition that the tableau violates: its shape, c_i = Σ_j a_ij, and consistency Σ b_i = 1.
func (tb Tableau) Check() error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("ode: scheme %q: %s", tb.Name, fmt.Sprintf(format, args...))
	}
	if tb.Name == "" || strings.ContainsAny(tb.Name, " \t\n") {
		return fail("a scheme needs a name without spaces")
	}
	s := len(tb.B)
	if s == 0 || len(tb.A) != s || len(tb.C) != s {
		return fail("A, B and C must have one entry per stage, got %d, %d and %d", len(tb.A), s, len(tb.C))
	}
	for i, row := range tb.A {
		if len(row) > i {
			return fail("row %d of A has %d coefficients; an explicit scheme has at most %d", i, len(row), i)
		}
		if sum := total(row); !(math.Abs(sum-tb.C[i]) <= tolerance) {
			return fail("c_%d = %g, but row %d of A sums to %g; a stage must be evaluated at the time its state is for", i, tb.C[i], i, sum)
		}
	}
	if sum := total(tb.B); !(math.Abs(sum-1) <= tolerance) {
		return fail("the weights B sum to %g, not 1: the scheme is not consistent", sum)
	}
	if tb.Order < 1 {
		return fail("order is %d, must be at least 1", tb.Order)
	}
	return nil
}

func total(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum
}

var (
	mu         sync.RWMutex
	registered = map[string]Tableau{}
	names      []string // in order of registration
)

// Register makes a scheme known by its name, and refuses a bad tableau with the condition it violates. A nil C becomes
// the row sums of A. Registering the same name again replaces the scheme, so that a notebook cell can be run twice.
func Register(tb Tableau) error {
	if tb.C == nil {
		for _, row := range tb.A {
			tb.C = append(tb.C, total(row))
		}
	}
	if err := tb.Check(); err != nil {
		return err
	}
	mu.Lock()
	defer mu.Unlock()
	if _, known := registered[tb.Name]; !known {
		names = append(names, tb.Name)
	}
	registered[tb.Name] = tb
	return nil
}

// Scheme returns the registered scheme of that name.
func Scheme(name string) (Tableau, error) {
	mu.RLock()
	defer mu.RUnlock()
	tb, ok := registered[name]
	if !ok {
		return Tableau{}, fmt.Errorf("ode: unknown scheme %q; known are %s", name, strings.Join(names, ", "))
	}
	return tb, nil
}

// Schemes lists the registered schemes in the order of their registration.
func Schemes() []Tableau {
	mu.RLock()
	defer mu.RUnlock()
	list := make([]Tableau, len(names))
	for i, n := range names {
		list[i] = registered[n]
	}
	return slices.Clip(list)
}
