package ode

import (
	"fmt"
	"math"
	"testing"
)

// pairs are adaptive diagonally implicit schemes, the last ones as users register them.
func pairs() []Options {
	sdirk3 := Tableau{ // two stages of order 3 and, embedded, the first one's line; Nørsett (1974)
		Name: "norsett3", A: [][]float64{{(3 + math.Sqrt(3)) / 6}, {-math.Sqrt(3) / 3, (3 + math.Sqrt(3)) / 6}},
		B: []float64{0.5, 0.5}, Err: []float64{-0.5, 0.5},
	}
	return []Options{{Scheme: "kvaerno5"}, {Scheme: "sdirk4"}, {Scheme: "adaptive_trapezoid"},
		{Scheme: "adaptive_implicit_euler"}, {Method: trBDF2()}, {Method: sdirk3}}
}

func outputs(n int, t1 float64) []float64 {
	at := make([]float64, n)
	for i := range at {
		at[i] = t1 * float64(i+1) / float64(n+1)
	}
	return at
}

// Where outputs between steps are asked for, they are within the tolerance, although nothing limits the steps: an error
// estimate does not see how a stiff component follows the time.
func TestErrorsBetweenSteps(t *testing.T) {
	cos := func(t float64) []float64 { return []float64{math.Cos(t)} }
	for _, o := range pairs() {
		o.RTol, o.ATol = 1e-5, 1e-5
		for _, lambda := range []float64{1e3, 1e5, 1e7, 1e9} {
			p := protheroRobinson(lambda)
			m, err := o.method()
			if err != nil {
				t.Fatal(err)
			}
			name := fmt.Sprintf("%s, λ = %g", m.Info().Name, lambda)
			if e := largestBetween(t, p, o, cos); e > 30*o.RTol {
				t.Errorf("%s: a curve off by %.1e", name, e)
			}
			for _, n := range []int{1, 10, 100, 1000} {
				at := o
				at.At = outputs(n, p.T1)
				s, err := Solve(p, at)
				if err != nil {
					t.Errorf("%s, %d outputs: %v", name, n, err)
					continue
				}
				for i, x := range s.X {
					if e := math.Abs(x[0] - math.Cos(s.T[i])); e > 100*o.RTol {
						t.Errorf("%s, %d outputs: that at %g is off by %.1e", name, n, s.T[i], e)
						break
					}
				}
			}
			p.Events = []Event{{G: func(_ float64, x []float64) float64 { return x[0] - 0.5 }}}
			s, err := Solve(p, o)
			if err != nil || len(s.Events) != 7 {
				t.Errorf("%s: %d events, %v", name, len(s.Events), err)
				continue
			}
			for _, e := range s.Events {
				if off := math.Abs(math.Cos(e.T) - 0.5); off > 30*o.RTol {
					t.Errorf("%s: the event at %g is off by %.1e", name, e.T, off)
				}
			}
		}
	}
}

// Backwards, and in a non-linear problem.
func TestErrorsBetweenStepsElsewhere(t *testing.T) {
	for _, o := range pairs()[:2] {
		o.RTol, o.ATol = 1e-6, 1e-6
		back := Problem{
			F:  func(t float64, x, dx []float64) { dx[0] = 1e6*(x[0]-math.Cos(t)) - math.Sin(t) },
			X0: []float64{math.Cos(20)}, T0: 20, T1: 0,
		}
		for _, n := range []int{3, 300} {
			o.At = outputs(n, 20)
			for i, j := 0, n-1; i < j; i, j = i+1, j-1 {
				o.At[i], o.At[j] = o.At[j], o.At[i]
			}
			s, err := Solve(back, o)
			if err != nil || len(s.X) != n {
				t.Fatalf("%d outputs, %v", len(s.X), err)
			}
			for i, x := range s.X {
				if e := math.Abs(x[0] - math.Cos(s.T[i])); e > 3e-5 {
					t.Errorf("%s backwards: x(%g) is off by %.1e", o.Scheme, s.T[i], e)
				}
			}
		}
		o.At = nil
		for _, epsilon := range []float64{1e-3, 1e-6, 1e-9} {
			p, exact := kaps(epsilon)
			if e := largestBetween(t, p, o, exact); e > 3e-5 {
				t.Errorf("%s, ε = %g: off by %.1e", o.Scheme, epsilon, e)
			}
		}
	}
}

// Steps are what they are without outputs unless there are some between them: not for those at the end, and not for
// other interpolations than the scheme's own.
func TestStepsWithoutOutputsBetween(t *testing.T) {
	p := protheroRobinson(1e5)
	for _, o := range pairs() {
		plain, err := Solve(p, o)
		if err != nil {
			t.Fatal(err)
		}
		linear := o
		linear.At, linear.Interpolation = outputs(100, p.T1), Linear
		end := o
		end.At = []float64{0, p.T1}
		for _, o := range []Options{linear, end} {
			s, err := Solve(p, o)
			if err != nil || s.Stats.Accepted != plain.Stats.Accepted || s.Stats.NFE != plain.Stats.NFE {
				t.Errorf("%s%v: %v, want %v; %v", o.Scheme, o.Method, s.Stats, plain.Stats, err)
			}
		}
	}
	// Few outputs cost few steps: they end there.
	s, err := Solve(p, Options{Scheme: "kvaerno5", At: outputs(5, p.T1)})
	if err != nil || s.Stats.NFE > 400 {
		t.Errorf("five outputs: %v, %v", s.Stats, err)
	}
}

// Outputs next to each other, at jumps and next to steps.
func TestOutputsAtAwkwardPlaces(t *testing.T) {
	p := protheroRobinson(1e6)
	var at []float64
	for _, c := range []float64{3, 7.5, 12} {
		for d := 1; d <= 4; d++ {
			at = append(at, math.Nextafter(c, 0)-float64(4-d)*1e-15)
		}
		at = append(at, c, math.Nextafter(c, 20), c+1e-12, c+1e-9)
	}
	for i := 1; i < len(at); i++ {
		if at[i] <= at[i-1] {
			at[i] = math.Nextafter(at[i-1], 20)
		}
	}
	for _, scheme := range []string{"kvaerno5", "sdirk4"} {
		for _, o := range []Options{{}, {Jumps: []float64{7.5}}, {MaxStep: 0.7}, {MinStep: 0.5}, {FirstStep: 3}} {
			o.Scheme, o.At = scheme, at
			s, err := Solve(p, o)
			if err != nil || len(s.X) != len(at) {
				t.Errorf("%s: %d of %d outputs, %v", scheme, len(s.X), len(at), err)
				continue
			}
			for i, x := range s.X {
				if e := math.Abs(x[0] - math.Cos(at[i])); e > 1e-4 && o.MinStep == 0 {
					t.Errorf("%s: x(%v) is off by %.1e", scheme, at[i], e)
				}
			}
		}
	}
}
