package cnet

import (
	"context"
	"errors"
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"

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
	o.Method, o.RTol, o.ATol, o.Norm = d.trace.tableau, d.config.RTol, d.config.ATol, ode.PerSample
	var failed error
	rate := func(t float64, x, dx []float64) {
		if failed == nil {
			failed = ctx.Err()
		}
		if failed == nil {
			failed = d.evaluate(t, x, dx, samples)
		}
		if failed != nil {
			clear(dx) // the steps left cost nothing
		}
	}
	s, err := ode.Solve(ode.Problem{F: rate, X0: d.augmented(x0, samples), T0: from, T1: to, Samples: samples}, o)
	return s, errors.Join(failed, err)
}

// evaluate writes R(x, t) to dx.
func (d *Dynamics) evaluate(t float64, x, dx []float64, samples int) error {
	narrow := make([]float32, len(x))
	for i, v := range x {
		narrow[i] = float32(v)
	}
	input, err := upload(d.engine.Backend, narrow, samples, 1, 1, d.size())
	if err != nil {
		return err
	}
	defer input.FinalizeAll()
	results, err := d.present.Call(input, float32(t))
	if err != nil {
		return err
	}
	defer results[0].FinalizeAll()
	return tensors.ConstFlatData(results[0], func(flat []float32) {
		for i, v := range flat {
			dx[i] = float64(v)
		}
	})
}

// augmented returns states [samples, Dim] with zeros for the coordinates that are not observed.
func (d *Dynamics) augmented(x []float64, samples int) []float64 {
	n, all := d.config.Dim, d.size()
	states := make([]float64, samples*all)
	for i := range samples {
		copy(states[i*all:], x[i*n:(i+1)*n])
	}
	return states
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
		return nil, s.Stats, fmt.Errorf("the solver takes %d steps from t = %g to %g, more than MaxSteps, %d; raise it "+
			"or RTol and ATol, or choose a smaller Window or learning rate", g.steps(), from, to, d.config.MaxSteps)
	}
	return grid(s.T), s.Stats, nil
}
