package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/spf13/cobra"

	"continuousnet/cnet/engine"
	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/bench"
	"continuousnet/cnet/ode"
	"continuousnet/cnet/ode/problems"
)

// odeBench is the command bench ode.
type odeBench struct {
	*app
	problems, methods, executors, tolerances []string
	batches                                  []int
	repeats                                  int
	json                                     bool

	stiff, differences bool
	peers, picture     string
	works              []figures.Work // what --out draws, in picture
}

func (a *app) benchODE() *cobra.Command {
	b := &odeBench{app: a, repeats: 5}
	cmd := &cobra.Command{
		Use:   "ode",
		Short: "Measure solvers: time and evaluations against accuracy",
		Long: `Solve small problems with adaptive steps and print what each solution took: the best of --repeats, the
evaluations of the rate, and the largest error at the end against a solution with tolerances of 1e-13. The executor
graph takes as many equal steps as the host's solution has, in a compiled graph of the go engine.

With --stiff the problems are stiff ones. Then the errors are relative, at the end and the largest one at outputs
between steps, the tolerance is the relative one, and Jacobians and factorisations are counted, too.

--peers names a Python whose SciPy and diffrax solve the problems as well, to the same tolerances. --out draws errors
over evaluations, a panel for each problem.`,
		Example: `  cnet bench ode
  cnet bench ode --problems lotka-volterra --methods dopri5,dopri8 --tol 1e-6,1e-9 --batch 1,1024 --json
  cnet bench ode --stiff --problems hires,robertson --methods radau5,auto --peers venv/bin/python
  cnet bench ode --stiff --tol 1e-3,1e-4,1e-5,1e-6,1e-7,1e-8 --out stiff.png`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := b.checkStiff(cmd.Flags().Changed); err != nil {
				return err
			}
			if err := checkFiles(b.picture, ""); err != nil {
				return err
			}
			if err := b.measure(cmd.Context()); err != nil || b.picture == "" {
				return err
			}
			title := "Work and precision, tolerances " + strings.Join(b.tolerances, ", ")
			return figures.WorkPrecision(title, b.works).Save(b.picture)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringSliceVar(&b.problems, "problems", problemNames(), "`NAMES` of problems")
	methods := []string{"bosh3", "dopri5", "tsit5", "dopri8"}
	flags.StringSliceVar(&b.methods, "methods", methods, "adaptive schemes: `NAMES`")
	tolerances := []string{"1e-3", "1e-4", "1e-5", "1e-6", "1e-7", "1e-8", "1e-9", "1e-10"}
	flags.StringSliceVar(&b.tolerances, "tol", tolerances, "relative and absolute `TOLERANCES`")
	flags.IntSliceVar(&b.batches, "batch", []int{1}, "numbers of equal samples solved together: a `LIST`")
	flags.StringSliceVar(&b.executors, "executor", []string{"host"}, "`LIST` of host and graph")
	flags.Var(count{&b.repeats, 1 << 16}, "repeats", "measure so often and take the best")
	flags.BoolVar(&b.json, "json", false, "print one JSON object per solution")
	flags.BoolVar(&b.stiff, "stiff", false, "solve stiff problems: "+strings.Join(stiffNames(), ", "))
	flags.BoolVar(&b.differences, "differences", false, "with --stiff: Jacobians by differences")
	flags.StringVar(&b.peers, "peers", "", "a `PYTHON` with SciPy or diffrax to compare with")
	flags.StringVar(&b.picture, "out", "", "draw errors over evaluations: `FILE` ends in .png or .svg")
	return cmd
}

func problemNames() []string {
	var names []string
	for _, p := range problems.All() {
		names = append(names, p.Name)
	}
	return names
}

// odeLine is one measurement in JSON.
type odeLine struct {
	Problem  string     `json:"problem"`
	Method   string     `json:"method"`
	Tol      float64    `json:"tol"`
	Batch    int        `json:"batch"`
	Executor string     `json:"executor"`
	Seconds  float64    `json:"seconds"`
	NFE      int        `json:"nfe"`
	Error    jsonNumber `json:"error"`
}

// jsonNumber is a number that JSON has as null if it is infinite or NaN.
type jsonNumber float64

func (n jsonNumber) MarshalJSON() ([]byte, error) {
	if f := float64(n); math.IsNaN(f) || math.IsInf(f, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

func (b *odeBench) measure(ctx context.Context) error {
	if err := b.check(); err != nil {
		return err
	}
	if b.stiff {
		return b.measureStiff(ctx)
	}
	var backend compute.Backend
	if slices.Contains(b.executors, "graph") {
		e, err := engine.Open("go")
		if err != nil {
			return err
		}
		defer e.Close()
		backend = e.Backend
	}
	if !b.json {
		fmt.Fprintf(b.out, "%-15s %-14s %6s %6s %-6s %10s %7s %9s\n",
			"problem", "method", "tol", "batch", "on", "time", "nfe", "error")
	}
	for _, named := range problems.All() {
		if !slices.Contains(b.problems, named.Name) {
			continue
		}
		one := named.Build(1)
		exact, err := ode.Solve(one, ode.Options{Scheme: "dopri8", RTol: 1e-13, ATol: 1e-13})
		if err != nil {
			return err
		}
		for _, batch := range b.batches {
			p := named.Build(batch)
			for _, method := range b.methods {
				for _, tolerance := range b.tolerances {
					for _, executor := range b.executors {
						if ctx.Err() != nil {
							return ctx.Err()
						}
						tol, _ := strconv.ParseFloat(tolerance, 64)
						line := odeLine{Problem: named.Name, Method: method, Tol: tol, Batch: batch, Executor: executor}
						x, err := b.solve(&line, p, backend)
						if err != nil {
							return fmt.Errorf("%s: %w", named.Name, err)
						}
						for i, v := range x {
							line.Error = max(line.Error, jsonNumber(math.Abs(v-exact.Final()[i%2])))
						}
						if err := b.printPlain(line); err != nil {
							return err
						}
					}
				}
			}
		}
		if b.peers != "" {
			lines, err := b.solveWithPeers(ctx, named.Name, one, exact.Final())
			if err != nil {
				return err
			}
			for _, line := range lines {
				if err := b.printPlain(line); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// printPlain prints a solution of a problem that is not stiff.
func (b *odeBench) printPlain(line odeLine) error {
	b.works = append(b.works, figures.Work{
		Problem: line.Problem, Method: line.Method, NFE: line.NFE, Error: float64(line.Error),
	})
	if b.json {
		return printJSON(b.out, line)
	}
	nfe := "-"
	if line.NFE > 0 {
		nfe = strconv.Itoa(line.NFE)
	}
	took := time.Duration(line.Seconds * 1e9).Round(100 * time.Nanosecond)
	_, err := fmt.Fprintf(b.out, "%-15s %-14s %6.0e %6d %-6s %10s %7s %9.1e\n", line.Problem, line.Method, line.Tol,
		line.Batch, line.Executor, took, nfe, float64(line.Error))
	return err
}

// plainPeers are the peers' methods for problems that are not stiff.
const plainPeers = "RK45,DOP853,LSODA,Tsit5,Dopri8"

// solveWithPeers solves a problem that is not stiff with the peers' methods.
func (b *odeBench) solveWithPeers(ctx context.Context, name string, p ode.Problem, exact []float64) ([]odeLine, error) {
	found, err := bench.SolverPeers(ctx, b.peers, []bench.SolverProblem{{
		Name: name, X0: p.X0, End: p.T1, Outputs: []float64{p.T1}, ATol: 1,
	}}, []string{
		"--methods", plainPeers, "--tol", strings.Join(b.tolerances, ","), "--repeats", strconv.Itoa(b.repeats),
	})
	if err != nil {
		return nil, usagef("--peers %v", err)
	}
	var lines []odeLine
	for _, s := range found {
		line := odeLine{
			Problem: name, Method: s.Method, Tol: s.Tol, Batch: 1, Executor: "host", Seconds: s.Seconds, NFE: s.NFE,
			Error: jsonNumber(math.NaN()),
		}
		if len(s.X) == 1 && len(s.X[0]) == len(exact) {
			line.Error = 0
			for i, v := range s.X[0] {
				line.Error = max(line.Error, jsonNumber(math.Abs(v-exact[i])))
			}
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// check checks the flags before anything is computed.
func (b *odeBench) check() error {
	known := problemNames()
	if b.stiff {
		known = stiffNames()
	}
	for _, name := range b.problems {
		if !slices.Contains(known, name) {
			return usagef("--problems %q is not known; known are %s", name, strings.Join(known, ", "))
		}
	}
	for _, name := range b.methods {
		m, err := ode.Lookup(name)
		if err != nil {
			return usagef("--methods %v", err)
		}
		if !m.Info().Adaptive {
			return usagef("--methods %s has no error estimate; choose adaptive schemes, see cnet schemes", name)
		}
		if slices.Contains(b.executors, "graph") && !m.Info().Networks {
			return usagef("--methods %s is implicit and does not run in graphs", name)
		}
	}
	for _, text := range b.tolerances {
		if tol, err := strconv.ParseFloat(text, 64); err != nil || !(tol >= 1e-14 && tol < 1) {
			return usagef("--tol is %q, expected numbers from 1e-14 to 1", text)
		}
	}
	for _, n := range b.batches {
		if n < 1 || n > 1<<20 {
			return usagef("--batch is %d, expected numbers from 1 to %d", n, 1<<20)
		}
	}
	for _, e := range b.executors {
		if e != "host" && e != "graph" {
			return usagef("--executor is %q, expected host or graph", e)
		}
	}
	return nil
}

// solve measures one solution and returns the state at the end.
func (b *odeBench) solve(line *odeLine, p ode.Problem, backend compute.Backend) ([]float64, error) {
	var solution *ode.Solution
	seconds, err := b.best(func() (err error) {
		solution, err = ode.Solve(p, ode.Options{Scheme: line.Method, RTol: line.Tol, ATol: line.Tol, MaxSteps: 1e7})
		return err
	})
	if err != nil {
		return nil, err
	}
	if line.Executor == "host" {
		line.Seconds, line.NFE = seconds, solution.Stats.NFE
		return solution.Final(), nil
	}
	return b.solveInGraph(line, p, solution.Stats.Accepted, backend)
}

// best returns the shortest time of b.repeats runs, each repeated until it takes a few milliseconds.
func (b *odeBench) best(run func() error) (float64, error) {
	begun := time.Now()
	if err := run(); err != nil {
		return 0, err
	}
	loops := max(1, int(3*time.Millisecond/max(time.Since(begun), time.Nanosecond)))
	best := math.Inf(1)
	for range b.repeats {
		begun := time.Now()
		for range loops {
			if err := run(); err != nil {
				return 0, err
			}
		}
		best = min(best, time.Since(begun).Seconds()/float64(loops))
	}
	return best, nil
}

// graphRates holds the rates of the problems as graphs, for x and y of shape [batch].
var graphRates = map[string]func(x, y *Node) (dx, dy *Node){
	"lotka-volterra": func(x, y *Node) (*Node, *Node) {
		xy := Mul(x, y)
		return Sub(MulScalar(x, 1.5), xy), Sub(xy, MulScalar(y, 3))
	},
	"pendulum": func(x, y *Node) (*Node, *Node) { return y, Neg(Sin(x)) },
	"van-der-pol": func(x, y *Node) (*Node, *Node) {
		return y, Sub(MulScalar(Mul(OneMinus(Mul(x, x)), y), 5), x)
	},
}

// solveInGraph measures a solution with equal steps and returns the state at the end. Each step is a call of one
// compiled graph: the steps of an autonomous problem are alike.
func (b *odeBench) solveInGraph(line *odeLine, p ode.Problem, steps int, backend compute.Backend) ([]float64, error) {
	m, err := ode.Lookup(line.Method)
	if err != nil {
		return nil, err
	}
	type state struct{ x, y *Node }
	h := (p.T1 - p.T0) / float64(steps)
	exec, err := NewExec(backend, func(x, y *Node) []*Node {
		end, err := ode.Integrate(m, state{x, y}, 1, h, ode.System[state]{
			Rate: func(_, _ int, _ float64, at state) state {
				line.NFE++
				dx, dy := graphRates[line.Problem](at.x, at.y)
				return state{dx, dy}
			},
			Combine: func(at state, coefficients []float64, terms []state) state {
				for i, c := range coefficients {
					if c != 0 {
						at = state{Add(at.x, MulScalar(terms[i].x, c)), Add(at.y, MulScalar(terms[i].y, c))}
					}
				}
				return at
			},
		})
		if err != nil {
			panic(err)
		}
		return []*Node{end.x, end.y}
	})
	if err != nil {
		return nil, err
	}
	begin := [2][]float64{}
	for i, v := range p.X0 {
		begin[i%2] = append(begin[i%2], v)
	}
	var end []*tensors.Tensor
	line.Seconds, err = b.best(func() error {
		end = []*tensors.Tensor{tensors.FromValue(begin[0]), tensors.FromValue(begin[1])}
		for range steps {
			var err error
			if end, err = exec.Call(end[0], end[1]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	line.NFE *= steps
	xs, err := tensors.CopyFlatData[float64](end[0])
	if err != nil {
		return nil, err
	}
	ys, err := tensors.CopyFlatData[float64](end[1])
	if err != nil {
		return nil, err
	}
	var x []float64
	for i := range xs {
		x = append(x, xs[i], ys[i])
	}
	return x, nil
}
