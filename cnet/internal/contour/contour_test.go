package contour

import (
	"math"
	"testing"
)

func sample(x, y []float64, f func(x, y float64) float64) [][]float64 {
	rows := make([][]float64, len(y))
	for i := range y {
		for j := range x {
			rows[i] = append(rows[i], f(x[j], y[i]))
		}
	}
	return rows
}

// A circle is one closed line, and its points are on the circle up to the square of the distance of the lattice.
func TestCircle(t *testing.T) {
	axis := Lattice(-2, 2, 81)
	lines := Lines(axis, axis, sample(axis, axis, func(x, y float64) float64 { return x*x + y*y }), 1)
	if len(lines) != 1 || lines[0][0] != lines[0][len(lines[0])-1] {
		t.Fatalf("%d lines", len(lines))
	}
	length := 0.0
	for k, p := range lines[0] {
		if r := math.Hypot(p[0], p[1]); math.Abs(r-1) > 0.05*0.05/4 {
			t.Errorf("radius %g at %v", r, p)
		}
		if k > 0 {
			length += math.Hypot(p[0]-lines[0][k-1][0], p[1]-lines[0][k-1][1])
		}
	}
	if math.Abs(length-2*math.Pi) > 0.01 {
		t.Errorf("length %g", length)
	}
}

// Two branches of a hyperbola are open lines from border to border; around a saddle they do not touch.
func TestHyperbola(t *testing.T) {
	axis := Lattice(-1, 1, 20)
	for _, level := range []float64{0.01, -0.01} {
		lines := Lines(axis, axis, sample(axis, axis, func(x, y float64) float64 { return x*x - y*y }), level)
		if len(lines) != 2 {
			t.Fatalf("%d lines", len(lines))
		}
		for _, line := range lines {
			for _, p := range [][2]float64{line[0], line[len(line)-1]} {
				if m := max(math.Abs(p[0]), math.Abs(p[1])); m != 1 {
					t.Errorf("an end at %v", p)
				}
			}
		}
	}
}

// Where there are no numbers there is no line, and it breaks there.
func TestGap(t *testing.T) {
	axis := Lattice(-1, 1, 21)
	lines := Lines(axis, axis, sample(axis, axis, func(x, y float64) float64 {
		if math.Abs(x) < 0.25 {
			return math.NaN()
		}
		return y
	}), 0.01)
	if len(lines) != 2 || len(Lines(axis, axis, sample(axis, axis, math.Hypot), 5)) != 0 ||
		len(Lines(nil, nil, nil, 0)) != 0 {
		t.Errorf("%d lines", len(lines))
	}
}
