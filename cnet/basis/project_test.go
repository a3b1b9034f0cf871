package basis

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestGauss integrates every power that the rule must integrate, ∫ t^p dt = 1/(p+1).
func TestGauss(t *testing.T) {
	for n := 1; n <= 128; n++ {
		points, weights := gauss(n)
		for p := range 2 * n {
			var sum float64
			for i := range points {
				sum += weights[i] * math.Pow(points[i], float64(p))
			}
			if want := 1 / float64(p+1); math.Abs(sum-want) > 2e-15 {
				t.Fatalf("%d points: ∫ t^%d dt = %.17g, want %.17g", n, p, sum, want)
			}
		}
	}
	// Exactness of averages rests on this.
	if points, weights := gauss(1); points[0] != 0.5 || weights[0] != 1 {
		t.Errorf("one point: %v %v, want 0.5 and 1 to the bit", points, weights)
	}
}

// TestProjectAveragesExactly compares projections between piecewise constants with overlaps in rational arithmetic:
// each entry is the float64 next to the truth.
func TestProjectAveragesExactly(t *testing.T) {
	for from := 1; from <= 24; from++ {
		for to := 1; to <= 24; to++ {
			matrix, err := Project(PiecewiseConstant{from}, PiecewiseConstant{to})
			if err != nil {
				t.Fatal(err)
			}
			for i, row := range matrix {
				for j, got := range row {
					begin, end := big.NewRat(int64(i), int64(to)), big.NewRat(int64(i+1), int64(to))
					if b := big.NewRat(int64(j), int64(from)); b.Cmp(begin) > 0 {
						begin = b
					}
					if e := big.NewRat(int64(j+1), int64(from)); e.Cmp(end) < 0 {
						end = e
					}
					overlap := new(big.Rat).Sub(end, begin)
					want, _ := overlap.Mul(overlap, big.NewRat(int64(to), 1)).Float64()
					if got != max(want, 0) {
						t.Fatalf("%d → %d: entry [%d][%d] is %.17g, want %.17g", from, to, i, j, got, max(want, 0))
					}
				}
			}
		}
	}
}

// TestProjectFourier bounds the error of quadrature of what is no polynomial: Gram matrices are diagonal, and the
// Fourier coefficients of a cell's indicator and of t are known.
func TestProjectFourier(t *testing.T) {
	for _, k := range []int{1, 2, 3, 8, 17, 64} {
		b := Fourier{k}
		for _, cells := range []int{1, 5} { // the pieces on which quadrature works
			gram := newMatrix(k, k)
			quadrature(PiecewiseConstant{cells}, b, 2*b.Degree(), func(w float64, _, v []float64) {
				for i := range v {
					for j := range v {
						gram[i][j] += w * v[i] * v[j] / float64(cells)
					}
				}
			})
			for i := range gram {
				for j, got := range gram[i] {
					want := 0.0
					if i == j {
						want = map[bool]float64{true: 1, false: 0.5}[i == 0]
					}
					if math.Abs(got-want) > 1e-14 {
						t.Fatalf("K = %d, %d pieces: ∫ φ_%d φ_%d dt = %g, want %g", k, cells, i, j, got, want)
					}
				}
			}
		}
	}
	matrix, err := Project(Hat{2}, Fourier{9}) // t = 1/2 - Σ_m sin(2πmt)/(πm)
	if err != nil {
		t.Fatal(err)
	}
	for k, got := range Apply(matrix, []float64{0, 1}) {
		want := 0.0
		if k == 0 {
			want = 0.5
		} else if k%2 == 0 {
			want = -1 / (math.Pi * float64(k/2))
		}
		if math.Abs(got-want) > 1e-14 {
			t.Errorf("coefficient %d of t is %g, want %g", k, got, want)
		}
	}
}

// TestProjectIdentity: projecting or interpolating to the same basis changes no bit.
func TestProjectIdentity(t *testing.T) {
	for _, b := range all(t, 17) {
		for name, change := range map[string]func(a, b Basis) ([][]float64, error){"Project": Project,
			"Interpolate": Interpolate} {
			matrix, err := change(b, b)
			if err != nil {
				t.Fatal(err)
			}
			for i, row := range matrix {
				for j, got := range row {
					if (i == j && got != 1) || (i != j && got != 0) {
						t.Fatalf("%s of %#v to itself: entry [%d][%d] is %g", name, b, i, j, got)
					}
				}
			}
		}
	}
}

// TestProjectIsClosest: what projection leaves is orthogonal to every function of the new basis, by quadrature of
// another kind on a grid of its own; so no coefficients come closer, and projecting again changes nothing.
func TestProjectIsClosest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	bases := all(t, 5)
	bases = append(bases, PiecewiseConstant{7}, PiecewiseLinear{14}, Hat{8})
	for _, from := range bases {
		for _, to := range bases {
			matrix, err := Project(from, to)
			if err != nil {
				t.Fatal(err)
			}
			x := random(r, from.NumBasis())
			y := Apply(matrix, x)
			residual := make([]float64, to.NumBasis())
			integrate(from.Cells()*to.Cells(), func(t, weight float64) {
				d := at(from, x, t) - at(to, y, t)
				for i, v := range Values(to, t) {
					residual[i] += weight * d * v
				}
			})
			if d := farthest(residual, make([]float64, len(residual))); !(d < 1e-8) {
				t.Fatalf("%#v → %#v: the residual has products up to %g with the functions", from, to, d)
			}
		}
	}
}

// integrate is a composite open rule (Milne's, 3 points) on so many equal cells: it takes no values at jumps.
func integrate(cells int, visit func(t, weight float64)) {
	pieces := cells * (1 + 400/cells)
	for i := range pieces {
		for j, weight := range []float64{2. / 3, -1. / 3, 2. / 3} {
			visit((float64(i)+float64(j+1)/4)/float64(pieces), weight/float64(pieces))
		}
	}
}

// TestProjectToContaining: a projection to a space that contains the function is exact, whatever the basis there; and
// to the refined basis it is the refinement's matrix.
func TestProjectToContaining(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for _, b := range all(t, 9) {
		for m := 1; m <= 4; m++ {
			fine, refine, err := refineBy(b, m)
			if err != nil {
				t.Fatal(err)
			}
			project, err := Project(b, fine)
			if err != nil {
				t.Fatal(err)
			}
			back, err := Project(fine, b)
			if err != nil {
				t.Fatal(err)
			}
			for i := range refine {
				if d := farthest(project[i], refine[i]); !(d < 1e-13) {
					t.Fatalf("%#v → %#v: row %d is %v, refinement has %v", b, fine, i, project[i], refine[i])
				}
			}
			x := random(r, b.NumBasis())
			if d := farthest(Apply(back, Apply(refine, x)), x); !(d < 1e-13) {
				t.Fatalf("%#v → %#v and back is off by %g", b, fine, d)
			}
		}
	}
	for _, c := range []struct{ from, to Basis }{
		{Legendre{20}, Chebyshev{20}}, {Chebyshev{12}, Legendre{30}}, {Hat{9}, PiecewiseLinear{16}},
		{Hat{2}, Legendre{2}},
		{PiecewiseConstant{6}, PiecewiseLinear{24}}, {Hat{1}, Fourier{4}}, {Legendre{2}, Hat{6}},
	} {
		matrix, err := Project(c.from, c.to)
		if err != nil {
			t.Fatal(err)
		}
		x := random(r, c.from.NumBasis())
		if d, err := Distance(c.from, x, c.to, Apply(matrix, x)); err != nil || !(d < 1e-13) {
			t.Errorf("%#v → %#v loses %g, %v; want nothing", c.from, c.to, d, err)
		}
	}
}

// TestProjectRandomPairs: for any two bases, projecting twice is projecting once, constants stay, nothing comes closer
// than the projection, and the new function is no longer than the old.
func TestProjectRandomPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	pick := func() Basis {
		name, k := builtin[r.IntN(len(builtin))], 1+r.IntN(32)
		if name == "piecewise_linear" {
			k += k % 2
		}
		return named(t, name, k)
	}
	distance := func(a Basis, x []float64, b Basis, y []float64) float64 {
		d, err := Distance(a, x, b, y)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for range 150 {
		from, to := pick(), pick()
		there, err := Project(from, to)
		if err != nil {
			t.Fatal(err)
		}
		one, _ := Constant(from)
		want, _ := Constant(to)
		if d := farthest(Apply(there, one), want); !(d < 1e-12) {
			t.Errorf("%#v → %#v: the constant 1 is off by %g", from, to, d)
		}
		x := random(r, 2*from.NumBasis()) // a tensor [K, 2]
		y := Apply(there, x)
		nearest := distance(from, x, to, y)
		for range 3 {
			z := random(r, len(y))
			for i := range z {
				z[i] = y[i] + 0.01*z[i]
			}
			if d := distance(from, x, to, z); d < nearest {
				t.Errorf("%#v → %#v: %g away, but other coefficients are %g away", from, to, nearest, d)
			}
		}
		zero := make([]float64, len(x))
		before, after := distance(from, x, from, zero), distance(to, y, from, zero)
		if math.Abs(before*before-after*after-nearest*nearest) > 1e-11*before*before {
			t.Errorf("%#v → %#v: %g² + %g² is not %g²", from, to, after, nearest, before)
		}
	}
}

// TestPositive: averages of what is not negative are not negative, for all bases that vouch for it.
func TestPositive(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for _, from := range []Basis{PiecewiseConstant{16}, PiecewiseLinear{16}, Hat{17}} {
		x := random(r, from.NumBasis())
		for i := range x {
			x[i] = max(x[i], 0)
		}
		var matrices [][][]float64
		for k := 1; k <= 20; k++ {
			m, err := Project(from, PiecewiseConstant{k})
			matrices = append(matrices, m)
			for _, to := range []Basis{PiecewiseConstant{k}, PiecewiseLinear{2 * k}, Hat{k}} {
				m, err2 := Interpolate(from, to)
				if matrices = append(matrices, m); err != nil || err2 != nil {
					t.Fatal(err, err2)
				}
			}
		}
		for _, m := range matrices {
			for _, v := range Apply(m, x) {
				if v < 0 {
					t.Fatalf("%#v: %v became negative: %v", from, x, Apply(m, x))
				}
			}
		}
	}
	// The counterexample of the package comment.
	m, err := Project(PiecewiseConstant{8}, Hat{5})
	if err != nil {
		t.Fatal(err)
	}
	if y := Apply(m, []float64{0, 0, 0, 0, 1, 1, 1, 1}); !(y[1] < 0) {
		t.Errorf("a step projected to hats is %v; the documentation says it undershoots", y)
	}
}

// FuzzProject: any two bases that New gives can be projected and interpolated, to finite numbers.
func FuzzProject(f *testing.F) {
	f.Add("piecewise_constant", 7, "piecewise_constant", 3)
	f.Add("hat", 1, "fourier", 64)
	f.Add("legendre", 64, "chebyshev", 64)
	f.Add("piecewise_linear", 64, "hat", 63)
	f.Add("none", -1, "", 0)
	f.Fuzz(func(t *testing.T, nameA string, kA int, nameB string, kB int) {
		if kA > 64 || kB > 64 {
			return
		}
		pick := func(name string, k int) (Basis, error) {
			if !slices.Contains(builtin, name) {
				if b, err := New(name, k); err == nil {
					t.Fatalf("New(%q, %d) = %#v, want an error", name, k, b)
				}
				name = builtin[len(name)%len(builtin)] // so that most inputs reach the arithmetic
			}
			return New(name, k)
		}
		a, errA := pick(nameA, kA)
		b, errB := pick(nameB, kB)
		if errA != nil || errB != nil {
			return
		}
		for name, change := range map[string]func(a, b Basis) ([][]float64, error){"Project": Project,
			"Interpolate": Interpolate} {
			matrix, err := change(a, b)
			if err != nil || len(matrix) != kB {
				t.Fatalf("%s(%#v, %#v): %d rows, %v", name, a, b, len(matrix), err)
			}
			for i, row := range matrix {
				if len(row) != kA {
					t.Fatalf("%s(%#v, %#v): row %d has %d entries", name, a, b, i, len(row))
				}
				for _, v := range row {
					if math.IsNaN(v) || math.IsInf(v, 0) {
						t.Fatalf("%s(%#v, %#v): row %d is %v", name, a, b, i, row)
					}
				}
			}
		}
	})
}
