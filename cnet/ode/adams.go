package ode

import (
	"fmt"
	"math"
	"math/big"
)

// Adams is a linear multistep method: the step integrates the polynomial through the rates of the last steps
// (Adams–Bashforth) or, as a corrector by fixed-point iteration, also through the rate at the end of the step
// (Adams–Moulton); HNW I, section III.1.
//
// The first steps are taken with Kutta's 3/8 rule, until Start rates are known; then the polynomial uses all that are
// known, up to Rates. For unequal steps the coefficients are computed from the times of the rates; torchdiffeq always
// uses those for equal steps.
//
// The polynomial assumes smooth rates: across a jump, such as those of piecewise constant weights in a network, the
// method is of first order. On the host, Options.Jumps makes the method start again at each jump.
type Adams struct {
	Name       string
	Rates      int  // the largest number of past rates that the polynomial goes through
	Start      int  // the number of rates from which on the multistep formula is used; 0: Rates
	Implicit   bool // correct with the rate at the end of the step
	Iterations int  // of the corrector, at most; 0: 4
	Note       string
}

const (
	maxRates           = 12
	defaultCorrections = 4
)

var multistepMethods = []Method{
	Adams{Name: "ab1", Rates: 1, Note: "Adams–Bashforth with one rate: Euler"},
	Adams{Name: "ab2", Rates: 2, Note: "Adams–Bashforth, one evaluation a step"},
	Adams{Name: "ab3", Rates: 3, Note: "Adams–Bashforth, one evaluation a step"},
	Adams{Name: "ab4", Rates: 4, Note: "Adams–Bashforth, one evaluation a step"},
	Adams{Name: "ab5", Rates: 5, Note: "Adams–Bashforth, one evaluation a step"},
	Adams{Name: "am2", Rates: 1, Implicit: true, Note: "Adams–Moulton: the trapezoidal rule, predicted by Euler"},
	Adams{Name: "am3", Rates: 2, Implicit: true, Note: "Adams–Moulton, predicted by ab2"},
	Adams{Name: "am4", Rates: 3, Implicit: true, Note: "Adams–Moulton, predicted by ab3"},
	Adams{Name: "am5", Rates: 4, Implicit: true, Note: "Adams–Moulton, predicted by ab4"},
	Adams{Name: "explicit_adams", Rates: 11, Start: 3,
		Note: "Adams–Bashforth with a growing number of rates, up to 11; torchdiffeq's name"},
	Adams{Name: "fixed_adams", Rates: 11, Start: 3, Implicit: true,
		Note: "Adams–Bashforth–Moulton with a growing number of rates, up to 11; torchdiffeq's implicit_adams"},
}

// Info describes the method.
func (a Adams) Info() Info {
	info := Info{
		Name: a.Name, Kind: "Adams–Bashforth", Order: a.order(), Stages: 1, Evaluations: 1, Networks: true,
		Note: a.Note,
	}
	if a.Implicit {
		info.Kind, info.Evaluations = "Adams–Moulton", 0
	}
	return info
}

// order returns the order of convergence. The errors of the start, h^5 a step with the 3/8 rule and h^(Start+1) with
// the first formula, count although they are made only a fixed number of times.
func (a Adams) order() int {
	order, first := a.Rates, a.start()
	if a.Implicit {
		order, first = order+1, first+1
	}
	return min(order, first+1, 5)
}

func (a Adams) start() int {
	if a.Start > 0 {
		return a.Start
	}
	return a.Rates
}

func (a Adams) check() error {
	fail := func(field string, value, low, high int) error {
		return fmt.Errorf("ode: scheme %q: %s is %d, must be from %d to %d", a.Name, field, value, low, high)
	}
	switch {
	case a.Name == "":
		return fmt.Errorf("ode: an Adams method needs a name")
	case a.Rates < 1 || a.Rates > maxRates:
		return fail("Rates", a.Rates, 1, maxRates)
	case a.Start < 0 || a.Start > a.Rates:
		return fail("Start", a.Start, 0, a.Rates)
	case a.Iterations < 0 || a.Iterations > 1000:
		return fail("Iterations", a.Iterations, 0, 1000)
	}
	return nil
}

func (a Adams) iterations() int {
	if a.Iterations > 0 {
		return a.Iterations
	}
	return defaultCorrections
}

// rates holds the rates of the last steps, latest first, and their times.
type rates[X any] struct {
	times []float64
	rates []X
}

func (r rates[X]) add(t float64, f X, most int) rates[X] {
	r.times, r.rates = append([]float64{t}, r.times...), append([]X{f}, r.rates...)
	return r.cut(most)
}

func (r rates[X]) cut(most int) rates[X] {
	most = min(most, len(r.rates))
	return rates[X]{r.times[:most], r.rates[:most]}
}

// adamsStep is one step of an Adams method for states of any type.
type adamsStep[X any] struct {
	Adams
	t, length float64 // the beginning and the length of the step, in the unit of the rates' times
	h         float64 // its length in the unit of the rates
	weights   func(past []float64, t, length float64, implicit bool) []float64
	rate      func(stage int, c float64, x X) X
	combine   func(x X, coefficients []float64, terms []X) X
	converged func(x, before, after X) bool // reports whether the corrector has converged; nil: it makes all iterations
	forget    bool                          // drop the oldest rate where it has not converged, which lowers the order
}

// take returns the state at the end of the step, the rates known at that time, and whether the corrector converged.
// first is the rate at the beginning.
func (s adamsStep[X]) take(x, first X, past rates[X]) (X, rates[X], bool) {
	if len(past.times) == 0 || past.times[0] != s.t {
		past = past.add(s.t, first, s.Rates)
	}
	if len(past.rates) < s.start() {
		return Advance(start, x, s.h, func(stage int, c float64, at X) X {
			if stage == 0 {
				return first
			}
			return s.rate(stage, c, at)
		}, s.combine), past, true
	}
	next := linear(x, s.h, s.weights(past.times, s.t, s.length, false), past.rates, s.combine)
	if !s.Implicit {
		return next, past, true
	}
	weights := s.weights(past.times, s.t, s.length, true)
	known := linear(x, s.h, weights[1:], past.rates, s.combine)
	for i := range s.iterations() {
		before := next
		next = linear(known, s.h, weights[:1], []X{s.rate(i+1, 1, before)}, s.combine)
		if s.converged != nil && s.converged(x, before, next) {
			return next, past, true
		}
	}
	if s.converged != nil && s.forget {
		past = past.cut(len(past.rates) - 1)
	}
	return next, past, s.converged == nil
}

// adamsTable computes the weights of steps, and caches those of equal ones.
type adamsTable struct {
	equal      map[[2]int][]float64
	alwaysEven bool // use those of equal steps for all
}

func (a *adamsTable) weights(past []float64, t, length float64, implicit bool) []float64 {
	even := true
	for j, time := range past {
		if math.Abs((t-time)/length-float64(j)) > 1e-8 {
			even = false
		}
	}
	if !even && !a.alwaysEven {
		var nodes []float64
		if implicit {
			nodes = append(nodes, 1)
		}
		for _, time := range past {
			nodes = append(nodes, (time-t)/length)
		}
		return adamsWeights(nodes, 1)
	}
	key := [2]int{len(past), 0}
	if implicit {
		key[1] = 1
	}
	if a.equal == nil {
		a.equal = map[[2]int][]float64{}
	}
	if a.equal[key] == nil {
		a.equal[key] = equalAdamsWeights(len(past), implicit)
	}
	return a.equal[key]
}

// adamsWeights returns w with ∫_0^h x'(t) dt = Σ w_j·x'(nodes_j) for polynomials of degree below len(nodes): the
// integral of the Lagrange polynomials.
func adamsWeights(nodes []float64, h float64) []float64 {
	weights := make([]float64, len(nodes))
	p := make([]float64, 0, len(nodes)+1)
	for j, node := range nodes {
		p = append(p[:0], 1) // coefficients of Π (t - nodes_i)/(node - nodes_i), by rising power
		for i, other := range nodes {
			if i == j {
				continue
			}
			p = append(p, 0)
			for k := len(p) - 1; k >= 0; k-- {
				p[k] = -other * p[k] / (node - other)
				if k > 0 {
					p[k] += p[k-1] / (node - other)
				}
			}
		}
		power := h
		for k, c := range p {
			weights[j] += c * power / float64(k+1)
			power *= h
		}
	}
	return weights
}

// equalAdamsWeights returns the weights of unit steps, in exact arithmetic: the rates lie at 0, -1, ..., and at 1 first
// if implicit.
func equalAdamsWeights(rates int, implicit bool) []float64 {
	var nodes []int64
	if implicit {
		nodes = append(nodes, 1)
	}
	for i := range rates {
		nodes = append(nodes, -int64(i))
	}
	weights := make([]float64, len(nodes))
	for j, node := range nodes {
		p := []*big.Rat{big.NewRat(1, 1)}
		for i, other := range nodes {
			if i == j {
				continue
			}
			p = append(p, new(big.Rat))
			scale := big.NewRat(1, node-other)
			for k := len(p) - 1; k >= 0; k-- {
				p[k].Mul(p[k], big.NewRat(-other, 1))
				if k > 0 {
					p[k].Add(p[k], p[k-1])
				}
				p[k].Mul(p[k], scale)
			}
		}
		sum := new(big.Rat)
		for k, c := range p {
			sum.Add(sum, new(big.Rat).Mul(c, big.NewRat(1, int64(k+1))))
		}
		weights[j], _ = sum.Float64()
	}
	return weights
}
