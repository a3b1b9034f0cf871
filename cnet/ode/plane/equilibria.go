package plane

import (
	"cmp"
	"fmt"
	"math"
	"math/cmplx"
	"slices"
)

// Equilibrium is a point at which f is 0, with the eigenvalues of the Jacobian there and what they say (Strogatz,
// Nonlinear Dynamics and Chaos, section 5.2).
type Equilibrium struct {
	X           [2]float64
	Jacobian    [2][2]float64
	Eigenvalues [2]complex128 // by falling real part, then by falling imaginary part
	Kind        Kind
}

// Kind is what solutions near an equilibrium do, as far as the linear part of f says.
type Kind string

const (
	Saddle         Kind = "saddle"
	StableNode     Kind = "stable node"
	UnstableNode   Kind = "unstable node"
	StableSpiral   Kind = "stable spiral"
	UnstableSpiral Kind = "unstable spiral"
	Center         Kind = "center"     // of the linear part; the rest of f may make it a slow spiral
	Degenerate     Kind = "degenerate" // an eigenvalue is 0: the linear part does not say
)

// String returns the equilibrium as "stable spiral at (0, 1)".
func (e Equilibrium) String() string {
	return fmt.Sprintf("%s at (%.4g, %.4g)", e.Kind, e.X[0], e.X[1])
}

// mostEquilibria is how many are kept: a line of them has any number.
const mostEquilibria = 64

// equilibria returns those that Newton's method finds in the window from a lattice of points, from left to right, and
// whether it has found more than are kept.
func equilibria(v rate, o Options) (found []Equilibrium, more bool) {
	// The points come in an order all over the window, so that what is kept of many is.
	const n, stride = 15, 97
	width, height := o.X[1]-o.X[0], o.Y[1]-o.Y[0]
	for k := range n * n {
		i, j := k*stride%(n*n)/n, k*stride%n
		x, ok := newton(v, [2]float64{between(o.X, j, n), between(o.Y, i, n)}, width, height)
		const slack = 1e-9
		if !ok || x[0] < o.X[0]-slack*width || x[0] > o.X[1]+slack*width ||
			x[1] < o.Y[0]-slack*height || x[1] > o.Y[1]+slack*height {
			continue
		}
		same := func(e Equilibrium) bool {
			return math.Abs(e.X[0]-x[0]) < 1e-5*width && math.Abs(e.X[1]-x[1]) < 1e-5*height
		}
		if slices.ContainsFunc(found, same) {
			continue
		}
		if len(found) == mostEquilibria {
			more = true
			break
		}
		found = append(found, classify(x, jacobian(v, x, width, height)))
	}
	slices.SortFunc(found, func(a, b Equilibrium) int {
		if math.Abs(a.X[0]-b.X[0]) > 1e-5*width {
			return cmp.Compare(a.X[0], b.X[0])
		}
		return cmp.Compare(a.X[1], b.X[1])
	})
	return found, more
}

// newton solves v(x) = 0 from a point. Steps are shortened until |v| falls.
func newton(v rate, x [2]float64, width, height float64) ([2]float64, bool) {
	f := v(x)
	for range 60 {
		if f == ([2]float64{}) {
			return x, true
		}
		j := jacobian(v, x, width, height)
		det := j[0][0]*j[1][1] - j[0][1]*j[1][0]
		d := [2]float64{(f[1]*j[0][1] - f[0]*j[1][1]) / det, (f[0]*j[1][0] - f[1]*j[0][0]) / det}
		if !finite(d) {
			return x, false
		}
		// A step that is within rounding of nothing ends the search; so does one that no shortening makes better.
		small := math.Abs(d[0]) < 1e-11*width && math.Abs(d[1]) < 1e-11*height
		if longest := max(math.Abs(d[0])/width, math.Abs(d[1])/height); longest > 0.5 {
			d[0], d[1] = d[0]/longest*0.5, d[1]/longest*0.5
		}
		better := false
		for scale := 1.0; scale > 1e-4; scale /= 2 {
			y := [2]float64{x[0] + scale*d[0], x[1] + scale*d[1]}
			if g := v(y); math.Hypot(g[0], g[1]) < math.Hypot(f[0], f[1]) {
				x, f, better = y, g, true
				break
			}
		}
		if small {
			return x, true
		}
		if !better {
			return x, false
		}
	}
	return x, false
}

// jacobian returns ∂f_i/∂x_j by central differences.
func jacobian(v rate, x [2]float64, width, height float64) (j [2][2]float64) {
	for k, size := range [2]float64{width, height} {
		const precision = 0x1p-52
		h := size * math.Cbrt(precision*max(1, math.Abs(x[k])/size))
		up, down := x, x
		up[k], down[k] = x[k]+h, x[k]-h
		a, b := v(up), v(down)
		for i := range j {
			j[i][k] = (a[i] - b[i]) / (up[k] - down[k])
		}
	}
	return j
}

func classify(x [2]float64, j [2][2]float64) Equilibrium {
	e := Equilibrium{X: x, Jacobian: j}
	for k, v := range e.X {
		if math.Abs(v) < 1e-12 {
			e.X[k] = 0
		}
	}
	half, det := (j[0][0]+j[1][1])/2, j[0][0]*j[1][1]-j[0][1]*j[1][0]
	root := cmplx.Sqrt(complex(half*half-det, 0))
	e.Eigenvalues = [2]complex128{complex(half, 0) + root, complex(half, 0) - root}
	size := max(math.Abs(j[0][0])+math.Abs(j[0][1]), math.Abs(j[1][0])+math.Abs(j[1][1]))
	zero := 1e-6 * size // what central differences may be wrong by
	first, second := real(e.Eigenvalues[0]), real(e.Eigenvalues[1])
	spiral := math.Abs(imag(e.Eigenvalues[0])) > zero
	switch {
	case cmplx.Abs(e.Eigenvalues[0]) <= zero || cmplx.Abs(e.Eigenvalues[1]) <= zero:
		e.Kind = Degenerate
	case spiral && math.Abs(first) <= zero:
		e.Kind = Center
	case first > 0 && second < 0:
		e.Kind = Saddle
	case spiral && first < 0:
		e.Kind = StableSpiral
	case spiral:
		e.Kind = UnstableSpiral
	case first < 0:
		e.Kind = StableNode
	default:
		e.Kind = UnstableNode
	}
	return e
}
