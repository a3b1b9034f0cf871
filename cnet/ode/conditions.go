package ode

import (
	"fmt"
	"math"
	"math/big"
	"strings"
)

// CheckedOrder is the order up to which the order conditions of a scheme are checked.
const CheckedOrder = 5

// A Condition is one order condition: the elementary weight of a rooted tree must be 1 over its density (HNW I, theorem
// II.2.13).
type Condition struct {
	Tree    string  // in brackets: "τ" is a leaf, "[τ[τ]]" a root with a leaf and a branch
	Order   int     // the number of nodes of the tree
	Density int     // γ of the tree
	Value   float64 // the left side Σ b_i·Φ_i, rounded
	Exact   string  // the left side as a fraction, such as "1/6", if it has few digits; "" otherwise
	Holds   bool    // exactly, or up to what rounding of irrational coefficients to float64 explains
}

// String returns the condition as a formula.
func (c Condition) String() string { return fmt.Sprintf("%s: Σ b·Φ = 1/%d", c.Tree, c.Density) }

// left returns the left side as text, exactly if it can be.
func (c Condition) left() string {
	if c.Exact != "" {
		return c.Exact
	}
	return fmt.Sprintf("%.10g", c.Value)
}

// Conditions returns the order conditions of a tableau for all trees of up to the given order, by order.
//
// They are evaluated in rational arithmetic. A coefficient stands for the simplest fraction that rounds to it, so that
// 1./3 is a third. Where coefficients are irrational, a condition holds if it is violated by no more than their
// rounding. C is derived where it is missing, as Register does. A tableau whose shape Check refuses has no conditions:
// nil.
func Conditions(tb Tableau, order int) []Condition {
	tb = tb.timed()
	if tb.shape() != nil {
		return nil
	}
	m := exactTableau(tb)
	var list []Condition
	for q, level := range treesUpTo(order) {
		for _, t := range level {
			value := m.sum(m.b, m.weights(t))
			residual := estimate{new(big.Rat).Sub(value.value, big.NewRat(1, int64(t.density))), value.rounding}
			f, _ := value.value.Float64()
			list = append(list, Condition{Tree: t.name, Order: q + 1, Density: t.density, Value: f,
				Exact: shortFraction(value.value), Holds: residual.zero()})
		}
	}
	return list
}

// shortFraction returns a fraction as text, "" if that is long: a coefficient that is no fraction stands for a long
// one.
func shortFraction(x *big.Rat) string {
	const digits = 15
	if text := strings.TrimSuffix(x.String(), "/1"); len(text) <= digits {
		return text
	}
	return ""
}

// derivedOrder returns the highest order, up to CheckedOrder, all of whose conditions hold; 0 if the scheme is not
// consistent.
func derivedOrder(tb Tableau) int {
	if tb.shape() != nil {
		return 0 // Check says what is wrong
	}
	for order := 1; order <= CheckedOrder; order++ {
		for _, c := range Conditions(tb, order) {
			if c.Order == order && !c.Holds {
				return order - 1
			}
		}
	}
	return CheckedOrder
}

// EmbeddedOrder returns the order of the embedded method, whose weights are B - Err, up to CheckedOrder; 0 if there is
// none.
func (tb Tableau) EmbeddedOrder() int {
	if tb.Err == nil || tb.shape() != nil {
		return 0
	}
	embedded := tb
	embedded.B = make([]float64, len(tb.B))
	for i := range tb.B {
		// The difference of two fractions, not of their roundings.
		embedded.B[i], _ = new(big.Rat).Sub(fraction(tb.B[i]), fraction(tb.Err[i])).Float64()
	}
	return derivedOrder(embedded)
}

// tree is a rooted tree: its branches are trees.
type tree struct {
	name     string
	nodes    int
	density  int // γ: the product of the sizes of all subtrees
	branches []*tree
}

// treesUpTo returns the rooted trees with 1, 2, ... nodes.
func treesUpTo(order int) [][]*tree {
	levels := [][]*tree{{{name: "τ", nodes: 1, density: 1}}}
	var all []*tree // in the order of their creation, which makes each multiset of branches appear once
	for n := 2; n <= order; n++ {
		all = append(all, levels[n-2]...)
		var level []*tree
		// branches of a root with n-1 nodes in total, from all[from:] on
		var grow func(from, left int, branches []*tree)
		grow = func(from, left int, branches []*tree) {
			if left == 0 {
				level = append(level, join(n, branches))
				return
			}
			for i := from; i < len(all) && all[i].nodes <= left; i++ {
				grow(i, left-all[i].nodes, append(branches[:len(branches):len(branches)], all[i]))
			}
		}
		grow(0, n-1, nil)
		levels = append(levels, level)
	}
	if order < 1 {
		return nil
	}
	return levels[:order]
}

func join(nodes int, branches []*tree) *tree {
	t := &tree{nodes: nodes, density: nodes, branches: branches}
	names := make([]string, len(branches))
	for i, b := range branches {
		t.density *= b.density
		names[i] = b.name
	}
	t.name = "[" + strings.Join(names, "") + "]"
	return t
}

// estimate is an exact number computed from rounded coefficients, and a bound on the error that their rounding causes
// in it.
type estimate struct {
	value    *big.Rat
	rounding float64
}

func (e estimate) zero() bool {
	f, _ := e.value.Float64()
	return math.Abs(f) <= e.rounding
}

// epsilon is the relative error of a coefficient, generously: published coefficients are often given to 16 digits.
const epsilon = 4 * 0x1p-53

// exactTableauForm is a tableau in fractions.
type exactTableauForm struct {
	a [][]*big.Rat
	b []*big.Rat
}

func exactTableau(tb Tableau) exactTableauForm {
	m := exactTableauForm{b: fractions(tb.B)}
	for _, row := range tb.A {
		m.a = append(m.a, fractions(row))
	}
	return m
}

// weights returns the Φ_i of a tree for every stage: the product over its branches of Σ_j a_ij·Φ_j(branch).
func (m exactTableauForm) weights(t *tree) []estimate {
	phi := make([]estimate, len(m.a))
	for i := range phi {
		phi[i] = estimate{big.NewRat(1, 1), 0}
	}
	for _, branch := range t.branches {
		inner := m.weights(branch)
		for i, row := range m.a {
			factor := m.sum(row, inner)
			x, _ := phi[i].value.Float64()
			y, _ := factor.value.Float64()
			phi[i] = estimate{new(big.Rat).Mul(phi[i].value, factor.value),
				math.Abs(x)*factor.rounding + math.Abs(y)*phi[i].rounding}
		}
	}
	return phi
}

// sum returns Σ coefficients[j]·terms[j].
func (m exactTableauForm) sum(coefficients []*big.Rat, terms []estimate) estimate {
	sum := estimate{new(big.Rat), 0}
	for j, c := range coefficients {
		if c.Sign() == 0 {
			continue
		}
		product := new(big.Rat).Mul(c, terms[j].value)
		f, _ := product.Float64()
		x, _ := c.Float64()
		sum.value.Add(sum.value, product)
		sum.rounding += math.Abs(f)*epsilon + math.Abs(x)*terms[j].rounding
	}
	return sum
}

// exactSum returns Σ v - target.
func exactSum(v []float64, target float64) estimate {
	sum := estimate{new(big.Rat).Neg(fraction(target)), math.Abs(target) * epsilon}
	for _, x := range v {
		sum.value.Add(sum.value, fraction(x))
		sum.rounding += math.Abs(x) * epsilon
	}
	return sum
}

// fractionSum returns the sum of the fractions that the coefficients stand for, so that 1./3 + 2./3 is 1. It is NaN if
// a coefficient is not finite.
func fractionSum(v []float64) float64 {
	if firstBad(v) >= 0 {
		return math.NaN()
	}
	sum := new(big.Rat)
	for _, x := range v {
		sum.Add(sum, fraction(x))
	}
	f, _ := sum.Float64()
	return f
}

func fractions(v []float64) []*big.Rat {
	list := make([]*big.Rat, len(v))
	for i, x := range v {
		list[i] = fraction(x)
	}
	return list
}

// fraction returns the simplest fraction that rounds to x, which must be finite: the first convergent of its continued
// fraction that does.
func fraction(x float64) *big.Rat {
	exact := new(big.Rat).SetFloat64(x)
	if exact.IsInt() {
		return exact
	}
	// p/q are the convergents of the continued fraction of the exact value.
	p0, q0 := big.NewInt(0), big.NewInt(1)
	p1, q1 := big.NewInt(1), big.NewInt(0)
	rest := new(big.Rat).Set(exact)
	for {
		whole := new(big.Int).Div(rest.Num(), rest.Denom()) // rounds down, also below zero
		p0, p1 = p1, new(big.Int).Add(new(big.Int).Mul(whole, p1), p0)
		q0, q1 = q1, new(big.Int).Add(new(big.Int).Mul(whole, q1), q0)
		convergent := new(big.Rat).SetFrac(p1, q1)
		if f, _ := convergent.Float64(); f == x {
			return convergent
		}
		rest.Sub(rest, new(big.Rat).SetInt(whole))
		rest.Inv(rest)
	}
}
