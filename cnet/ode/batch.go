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
// and F is called from several goroutines. If samples fail, their solutions are partial and the error joins theirs.
func SolveEach(p Problem, x0 [][]float64, o Options) ([]*Solution, error) {
	return solveAll(len(x0), func(i int) (*Solution, error) {
		sample := p
		sample.X0 = x0[i]
		return Solve(sample, o)
	})
}

// solveAll solves n problems on all processors.
func solveAll(n int, solve func(i int) (*Solution, error)) ([]*Solution, error) {
	solutions, failures := make([]*Solution, n), make([]error, n)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		workers.Go(func() {
			for i := int(next.Add(1) - 1); i < n; i = int(next.Add(1) - 1) {
				var err error
				if solutions[i], err = solve(i); err != nil {
					failures[i] = fmt.Errorf("sample %d: %w", i, err)
				}
			}
		})
	}
	workers.Wait()
	return solutions, errors.Join(failures...)
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
	solutions, err := solveAll(len(x0), func(i int) (*Solution, error) {
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
