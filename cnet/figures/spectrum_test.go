package figures

import (
	"io"
	"math"
	"math/cmplx"
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

// The window holds all eigenvalues and the origin, the whole stability region if that is not much larger, and little
// else.
func TestSpectrumWindow(t *testing.T) {
	for _, c := range []struct {
		scheme string
		reach  float64    // of hλ
		region [2]float64 // along the real axis, that the window holds
		most   float64    // how long the window is
	}{
		{"euler", 0.5, [2]float64{-2, 0}, 3.2}, {"rk4_classic", 0.5, [2]float64{-2.78, 0}, 7.2},
		{"implicit_euler", 0.5, [2]float64{0, 2}, 3.2}, {"euler", 0.01, [2]float64{}, 0.025},
		{"rk4_classic", 30, [2]float64{-2.78, 0}, 73}, {"ab2", 0.5, [2]float64{}, 1.3},
	} {
		method, err := ode.Lookup(c.scheme)
		if err != nil {
			t.Fatal(err)
		}
		s := &cnet.Spectrum{Method: method, T: []float64{0}, H: []float64{0.5}}
		var values []complex128
		for k := range 12 {
			values = append(values, cmplx.Rect(2*c.reach, float64(k)*math.Pi/6))
		}
		s.Eigenvalues = [][][]complex128{{values, {complex(math.Inf(1), 0)}}}
		x, y := spectrumWindow(s)
		for _, ends := range [][2]float64{x, y} {
			if ends[0] >= -c.reach || ends[1] <= c.reach || ends[1]-ends[0] > c.most {
				t.Errorf("%s, eigenvalues up to %g: from %g to %g", c.scheme, c.reach, ends[0], ends[1])
			}
		}
		if x[0] > c.region[0] || x[1] < c.region[1] || math.Abs(x[1]-x[0]-(y[1]-y[0])) > 1e-9 {
			t.Errorf("%s, eigenvalues up to %g: from %g to %g, %g high", c.scheme, c.reach, x[0], x[1], y[1]-y[0])
		}
	}
	none := &cnet.Spectrum{Method: ode.Tableau{}}
	if x, y := spectrumWindow(none); !(x[0] < 0 && x[1] > 0 && y[0] < 0 && y[1] > 0) {
		t.Errorf("without eigenvalues: %v, %v", x, y)
	}
}
