package ode

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"continuousnet/cnet/internal/parity"
)

func TestMain(m *testing.M) { os.Exit(parity.Main(m)) }

// solverCase is a case of the ode_solvers folders: torchdiffeq 0.2.5 ("upstream"), or the original's fork of an early
// version.
type solverCase struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"`
	Problem  string    `json:"problem"`
	Grid     string    `json:"grid"`
	Method   string    `json:"method"`
	RTol     *float64  `json:"rtol"`
	ATol     *float64  `json:"atol"`
	NFE      int       `json:"nfe"`
	Warnings int       `json:"warnings"`
	Finite   bool      `json:"finite"`
	Times    []float64 `json:"nt_evals"`
	Options  *struct {
		StepSize  float64 `json:"step_size"`
		Interp    string  `json:"interp"`
		FirstStep float64 `json:"first_step"`
		MaxOrder  int     `json:"max_order"`
	} `json:"options"`

	Adjoint     bool    `json:"adjoint"`
	Frozen      bool    `json:"frozen_steps"`
	Loss        float64 `json:"loss"`
	NFEForward  int     `json:"nfe_forward"`
	NFEBackward int     `json:"nfe_backward"`
}

// solverFolder is what the manifests say besides the cases.
type solverFolder struct {
	Problems map[string]struct {
		P  []float64 `json:"p"`
		Y0 []float64 `json:"y0"`
	} `json:"problems"`
	Grids       map[string][]float64   `json:"grids"`
	LossWeights map[string][][]float64 `json:"loss_weights"`
	Defaults    struct {
		RTol float64 `json:"rtol"`
		ATol float64 `json:"atol"`
	} `json:"defaults"`
}

// problems are the right-hand sides of the fixtures, with their parameters and vector–Jacobian products.
var problems = map[string]func(p []float64) Problem{
	"linear": func(p []float64) Problem {
		return Problem{
			F:          func(t float64, x, dx []float64) { dx[0] = -p[0]*x[0] + p[1]*t },
			Parameters: 2,
			VJP: func(t float64, x, a, ax, ap []float64) {
				ax[0] -= a[0] * p[0]
				ap[0] -= a[0] * x[0]
				ap[1] += a[0] * t
			},
			TimeVJP: func(_ float64, _, a []float64) float64 { return a[0] * p[1] },
		}
	},
	"pendulum": func(p []float64) Problem {
		return Problem{
			F:          func(t float64, x, dx []float64) { dx[0], dx[1] = x[1], -p[0]*math.Sin(x[0]) },
			Parameters: 1,
			VJP: func(t float64, x, a, ax, ap []float64) {
				ax[0] -= a[1] * p[0] * math.Cos(x[0])
				ax[1] += a[0]
				ap[0] -= a[1] * math.Sin(x[0])
			},
		}
	},
	"spiral": func(p []float64) Problem {
		return Problem{
			F:          func(t float64, x, dx []float64) { dx[0], dx[1] = p[0]*x[0]+p[1]*x[1], p[2]*x[0]+p[3]*x[1] },
			Parameters: 4,
			VJP: func(t float64, x, a, ax, ap []float64) {
				ax[0] += a[0]*p[0] + a[1]*p[2]
				ax[1] += a[0]*p[1] + a[1]*p[3]
				for i := range a {
					for j := range x {
						ap[2*i+j] += a[i] * x[j]
					}
				}
			},
		}
	},
	"lotka_volterra": func(p []float64) Problem {
		return Problem{
			F: func(t float64, x, dx []float64) {
				dx[0] = p[0]*x[0] - p[1]*x[0]*x[1]
				dx[1] = -p[2]*x[1] + p[3]*x[0]*x[1]
			},
			Parameters: 4,
			VJP: func(t float64, x, a, ax, ap []float64) {
				ax[0] += a[0]*(p[0]-p[1]*x[1]) + a[1]*p[3]*x[1]
				ax[1] += -a[0]*p[1]*x[0] + a[1]*(-p[2]+p[3]*x[0])
				ap[0] += a[0] * x[0]
				ap[1] -= a[0] * x[0] * x[1]
				ap[2] -= a[1] * x[1]
				ap[3] += a[1] * x[0] * x[1]
			},
		}
	},
}

func (f solverFolder) problem(t *testing.T, c solverCase) Problem {
	t.Helper()
	data, ok := f.Problems[c.Problem]
	build, known := problems[c.Problem]
	if !ok || !known {
		t.Fatalf("problem %q is not known", c.Problem)
	}
	p := build(data.P)
	grid := f.Grids[c.Grid]
	p.X0, p.T0, p.T1 = data.Y0, grid[0], grid[len(grid)-1]
	return p
}

// theirs is the scheme under torchdiffeq's name, and what to repeat of what it does otherwise than it says.
func (c solverCase) theirs(t *testing.T, fork bool) (Method, compat) {
	t.Helper()
	name := map[string]string{"implicit_adams": "fixed_adams"}[c.Method]
	if name == "" {
		name = c.Method
	}
	m, err := Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	repeat := compat{overshoot: true, uniformAdams: true, forgetRate: true, quartic: true, singleRoot: fork}
	switch m := m.(type) {
	case Adams:
		if c.Options != nil && c.Options.MaxOrder > 0 {
			m.Rates = c.Options.MaxOrder - 1
		}
		return m, repeat
	case Tableau:
		// Their dense output of the schemes that have none goes through a state in the middle of lower order.
		switch c.Method {
		case "adaptive_heun":
			m.Mid = []float64{1. / 2, 0}
			repeat.reuseLast = true // it is not the rate at the end of the step
			if fork {
				repeat.controlOrder, repeat.initialOrder = 5, 2
			}
		case "fehlberg2":
			m.Mid = []float64{0, 1. / 2, 0}
			repeat.reuseLast = true
		case "bosh3":
			m.Mid = []float64{0, 1. / 2, 0, 0}
		}
		return m, repeat
	}
	return m, repeat
}

// options are those of a case.
func (f solverFolder) options(t *testing.T, c solverCase, m Method, repeat compat) Options {
	grid := f.Grids[c.Grid]
	o := Options{Method: m, At: grid, RTol: f.Defaults.RTol, ATol: f.Defaults.ATol, MaxSteps: 1e6, compat: repeat}
	if c.RTol != nil {
		o.RTol, o.ATol = *c.RTol, *c.ATol
	}
	if repeat.singleRoot {
		// The fork holds these numbers in float32.
		o.Controller = Controller{Safety: float64(float32(0.9)), MinFactor: float64(float32(0.2))}
	}
	if m.Info().Adaptive {
		if c.Options != nil {
			if o.FirstStep = c.Options.FirstStep; repeat.singleRoot {
				o.FirstStep = float64(float32(o.FirstStep))
			}
		}
		return o
	}
	o.Grid = grid
	o.Interpolation = Linear
	if c.Options != nil {
		if c.Options.StepSize > 0 {
			o.Grid = theirGrid(grid, c.Options.StepSize)
		}
		if c.Options.Interp == "cubic" {
			o.Interpolation = Hermite
		}
	}
	return o
}

// theirGrid is torchdiffeq's grid for a step size.
func theirGrid(times []float64, h float64) []float64 {
	first, last := times[0], times[len(times)-1]
	direction := sign(last - first)
	n := int(math.Ceil((last-first)*direction/h + 1))
	grid := make([]float64, n)
	for i := range grid {
		grid[i] = direction * (float64(i)*h + direction*first)
	}
	grid[n-1] = last
	return grid
}

// notCompared are the reasons why a case is not, by name of the method.
var notCompared = map[string]map[string]string{
	"ode_solvers_fork": {
		"adams": "the fork's variable-order adams, which goes on from its predictor, is not a scheme here",
	},
}

func TestParitySolvers(t *testing.T) {
	for set, root := range parity.Roots(filepath.Join("testdata", "fixtures")) {
		for _, folder := range []string{"ode_solvers_upstream", "ode_solvers_fork", "ode_solvers_fork_f32"} {
			t.Run(set+"/"+folder, func(t *testing.T) {
				fixture, cases := parity.Open[solverCase](t, root, folder)
				var f solverFolder
				parity.ReadJSON(t, root, folder, "manifest.json", &f)
				solutions, _ := fixture.Bundle(t, "solutions")
				for _, c := range cases {
					if c.Kind != "solve" {
						continue
					}
					t.Run(c.ID, func(t *testing.T) {
						f.compareSolution(t, folder, c, solutions[c.ID])
					})
				}
			})
		}
	}
}

func (f solverFolder) compareSolution(t *testing.T, folder string, c solverCase, want parity.Array) {
	name := folder + "/" + c.ID
	fork := strings.Contains(folder, "fork")
	if reason := notCompared[strings.TrimSuffix(folder, "_f32")][c.Method]; reason != "" {
		parity.Exclude(t, name, reason, c.ID)
	}
	single := strings.HasSuffix(folder, "_f32")
	if single && strings.Contains(c.Method, "adams") && c.Options != nil && c.Options.MaxOrder == 0 {
		parity.Exclude(t, name, "float32 Adams of order 11 and 12, which multiply rounding errors", c.ID)
	}
	if single && c.Method == "fixed_adams" {
		parity.Exclude(t, name, "a corrector's tolerance of 1e-7, which float32 cannot reach", c.ID)
	}
	if fork && c.Method == "tsit5" {
		f.compareAccuracy(t, name, c, single)
		return
	}
	p := f.problem(t, c)
	var times []float64
	rate := p.F
	p.F = func(t float64, x, dx []float64) {
		times = append(times, t)
		rate(t, x, dx)
	}
	m, repeat := c.theirs(t, fork)
	o := f.options(t, c, m, repeat)
	parity.Case(t, name, "")
	solution, err := Solve(p, o)
	if !c.Finite {
		var failure *Failure
		if !errors.As(err, &failure) || !strings.Contains(failure.Reason, "finite") {
			t.Errorf("the original's solution is not finite, ours gives the error %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	got := flat(solution.X)
	evaluated := times[:solution.Stats.NFE]

	// What rounding does to the case: some multiply it (Adams methods of high order are hardly stable), and error
	// estimates of short steps are made of it.
	ulp, tolerance := 0x1p-52, 1e-9
	if single {
		ulp, tolerance = 0x1p-23, 1e-4
	}
	least, most, spread := solution.Stats.NFE, solution.Stats.NFE, 0.0
	for _, disturbance := range []float64{-3, -1, 1, 3} {
		other := p
		other.X0 = nil
		for _, x := range p.X0 {
			other.X0 = append(other.X0, x*(1+disturbance*ulp))
		}
		s, err := Solve(other, o)
		if err != nil {
			t.Fatal(err)
		}
		least, most = min(least, s.Stats.NFE), max(most, s.Stats.NFE)
		for i, x := range flat(s.X) {
			spread = max(spread, math.Abs(x-got[i]))
		}
	}
	tolerance += 10 * spread / (size(want.Values) + 1e-2)
	if single && o.Grid == nil {
		tolerance += o.RTol // other steps
	}
	parity.Expect(t, "solution", got, want, tolerance)

	nfe := c.NFE
	if o.Interpolation == Hermite {
		// They evaluate the rate at the end of a step for each output in it, and again for the next step.
		nfe -= len(o.At) - 1
		if n := len(o.Grid); (o.At[len(o.At)-2]-o.Grid[n-2])*sign(p.T1-p.T0) > 0 {
			nfe++ // for the one within the last step
		}
	}
	slack := (most - least) * 2
	if single && o.Grid == nil {
		slack = nfe / 4 // an error estimate in float32 has few digits
	}
	if nfe < least-slack || nfe > most+slack {
		t.Errorf("%d evaluations, want %d", solution.Stats.NFE, nfe)
	}
	for i, want := range c.Times {
		if o.Grid != nil && math.Abs(evaluated[i]-want) > 10*ulp*max(1, math.Abs(want)) {
			t.Errorf("evaluation %d at t = %v, want %v", i, evaluated[i], want)
			break
		}
	}
}

// compareAccuracy compares with a solution of high accuracy: the fork's tsit5 has wrong error weights and dense output.
func (f solverFolder) compareAccuracy(t *testing.T, name string, c solverCase, single bool) {
	parity.Case(t, name, "the fork's tsit5 is wrong: a solution of high accuracy instead")
	m, err := Scheme(c.Method)
	if err != nil {
		t.Fatal(err)
	}
	p, o := f.problem(t, c), f.options(t, c, m, compat{})
	solution, err := Solve(p, o)
	if err != nil {
		t.Fatal(err)
	}
	exact, err := Solve(p, Options{Scheme: "dopri8", RTol: 1e-13, ATol: 1e-13, MaxStep: 0.05, At: o.At})
	if err != nil {
		t.Fatal(err)
	}
	growth := 1 + size(flat(exact.X)) // an error made at the beginning grows like the solution
	for i, x := range flat(exact.X) {
		if diff := math.Abs(flat(solution.X)[i] - x); diff > 20*growth*(o.ATol+o.RTol*math.Abs(x)) {
			t.Errorf("number %d is off by %.2g with tolerances of %.0e", i, diff, o.RTol)
		}
	}
}

// size is the largest absolute value.
func size(v []float64) float64 {
	largest := 0.0
	for _, x := range v {
		if math.IsNaN(x) {
			return math.Inf(1)
		}
		largest = max(largest, math.Abs(x))
	}
	return largest
}

func flat(x [][]float64) []float64 {
	var v []float64
	for _, x := range x {
		v = append(v, x...)
	}
	return v
}

func TestParityGradients(t *testing.T) {
	for set, root := range parity.Roots(filepath.Join("testdata", "fixtures")) {
		for _, folder := range []string{"ode_solvers_upstream", "ode_solvers_fork"} {
			t.Run(set+"/"+folder, func(t *testing.T) {
				fixture, cases := parity.Open[solverCase](t, root, folder)
				var f solverFolder
				parity.ReadJSON(t, root, folder, "manifest.json", &f)
				gradients, _ := fixture.Bundle(t, "gradients")
				for _, c := range cases {
					if c.Kind != "grad" {
						continue
					}
					t.Run(c.ID, func(t *testing.T) {
						f.compareGradient(t, folder, c, gradients[c.ID+"/y0"], gradients[c.ID+"/p"])
					})
				}
			})
		}
	}
}

func (f solverFolder) compareGradient(t *testing.T, folder string, c solverCase, wantX0, wantP parity.Array) {
	name := folder + "/" + c.ID
	fork := strings.Contains(folder, "fork")
	if reason := notCompared[folder][c.Method]; reason != "" {
		parity.Exclude(t, name, reason, c.ID)
	}
	p := f.problem(t, c)
	m, repeat := c.theirs(t, fork)
	// The fork differentiates through the choice of all steps, torchdiffeq through that of the first one.
	leaks := m.Info().Adaptive && !c.Adjoint && !c.Frozen
	if leaks && fork {
		parity.Exclude(t, name, "the fork differentiates through the choice of steps", c.ID)
	}
	o := f.options(t, c, m, repeat)
	if fork && c.Adjoint && c.RTol == nil {
		o.RTol, o.ATol = 1e-6, 1e-12 // other defaults than without the adjoint
	}
	weights := f.LossWeights[c.Problem+"/"+c.Grid]
	cost := func(i int, _ float64, x, gx []float64) float64 {
		loss := 0.0
		for j, w := range weights[i] {
			loss += w * x[j]
			gx[j] = w
		}
		return loss
	}
	d := Differentiation{Backsolve: c.Adjoint}
	if c.Adjoint && o.Grid != nil && c.Options != nil {
		back := o
		back.Grid, back.StepSize = nil, c.Options.StepSize
		d.Adjoint = &back
	}
	// Both also integrate the gradient of time, which takes part in the choice of steps; the fork with what outputs
	// contribute to it.
	if c.Adjoint && o.Grid == nil {
		if p.TimeVJP == nil {
			p.TimeVJP = func(float64, []float64, []float64) float64 { return 0 }
		}
		o.compat.integrateTime, o.compat.outputTimes, o.compat.ratios = true, fork, fork
	}
	parity.Case(t, name, "")
	g, err := Differentiate(p, o, cost, d)
	if explodes := size(wantX0.Values) > 1e100 || size(wantP.Values) > 1e100; explodes {
		var failure *Failure
		if err != nil && !errors.As(err, &failure) {
			t.Errorf("the original's gradient explodes, ours gives the error %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	got := append(slices.Clone(g.X0), g.Parameters...)
	largest, spread, lossSpread := 0.0, 0.0, 0.0 // what rounding does, as above
	for _, disturbance := range []float64{-3, -1, 1, 3} {
		other := p
		other.X0 = nil
		for _, x := range p.X0 {
			other.X0 = append(other.X0, x*(1+disturbance*0x1p-52))
		}
		h, err := Differentiate(other, o, cost, d)
		if err != nil {
			t.Fatal(err)
		}
		lossSpread = max(lossSpread, math.Abs(h.Loss-g.Loss))
		for i, x := range append(h.X0, h.Parameters...) {
			largest, spread = max(largest, math.Abs(x)), max(spread, math.Abs(x-got[i]))
		}
	}
	if math.Abs(g.Loss-c.Loss) > 1e-9*(1+math.Abs(c.Loss))+10*lossSpread {
		t.Errorf("the loss is %.15g, want %.15g", g.Loss, c.Loss)
	}
	tolerance := 1e-9 + 30*spread/largest
	if leaks {
		build := func(parameters []float64) Problem {
			q := problems[c.Problem](parameters)
			q.T0, q.T1 = p.T0, p.T1
			return q
		}
		x0, parameters := firstStepLeak(t, build, p.X0, f.Problems[c.Problem].P, o, cost)
		for i, v := range x0 {
			g.X0[i] += v
		}
		for i, v := range parameters {
			g.Parameters[i] += v
		}
		tolerance += 1e-5 // of the finite differences
	}
	parity.Expect(t, "∂loss/∂x0", g.X0, wantX0, tolerance)
	parity.Expect(t, "∂loss/∂p", g.Parameters, wantP, tolerance)
	if c.Adjoint && !fork && g.Backward.NFE != c.NFEBackward {
		t.Errorf("%d evaluations of the adjoint equation, want %d", g.Backward.NFE, c.NFEBackward)
	}
}
