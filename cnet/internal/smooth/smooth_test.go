package smooth

import (
	"math"
	"testing"

	"continuousnet/cnet/ode"
)

// circle is x″ = −x, whose solution from (2, 0) is a circle.
func circle(end float64) ode.Problem {
	return ode.Problem{F: func(_ float64, x, dx []float64) { dx[0], dx[1] = x[1], -x[0] }, X0: []float64{2, 0}, T1: end}
}

// within is a tenth of a pixel of a window of 500 pixels, from −3 to 3.
var within = []float64{6 * Relative, 6 * Relative}

// sagitta returns how far the straight lines of a line lie from the circle at most.
func sagitta(l Line) (most float64) {
	for i := 1; i < len(l.X); i++ {
		x, y := (l.X[i-1][0]+l.X[i][0])/2, (l.X[i-1][1]+l.X[i][1])/2
		most = max(most, 2-math.Hypot(x, y))
	}
	return most
}

// Long steps become curves, whether they adapt or not and in both directions of time; the steps are among the points,
// and what they cost stays what it was.
func TestThrough(t *testing.T) {
	for name, o := range map[string]ode.Options{
		"rk4": {Scheme: "rk4", Steps: 24}, "radau5": {Scheme: "radau5", Steps: 24}, "dopri5": {},
		"dopri8": {Scheme: "dopri8"}, "one step": {Scheme: "rk4", Steps: 1},
	} {
		for _, end := range []float64{6, -6} {
			if name == "one step" {
				end /= 16
			}
			given := o.Steps > 0
			o.EveryStep, o.Dense = true, !given
			s, err := ode.Solve(circle(end), o)
			if err != nil {
				t.Fatal(err)
			}
			costs := s.Stats.NFE
			if given {
				Interpolate(s, circle(end), o, within)
			}
			l := Through(s, given, within)
			if d := sagitta(l); d > 2*within[0] {
				t.Errorf("%s to %g: straight lines are %g from the circle", name, end, d)
			}
			if len(l.T) <= len(s.T) || len(l.T) > 400 || len(l.Steps) != len(s.T) || s.Stats.NFE != costs {
				t.Errorf("%s to %g: %d points for %d steps, %d of %d evaluations", name, end, len(l.T), len(s.T),
					s.Stats.NFE, costs)
			}
			for i, at := range l.Steps {
				if l.T[at] != s.T[i] || l.X[at][0] != s.X[i][0] {
					t.Fatalf("%s: step %d is at %g, want %g", name, i, l.T[at], s.T[i])
				}
			}
		}
	}
}

// Euler's method goes along straight lines; short steps need nothing between them; between the steps of an unstable
// method is nothing to be known.
func TestStraight(t *testing.T) {
	stiff := ode.Problem{F: func(_ float64, x, dx []float64) { dx[0] = -60 * x[0] }, X0: []float64{1}, T1: 1}
	for name, c := range map[string]struct {
		p ode.Problem
		o ode.Options
	}{
		"euler": {circle(6), ode.Options{Scheme: "euler", Steps: 24}},
		"short": {circle(6), ode.Options{Scheme: "rk4", Steps: 1000}},
		"stiff": {stiff, ode.Options{Scheme: "rk4", Steps: 4}},
	} {
		c.o.EveryStep = true
		s, err := ode.Solve(c.p, c.o)
		if err != nil {
			t.Fatal(err)
		}
		Interpolate(s, c.p, c.o, within)
		if l := Through(s, true, within); len(l.T) != len(s.T) || (name != "stiff") != (s.Curve == nil) {
			t.Errorf("%s: %d points for %d outputs", name, len(l.T), len(s.T))
		}
	}
}

// What is left out of a curve with a hairpin lies beside the straight lines between what is kept, but not beyond what
// is seen.
func TestThinned(t *testing.T) {
	var line [][2]float64
	for i := range 4000 {
		a := float64(i) / 100
		line = append(line, [2]float64{a / 4 * math.Cos(a), a / 4 * math.Sin(a)})
	}
	line = append(line, [2]float64{20, 0}, [2]float64{20.05, 0}, [2]float64{0, 0})
	d := 0.01
	kept := Thinned(line, [2]float64{d, d})
	if len(kept) > len(line)/6 || kept[0] != 0 || kept[len(kept)-1] != len(line)-1 {
		t.Errorf("%d of %d points, from %d to %d", len(kept), len(line), kept[0], kept[len(kept)-1])
	}
	for k := 1; k < len(kept); k++ {
		a, b := line[kept[k-1]], line[kept[k]]
		for i := kept[k-1] + 1; i < kept[k]; i++ {
			dx, dy := b[0]-a[0], b[1]-a[1]
			px, py := line[i][0]-a[0], line[i][1]-a[1]
			at := min(max((px*dx+py*dy)/(dx*dx+dy*dy), 0), 1)
			if far := math.Hypot(px-at*dx, py-at*dy); far > d*1.0001 {
				t.Fatalf("point %d lies %g beside the line", i, far)
			}
		}
	}
	for n := range 3 {
		if kept := Thinned(line[:n], [2]float64{d, d}); len(kept) != n {
			t.Errorf("%d of %d points", len(kept), n)
		}
	}
}
