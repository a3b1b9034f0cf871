package ode

import (
	"math"
	"math/cmplx"
)

// Stability returns the stability function R(z) of the scheme: a step of length h multiplies the solution of x' = λx by
// R(hλ), where exp(hλ) would be exact. The scheme is stable where |R(z)| ≤ 1 (Hairer & Wanner, Solving Ordinary
// Differential Equations II, section IV.2). It is infinite or NaN at a pole, which implicit schemes have.
func (tb Tableau) Stability(z complex128) complex128 {
	if len(tb.A) != len(tb.B) {
		return cmplx.NaN() // Check says what is wrong
	}
	g := make([]complex128, len(tb.B)) // the stages for x = 1
	r := complex(1, 0)
	for i, row := range tb.A {
		sum := complex(1, 0)
		for j := range min(i, len(row)) {
			sum += z * complex(row[j], 0) * g[j]
		}
		g[i] = sum / (1 - z*complex(at(row, i), 0))
		r += z * complex(tb.B[i], 0) * g[i]
	}
	return r
}

// StabilityInterval returns how far the negative real axis, from 0, is in the stability region: the largest r so that
// |R(x)| ≤ 1 for all x from -r to 0. It is infinite for a scheme without a bound, such as implicit Euler.
func (tb Tableau) StabilityInterval() float64 { return tb.stableAlong(-1) }

// ImaginaryStability returns how far the imaginary axis, from 0, is in the stability region: 0 for a scheme that lets
// oscillations grow at any step size, such as Euler, and infinite for one without a bound.
func (tb Tableau) ImaginaryStability() float64 { return tb.stableAlong(1i) }

func (tb Tableau) stableAlong(direction complex128) float64 {
	const (
		slack = 1e-12 // of rounding
		first = 0.05
		most  = 1e6
	)
	stable := func(r float64) bool { return cmplx.Abs(tb.Stability(direction*complex(r, 0))) <= 1+slack }
	if !stable(first) {
		return 0
	}
	for low := first; low < most; {
		high := low + max(first, 0.01*low)
		if stable(high) {
			low = high
			continue
		}
		for range 60 {
			if middle := (low + high) / 2; stable(middle) {
				low = middle
			} else {
				high = middle
			}
		}
		return low
	}
	return math.Inf(1)
}
