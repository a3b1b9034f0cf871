package ode

import (
	"math"
	"strings"
	"testing"
)

// schemes are the registered Runge–Kutta schemes.
func schemes() (list []Tableau) {
	for _, m := range Methods() {
		if tb, ok := m.(Tableau); ok {
			list = append(list, tb)
		}
	}
	return list
}

// TestBuiltInSchemes checks what does not happen when a program starts.
func TestBuiltInSchemes(t *testing.T) {
	for _, m := range Methods() {
		if err := m.check(); err != nil {
			t.Error(err)
		}
		if info := m.Info(); info.Note == "" || info.Kind == "" {
			t.Errorf("%s has no kind or note: %+v", info.Name, info)
		}
	}
	for _, tb := range schemes() {
		if got, want := derivedOrder(tb), min(tb.Order, CheckedOrder); got != want {
			t.Errorf("the conditions of %s hold up to order %d, want %d", tb.Name, got, want)
		}
		if tb.Adaptive() {
			got, want := tb.EmbeddedOrder(), min(tb.controlOrder()-1, CheckedOrder)
			if got > want && want == tb.Order {
				got = want // the embedded method is the better one
			}
			if got != want {
				t.Errorf("%s: the embedded method has order %d, the step control takes it for %d", tb.Name, got, want)
			}
		}
		if tb.Mid != nil {
			half := tb
			half.B = tb.Mid
			for _, c := range Conditions(half, 4) {
				if want := math.Pow(0.5, float64(c.Order)) / float64(c.Density); math.Abs(c.Value-want) > 1e-9 {
					t.Errorf("%s: the middle violates %s: %g, want %g", tb.Name, c, c.Value, want)
				}
			}
		}
	}
	for name, fsal := range map[string]bool{"dopri5": true, "tsit5": true, "bosh3": true, "dopri8": true, "rk4": false,
		"adaptive_heun": false, "fehlberg2": false} {
		if tb, _ := Scheme(name); tb.FSAL() != fsal {
			t.Errorf("%s: FSAL is %v", name, tb.FSAL())
		}
	}
}

// TestTrees counts rooted trees (the sequence A000081) and checks that their densities are those of the tall and the
// bushy one.
func TestTrees(t *testing.T) {
	for i, level := range treesUpTo(8) {
		want := []int{1, 1, 2, 4, 9, 20, 48, 115}[i]
		if len(level) != want {
			t.Errorf("%d trees with %d nodes, want %d", len(level), i+1, want)
		}
		seen := map[string]bool{}
		for _, tree := range level {
			if seen[tree.name] {
				t.Errorf("tree %s appears twice", tree.name)
			}
			seen[tree.name] = true
		}
	}
	five := treesUpTo(5)[4]
	densities := map[string]int{}
	for _, tree := range five {
		densities[tree.name] = tree.density
	}
	if densities["[ττττ]"] != 5 || densities["[[[[τ]]]]"] != 120 {
		t.Errorf("densities %v", densities)
	}
}

func TestFraction(t *testing.T) {
	for want, x := range map[string]float64{
		"1/3": 1. / 3, "-5103/18656": -5103. / 18656, "161/1000": 0.161, "7/1": 7, "0/1": 0, "-1/2": -0.5,
		"22642/50085": 22642. / 50085,
	} {
		if got := fraction(x).String(); got != want {
			t.Errorf("fraction(%v) = %s, want %s", x, got, want)
		}
	}
	if f, _ := fraction(math.Pi).Float64(); f != math.Pi {
		t.Errorf("fraction(π) rounds to %v", f)
	}
}

func TestRegisterRefusesBadTableaux(t *testing.T) {
	half := [][]float64{{}, {1. / 2}}
	for want, tb := range map[string]Tableau{
		"name without spaces": {Name: "two words", Order: 1, A: [][]float64{{}}, B: []float64{1}},
		"sum to 0.5, not 1":   {Name: "x", Order: 1, A: [][]float64{{}}, B: []float64{0.5}},
		"fully implicit":      {Name: "x", Order: 1, A: [][]float64{{1, 0}, {1}}, B: []float64{1, 0}},
		"c_1 = 0.25":          {Name: "x", Order: 2, A: half, B: []float64{0, 1}, C: []float64{0, 0.25}},
		"one entry per stage": {Name: "x", Order: 1, A: half, B: []float64{1}},
		"A[1][0] is NaN": {Name: "x", Order: 1, A: [][]float64{{}, {math.NaN()}},
			B: []float64{0, 1}},
		"B[0] is +Inf":                  {Name: "x", Order: 1, A: [][]float64{{}}, B: []float64{math.Inf(1)}},
		"Err must have one entry":       {Name: "x", Order: 1, A: half, B: []float64{1, 0}, Err: []float64{1}},
		"claims order 3, but violates":  {Name: "x", Order: 3, A: half, B: []float64{0, 1}},
		"the condition Σ bᵢ cᵢ = 1/2":   {Name: "x", Order: 2, A: half, B: []float64{1, 0}},
		"the left side is 499/1000":     {Name: "x", Order: 2, A: [][]float64{{}, {0.499}}, B: []float64{0, 1}},
		"the left side is 0.5000000001": {Name: "x", Order: 2, A: [][]float64{{}, {0.5000000001}}, B: []float64{0, 1}},
	} {
		if err := Register(tb); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Register(%+v) = %v, want an error with %q", tb, err, want)
		}
	}
	if _, err := Lookup("x"); err == nil {
		t.Error("a refused scheme is registered")
	}
	if _, err := Scheme("rk5"); err == nil || !strings.Contains(err.Error(), "euler, midpoint, heun2") {
		t.Errorf("an unknown scheme must list the known ones, got %v", err)
	}
	if _, err := Scheme("ab3"); err == nil ||
		!strings.Contains(err.Error(), "ab3 (Adams–Bashforth) has no tableau") {
		t.Errorf("Scheme of a multistep method: %v", err)
	}
}

func TestRegisterDerives(t *testing.T) {
	b := []float64{1. / 6, 2. / 3, 1. / 6}
	a := [][]float64{{}, {1. / 2}, {-1, 2}}
	tb := Tableau{Name: "kutta3", A: a, B: b}
	if err := Register(tb); err != nil {
		t.Fatal(err)
	}
	defer unregister("kutta3")
	b[0], a[1][0] = 7, 7 // what is registered is not the caller's
	got, err := Scheme("kutta3")
	if err != nil || got.Order != 3 || got.C[2] != 1 || got.B[0] != 1./6 || got.A[1][0] != 0.5 {
		t.Errorf("registered %+v, %v", got, err)
	}
	if math.Abs(regression(t, hostError(got), floorOf(got)).slope-3) > 0.1 {
		t.Error("kutta3 does not converge with order 3")
	}
}

func unregister(name string) {
	mu.Lock()
	defer mu.Unlock()
	delete(registered, name)
	for i, n := range names {
		if n == name {
			names = append(names[:i:i], names[i+1:]...)
			return
		}
	}
}

// coupled has a known solution, is not linear and depends on time: only then does a wrong time of a stage show.
func coupled() (p Problem, exact func(t float64) []float64) {
	return Problem{
			F: func(t float64, x, dx []float64) {
				dx[0] = 2 * t * math.Pow(x[1], 1./5) * x[3]
				dx[1] = 10 * t * math.Exp(5*(x[2]-1)) * x[3]
				dx[2] = 2 * t * x[3]
				dx[3] = -2 * t * math.Log(x[0])
			},
			X0: []float64{1, 1, 1, 1}, T1: 1,
		}, func(t float64) []float64 {
			s := math.Sin(t * t)
			return []float64{math.Exp(s), math.Exp(5 * s), s + 1, math.Cos(t * t)}
		}
}

// driven varies fast, but depends on the state so little that Adams methods of order 11 are stable.
func driven() (p Problem, exact func(t float64) []float64) {
	g := func(t float64) float64 { return 2 + math.Sin(5*t+1) }
	return Problem{
		F:  func(t float64, x, dx []float64) { dx[0] = 5*math.Cos(5*t+1) - 0.02*(x[0]*x[0]-g(t)*g(t)) },
		X0: []float64{g(0)}, T1: 2,
	}, func(t float64) []float64 { return []float64{g(t)} }
}

// oscillator is q” + q = sin 2t, for methods that need positions and momenta, with its solution.
func oscillator() (p Problem, exact func(t float64) []float64) {
	p = Problem{
		F:  func(t float64, x, dx []float64) { dx[0], dx[1] = x[1], -x[0]+math.Sin(2*t) },
		X0: []float64{1, 0}, T1: 3,
	}
	return p, func(t float64) []float64 {
		return []float64{
			math.Cos(t) + 2./3*math.Sin(t) - 1./3*math.Sin(2*t),
			-math.Sin(t) + 2./3*math.Cos(t) - 2./3*math.Cos(2*t),
		}
	}
}

// hostError returns the error of a method on a host with a number of equal steps.
func hostError(m Method) func(steps int) float64 {
	p, exact := coupled()
	if m.Info().Order > 4 {
		p, exact = oscillator() // where the pairs' tiny leading errors show before rounding does
	}
	switch m.(type) {
	case Adams:
		p, exact = driven()
	case Splitting:
		p, exact = oscillator()
	}
	return func(steps int) float64 {
		s, err := Solve(p, Options{Method: m, Steps: steps, RTol: 1e-13, ATol: 1e-13})
		if err != nil {
			return math.Inf(1)
		}
		return distance(s.Final(), exact(p.T1))
	}
}

func distance(x, y []float64) float64 {
	d := 0.0
	for i := range x {
		d = max(d, math.Abs(x[i]-y[i]))
	}
	return d
}

type line struct {
	slope float64
	steps []int
}

// floorOf is the error below which a method's is made of rounding.
func floorOf(m Method) float64 {
	switch m.(type) {
	case Tableau:
		if m.Info().Order > 4 {
			return 2e-14
		}
	case Adams:
		return 1e-12
	}
	return 1e-11
}

// regression fits the order to the errors of finer and finer steps, as far as they are above rounding.
func regression(t *testing.T, errorOf func(steps int) float64, floor float64) line {
	t.Helper()
	var xs, ys []float64
	var counts []int
	for _, steps := range []int{6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072,
		4096} {
		e := errorOf(steps)
		if e < floor {
			break
		}
		if math.IsInf(e, 0) {
			continue
		}
		xs, ys, counts = append(xs, -math.Log(float64(steps))), append(ys, math.Log(e)), append(counts, steps)
	}
	if n := len(xs); n > 4 {
		xs, ys, counts = xs[n-4:], ys[n-4:], counts[n-4:]
	}
	var sx, sy, sxx, sxy, n float64
	for i := range xs {
		sx, sy, sxx, sxy, n = sx+xs[i], sy+ys[i], sxx+xs[i]*xs[i], sxy+xs[i]*ys[i], n+1
	}
	return line{(n*sxy - sx*sy) / (n*sxx - sx*sx), counts}
}

func TestOrderOnHost(t *testing.T) {
	for _, m := range Methods() {
		info := m.Info()
		if _, switches := m.(Switching); switches {
			continue // it has no fixed steps; the methods that it switches between are here
		}
		if l := regression(t, hostError(m), floorOf(m)); !(math.Abs(l.slope-float64(info.Order)) <= 0.1) {
			t.Errorf("%s converges with order %.3f (%v steps), want %d", info.Name, l.slope, l.steps, info.Order)
		}
	}
}
