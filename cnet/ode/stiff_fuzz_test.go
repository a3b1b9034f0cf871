package ode

import (
	"math"
	"math/rand/v2"
	"testing"
)

// stiffSchemes are the methods that must solve stiff problems.
var stiffSchemes = []string{"radau5", "kvaerno5", "auto"}

// FuzzStiff solves linear systems x' = V·D·V⁻¹·x with eigenvalues from -10⁸ to 1 in units of any size, whose solution
// V·exp(tD)·V⁻¹·x0 is known: at the end, at an output and on the way, with a Jacobian and without.
func FuzzStiff(f *testing.F) {
	for i := range 12 {
		f.Add(uint64(i), i, 1+i%5, 1e-6, 0.0, i%2 == 0)
	}
	f.Add(uint64(100), 0, 4, 1e-9, 12.0, true)
	f.Add(uint64(101), 0, 3, 1e-4, -15.0, false)
	f.Fuzz(func(t *testing.T, seed uint64, scheme, n int, tol, unit float64, given bool) {
		if n < 1 || n > 8 || !(tol >= 1e-9 && tol <= 1e-3) || !(math.Abs(unit) <= 20) {
			return
		}
		// Below 1e-9 the rounding of rates, ε·10⁸, is more than the tolerance.
		name := stiffSchemes[((scheme%len(stiffSchemes))+len(stiffSchemes))%len(stiffSchemes)]
		rng := rand.New(rand.NewPCG(seed, 4))
		v := randomOrthogonal(rng, n)
		d, scale := make([]float64, n), math.Pow(10, unit)
		for i := range d {
			d[i] = -math.Pow(10, 8*rng.Float64())
		}
		d[0] = 2*rng.Float64() - 1
		a := make([]float64, n*n)
		for i := range n {
			for j := range n {
				for k := range n {
					a[i*n+j] += v[i*n+k] * d[k] * v[j*n+k] // V is orthogonal
				}
			}
		}
		problem := Problem{X0: make([]float64, n), T1: 1, F: func(_ float64, x, dx []float64) {
			for i := range dx {
				dx[i] = 0
				for j := range x {
					dx[i] += a[i*n+j] * x[j]
				}
			}
		}}
		if given {
			problem.Jacobian = func(_ float64, _, j []float64) { copy(j, a) }
		}
		for i := range problem.X0 {
			problem.X0[i] = scale * rng.NormFloat64()
		}
		exact := func(at float64) []float64 {
			x := make([]float64, n)
			for k := range n {
				c := 0.0
				for j := range n {
					c += v[j*n+k] * problem.X0[j]
				}
				for i := range x {
					x[i] += v[i*n+k] * c * math.Exp(d[k]*at)
				}
			}
			return x
		}
		s, err := Solve(problem, Options{
			Scheme: name, RTol: tol, ATol: tol * scale, At: []float64{rng.Float64(), 1},
		})
		if err != nil {
			t.Fatalf("%s: %v, %v", name, err, s.Stats)
		}
		// Rounding of A alone changes slow components by ε·|λ|.
		fastest := 1.0
		for _, x := range d {
			fastest = max(fastest, -x)
		}
		for i, at := range s.T {
			want := exact(at)
			size := 0.0
			for _, x := range want {
				size = max(size, math.Abs(x))
			}
			for j, x := range s.X[i] {
				if e := math.Abs(x-want[j]) / (scale + size); e > 100*tol+20*rounding*fastest {
					t.Fatalf("%s: eigenvalues %v, tolerance %.0e: x_%d(%g) is off by %.1e; %v", name, d, tol, j, at, e,
						s.Stats)
				}
			}
		}
		if s.Stats.NFE > 20000 {
			t.Fatalf("%s: %v", name, s.Stats)
		}
	})
}

// multiply writes the product of two matrices of n rows to c.
func multiply(c, a, b []float64, n int) {
	for i := range n {
		for j := range n {
			sum := 0.0
			for k := range n {
				sum += a[i*n+k] * b[k*n+j]
			}
			c[i*n+j] = sum
		}
	}
}
