package dataset

import (
	"math"
	"reflect"
	"testing"
)

var toySets = map[string]func(n int, noise float64, seed uint64) Points{
	"moons":   Moons,
	"circles": func(n int, noise float64, seed uint64) Points { return Circles(n, noise, 0.5, seed) },
	"spirals": func(n int, noise float64, seed uint64) Points { return Spirals(n, noise, 1.5, seed) },
}

func TestToysAreBalancedShuffledAndRepeatable(t *testing.T) {
	for name, toy := range toySets {
		for _, n := range []int{-1, 0, 1, 2, 101, 200} {
			p := toy(n, 0.1, 7)
			if p.Len() != max(n, 0) || len(p.X) != p.Len() {
				t.Errorf("%s: %d points and %d labels, want %d", name, len(p.X), p.Len(), n)
			}
			ones := 0
			for _, label := range p.Labels {
				ones += int(label)
			}
			if ones != p.Len()/2 {
				t.Errorf("%s: %d of %d points are of class 1", name, ones, n)
			}
		}
		p := toy(200, 0.1, 7)
		changes := 0
		for i := range p.Labels[1:] {
			if p.Labels[i] != p.Labels[i+1] {
				changes++
			}
		}
		if changes < 70 || changes > 130 { // about 100, ± 4 deviations of 7
			t.Errorf("%s: the class changes %d times in 200 points: not shuffled", name, changes)
		}
		if !reflect.DeepEqual(p, toy(200, 0.1, 7)) || reflect.DeepEqual(p, toy(200, 0.1, 8)) {
			t.Errorf("%s: not a function of the seed", name)
		}
	}
}

// TestToysLieOnTheirCurves takes the noise away and tests implicit equations.
func TestToysLieOnTheirCurves(t *testing.T) {
	off := map[string]func(x, y float64, class int32) float64{
		"moons": func(x, y float64, class int32) float64 {
			if class == 1 {
				x, y = 1-x, 0.5-y
			}
			return math.Hypot(x, y) - 1 + min(y, 0) // a half circle, y ≥ 0
		},
		"circles": func(x, y float64, class int32) float64 {
			return math.Hypot(x, y) - 1 + 0.5*float64(class)
		},
		"spirals": func(x, y float64, class int32) float64 {
			r := math.Hypot(x, y)
			return math.Sin((math.Atan2(y, x) - 3*math.Pi*r - math.Pi*float64(class)) / 2)
		},
	}
	for name, toy := range toySets {
		p := toy(500, 0, 1)
		for i, x := range p.X {
			if d := off[name](x[0], x[1], p.Labels[i]); math.Abs(d) > 1e-12 { // rounding of a few operations
				t.Fatalf("%s: %v of class %d is off by %g", name, x, p.Labels[i], d)
			}
		}
	}
}
