package ode

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// SolveEach solves the problem from each of the initial states with step sizes of its own, as many at once as there are
// processors. A hard sample then neither slows the others down nor hides its error among theirs. Problem.X0 is ignored,
// and F is called from several goroutines. If samples fail, their solutions are partial and the error joins theirs. For
// problems that differ in more than the initial state, there is SolveEnsemble.
func SolveEach(p Problem, x0 [][]float64, o Options) ([]*Solution, error) {
	solutions, failures := solveAll(len(x0), func(i int) (*Solution, error) {
		sample := p
		sample.X0 = x0[i]
		return Solve(sample, o)
	})
	return solutions, o.joined(failures)
}

// unfinished returns the error of Options.Context, as one for all, if it has kept problems from being solved.
func (o Options) unfinished(failures []error) error {
	if o.Context == nil || o.Context.Err() == nil {
		return nil
	}
	solved, stopped := 0, false
	for _, err := range failures {
		if err == nil {
			solved++
		}
		stopped = stopped || errors.Is(err, o.Context.Err())
	}
	if !stopped {
		return nil
	}
	return fmt.Errorf("ode: %d of %d problems are solved: %w", solved, len(failures), o.Context.Err())
}

// joined returns the errors of samples as one.
func (o Options) joined(failures []error) error {
	if err := o.unfinished(failures); err != nil {
		return err
	}
	for i, err := range failures {
		if err != nil {
			failures[i] = fmt.Errorf("sample %d: %w", i, err)
		}
	}
	return errors.Join(failures...)
}

// solveAll solves n problems on all processors, and returns their solutions and errors in order.
func solveAll(n int, solve func(i int) (*Solution, error)) ([]*Solution, []error) {
	solutions, failures := make([]*Solution, n), make([]error, n)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		workers.Go(func() {
			for i := int(next.Add(1) - 1); i < n; i = int(next.Add(1) - 1) {
				solutions[i], failures[i] = solve(i)
			}
		})
	}
	workers.Wait()
	return solutions, failures
}

// solveIndependent solves a batch sample by sample, and puts the states together again. If samples fail, the solution
// ends before the first output that one of them did not reach.
func solveIndependent(p Problem, o Options) (*Solution, error) {
	o.Independent = false
	samples, n := p.Samples, len(p.X0)/p.Samples
	var x0 [][]float64
	for i := range samples {
		x0 = append(x0, p.X0[i*n:(i+1)*n])
	}
	p.Samples = 0
	rtols, atols := o.RTols, o.ATols
	solutions, failures := solveAll(len(x0), func(i int) (*Solution, error) {
		q, own := p, o
		q.X0 = x0[i]
		if rtols != nil {
			own.RTols = rtols[i*n : (i+1)*n]
		}
		if atols != nil {
			own.ATols = atols[i*n : (i+1)*n]
		}
		return Solve(q, own)
	})
	err := o.joined(failures)
	if slices.Contains(solutions, nil) {
		return nil, err // what is wrong with one sample's options is wrong with all
	}
	whole := &Solution{T: solutions[0].T}
	for _, s := range solutions {
		common := 0
		for common < min(len(whole.T), len(s.T)) && whole.T[common] == s.T[common] {
			common++
		}
		whole.T = whole.T[:common]
		whole.Stats.add(s.Stats)
	}
	for k := range whole.T {
		var x []float64
		for _, s := range solutions {
			x = append(x, s.X[k]...)
		}
		whole.X = append(whole.X, x)
	}
	return whole, err
}
