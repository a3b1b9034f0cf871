package ode

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
)

// SolveEach solves the problem from each of the initial states with steps of its own, as many at once as there are
// processors, so that a sample that is hard neither slows the others down nor hides behind them. Problem.X0 is ignored, and F is called from several
// goroutines. A sample that fails leaves its partial solution, and its error in the joined one.
func SolveEach(p Problem, x0 [][]float64, o Options) ([]*Solution, error) {
	solutions, failures := make([]*Solution, len(x0)), make([]error, len(x0))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(x0)) {
		workers.Go(func() {
			for i := int(next.Add(1) - 1); i < len(x0); i = int(next.Add(1) - 1) {
				sample := p
				sample.X0 = x0[i]
				var err error
				if solutions[i], err = Solve(sample, o); err != nil {
					failures[i] = fmt.Errorf("sample %d: %w", i, err)
				}
			}
		})
	}
	workers.Wait()
	return solutions, errors.Join(failures...)
}
