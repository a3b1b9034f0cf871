// Package basis holds functions of depth: how the weights θ(t), t in [0, 1], of a continuous-in-depth network are made of
// coefficients, θ(t) = Σ_k φ_k(t)·θ_k.
//
// A layer's coefficients are one tensor [K, ...]. To change the basis is to multiply that first axis by a matrix, so
// refinement acts alike on kernels, biases, batch-norm scales and running statistics.
package basis

import (
	"fmt"
	"math"
)

// PiecewiseConstant is the basis of K functions that are 1 on one of K equal intervals of [0, 1] and 0 elsewhere. It is
// what the original network uses.
type PiecewiseConstant struct{ K int }

// New returns the basis of K piecewise constant functions.
func New(k int) (PiecewiseConstant, error) {
	if k < 1 {
		return PiecewiseConstant{}, fmt.Errorf("basis: the number of functions must be at least 1, got %d", k)
	}
	return PiecewiseConstant{k}, nil
}

// Interval returns the index of the interval whose weights a stage uses: the stage at time c in [0, 1] of the given step
// out of steps equal ones over [0, 1].
//
// The interval in which a step begins and the one in which it ends are computed with integers, and a stage never leaves
// them: at c = 1 it sees the end of its own step. Truncating t·K in floating point picks wrong intervals (already for
// K = 3), and reads the next interval's weights at the end of a step.
func (b PiecewiseConstant) Interval(step, steps int, c float64) int {
	first := step * b.K / steps
	last := ((step+1)*b.K - 1) / steps
	if first == last {
		return first
	}
	// The step spans several intervals; c is a coefficient of a scheme, such as 1/3, and may be rounded down.
	const rounding = 1e-9
	i := int(math.Floor((float64(step)+c)*float64(b.K)/float64(steps) + rounding))
	return min(max(i, first), last)
}

// Refine returns the basis of twice as many functions that contains this one, and the matrix [2K][K] that maps
// coefficients to it: each interval is cut in half, and both halves take its value.
func (b PiecewiseConstant) Refine() (PiecewiseConstant, [][]float64) {
	fine := PiecewiseConstant{2 * b.K}
	m := make([][]float64, fine.K)
	for i := range m {
		m[i] = make([]float64, b.K)
		m[i][i/2] = 1
	}
	return fine, m
}

// Apply multiplies the first axis of a tensor [K, ...], given as its numbers in row-major order, by a matrix [K'][K].
func Apply(matrix [][]float64, values []float64) []float64 {
	k := len(matrix[0])
	rest := len(values) / k
	result := make([]float64, len(matrix)*rest)
	for i, row := range matrix {
		for j, m := range row {
			if m == 0 {
				continue
			}
			for r := range rest {
				result[i*rest+r] += m * values[j*rest+r]
			}
		}
	}
	return result
}
