package basis

import (
	"slices"
	"strings"
	"testing"
)

func TestNew(t *testing.T) {
	if got := Names()[:len(builtin)]; !slices.Equal(got, builtin) {
		t.Errorf("Names() = %v, want them to begin with %v", got, builtin)
	}
	for _, c := range []struct {
		name string
		k    int
		want string
	}{
		{"hats", 3, `unknown basis "hats"; known are piecewise_constant, piecewise_linear, hat`},
		{"hat", 0, "of hat must be at least 1, got 0"},
		{"fourier", -7, "of fourier must be at least 1, got -7"},
		{"piecewise_linear", 1, "of piecewise_linear must be at least 2, got 1"},
		{"piecewise_linear", 5, "4 or 6, got 5"},
		{"legendre", 1 << 40, "at most 1024"},
	} {
		if b, err := New(c.name, c.k); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("New(%q, %d) = %v, %v, want an error with %q", c.name, c.k, b, err, c.want)
		}
	}
	for _, b := range all(t, 4) {
		if again := named(t, b.Name(), b.NumBasis()); again != b {
			t.Errorf("name and number of %#v give %#v", b, again)
		}
	}
}

// TestBadBases: a literal can hold what New refuses; it gives an error, never a panic.
func TestBadBases(t *testing.T) {
	good := PiecewiseConstant{4}
	for _, b := range []Basis{
		nil, PiecewiseConstant{}, PiecewiseConstant{-3}, PiecewiseLinear{3}, PiecewiseLinear{-2}, Hat{}, Hat{-1},
		Chebyshev{}, Legendre{-1}, Fourier{-2}, Legendre{1 << 40}, stub{},
	} {
		if _, err := Project(b, good); err == nil {
			t.Errorf("Project(%#v, ...) gave no error", b)
		}
		if _, err := Interpolate(good, b); err == nil {
			t.Errorf("Interpolate(..., %#v) gave no error", b)
		}
		if _, _, err := Refine(b); err == nil {
			t.Errorf("Refine(%#v) gave no error", b)
		}
		if _, err := Constant(b); err == nil {
			t.Errorf("Constant(%#v) gave no error", b)
		}
		if _, err := Distance(good, make([]float64, 4), b, nil); err == nil {
			t.Errorf("Distance(..., %#v) gave no error", b)
		}
		if b != nil {
			Values(b, 0.3)
			Stage(b, 1, 2, 1)
		}
	}
	for _, m := range []int{-1, 0, 1 << 62, 300} {
		if _, _, err := refineBy(good, m); err == nil {
			t.Errorf("refineBy(4 functions, %d) gave no error", m)
		}
	}
	if _, err := Distance(good, make([]float64, 4), good, make([]float64, 8)); err == nil {
		t.Error("Distance of functions of different shape gave no error")
	}
}

// stub is a basis whose methods disagree: 3 functions, none of them at any point.
type stub struct{ PiecewiseConstant }

func (stub) Check() error  { return nil }
func (stub) NumBasis() int { return 3 }
func (stub) Cells() int    { return 1 }

// monomials is a basis of one's own: 1, t, t², ...; with Nodes that it shares with Legendre.
type monomials struct{ Legendre }

func (b monomials) Name() string        { return "monomials" }
func (b monomials) Refined(m int) Basis { return monomials{Legendre{m * b.K}} }
func (b monomials) At(p Point) []float64 {
	values := make([]float64, b.K)
	power := 1.0
	for k := range values {
		values[k] = power
		power *= p.Fraction
	}
	return values
}

// TestRegister: a basis of one's own is found by name, and can do what the built-in ones can.
func TestRegister(t *testing.T) {
	for name, family := range map[string]func(int) Basis{"two words": func(int) Basis { return Hat{2} }, "": nil,
		"x": nil} {
		if err := Register(name, family); err == nil {
			t.Errorf("Register(%q) gave no error", name)
		}
	}
	for range 2 {
		if err := Register("monomials", func(k int) Basis { return monomials{Legendre{k}} }); err != nil {
			t.Fatal(err)
		}
	}
	defer func() {
		mu.Lock()
		delete(families, "monomials")
		names = names[:len(names)-1]
		mu.Unlock()
	}()
	if n := len(Names()); n != len(builtin)+1 {
		t.Errorf("%d names, want one more than the %d built-in ones", n, len(builtin))
	}
	b := named(t, "monomials", 3)
	matrix, err := Project(b, Legendre{3})
	if err != nil {
		t.Fatal(err)
	}
	// t² = 1/3·P_0 + 1/2·P_1 + 1/6·P_2 of 2t-1
	if got := Apply(matrix, []float64{0, 0, 1}); farthest(got, []float64{1. / 3, 1. / 2, 1. / 6}) > 1e-14 {
		t.Errorf("t² in Legendre polynomials is %v", got)
	}
	if err := Register("twins", func(k int) Basis { return twins{PiecewiseConstant{k}} }); err != nil {
		t.Fatal(err)
	}
	defer func() {
		mu.Lock()
		delete(families, "twins")
		names = names[:len(names)-1]
		mu.Unlock()
	}()
	dependent := named(t, "twins", 2)
	if _, err := Project(b, dependent); err == nil || !strings.Contains(err.Error(), "linearly dependent") {
		t.Errorf("Project to dependent functions: %v", err)
	}
	if _, err := Interpolate(b, dependent); err == nil || !strings.Contains(err.Error(), "linearly dependent") {
		t.Errorf("Interpolate with dependent functions: %v", err)
	}
}

// twins are K times the same function.
type twins struct{ PiecewiseConstant }

func (b twins) Name() string { return "twins" }
func (b twins) At(Point) []float64 {
	values := make([]float64, b.K)
	for k := range values {
		values[k] = 1
	}
	return values
}
