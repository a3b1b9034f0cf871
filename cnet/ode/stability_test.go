package ode

import (
	"math"
	"math/cmplx"
	"testing"
)

// R(z) is what a step does to x' = λx, for every Runge–Kutta scheme, and the exponential up to its order.
func TestStabilityFunction(t *testing.T) {
	for _, m := range Methods() {
		tb, ok := m.(Tableau)
		if !ok {
			continue
		}
		z := complex(-0.3, 0.4) // as a rotation that shrinks, in two real components
		p := Problem{
			F: func(_ float64, x, dx []float64) {
				dx[0], dx[1] = real(z)*x[0]-imag(z)*x[1], imag(z)*x[0]+real(z)*x[1]
			},
			Jacobian: func(_ float64, _, j []float64) { copy(j, []float64{real(z), -imag(z), imag(z), real(z)}) },
			X0:       []float64{1, 0}, T1: 1,
		}
		s, err := Solve(p, Options{Scheme: tb.Name, Steps: 1})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := tb.Stability(z), complex(s.Final()[0], s.Final()[1]); cmplx.Abs(got-want) > 1e-9 {
			t.Errorf("%s: R = %v, a step gives %v", tb.Name, got, want)
		}
		off := func(h complex128) float64 { return cmplx.Abs(tb.Stability(h*z) - cmplx.Exp(h*z)) }
		const h = 0.6
		if order := math.Log2(off(h)/off(h/2)) - 1; order < float64(tb.Order)-0.3 {
			t.Errorf("%s: R is the exponential up to order %.2f, want %d", tb.Name, order, tb.Order)
		}
	}
}

// The ends of the stability regions on the axes, known from the literature (Hairer & Wanner II, section IV.2).
func TestStabilityEnds(t *testing.T) {
	inf := math.Inf(1)
	for _, tc := range []struct {
		name            string
		real, imaginary float64
	}{
		{"euler", 2, 0},
		{"midpoint", 2, 0},
		{"heun3", 2.512745326618, math.Sqrt(3)},
		{"rk4", 2.785293563405, 2 * math.Sqrt2},
		{"rk4_classic", 2.785293563405, 2 * math.Sqrt2},
		{"implicit_euler", inf, inf},
		{"implicit_midpoint", inf, inf},
		{"sdirk4", inf, inf},
	} {
		tb, err := Scheme(tc.name)
		if err != nil {
			t.Fatal(err)
		}
		if got := tb.StabilityInterval(); got != tc.real && !(math.Abs(got-tc.real) < 1e-9) {
			t.Errorf("%s: the real axis from -%.12g, want -%.12g", tc.name, got, tc.real)
		}
		if got := tb.ImaginaryStability(); got != tc.imaginary && !(math.Abs(got-tc.imaginary) < 1e-5) {
			t.Errorf("%s: the imaginary axis to %.12g, want %.12g", tc.name, got, tc.imaginary)
		}
	}
	if r := (Tableau{B: []float64{1}}).Stability(1); !cmplx.IsNaN(r) {
		t.Errorf("without A: %v", r)
	}
}

// The formulas of all conditions up to order 4, in the order of HNW I, table II.2.1.
func TestFormulas(t *testing.T) {
	tb, err := Scheme("rk4_classic")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"τ": "Σ bᵢ = 1", "[τ]": "Σ bᵢ cᵢ = 1/2", "[ττ]": "Σ bᵢ cᵢ² = 1/3", "[[τ]]": "Σ bᵢ aᵢⱼ cⱼ = 1/6",
		"[τττ]": "Σ bᵢ cᵢ³ = 1/4", "[τ[τ]]": "Σ bᵢ cᵢ aᵢⱼ cⱼ = 1/8", "[[ττ]]": "Σ bᵢ aᵢⱼ cⱼ² = 1/12",
		"[[[τ]]]": "Σ bᵢ aᵢⱼ aⱼₖ cₖ = 1/24", "[[τ][τ]]": "Σ bᵢ aᵢⱼ cⱼ aᵢₖ cₖ = 1/20",
	}
	found := 0
	for _, c := range Conditions(tb, 5) {
		if formula, known := want[c.Tree]; known {
			found++
			if got := c.Formula(); got != formula {
				t.Errorf("%s: %s, want %s", c.Tree, got, formula)
			}
		}
		if c.Order <= 4 && c.Exact != c.Formula()[len(c.Formula())-len(c.Exact):] {
			t.Errorf("%s is %s", c.Formula(), c.Exact)
		}
	}
	if found != len(want) {
		t.Errorf("%d of %d trees", found, len(want))
	}
}
