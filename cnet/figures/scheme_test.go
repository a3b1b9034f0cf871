package figures

import (
	"io"
	"math"
	"slices"
	"testing"

	"continuousnet/cnet/chart"
	"continuousnet/cnet/ode"
)

func cardOf(t *testing.T, tb ode.Tableau) *SchemeCard {
	t.Helper()
	c, err := NewSchemeCard(tb)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The border of the stability region of RK4 crosses the axis at −2.7853 and is where |R(z)| is 1; inside it is filled.
func TestSchemeChart(t *testing.T) {
	tb, err := ode.Scheme("rk4")
	if err != nil {
		t.Fatal(err)
	}
	card := cardOf(t, tb)
	if math.Abs(card.StabilityInterval-2.785293563405) > 1e-9 || card.Wrong != nil || len(card.Conditions) != 17 {
		t.Errorf("stable from −%g, %v, %d conditions", card.StabilityInterval, card.Wrong, len(card.Conditions))
	}
	c := Scheme(card)
	region, star := c.Panels[0], c.Panels[1]
	own := region.Series[len(region.Series)-1]
	leftmost := slices.MinFunc(own.X, func(a, b float64) int {
		if math.IsNaN(b) || a < b {
			return -1
		}
		return 1
	})
	if math.Abs(leftmost+2.7853) > 2e-3 {
		t.Errorf("the border reaches to %g", leftmost)
	}
	for i := range own.X {
		z := complex(own.X[i], own.Y[i])
		if g := growth(tb, z); !math.IsNaN(own.Y[i]) && math.Abs(g) > 5e-3 {
			t.Errorf("|R(%v)| = %g on the border", z, math.Exp(g))
		}
	}
	filled := func(b *chart.Background, z complex128) bool {
		size := b.Image.Bounds()
		_, _, _, alpha := b.Image.At(
			int((real(z)-b.X0)/(b.X1-b.X0)*float64(size.Dx())), int((b.Y1-imag(z))/(b.Y1-b.Y0)*float64(size.Dy())),
		).RGBA()
		return alpha > 0
	}
	for z, want := range map[complex128]bool{-1: true, -2.7: true, -2.9: false, 0.5: false, 2.7i: true, 3i: false} {
		if filled(region.Background, z) != want {
			t.Errorf("%v: filled %v", z, !want)
		}
	}
	// Around 0 the order star has five fingers and five gaps between them.
	changes := 0
	const around = 1000
	for k := range around {
		at := func(k int) bool {
			sin, cos := math.Sincos(2 * math.Pi * float64(k) / around)
			return filled(star.Background, complex(0.6*cos, 0.6*sin))
		}
		if at(k) != at(k+1) {
			changes++
		}
	}
	if changes != 10 {
		t.Errorf("%d borders around 0, want twice the order plus one", changes)
	}
	// Every panel has the same colour for a scheme.
	colors := map[string]string{}
	for _, p := range c.Panels {
		for _, s := range p.Series {
			if was, known := colors[s.Name]; s.Name != "" && known && was != s.Color {
				t.Errorf("%s is %s and %s", s.Name, was, s.Color)
			}
			colors[s.Name] = s.Color
		}
	}
	if len(colors) != 6 { // and the slopes, without a name
		t.Errorf("series %v", colors)
	}
	if err := c.PNG(io.Discard); err != nil {
		t.Error(err)
	}
}

// Every scheme has a card, its measured order is the one it claims, and a wrong one has a card that says what is wrong.
func TestSchemeCards(t *testing.T) {
	for _, m := range ode.Methods() {
		tb, ok := m.(ode.Tableau)
		if !ok {
			continue
		}
		card := cardOf(t, tb)
		i := slices.IndexFunc(card.Conditions, func(c ode.Condition) bool { return !c.Holds && c.Order <= tb.Order })
		if i >= 0 || card.Wrong != nil {
			t.Errorf("%s: %v", tb.Name, card.Wrong)
		}
		// From the third to the fourth number of steps the error falls by the order, unless it has reached the last
		// digit.
		s := card.Convergence.Schemes[0]
		if p := s.Points[3]; p.Error > 1e-12 && p.Order < float64(tb.Order)-0.6 {
			t.Errorf("%s: order %.2f, want %d", tb.Name, p.Order, tb.Order)
		}
	}
	wrong := ode.Tableau{Name: "wrong", Order: 2, A: [][]float64{{}, {2. / 3}}, B: []float64{1. / 3, 2. / 3}}
	card := cardOf(t, wrong)
	if card.Wrong == nil || card.Conditions[1].Holds || card.Conditions[1].Exact != "4/9" ||
		math.Abs(card.Convergence.Schemes[0].Measured-1) > 0.2 {
		t.Errorf("%v, %+v, %+v", card.Wrong, card.Conditions[1], card.Convergence.Schemes[0])
	}
	if err := Scheme(card).PNG(io.Discard); err != nil {
		t.Error(err)
	}
	implicit := cardOf(t, ode.Tableau{Name: "wrong", Order: 2, A: [][]float64{{1}}, B: []float64{1}})
	if implicit.Wrong == nil || len(implicit.Convergence.Schemes) != 4 {
		t.Errorf("%v, %d schemes", implicit.Wrong, len(implicit.Convergence.Schemes))
	}
	if err := Scheme(implicit).PNG(io.Discard); err != nil {
		t.Error(err)
	}
	if _, err := NewSchemeCard(ode.Tableau{Name: "short", A: [][]float64{{}}, B: []float64{1, 2}}); err == nil {
		t.Error("a tableau of another shape")
	}
}
