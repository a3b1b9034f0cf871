package ode

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Tableau is a Runge–Kutta method in Butcher's form (Hairer, Nørsett & Wanner, Solving Ordinary Differential
// Equations I, section II.1; below HNW I):
//
//	k_i = f(t + C[i]·h, x + h·Σ_j A[i][j]·k_j),   x(t+h) = x + h·Σ_i B[i]·k_i
//
// The zero values of Order and C mean: derive them.
type Tableau struct {
	Name  string
	Order int         // the order of convergence; 0: the one that the order conditions give, up to CheckedOrder
	A     [][]float64 // row i holds the coefficients of the stages before i, and its own if the stage is implicit
	B     []float64   // the weights of the stages
	C     []float64   // the time of each stage as a fraction of the step; nil: the row sums of A
	Err   []float64   // B minus the weights of the embedded method, whose difference estimates the error; nil: none
	Mid   []float64   // the weights of a solution in the middle of the step, for dense output; nil: cubic Hermite
	Note  string      // where it is from, what it is good for

	dense *denseStages // dense output of higher order than Mid gives, on the host
}

// Stages returns the number of stages. Each is one evaluation of the rate, except that FSAL saves one.
func (tb Tableau) Stages() int { return len(tb.B) }

// Explicit reports whether every stage needs only the ones before it.
func (tb Tableau) Explicit() bool {
	for i, row := range tb.A {
		if len(row) > i && row[i] != 0 {
			return false
		}
	}
	return true
}

// FSAL ("first same as last") reports whether the last stage is the rate at the end of the step, so that it
// serves as the first stage of the next one.
func (tb Tableau) FSAL() bool {
	s := tb.Stages()
	if s < 2 || len(tb.A) != s || len(tb.C) != s || !tb.Explicit() || tb.B[s-1] != 0 || tb.C[s-1] != 1 {
		return false
	}
	for j := range s - 1 {
		if at(tb.A[s-1], j) != tb.B[j] {
			return false
		}
	}
	return true
}

// stifflyAccurate reports whether the last stage is the end of the step: its row of A is B, up to rounding.
func (tb Tableau) stifflyAccurate() bool {
	s := tb.Stages()
	if s == 0 || len(tb.A) != s || len(tb.C) != s || math.Abs(tb.C[s-1]-1) > 1e-14 {
		return false
	}
	for j, b := range tb.B {
		if math.Abs(at(tb.A[s-1], j)-b) > 1e-14*(1+math.Abs(b)) {
			return false
		}
	}
	return true
}

// Adaptive reports whether the method estimates its own error.
func (tb Tableau) Adaptive() bool { return tb.Err != nil }

// controlOrder returns the power of h in the error estimate: min(order, embedded order) + 1, as the error is that of
// the worse of the two methods.
func (tb Tableau) controlOrder() int {
	// Σ Err·c^q vanishes for q below the order of the estimate. Quadrature conditions are enough here: the embedded
	// method of a pair that somebody wants is never held back by another one.
	for q := 0; q <= tb.Order; q++ {
		sum, scale := 0.0, 0.0
		for i, e := range tb.Err {
			term := e * math.Pow(tb.C[i], float64(q))
			sum, scale = sum+term, scale+math.Abs(term)
		}
		if math.Abs(sum) > 1e-10*scale {
			return q + 1
		}
	}
	return tb.Order + 1
}

// Check returns an error for the first condition that the tableau violates: its shape, c_i = Σ_j a_ij, and the order
// conditions up to the claimed order, or CheckedOrder if that is lower, in exact arithmetic.
func (tb Tableau) Check() error {
	if err := tb.shape(); err != nil {
		return err
	}
	for i, row := range tb.A {
		if sum := exactSum(row, tb.C[i]); !sum.zero() {
			return tb.errorf("c_%d = %.10g, but row %d of A sums to %.10g; "+
				"a stage must be evaluated at the time its state is for",
				i, tb.C[i], i, total(row))
		}
	}
	for _, c := range Conditions(tb, min(max(tb.Order, 1), CheckedOrder)) {
		if c.Holds {
			continue
		}
		if c.Order == 1 {
			return tb.errorf("the weights B sum to %.10g, not 1: the scheme is not consistent", c.Value)
		}
		return tb.errorf("claims order %d, but violates the condition %s of order %d: the left side is %s", tb.Order,
			c.Formula(), c.Order, c.left())
	}
	if tb.Order < 1 {
		return tb.errorf("order is %d, must be at least 1, or 0 to derive it", tb.Order)
	}
	return nil
}

func (tb Tableau) errorf(format string, args ...any) error {
	return fmt.Errorf("ode: scheme %q: %s", tb.Name, fmt.Sprintf(format, args...))
}

// shape returns an error if the order conditions cannot be evaluated, because of lengths or numbers that are not valid.
func (tb Tableau) shape() error {
	if tb.Name == "" || strings.ContainsAny(tb.Name, " \t\n,/") {
		return tb.errorf("a scheme needs a name without spaces, commas and slashes")
	}
	s := len(tb.B)
	if s == 0 || s > maxStages || len(tb.A) != s || len(tb.C) != s {
		return tb.errorf("A, B and C must have one entry per stage, from 1 to %d, got %d, %d and %d", maxStages,
			len(tb.A), s, len(tb.C))
	}
	if tb.Err != nil && !slices.ContainsFunc(tb.Err, func(x float64) bool { return x != 0 }) {
		return tb.errorf("Err is zero: it estimates no error; leave it out")
	}
	for i, row := range tb.A {
		if len(row) > i+1 {
			return tb.errorf("row %d of A has %d coefficients; an explicit stage has at most %d "+
				"and a diagonally implicit one %d; fully implicit schemes are not supported", i, len(row), i, i+1)
		}
		if err := tb.finite(fmt.Sprintf("A[%d]", i), row); err != nil {
			return err
		}
	}
	for _, v := range []struct {
		name   string
		values []float64
	}{{"B", tb.B}, {"C", tb.C}, {"Err", tb.Err}, {"Mid", tb.Mid}} {
		if v.values != nil && len(v.values) != s {
			return tb.errorf("%s must have one entry per stage, got %d for %d stages", v.name, len(v.values), s)
		}
		if err := tb.finite(v.name, v.values); err != nil {
			return err
		}
	}
	return nil
}

// maxStages and maxCoefficient bound the time that exact arithmetic takes.
const (
	maxStages      = 64
	maxCoefficient = 1e9
)

func (tb Tableau) finite(name string, v []float64) error {
	for j, x := range v {
		if !(math.Abs(x) <= maxCoefficient) || x != 0 && math.Abs(x) < 1/maxCoefficient/maxCoefficient {
			return tb.errorf("%s[%d] is %v, must be 0 or a number of reasonable size", name, j, x)
		}
	}
	return nil
}

// normalised returns the tableau with C and Order derived where they are missing, and with slices of its own: what the
// caller does to its slices later does not reach a registered scheme.
func (tb Tableau) normalised() Tableau {
	tb = tb.clone().timed()
	if tb.Order == 0 {
		tb.Order = derivedOrder(tb)
	}
	return tb
}

// timed returns the tableau with C derived if it is missing.
func (tb Tableau) timed() Tableau {
	if tb.C == nil && len(tb.A) == len(tb.B) {
		for _, row := range tb.A {
			tb.C = append(tb.C, fractionSum(row))
		}
	}
	return tb
}

// Complete returns the tableau with C and Order derived where they are missing, as Register does.
func (tb Tableau) Complete() Tableau { return tb.normalised() }

// clone returns a copy with slices of its own.
func (tb Tableau) clone() Tableau {
	tb.A = slices.Clone(tb.A)
	for i, row := range tb.A {
		tb.A[i] = slices.Clone(row)
	}
	tb.B, tb.C, tb.Err, tb.Mid = slices.Clone(tb.B), slices.Clone(tb.C), slices.Clone(tb.Err), slices.Clone(tb.Mid)
	return tb
}

// at returns the coefficient of stage j in a row of A, whose trailing zeros may be left out.
func at(row []float64, j int) float64 {
	if j < len(row) {
		return row[j]
	}
	return 0
}

func total(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum
}
