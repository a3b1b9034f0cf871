package ode

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func combine(x float64, coefficients, terms []float64) float64 {
	for i, c := range coefficients {
		x += c * terms[i]
	}
	return x
}

// solve integrates x' = f(t, x) over [0, 1] in n steps.
func solve(tb Tableau, f func(t, x float64) float64, x float64, n int) float64 {
	h := 1 / float64(n)
	for k := range n {
		rate := func(_ int, c, x float64) float64 { return f((float64(k)+c)*h, x) }
		x = Step(tb, x, h, rate, combine)
	}
	return x
}

// TestOrder measures each scheme's order by regression on a non-autonomous problem, x' = x·cos t, whose solution is
// exp(sin t): only there does a wrong c_i show.
func TestOrder(t *testing.T) {
	f := func(t, x float64) float64 { return x * math.Cos(t) }
	want := math.Exp(math.Sin(1))
	for _, tb := range Schemes() {
		var sx, sy, sxx, sxy, n float64
		for _, steps := range []int{32, 64, 128, 256} {
			x, y := math.Log(1/float64(steps)), math.Log(math.Abs(solve(tb, f, 1, steps)-want))
			sx, sy, sxx, sxy, n = sx+x, sy+y, sxx+x*x, sxy+x*y, n+1
		}
		slope := (n*sxy - sx*sy) / (n*sxx - sx*sx)
		if math.Abs(slope-float64(tb.Order)) > 0.1 {
			t.Errorf("%s converges with order %.2f, want %d", tb.Name, slope, tb.Order)
		}
	}
}

func TestRegisterRefusesBadTableaux(t *testing.T) {
	for want, tb := range map[string]Tableau{
		"name without spaces": {Name: "two words", Order: 1, A: [][]float64{{}}, B: []float64{1}},
		"not consistent":      {Name: "x", Order: 1, A: [][]float64{{}}, B: []float64{0.5}},
		"row 0 of A has 1":    {Name: "x", Order: 1, A: [][]float64{{1}}, B: []float64{1}},
		"c_1 = 0.25":          {Name: "x", Order: 2, A: [][]float64{{}, {0.5}}, B: []float64{0, 1}, C: []float64{0, 0.25}},
		"one entry per stage": {Name: "x", Order: 1, A: [][]float64{{}, {1}}, B: []float64{1}},
		"order is 0":          {Name: "x", A: [][]float64{{}}, B: []float64{1}},
		"sums to NaN":         {Name: "x", Order: 1, A: [][]float64{{}, {math.NaN()}}, B: []float64{0, 1}, C: []float64{0, 1}},
	} {
		if err := Register(tb); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Register(%+v) = %v, want an error with %q", tb, err, want)
		}
	}
	if _, err := Scheme("rk5"); err == nil || !strings.Contains(err.Error(), "euler, midpoint, rk4, rk4_classic") {
		t.Errorf("an unknown scheme must list the known ones, got %v", err)
	}
}

// A scheme of one's own: Ralston's second-order method, on x' = -x.
func ExampleRegister() {
	err := Register(Tableau{Name: "my_ralston", Order: 2, A: [][]float64{{}, {2. / 3}}, B: []float64{1. / 4, 3. / 4}})
	if err != nil {
		fmt.Println(err)
		return
	}
	tb, _ := Scheme("my_ralston")
	x := 1.0
	for range 10 {
		x = Step(tb, x, 0.1, func(_ int, _, x float64) float64 { return -x }, combine)
	}
	fmt.Printf("%.4f, exactly %.4f\n", x, math.Exp(-1))
	// Output: 0.3685, exactly 0.3679
}
