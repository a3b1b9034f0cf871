package basis

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// all returns every built-in basis of at most so many functions.
func all(t testing.TB, most int) []Basis {
	t.Helper()
	var bases []Basis
	for _, name := range builtin {
		for k := 1; k <= most; k++ {
			if name == "piecewise_linear" && k%2 != 0 {
				continue
			}
			bases = append(bases, named(t, name, k))
		}
	}
	return bases
}

var builtin = []string{"piecewise_constant", "piecewise_linear", "hat", "chebyshev", "legendre", "fourier"}

func named(t testing.TB, name string, k int) Basis {
	t.Helper()
	b, err := New(name, k)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// at returns θ(t) for a single number a function.
func at(b Basis, coefficients []float64, t float64) float64 { return dot(Values(b, t), coefficients) }

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

func random(r *rand.Rand, n int) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = r.NormFloat64()
	}
	return values
}

// farthest is the largest difference of entries.
func farthest(a, b []float64) float64 {
	if len(a) != len(b) {
		return math.Inf(1)
	}
	var d float64
	for i := range a {
		d = max(d, math.Abs(a[i]-b[i]))
	}
	return d
}

// formula is φ_k at t = cell/cells + fraction/cells, in closed form and independent of the recurrences.
func formula(b Basis, cell int, fraction float64) []float64 {
	values := make([]float64, b.NumBasis())
	x := 2*fraction - 1
	for k := range values {
		switch b.Name() {
		case "piecewise_constant":
			if k == cell {
				values[k] = 1
			}
		case "piecewise_linear":
			if k/2 == cell {
				values[k] = map[int]float64{0: 1 - fraction, 1: fraction}[k%2]
			}
		case "hat":
			values[k] = max(0, 1-math.Abs(float64(cell)+fraction-float64(k)))
			if b.NumBasis() == 1 {
				values[k] = 1
			}
		case "chebyshev":
			values[k] = math.Cos(float64(k) * math.Acos(x))
		case "legendre": // Rodrigues' formula, expanded: Σ_j C(k,j)·C(k+j,j)·(fraction-1)^j
			for j := k; j >= 0; j-- {
				c := new(big.Int).Binomial(int64(k), int64(j))
				c.Mul(c, new(big.Int).Binomial(int64(k+j), int64(j)))
				exact, _ := new(big.Float).SetInt(c).Float64()
				values[k] += exact * math.Pow(fraction-1, float64(j))
			}
		case "fourier":
			wave := math.Cos
			if k > 0 && k%2 == 0 {
				wave = math.Sin
			}
			values[k] = wave(2 * math.Pi * float64((k+1)/2) * fraction)
		}
	}
	return values
}

// TestValues compares values with closed forms, and their sum with one where the functions are a partition of unity.
func TestValues(t *testing.T) {
	for _, b := range all(t, 8) {
		for i := 0; i <= 1000; i++ {
			x := float64(i) / 1000
			cell, fraction := i*b.Cells()/1000, float64(i*b.Cells()%1000)/1000
			if i == 1000 {
				cell, fraction = b.Cells()-1, 1
			}
			got, want := Values(b, x), formula(b, cell, fraction)
			if d := farthest(got, want); !(d < 1e-11) { // the expanded Legendre polynomials cancel
				t.Fatalf("%#v: φ(%g) = %v, want %v", b, x, got, want)
			}
			switch b.(type) {
			case PiecewiseConstant, PiecewiseLinear, Hat:
				var sum float64
				for _, v := range got {
					sum += v
				}
				if math.Abs(sum-1) > 1e-15 {
					t.Fatalf("%#v: functions sum to %g at %g, want 1", b, sum, x)
				}
			}
		}
	}
}

// TestStage compares every stage with the rule in rational arithmetic.
func TestStage(t *testing.T) {
	for _, k := range []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12} {
		for _, name := range builtin {
			b, err := New(name, k)
			if err != nil {
				continue // an odd number of piecewise linear functions
			}
			for steps := 1; steps <= 24; steps++ {
				for step := range steps {
					for _, c := range []*big.Rat{
						big.NewRat(0, 1), big.NewRat(1, 5), big.NewRat(1, 4), big.NewRat(3, 10), big.NewRat(1, 3),
						big.NewRat(1, 2),
						big.NewRat(2, 3), big.NewRat(3, 4), big.NewRat(4, 5), big.NewRat(8, 9), big.NewRat(12, 13),
						big.NewRat(1, 1),
					} {
						cell, fraction := exactly(b.Cells(), step, steps, c)
						float, _ := c.Float64()
						got, want := Stage(b, step, steps, float), formula(b, cell, fraction)
						if d := farthest(got, want); !(d < 1e-8) { // as above; a wrong cell would be off by much more
							t.Fatalf("%#v, step %d of %d, c = %s: %v, want %v", b, step, steps, c, got, want)
						}
						if p, ok := b.(PiecewiseConstant); ok && interval(p, step, steps, float) != cell {
							t.Fatalf("K = %d, step %d of %d, c = %s: interval %d, want %d",
								k, step, steps, c, interval(p, step, steps, float), cell)
						}
					}
				}
			}
		}
	}
}

// interval returns the index of the cell whose weights a stage uses.
func interval(b PiecewiseConstant, step, steps int, c float64) int {
	return slices.Index(Stage(b, step, steps, c), 1)
}

// exactly locates a stage with rationals: the cell in which it lies, from the right at a jump inside the step, and
// within those that the step overlaps.
func exactly(cells, step, steps int, c *big.Rat) (int, float64) {
	at := new(big.Rat).Add(big.NewRat(int64(step), 1), c)
	at.Mul(at, big.NewRat(int64(cells), int64(steps)))
	best, fraction := -1, 0.0
	for cell := range cells {
		// The cell and the step overlap: cell/cells < (step+1)/steps and step/steps < (cell+1)/cells.
		if cell*steps >= (step+1)*cells || step*cells >= (cell+1)*steps {
			continue
		}
		if rest := new(big.Rat).Sub(at, big.NewRat(int64(cell), 1)); rest.Sign() >= 0 {
			best = cell
			fraction, _ = rest.Float64()
		}
	}
	return best, fraction
}

// TestIntervalOfEachStep proves the rule where truncation goes wrong: with as many steps as intervals, step k uses
// interval k at every stage, for any K.
func TestIntervalOfEachStep(t *testing.T) {
	for k := 1; k <= 100; k++ {
		b := PiecewiseConstant{k}
		for perInterval := 1; perInterval <= 3; perInterval++ {
			for step := range k * perInterval {
				for _, c := range []float64{0, 1. / 3, 0.5, 2. / 3, 1} {
					if got, want := interval(b, step, k*perInterval, c), step/perInterval; got != want {
						t.Fatalf("K=%d, step %d of %d, c=%g: interval %d, want %d", k, step, k*perInterval, c, got,
							want)
					}
				}
			}
		}
	}
}

// TestIntervalOfLongSteps covers steps that span several intervals: a stage sees the interval it falls into, and the
// last one of its own step at c = 1.
func TestIntervalOfLongSteps(t *testing.T) {
	for _, c := range []struct {
		k, step, steps int
		c              float64
		want           int
	}{
		{4, 0, 2, 0, 0}, {4, 0, 2, 0.5, 1}, {4, 0, 2, 1, 1}, {4, 1, 2, 0, 2}, {4, 1, 2, 1, 3},
		{3, 0, 1, 1. / 3, 1}, {3, 0, 1, 2. / 3, 2}, {3, 0, 1, 1, 2}, {2, 1, 3, 0, 0}, {2, 1, 3, 0.5, 1},
		{2, 1, 3, 1, 1},
	} {
		if got := interval(PiecewiseConstant{c.k}, c.step, c.steps, c.c); got != c.want {
			t.Errorf("K=%d, step %d of %d, c=%g: interval %d, want %d", c.k, c.step, c.steps, c.c, got, c.want)
		}
	}
}

// TestStageOutsideItsRange: what is out of range counts as the nearest inside, and NaN gives NaN.
func TestStageOutsideItsRange(t *testing.T) {
	inf := math.Inf(1)
	for _, b := range all(t, 5) {
		for _, c := range []struct{ got, want []float64 }{
			{Values(b, -3), Values(b, 0)}, {Values(b, inf), Values(b, 1)}, {Values(b, -inf), Values(b, 0)},
			{Stage(b, -1, 3, 0.5), Stage(b, 0, 3, 0.5)}, {Stage(b, 9, 3, 0.5), Stage(b, 2, 3, 0.5)},
			{Stage(b, 0, 0, 0.5), Values(b, 0.5)}, {Stage(b, 1, 3, 7), Stage(b, 1, 3, 1)},
		} {
			if farthest(c.got, c.want) != 0 {
				t.Errorf("%#v: %v, want %v", b, c.got, c.want)
			}
		}
		for _, v := range Values(b, math.NaN()) {
			if !math.IsNaN(v) {
				t.Errorf("%#v: values at NaN are %v, want NaN", b, Values(b, math.NaN()))
			}
		}
	}
}

func TestConstant(t *testing.T) {
	for _, b := range all(t, 9) {
		one, err := Constant(b)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 101 {
			if v := at(b, one, float64(i)/100); math.Abs(v-1) > 1e-15 {
				t.Fatalf("%#v: Constant is %g at %g, want 1", b, v, float64(i)/100)
			}
		}
	}
}
