package ode

import (
	"errors"
	"math"
	"strings"
	"testing"
)

// vanDerPol is x” - μ(1-x²)x' + x = 0, stiff for large μ.
func vanDerPol(mu, t1 float64) Problem {
	return Problem{
		F:  func(_ float64, x, dx []float64) { dx[0], dx[1] = x[1], mu*(1-x[0]*x[0])*x[1]-x[0] },
		X0: []float64{2, 0}, T1: t1,
	}
}

// A stiff problem is where implicit schemes pay: μ = 1000, over two thirds of a period.
func TestStiff(t *testing.T) {
	p := vanDerPol(1000, 1000)
	o := Options{Scheme: "sdirk4", RTol: 1e-4, ATol: 1e-6}
	implicit, err := Solve(p, o)
	if err != nil {
		t.Fatal(err)
	}
	fine, err := Solve(p, Options{Scheme: "sdirk4", RTol: 1e-8, ATol: 1e-10, MaxSteps: 1e6})
	if err != nil {
		t.Fatal(err)
	}
	if d := math.Abs(implicit.Final()[0] - fine.Final()[0]); d > 1e-3 {
		t.Errorf("the implicit solution is off by %.1e", d)
	}
	explicit, err := Solve(p, Options{RTol: o.RTol, ATol: o.ATol, MaxSteps: 1e7})
	if err != nil {
		t.Fatal(err)
	}
	if d := math.Abs(explicit.Final()[0] - fine.Final()[0]); d > 1e-3 {
		t.Errorf("the explicit solution is off by %.1e", d)
	}
	if ratio := float64(explicit.Stats.NFE) / float64(implicit.Stats.NFE); ratio < 100 {
		t.Errorf("dopri5 needs only %.0f times the evaluations of sdirk4: %d and %d", ratio, explicit.Stats.NFE,
			implicit.Stats.NFE)
	}
	t.Logf("dopri5: %v; sdirk4: %v", explicit.Stats, implicit.Stats)

	p.Jacobian = func(_ float64, x, j []float64) {
		j[0], j[1] = 0, 1
		j[2], j[3] = -2000*x[0]*x[1]-1, 1000*(1-x[0]*x[0])
	}
	given, err := Solve(p, o)
	if err != nil {
		t.Fatal(err)
	}
	if d := math.Abs(given.Final()[0] - fine.Final()[0]); d > 1e-3 || given.Stats.NFE >= implicit.Stats.NFE {
		t.Errorf("with a Jacobian: off by %.1e, %d evaluations instead of %d", d, given.Stats.NFE, implicit.Stats.NFE)
	}
}

// The energy of a pendulum drifts with a scheme that is not symplectic and stays within a band with one that is.
func TestEnergy(t *testing.T) {
	energy := func(x []float64) float64 { return x[1]*x[1]/2 - math.Cos(x[0]) }
	p := Problem{F: func(_ float64, x, dx []float64) { dx[0], dx[1] = x[1], -math.Sin(x[0]) }, X0: []float64{1, 0},
		T1: 2000}
	// worst returns the largest energy errors in the first and in the last tenth of the time.
	worst := func(scheme string) (first, last float64) {
		s, err := New(p, Options{Scheme: scheme, StepSize: 0.2})
		if err != nil {
			t.Fatal(err)
		}
		for step, err := range s.Steps() {
			if err != nil {
				t.Fatal(err)
			}
			e := math.Abs(energy(step.X) - energy(p.X0))
			if step.T < p.T1/10 {
				first = max(first, e)
			}
			if step.T > p.T1*9/10 {
				last = max(last, e)
			}
		}
		return first, last
	}
	for _, scheme := range []string{"leapfrog", "yoshida4", "implicit_midpoint"} {
		if first, last := worst(scheme); last > 1.05*first || last > 0.01 {
			t.Errorf("%s: the energy is off by up to %.2e at first and %.2e at last", scheme, first, last)
		}
	}
	if first, last := worst("heun3"); last < 5*first {
		t.Errorf("heun3 keeps the energy to %.2e, then %.2e: the test shows nothing", first, last)
	}
}

func TestAdaptiveMeetsTolerances(t *testing.T) {
	p, exact := oscillator()
	p.T1 = 10
	for _, tb := range schemes() {
		if !tb.Adaptive() {
			continue
		}
		for _, tolerance := range []float64{1e-3, 1e-5, 1e-7} {
			for name, c := range map[string]Controller{"I": {}, "PI": PI(), "PID": PID()} {
				s, err := Solve(p, Options{Scheme: tb.Name, RTol: tolerance, ATol: tolerance, Controller: c})
				if err != nil {
					t.Errorf("%s, %s, %g: %v", tb.Name, name, tolerance, err)
					continue
				}
				allowed := 100 * tolerance
				if tb.Name == "fehlberg2" {
					allowed *= 10 // its embedded method differs by 1/512 only
				}
				if p := float64(tb.Order); !tb.Explicit() && p <= 2 {
					allowed = 10 * math.Pow(tolerance, p/(p+1)) // of as many steps as errors of order p+1 need
				}
				if e := distance(s.Final(), exact(10)); e > allowed {
					t.Errorf("%s, %s, %g: the error is %.1e", tb.Name, name, tolerance, e)
				}
				if s.Stats.Accepted == 0 || s.Stats.NFE < s.Stats.Accepted ||
					s.Stats.SmallestStep > s.Stats.LargestStep {
					t.Errorf("%s: %v", tb.Name, s.Stats)
				}
			}
		}
	}
}

// Between steps the dense output is as accurate as its order says, forwards and backwards.
func TestDenseOutput(t *testing.T) {
	p, exact := oscillator()
	for scheme, order := range map[string]int{"dopri5": 4, "tsit5": 4, "bosh3": 3, "rk4": 3, "ab4": 3,
		"leapfrog": 2, "implicit_euler": 1, "implicit_midpoint": 2, "sdirk4": 4} {
		for _, back := range []bool{false, true} {
			q := p
			if back {
				q.T0, q.T1, q.X0 = 3, 0, exact(3)
			}
			var errs []float64
			for _, steps := range []int{20, 40} {
				s, err := Solve(q, Options{Scheme: scheme, Steps: steps, Dense: true})
				if err != nil {
					t.Fatal(err)
				}
				worst := 0.0
				for i := range 301 {
					x, err := s.At(float64(i) / 100)
					if err != nil {
						t.Fatal(err)
					}
					worst = max(worst, distance(x, exact(float64(i)/100)))
				}
				errs = append(errs, worst)
			}
			if rate := math.Log2(errs[0] / errs[1]); rate < float64(order)-0.25 {
				t.Errorf("%s, backwards %v: errors %.1e and %.1e, order %.2f, want %d", scheme, back, errs[0], errs[1],
					rate, order)
			}
		}
	}
	s, err := Solve(p, Options{})
	if _, err2 := s.At(1); err != nil || err2 == nil || !strings.Contains(err2.Error(), "Options.Dense") {
		t.Errorf("At without Dense: %v", err2)
	}
	s, _ = Solve(p, Options{Dense: true})
	if _, err := s.At(3.5); err == nil || !strings.Contains(err.Error(), "between 0 and 3") {
		t.Errorf("At outside: %v", err)
	}
}

func TestOutputs(t *testing.T) {
	p, exact := oscillator()
	at := []float64{0, 0.1, 1, 2.9, 3}
	for _, o := range []Options{
		{At: at, RTol: 1e-8, ATol: 1e-8}, {At: at, Scheme: "rk4", Steps: 300}, {At: at, Scheme: "rk4", StepSize: 0.007},
		{At: at, Scheme: "ab4", Grid: append([]float64{0, 0.001, 0.003}, linspace(0.01, 3, 500)...)},
	} {
		s, err := Solve(p, o)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.T) != len(at) {
			t.Fatalf("%d outputs, want %d", len(s.T), len(at))
		}
		for i, x := range s.X {
			if s.T[i] != at[i] || distance(x, exact(at[i])) > 1e-6 {
				t.Errorf("%+v: x(%v) is off by %.1e at %v", o, at[i], distance(x, exact(at[i])), s.T[i])
			}
		}
	}
	s, err := Solve(p, Options{EveryStep: true})
	if err != nil || len(s.T) != s.Stats.Accepted+1 || s.T[0] != 0 || s.T[len(s.T)-1] != 3 {
		t.Errorf("every step: %d outputs from %v, %v, %v", len(s.T), s.T[0], s.Stats, err)
	}
	p.T1 = 0
	if s, err := Solve(p, Options{}); err != nil || len(s.T) != 1 || s.Final()[0] != 1 {
		t.Errorf("an empty interval: %+v, %v", s, err)
	}
}

func linspace(a, b float64, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = a + (b-a)*(float64(i)/float64(n-1))
	}
	return v
}

// Stepping by hand, with a break, gives the same as solving at once.
func TestSteps(t *testing.T) {
	p, _ := oscillator()
	want, err := Solve(p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	count, end := 0, 0.0
	for range 3 {
		for step, err := range s.Steps() {
			if err != nil {
				t.Fatal(err)
			}
			if step.Index != count || step.T0 != end || step.H() <= 0 || step.Error > 1 {
				t.Fatalf("step %d: %+v", count, step)
			}
			count, end = count+1, step.T
			if count%2 == 0 && count < 6 {
				break
			}
		}
	}
	if s.Time() != 3 || distance(s.State(), want.Final()) != 0 || count != want.Stats.Accepted ||
		s.Stats().NFE != want.Stats.NFE {
		t.Errorf("at %v after %d steps, %v, want %v", s.Time(), count, s.Stats(), want.Stats)
	}
}

func TestEvents(t *testing.T) {
	// A ball thrown up, which lands when its height falls through zero, and passes its highest point before.
	fall := Problem{
		F:  func(_ float64, x, dx []float64) { dx[0], dx[1] = x[1], -9.81 },
		X0: []float64{0, 10}, T1: 100,
		Events: []Event{
			{Name: "top", G: func(_ float64, x []float64) float64 { return x[1] }},
			{Name: "ground", G: func(_ float64, x []float64) float64 { return x[0] }, Direction: -1, Terminal: true},
			{Name: "never", G: func(_ float64, x []float64) float64 { return x[0] }, Direction: 1, Terminal: true},
		},
	}
	s, err := Solve(fall, Options{Dense: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Events) != 2 || s.Events[0].Name != "top" || s.Events[1].Name != "ground" {
		t.Fatalf("events %+v", s.Events)
	}
	for i, want := range []float64{10 / 9.81, 20 / 9.81} {
		if math.Abs(s.Events[i].T-want) > 1e-9 {
			t.Errorf("%s at %.12f, want %.12f", s.Events[i].Name, s.Events[i].T, want)
		}
	}
	if last := s.T[len(s.T)-1]; last != s.Events[1].T || math.Abs(s.Final()[1]+10) > 1e-9 {
		t.Errorf("ended at %v with %v", last, s.Final())
	}
	if x, err := s.At(1); err != nil || math.Abs(x[0]-(10-9.81/2)) > 1e-9 {
		t.Errorf("height after a second %v, %v", x, err)
	}

	// Every zero of cos t, in both directions and in one, with a fixed and an adaptive scheme, and backwards.
	p, _ := oscillator()
	p.T1 = 20
	g := func(t float64, _ []float64) float64 { return math.Cos(t) }
	p.Events = []Event{{G: g}, {G: g, Direction: 1}}
	for _, o := range []Options{{}, {Scheme: "rk4", Steps: 100}} {
		s, err := Solve(p, o)
		if err != nil {
			t.Fatal(err)
		}
		both, rising := 0, 0
		for _, e := range s.Events {
			if math.Abs(math.Cos(e.T)) > 1e-12 {
				t.Errorf("an event at %v", e.T)
			}
			if e.Event == 0 {
				both++
			} else {
				rising++
			}
		}
		if both != 6 || rising != 3 {
			t.Errorf("%d zeros, %d of them rising, want 6 and 3", both, rising)
		}
	}
}

func TestJumps(t *testing.T) {
	// x' = 1 before and -2 after t = 1/3: exact for every scheme that ends a step there and looks at the right side.
	p := Problem{F: func(t float64, x, dx []float64) {
		dx[0] = 1
		if t >= 1./3 {
			dx[0] = -2
		}
	}, X0: []float64{0}, T1: 1}
	s, err := Solve(p, Options{Jumps: []float64{1. / 3}, At: []float64{0, 0.2, 1}})
	if err != nil || math.Abs(s.X[1][0]-0.2) > 1e-12 || math.Abs(s.Final()[0]+1) > 1e-12 || s.Stats.Rejected > 0 {
		t.Errorf("x = %v, %v, %v", s.X, s.Stats, err)
	}
}

// A failure says where, and what is known until then is not lost.
func TestFailures(t *testing.T) {
	blowUp := Problem{F: func(_ float64, x, dx []float64) { dx[0], dx[1] = 1, x[1]*x[1] }, X0: []float64{0, 1}, T1: 2}
	for _, c := range []struct {
		name      string
		p         Problem
		o         Options
		reason    string
		component int
		t         float64
	}{
		{"singularity", blowUp, Options{}, "underflowed", 1, 1},
		{"too many steps", vanDerPol(1000, 1000), Options{MaxSteps: 50}, "50 steps were not enough", 1, 0},
		{"fixed steps", blowUp, Options{Scheme: "rk4", Steps: 20}, "no longer finite", 1, 1.2},
		{"NaN", Problem{F: func(t float64, x, dx []float64) { dx[0], dx[1] = 1, math.Sqrt(1-t) }, X0: []float64{0, 0},
			T1: 2}, Options{}, "", 1, 1},
		{"NaN at once", Problem{F: func(t float64, x, dx []float64) { dx[0] = math.NaN() }, X0: []float64{0}, T1: 2},
			Options{}, "not finite where the problem begins", 0, 0},
	} {
		s, err := Solve(c.p, c.o)
		var f *Failure
		if !errors.As(err, &f) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if !strings.Contains(f.Reason, c.reason) || f.Component != c.component || c.t > 0 && math.Abs(f.T-c.t) > 0.3 ||
			f.Scheme == "" {
			t.Errorf("%s: %+v", c.name, f)
		}
		if s == nil || s.T[len(s.T)-1] != f.T || firstBad(s.Final()) >= 0 {
			t.Errorf("%s: the partial solution is %+v", c.name, s)
		}
	}
}

func TestBadInput(t *testing.T) {
	p, _ := oscillator()
	for want, change := range map[string]func(*Problem, *Options){
		"Problem.F is nil":                   func(p *Problem, _ *Options) { p.F = nil },
		"X0 is empty":                        func(p *Problem, _ *Options) { p.X0 = nil },
		"X0[1] is NaN":                       func(p *Problem, _ *Options) { p.X0 = []float64{0, math.NaN()} },
		"must be finite":                     func(p *Problem, _ *Options) { p.T1 = math.Inf(1) },
		"Samples is 3, must divide":          func(p *Problem, _ *Options) { p.Samples = 3 },
		"unknown scheme \"rk5\"":             func(_ *Problem, o *Options) { o.Scheme = "rk5" },
		"rk4 has no error estimate":          func(_ *Problem, o *Options) { o.Scheme = "rk4" },
		"exclude each other":                 func(_ *Problem, o *Options) { o.Steps, o.StepSize = 3, 1 },
		"RTol is -1":                         func(_ *Problem, o *Options) { o.RTol = -1 },
		"RTol is NaN":                        func(_ *Problem, o *Options) { o.RTol = math.NaN() },
		"ATols is of length 1":               func(_ *Problem, o *Options) { o.ATols = []float64{1} },
		"At[1] is 4, must be between":        func(_ *Problem, o *Options) { o.At = []float64{0, 4} },
		"At[1] is 1, must be after":          func(_ *Problem, o *Options) { o.At = []float64{2, 1} },
		"Grid is [0 1], must be from T0 = 0": func(_ *Problem, o *Options) { o.Grid = []float64{0, 1} },
		"Controller.Safety is 2":             func(_ *Problem, o *Options) { o.Controller.Safety = 2 },
		"positions and momenta": func(p *Problem, o *Options) {
			p.X0, o.Scheme, o.Steps = []float64{1}, "leapfrog", 2
		},
		"Events[0].G is nil":                    func(p *Problem, _ *Options) { p.Events = []Event{{}} },
		"MinStep is 2, must be at most MaxStep": func(_ *Problem, o *Options) { o.MinStep, o.MaxStep = 2, 1 },
		"claims order 4, but violates": func(_ *Problem, o *Options) {
			o.Method = Tableau{Name: "x", Order: 4, A: [][]float64{{}, {0.5}}, B: []float64{0, 1}}
		},
		"Rates is 99": func(_ *Problem, o *Options) { o.Method = Adams{Name: "x", Rates: 99} },
		"one kick more than drifts": func(_ *Problem, o *Options) {
			o.Method = Splitting{Name: "x", Order: 2, Kick: []float64{1}, Drift: []float64{1}}
		},
	} {
		q, o := p, Options{}
		change(&q, &o)
		if _, err := Solve(q, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
}

func TestTolerancesPerComponent(t *testing.T) {
	p, exact := oscillator()
	loose, _ := Solve(p, Options{RTols: []float64{0, 0}, ATols: []float64{1e-2, 1e-2}})
	tight, err := Solve(p, Options{RTols: []float64{0, 0}, ATols: []float64{1e-2, 1e-9}})
	if err != nil || tight.Stats.NFE <= loose.Stats.NFE || math.Abs(tight.Final()[1]-exact(3)[1]) > 1e-7 {
		t.Errorf("loose %v, tight %v, %v", loose.Stats, tight.Stats, err)
	}
}

// One hard sample among many easy ones hides behind their mean, unless the norm looks at each.
func TestBatches(t *testing.T) {
	const samples = 64
	f := func(t float64, x, dx []float64) { // x' = -ω sin(ωt), ω is carried along
		for i := 0; i < len(x); i += 2 {
			dx[i], dx[i+1] = -x[i+1]*math.Sin(x[i+1]*t), 0
		}
	}
	var all []float64
	var each [][]float64
	for i := range samples {
		omega := 0.1
		if i == samples/2 {
			omega = 30
		}
		each = append(each, []float64{1, omega})
		all = append(all, 1, omega)
	}
	hard := func(x []float64) float64 { return math.Abs(x[samples] - math.Cos(60)) }
	p := Problem{F: f, X0: all, T1: 2, Samples: samples}
	o := Options{RTol: 1e-5, ATol: 1e-5}
	mean, err := Solve(p, o)
	if err != nil {
		t.Fatal(err)
	}
	o.Norm = PerSample
	own, err := Solve(p, o)
	if err != nil {
		t.Fatal(err)
	}
	o.Norm = Max
	largest, err := Solve(p, o)
	if err != nil {
		t.Fatal(err)
	}
	if hard(own.Final()) > hard(mean.Final())/2 || own.Stats.NFE <= mean.Stats.NFE ||
		largest.Stats.NFE < own.Stats.NFE {
		t.Errorf("the hard sample is off by %.1e with the mean and %.1e with its own norm", hard(mean.Final()),
			hard(own.Final()))
	}
	o.Norm = RMS
	solutions, err := SolveEach(Problem{F: f, T1: 2}, each, o)
	if err != nil || len(solutions) != samples {
		t.Fatal(err)
	}
	if easy, hard := solutions[0].Stats.NFE, solutions[samples/2].Stats.NFE; easy*5 > hard {
		t.Errorf("an easy sample took %d evaluations, the hard one %d", easy, hard)
	}
	o.Independent = true
	together, err := Solve(p, o)
	if err != nil || len(together.X) != 2 || together.Stats.NFE >= samples*solutions[samples/2].Stats.NFE/5 {
		t.Fatalf("independent samples: %v, %v", together.Stats, err)
	}
	for i, s := range solutions {
		if distance(s.Final(), together.Final()[2*i:2*i+2]) != 0 {
			t.Errorf("sample %d differs when it is solved with the others", i)
		}
	}
	o.EveryStep = true
	if _, err := Solve(p, o); err == nil || !strings.Contains(err.Error(), "use SolveEach") {
		t.Errorf("independent samples with every step: %v", err)
	}
	o.EveryStep, o.Independent = false, false
	each[3] = []float64{math.NaN(), 1}
	if solutions, err = SolveEach(Problem{F: f, T1: 2}, each, o); err == nil ||
		!strings.Contains(err.Error(), "sample 3:") || solutions[4] == nil {
		t.Errorf("a bad sample: %v", err)
	}
}
