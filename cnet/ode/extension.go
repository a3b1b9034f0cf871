package ode

import (
	"math"
	"slices"
)

// extension is a continuous extension of a Runge–Kutta scheme (HNW I, section II.6):
//
//	x(t+θh) ≈ x + h·Σ_i b_i(θ)·k_i,   b_i(θ) = Σ_m b[i][m]·θ^(m+1)
type extension struct {
	b [][]float64 // for each stage, the coefficients of all powers
}

// fit writes the curve of a step of length h from x0, with the given rates of the stages, to p.
func (e extension) fit(p *polynomial, h float64, x0 []float64, k [][]float64) {
	p.reset(len(e.b[0]), len(x0))
	copy(p.c[0], x0)
	for m := range e.b[0] {
		c := p.c[m+1]
		clear(c)
		for i, rate := range k {
			if b := h * e.b[i][m]; b != 0 {
				for j, v := range rate {
					c[j] += b * v
				}
			}
		}
	}
}

// at returns the weights of all stages at θ.
func (e extension) at(theta float64) []float64 {
	w := make([]float64, len(e.b))
	for i, b := range e.b {
		for m := len(b) - 1; m >= 0; m-- {
			w[i] = (w[i] + b[m]) * theta
		}
	}
	return w
}

// implicitExtension returns a continuous extension of a diagonally implicit scheme that needs its stages alone: their
// rates are bounded however stiff the problem is, while f is not, at a state that is known to a tolerance.
//
// b(θ) satisfies as many as possible of these conditions, those of low order first, if they hold for B at θ = 1:
//
//   - Σ b_i(θ)·Φ_i(τ) = θ^q/γ(τ) for trees τ with q nodes, which make the curve one of order q;
//   - Σ b_i(θ)·(A⁻¹c^q)_i = θ^q, q = 2, 3, ...: the stages of a very stiff problem, such as x' = λ(x - φ(t)) + φ'(t),
//     lie on its slow solution φ (HW II, section IV.15), and the curve must do so between them. Where the first stage
//     is explicit, A⁻¹ is that of the others.
//
// Of the b(θ) that satisfy them it is the smallest one, plus what leads to B at the end, times the highest power of θ.
// A scheme of one stage has the line through it.
func implicitExtension(tb Tableau) extension {
	system := conditionSystem{weights: tb.B}
	order := min(max(tb.Order, 1), CheckedOrder)
	for i, level := range treesUpTo(order) {
		q := i + 1
		for _, t := range level {
			system.add(tb.elementaryWeights(t), 1/float64(t.density), q)
		}
		if row := tb.stiffWeights(q); q > 1 && row != nil {
			system.add(row, 1, q)
		}
	}
	return system.smallest()
}

// elementaryWeights returns the Φ_i of a tree for every stage, as exactTableauForm.weights does, in float64.
func (tb Tableau) elementaryWeights(t *tree) []float64 {
	phi := make([]float64, tb.Stages())
	for i := range phi {
		phi[i] = 1
	}
	for _, branch := range t.branches {
		inner := tb.elementaryWeights(branch)
		for i, row := range tb.A {
			sum := 0.0
			for j, a := range row {
				sum += a * inner[j]
			}
			phi[i] *= sum
		}
	}
	return phi
}

// stiffWeights returns A⁻¹c^q, with 0 for an explicit first stage; nil if another stage is explicit.
func (tb Tableau) stiffWeights(q int) []float64 {
	y := make([]float64, tb.Stages())
	for i, row := range tb.A {
		d := at(row, i)
		if d == 0 {
			if i > 0 {
				return nil
			}
			continue
		}
		sum := math.Pow(tb.C[i], float64(q))
		for j, a := range row[:i] {
			sum -= a * y[j]
		}
		y[i] = sum / d
	}
	return y
}

// conditionSystem is a set of linear conditions on b(θ), Σ row_i·b_i(θ) = value·θ^q, made orthonormal one after the
// other (Gram–Schmidt).
type conditionSystem struct {
	weights []float64   // b(1)
	rows    [][]float64 // orthonormal
	right   [][]float64 // the right sides, polynomials in θ: coefficients of θ, θ², ...
}

// independent is the least part of a condition, of its size, that must be new: what is less would make b(θ) large.
const independent = 1e-3

// add adds a condition, unless it does not hold at θ = 1 or follows from the others.
func (s *conditionSystem) add(row []float64, value float64, q int) {
	sum, size := -value, math.Abs(value)
	for i, b := range s.weights {
		sum += b * row[i]
		size += math.Abs(b * row[i])
	}
	length := norm2(row)
	if math.Abs(sum) > 1e-9*size || length == 0 {
		return
	}
	v, right := slices.Clone(row), make([]float64, CheckedOrder)
	scale(v, 1/length)
	right[q-1] = value / length
	for range 2 { // once more against rounding
		for k, u := range s.rows {
			c := dot(v, u)
			for i := range v {
				v[i] -= c * u[i]
			}
			for m := range right {
				right[m] -= c * s.right[k][m]
			}
		}
	}
	if rest := norm2(v); rest > independent {
		scale(v, 1/rest)
		scale(right, 1/rest)
		s.rows, s.right = append(s.rows, v), append(s.right, right)
	}
}

// smallest returns the smallest b(θ) that satisfies the conditions, plus what leads to b(1).
func (s *conditionSystem) smallest() extension {
	degree := 1
	for _, right := range s.right {
		for m, c := range right {
			if c != 0 {
				degree = max(degree, m+1)
			}
		}
	}
	var e extension
	for i, b := range s.weights {
		c := make([]float64, degree)
		for k, right := range s.right {
			for m := range c {
				c[m] += s.rows[k][i] * right[m]
			}
		}
		c[degree-1] += b - total(c)
		e.b = append(e.b, c)
	}
	return e
}

func dot(v, w []float64) float64 {
	sum := 0.0
	for i, x := range v {
		sum += x * w[i]
	}
	return sum
}

func norm2(v []float64) float64 { return math.Sqrt(dot(v, v)) }

func scale(v []float64, c float64) {
	for i := range v {
		v[i] *= c
	}
}
