package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"continuousnet/cnet/figures"
	"continuousnet/cnet/internal/bench"
	"continuousnet/cnet/ode"
	"continuousnet/cnet/ode/problems"
)

// stiffLine is one solution of a stiff problem in JSON.
type stiffLine struct {
	Problem     string     `json:"problem"`
	Method      string     `json:"method"`
	Tol         float64    `json:"tol"`
	Error       jsonNumber `json:"error"`        // at the end, relative
	OutputError jsonNumber `json:"output_error"` // the largest one at the outputs
	NFE         int        `json:"nfe"`          // also for Jacobians; 0 for peers that do not tell, as the next two
	Jacobians   int        `json:"jacobians"`
	Factorised  int        `json:"factorised"`
	Seconds     float64    `json:"seconds"`                  // with all outputs
	EndSeconds  float64    `json:"seconds_to_end,omitempty"` // with the end alone; 0 for peers
	Failure     string     `json:"failure,omitempty"`
}

// peerMethods are the peers' methods for stiff problems.
const peerMethods = "Radau,BDF,LSODA,Kvaerno5"

func stiffNames() []string {
	var names []string
	for _, p := range problems.AllStiff() {
		names = append(names, p.Name)
	}
	return names
}

// measureStiff solves the stiff problems with each method and tolerance, and then with the peers'.
func (b *odeBench) measureStiff(ctx context.Context) error {
	var lines []stiffLine
	if !b.json {
		fmt.Fprintf(b.out, "%-18s %6s  %-16s %9s %9s %7s %6s %6s %10s %10s\n",
			"problem", "tol", "method", "error", "outputs", "nfe", "jac", "lu", "time", "to outputs")
	}
	for _, p := range problems.AllStiff() {
		if !slices.Contains(b.problems, p.Name) {
			continue
		}
		reference, err := stiffReference(p)
		if err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		lines = lines[:0]
		for _, tolerance := range b.tolerances {
			tol, _ := strconv.ParseFloat(tolerance, 64)
			for _, method := range b.methods {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				line, err := b.solveStiff(p, reference, method, tol)
				if err != nil {
					return err
				}
				lines = append(lines, line)
			}
		}
		if b.peers != "" {
			more, err := b.solveStiffWithPeers(ctx, p, reference)
			if err != nil {
				return err
			}
			lines = append(lines, more...)
			slices.SortStableFunc(lines, func(x, y stiffLine) int { return int(signOf(y.Tol - x.Tol)) })
		}
		for _, line := range lines {
			if err := b.printStiff(line); err != nil {
				return err
			}
		}
	}
	return nil
}

func signOf(x float64) float64 {
	if x == 0 {
		return 0
	}
	return math.Copysign(1, x)
}

// stiffReference returns the states at the outputs: the closed form, or a solution to many more digits, whose steps end
// there.
func stiffReference(p problems.Stiff) ([][]float64, error) {
	if p.Exact != nil {
		var states [][]float64
		for _, t := range p.Outputs {
			states = append(states, p.Exact(t))
		}
		return states, nil
	}
	s, err := ode.Solve(p.Problem, ode.Options{
		Scheme: "radau5", RTol: 1e-12, ATol: 1e-12 * p.ATol, At: p.Outputs, Jumps: p.Outputs, MaxSteps: 1e6,
	})
	if err != nil {
		return nil, err
	}
	return s.X, nil
}

// errors returns the error at the last output, which is the end, and the largest one at any.
func stiffErrors(p problems.Stiff, x, reference [][]float64) (end, outputs jsonNumber) {
	if len(x) != len(reference) {
		return jsonNumber(math.NaN()), jsonNumber(math.NaN())
	}
	for i := range x {
		end = jsonNumber(p.Error(x[i], reference[i]))
		outputs = max(outputs, end)
	}
	return end, outputs
}

func (b *odeBench) solveStiff(p problems.Stiff, reference [][]float64, method string, tol float64) (stiffLine, error) {
	line := stiffLine{Problem: p.Name, Method: method, Tol: tol}
	problem := p.Problem
	if b.differences {
		problem.Jacobian = nil
	}
	o := ode.Options{Scheme: method, RTol: tol, ATol: tol * p.ATol, At: p.Outputs, MaxSteps: 1e6}
	var s *ode.Solution
	seconds, err := b.best(func() (err error) {
		s, err = ode.Solve(problem, o)
		return err
	})
	var failure *ode.Failure
	if errors.As(err, &failure) {
		line.Failure = failure.Reason
		line.Error, line.OutputError = jsonNumber(math.NaN()), jsonNumber(math.NaN())
		line.NFE = s.Stats.NFE
		return line, nil
	} else if err != nil {
		return line, err
	}
	o.At = nil
	line.EndSeconds, err = b.best(func() error {
		_, err := ode.Solve(problem, o)
		return err
	})
	line.Seconds = seconds
	line.NFE, line.Jacobians, line.Factorised = s.Stats.NFE, s.Stats.Jacobians, s.Stats.Factorised
	line.Error, line.OutputError = stiffErrors(p, s.X, reference)
	return line, err
}

func (b *odeBench) solveStiffWithPeers(ctx context.Context, p problems.Stiff, reference [][]float64) ([]stiffLine,
	error) {
	args := []string{
		"--methods", peerMethods, "--tol", strings.Join(b.tolerances, ","), "--repeats", strconv.Itoa(b.repeats),
	}
	if b.differences {
		args = append(args, "--differences")
	}
	found, err := bench.SolverPeers(ctx, b.peers, []bench.SolverProblem{{
		Name: p.Name, X0: p.Problem.X0, End: p.Problem.T1, Outputs: p.Outputs, ATol: p.ATol,
	}}, args)
	if err != nil {
		return nil, usagef("--peers %v", err)
	}
	var lines []stiffLine
	for _, s := range found {
		line := stiffLine{
			Problem: s.Problem, Method: s.Method, Tol: s.Tol, Seconds: s.Seconds, NFE: s.NFE, Jacobians: s.Jacobians,
			Factorised: s.Factorised,
		}
		if s.X == nil {
			line.Failure = "the end was not reached"
		}
		line.Error, line.OutputError = stiffErrors(p, s.X, reference)
		lines = append(lines, line)
	}
	return lines, nil
}

func (b *odeBench) printStiff(line stiffLine) error {
	b.works = append(b.works, figures.Work{
		Problem: line.Problem, Method: line.Method, NFE: line.NFE, Error: float64(line.Error),
	})
	if b.json {
		return printJSON(b.out, line)
	}
	count := func(n int) string {
		if n == 0 {
			return "-"
		}
		return strconv.Itoa(n)
	}
	head := fmt.Sprintf("%-18s %6.0e  %-16s", line.Problem, line.Tol, line.Method)
	if line.Failure != "" {
		after := ""
		if line.NFE > 0 {
			after = fmt.Sprintf(" after %d evaluations", line.NFE)
		}
		fmt.Fprintf(b.out, "%s failed%s: %s\n", head, after, line.Failure)
		return nil
	}
	fmt.Fprintf(b.out, "%s %9.1e %9.1e %7s %6s %6s %10s %10s\n", head, float64(line.Error), float64(line.OutputError),
		count(line.NFE), count(line.Jacobians), count(line.Factorised), rounded(line.EndSeconds), rounded(line.Seconds))
	return nil
}

// rounded returns a time to three digits or so, "-" for one that was not measured.
func rounded(seconds float64) string {
	took := time.Duration(seconds * 1e9)
	switch {
	case took == 0:
		return "-"
	case took >= time.Second:
		took = took.Round(10 * time.Millisecond)
	case took >= time.Millisecond:
		took = took.Round(10 * time.Microsecond)
	default:
		took = took.Round(100 * time.Nanosecond)
	}
	return took.String()
}

// checkStiff checks the flags of --stiff, and chooses what it solves where they do not.
func (b *odeBench) checkStiff(changed func(name string) bool) error {
	if !b.stiff {
		if b.peers != "" && (changed("batch") || changed("executor")) {
			return usagef("--peers solves single samples; leave --batch and --executor out")
		}
		if b.differences {
			return usagef("--differences needs --stiff: explicit schemes have no Jacobians")
		}
		return nil
	}
	for _, name := range []string{"batch", "executor"} {
		if changed(name) {
			return usagef("--%s is for problems that are not stiff; leave it out with --stiff", name)
		}
	}
	if !changed("problems") {
		b.problems = stiffNames()
	}
	if !changed("methods") {
		b.methods = []string{"radau5", "kvaerno5", "auto"}
	}
	if !changed("tol") {
		b.tolerances = []string{"1e-4", "1e-6", "1e-8"}
	}
	return nil
}
