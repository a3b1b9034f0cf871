package cnet

import (
	"context"
	"fmt"

	"continuousnet/cnet/ode"
)

// Solve returns the solutions from initial values [trajectories][Dim] at times[0], at all of the times, which ascend,
// and what they took. The error of a step is that of the trajectory where it is largest. Time and states may go beyond
// what Fit has seen.
func (d *Dynamics) Solve(ctx context.Context, x0 [][]float64, times []float64) (TimeSeries, ode.Stats, error) {
	if d.engine == nil {
		return TimeSeries{}, ode.Stats{}, errDynamicsClosed
	}
	series := TimeSeries{Times: times}
	for _, x := range x0 {
		series.X = append(series.X, [][]float64{x})
	}
	if err := series.check(d.config.Dim, 1); err != nil {
		return TimeSeries{}, ode.Stats{}, err
	}
	o := ode.Options{At: times}
	if d.config.StepSize > 0 {
		o.StepSize = d.config.StepSize
	}
	s, err := d.solve(ctx, series.initial(), len(x0), times[0], times[len(times)-1], o)
	if err != nil {
		return TimeSeries{}, ode.Stats{}, fmt.Errorf("dynamics: %w", err)
	}
	for i := range series.X {
		series.X[i] = nil
		for _, x := range s.X {
			series.X[i] = append(series.X[i], x[i*d.size():][:d.config.Dim:d.config.Dim])
		}
	}
	return series, s.Stats, nil
}

// solve solves the equation on the host, with the present weights, from the states [samples, Dim] of a batch.
func (d *Dynamics) solve(
	ctx context.Context, x0 []float64, samples int, from, to float64, o ode.Options,
) (*ode.Solution, error) {
	o.RTol, o.ATol = d.config.RTol, d.config.ATol
	return d.present.solve(ctx, d.trace.tableau, augmented(x0, samples, d.config.AugmentDim), samples, from, to, o)
}

// steps returns the steps from one time to another: those that the solver accepts with the present weights.
func (d *Dynamics) steps(ctx context.Context, x0 []float64, samples int, from, to float64) (grid, ode.Stats, error) {
	if d.config.StepSize > 0 {
		g := equalSteps(from, to, d.config.StepSize)
		if g.steps() > d.config.MaxSteps {
			return nil, ode.Stats{}, fmt.Errorf("%d steps of %g from t = %g to %g are more than MaxSteps, %d; choose "+
				"longer steps, or a smaller Window", g.steps(), d.config.StepSize, from, to, d.config.MaxSteps)
		}
		return g, ode.Stats{Accepted: g.steps(), NFE: g.steps() * d.trace.stages}, nil
	}
	s, err := d.solve(ctx, x0, samples, from, to, ode.Options{EveryStep: true, MaxSteps: 4 * d.config.MaxSteps})
	if err != nil {
		return nil, ode.Stats{}, err
	}
	if g := grid(s.T); g.steps() > d.config.MaxSteps {
		return nil, s.Stats, fmt.Errorf("the solver takes %d steps from t = %g to %g, more than MaxSteps, %d; raise "+
			"it or RTol and ATol, or choose a smaller Window or learning rate", g.steps(), from, to, d.config.MaxSteps)
	}
	return grid(s.T), s.Stats, nil
}
