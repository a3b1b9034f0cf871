package ode

import "math"

// jacobian evaluates the matrix ∂f_i/∂x_j of a Solver's problem: with Problem.Jacobian, or by forward differences.
type jacobian struct {
	s                      *Solver
	rate, moved, at, delta []float64
	terms                  []float64 // Σ_j |∂f_i/∂x_j·x_j| where it was evaluated last, for fixed steps
}

func newJacobian(s *Solver) *jacobian {
	n := len(s.x)
	b := make([]float64, 5*n)
	return &jacobian{s, b[:n:n], b[n : 2*n : 2*n], b[2*n : 3*n : 3*n], b[3*n : 4*n : 4*n], b[4*n:]}
}

// evaluate writes ∂f_i/∂x_j at (t, x) to j[i·n+j].
func (m *jacobian) evaluate(t, h float64, x, f0, j []float64) {
	m.differentiate(t, h, x, f0, j)
	if m.s.grid == nil {
		return
	}
	n := len(x)
	for i := range n {
		sum := 0.0
		for k, v := range j[i*n : (i+1)*n] {
			sum += math.Abs(v * x[k])
		}
		m.terms[i] = sum
	}
}

// differentiate writes ∂f_i/∂x_j at (t, x) to j[i·n+j] and counts the evaluation. The step is of length h. f0 is the
// rate f(t, x) if that is known, or nil: forward differences then evaluate it.
func (m *jacobian) differentiate(t, h float64, x, f0, j []float64) {
	s := m.s
	s.stats.Jacobians++
	if s.p.Jacobian != nil {
		clear(j) // of what the last call wrote: entries that are always zero may be left out
		s.p.Jacobian(s.sides.of(t), x, j)
		return
	}
	if f0 == nil {
		f0 = m.rate
		s.f(t, x, f0)
	}
	s.perturbations(h, x, f0, m.delta)
	n := len(x)
	copy(m.at, x)
	// Columns that have no row in common are found together, as many apart as the band is wide (Curtis, Powell & Reid,
	// On the estimation of sparse Jacobian matrices, 1974).
	lower, upper, width := n, n, n
	if b := s.p.Band; b != nil {
		lower, upper = min(b.Lower, n), min(b.Upper, n)
		width = min(n, lower+upper+1)
		clear(j)
	}
	for first := range width {
		// The other attempts are for a rate that is not defined there, such as √x to the left of 0, or overflows.
		for _, by := range []float64{1, -1, rootRounding} {
			for k := first; k < n; k += width {
				m.at[k] = x[k] + by*m.delta[k]
			}
			s.f(t, m.at, m.moved)
			for k := first; k < n; k += width {
				exact := m.at[k] - x[k] // what rounding has made of it
				for i := max(0, k-upper); i < min(n, k+lower+1); i++ {
					j[i*n+k] = (m.moved[i] - f0[i]) / exact
				}
			}
			if firstBad(m.moved) < 0 || firstBad(f0) >= 0 {
				break
			}
		}
		for k := first; k < n; k += width {
			m.at[k] = x[k]
		}
	}
}

// rateNoise returns by how much the rounding of its rates changes a state x in a step of length h, relative to it: f
// has terms of the size of ∂f_i/∂x_j·x_j, which may cancel, and the last digits of each are noise.
func rateNoise(h float64, jacobian, x []float64) float64 {
	n, terms, largest := len(x), 0.0, 0.0
	for i, y := range x {
		largest = max(largest, math.Abs(y))
		sum := 0.0
		for k, v := range jacobian[i*n : (i+1)*n] {
			sum += math.Abs(v * x[k])
		}
		terms = max(terms, sum)
	}
	if largest == 0 {
		return 0
	}
	return 4 * rounding * math.Abs(h) * terms / largest
}

const (
	rounding     = 0x1p-52 // of a float64, relative
	rootRounding = 0x1p-26
)

// perturbations writes to delta by how much each component of x moves for a forward difference in a step of length h.
// Component j moves by the largest of
//
//	√ε·|x_j|,   w_j/1000   and   1000·n·ε·‖h·f‖·w_j,   w_j = RTol_j·|x_j| + ATol_j,
//
// where ‖·‖ is the root mean square of what is divided by w. The second is much less than what the solution is computed
// to. With the third, the noise ε·f of the rates changes h·J by no more than a thousandth in units of the tolerances
// (as in CVODE: Hindmarsh et al., SUNDIALS, ACM Trans. Math. Softw. 31, 2005), but it moves no component by more than
// w_j + |x_j|/1000: where the state has left its slow solution, h·f may be any number. Fixed steps have no tolerances:
// there component j moves by the larger one of √ε·|x_j| and 1000·ε·|h·f_j|, but from 0 by √ε·|h·f_j| and else by no
// more than |x_j|/100. No absolute number is in any of this, so that the unit of a component does not matter.
//
// The direction is that of the solution, which is less likely to leave the domain of f.
func (s *Solver) perturbations(h float64, x, f, delta []float64) {
	sum, largest := 0.0, 0.0
	for i := range x {
		if size := max(math.Abs(x[i]), math.Abs(h*f[i])); finite(size) {
			largest = max(largest, size)
		}
		if w := s.norm.tolerance(i, x[i], x[i]); w > 0 {
			r := h * f[i] / w
			sum += r * r
		}
	}
	if largest == 0 {
		largest = 1 // nothing has a size here
	}
	n := float64(len(x))
	noise := 1000 * n * rounding * math.Sqrt(sum/n)
	if !finite(noise) {
		noise = 0
	}
	for i := range x {
		d := rootRounding * math.Abs(x[i])
		if w := s.norm.tolerance(i, x[i], x[i]); s.grid == nil && w > 0 {
			d = max(d, 1e-3*w, min(noise*w, w+1e-3*math.Abs(x[i])))
		} else if step := math.Abs(h * f[i]); finite(step) {
			if x[i] == 0 {
				d = rootRounding * step
			}
			d = max(d, min(1000*rounding*step, 0.01*math.Abs(x[i])))
		}
		if d == 0 {
			d = rootRounding * largest
		}
		d = max(d, 0x1p-1000) // the quotient must not be one of subnormal numbers
		if h*f[i] < 0 {
			d = -d
		}
		delta[i] = d
	}
}
