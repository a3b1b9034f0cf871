package ode

import "fmt"

// SolveEnsemble solves one problem for each of the parameters, as many at once as there are processors: a sweep, or a
// bundle of trajectories of uncertain systems. problem and what it returns, F among them, are called from several
// goroutines. The solutions are in the order of the parameters, whatever the order in which they are found.
//
// If some fail, the others are solved all the same. The error is then that of the first one in the order of the
// parameters, whose solution, like those of the others that fail, is partial, or nil if its problem is not valid. Once
// Options.Context is done, no further problem is solved, and the error wraps the context's.
func SolveEnsemble[P any](parameters []P, problem func(parameter P) Problem, o Options) ([]*Solution, error) {
	if problem == nil {
		return nil, fmt.Errorf("ode: the function that makes a problem of a parameter is nil")
	}
	solutions, failures := solveAll(len(parameters), func(i int) (*Solution, error) {
		return Solve(problem(parameters[i]), o)
	})
	if err := o.unfinished(failures); err != nil {
		return solutions, err
	}
	for i, err := range failures {
		if err != nil {
			return solutions, fmt.Errorf("parameter %d: %w", i, err)
		}
	}
	return solutions, nil
}
