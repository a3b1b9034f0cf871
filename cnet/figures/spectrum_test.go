package figures

import (
	"io"
	"math"
	"testing"

	"continuousnet/cnet"
	"continuousnet/cnet/ode"
)

// Eigenvalues are drawn times the step length; those of a decay that Euler's steps are too long for are outside.
func TestSpectrumChart(t *testing.T) {
	euler, err := ode.Scheme("euler")
	if err != nil {
		t.Fatal(err)
	}
	s := &cnet.Spectrum{
		Method: euler, T: []float64{0, 0.5}, H: []float64{0.5, 0.5}, Size: 2, All: true,
		Eigenvalues: [][][]complex128{{{-1, -6}}, {{-2 + 1i, -2 - 1i}, {3, -5}}},
	}
	c := Spectrum(s)
	first, second := c.Panels[0].Series[1], c.Panels[0].Series[2]
	if first.Name != "t = 0" || second.Name != "t = 0.5" || first.X[1] != -3 || second.Y[0] != 0.5 ||
		len(second.X) != 4 {
		t.Errorf("%+v, %+v", first, second)
	}
	share, growth := SpectrumStability(s)
	if share != 3./5 || math.Abs(growth-2.5) > 1e-12 { // 1 + 0.5·3
		t.Errorf("%g are stable, and states grow by %g", share, growth)
	}
	if err := c.PNG(io.Discard); err != nil {
		t.Error(err)
	}
	adams, err := ode.Lookup("ab2")
	if err != nil {
		t.Fatal(err)
	}
	s.Method = adams
	if share, _ := SpectrumStability(s); !math.IsNaN(share) {
		t.Errorf("a multistep method: %g", share)
	}
	if err := Spectrum(s).PNG(io.Discard); err != nil {
		t.Error(err)
	}
	for n, want := range map[int]int{1: 1, 4: 4, 5: 5, 16: 5} {
		all := 0
		groups := depthGroups(n, 5)
		for _, g := range groups {
			all += len(g)
		}
		if len(groups) != want || all != n {
			t.Errorf("%d depths in groups %v", n, groups)
		}
	}
}
