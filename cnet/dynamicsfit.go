package cnet

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/internal/layers"
	"continuousnet/cnet/internal/optional"
	"continuousnet/cnet/ode"
)

// FitOptions say how Fit trains. The zero value is a good default: fields that are 0 or empty take the value named in
// their comment.
type FitOptions struct {
	Iterations int // 1000: training steps

	// Window is the number of observations in a row that a solution is compared with, from the first of them on; all.
	// Short windows are easier to learn from, as errors have no time to grow. Windows begin anywhere. Those of an
	// iteration begin together if times are not equally far apart, or the rate depends on t.
	Window int
	Batch  int // 32: the number of windows in an iteration, or of trajectories if there are fewer and Window is all

	Loss         string  // "mse", the mean squared error, or "mae", the mean absolute one
	Optimizer    string  // "adam"; see Optimizers
	LearningRate float64 // 0.01 for Adam; see Config
	LRSchedule   string  // "cosine", over the iterations; see LRSchedules, of which LRStep has no steps here
	ClipNorm     float64 // the most that the norm of all gradients may be
	Seed         uint64  // of the choice of windows

	OnIteration func(FitProgress)
}

// FitProgress is the position of Fit after an iteration, and what the iteration took.
type FitProgress struct {
	Iteration, Iterations int     // done, and to do in this call
	Loss                  float64 // of the windows of this iteration, before the step
	Steps                 int     // of the solver from the beginning to the end of a window
	Stats                 ode.Stats
}

// Losses lists the values of FitOptions.Loss.
var Losses = []string{"mse", "mae"}

// settings returns the configuration that the options stand for, as far as they are about gradients.
func (o FitOptions) settings() Config {
	c := Config{
		Optimizer: o.Optimizer, LearningRate: o.LearningRate, LRSchedule: o.LRSchedule, ClipNorm: o.ClipNorm,
		Epochs: 1, WeightDecay: -1,
	}
	setDefault(&c.Optimizer, Adam)
	setDefault(&c.LRSchedule, LRCosine)
	if c.Optimizer == Adam {
		setDefault(&c.LearningRate, 0.01)
	}
	return c.WithDefaults()
}

// withDefaults returns the options for data with a number of times and trajectories.
func (o FitOptions) withDefaults(data TimeSeries) FitOptions {
	setDefault(&o.Iterations, 1000)
	setDefault(&o.Window, len(data.Times))
	if o.Batch == 0 {
		o.Batch = 32
		if o.Window == len(data.Times) {
			o.Batch = min(o.Batch, len(data.X))
		}
	}
	setDefault(&o.Loss, Losses[0])
	return o
}

func (o FitOptions) check(data TimeSeries) error {
	bad := func(field string, value any, want string) error {
		return fmt.Errorf("dynamics: %s is %v, must be %s", field, value, want)
	}
	switch {
	case o.Iterations < 1:
		return bad("Iterations", o.Iterations, "at least 1")
	case o.Window < 2 || o.Window > len(data.Times):
		return bad("Window", o.Window, fmt.Sprintf("from 2 to %d, the number of observations of a trajectory",
			len(data.Times)))
	case o.Batch < 1 || o.Batch > 1<<16:
		return bad("Batch", o.Batch, fmt.Sprintf("from 1 to %d", 1<<16))
	case !slices.Contains(Losses, o.Loss):
		return bad("Loss", fmt.Sprintf("%q", o.Loss), "one of "+strings.Join(Losses, ", "))
	}
	c := o.settings()
	if notFinite(c.LearningRate) || c.LearningRate <= 0 {
		return bad("LearningRate", c.LearningRate, "a positive number")
	}
	if err := c.checkOptimizer(); err != nil {
		return fmt.Errorf("dynamics: %w", err)
	}
	if err := c.checkSchedule(); err != nil {
		return fmt.Errorf("dynamics: %w", err)
	}
	return nil
}

// Fit trains the rate so that solutions from observed states agree with the observations after them. Each iteration
// solves the equation with the present weights, on the host, and then differentiates through the steps that the solver
// has accepted. It goes on from the weights that there are; the moments of the optimizer begin anew.
//
// If ctx ends, Fit returns its error after the present iteration. If the solver fails or the loss is not finite, the
// error says so, and the weights are those of the last hundredth iteration.
func (d *Dynamics) Fit(ctx context.Context, data TimeSeries, options ...FitOptions) error {
	if d.engine == nil {
		return errDynamicsClosed
	}
	o, err := optional.One("Fit", "FitOptions", options, FitOptions{})
	if err != nil {
		return fmt.Errorf("dynamics: %w", err)
	}
	if err := data.check(d.config.Dim, len(data.Times)); err != nil {
		return err
	}
	o = o.withDefaults(data)
	if err := o.check(data); err != nil {
		return err
	}
	c := o.settings()
	if err := d.prepare(o, c); err != nil {
		return fmt.Errorf("dynamics: %w", err)
	}
	apart := data.even() && !d.timed
	schedule := c.schedule(o.Iterations)
	var kept [][]float64
	for i := range o.Iterations {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("dynamics: after %d of %d iterations: %w", i, o.Iterations, err)
		}
		if i%keptIterations == 0 {
			if kept, err = d.weights(); err != nil {
				return fmt.Errorf("dynamics: %w", err)
			}
		}
		if err := setLearningRate(d.store, Float, c.LearningRate*schedule.factor(i)); err != nil {
			return fmt.Errorf("dynamics: %w", err)
		}
		windows := data.draw(rand.New(rand.NewPCG(o.Seed, uint64(d.fitted))), o, apart)
		p, err := d.iterate(ctx, windows)
		if err == nil && notFinite(p.Loss) {
			err = fmt.Errorf("the loss is %g", p.Loss)
		}
		if err != nil && ctx.Err() == nil {
			back := i - i%keptIterations
			if failed := d.setWeights(kept); failed != nil {
				return fmt.Errorf("dynamics: %w", failed)
			}
			d.fitted -= i - back
			return fmt.Errorf("dynamics: iteration %d of %d: %w; the weights are back at those after %d iterations; "+
				"go on with a smaller LearningRate, now %g, or ClipNorm", i+1, o.Iterations, err, back, c.LearningRate)
		}
		if err != nil {
			return fmt.Errorf("dynamics: after %d of %d iterations: %w", i, o.Iterations, err)
		}
		d.fitted++
		if o.OnIteration != nil {
			p.Iteration, p.Iterations = i+1, o.Iterations
			o.OnIteration(p)
		}
	}
	return nil
}

// keptIterations is the number of iterations after which the weights are kept to go back to.
const keptIterations = 100

// prepare makes the graph of a training step, which is compiled for each number of steps that paddedSteps returns.
func (d *Dynamics) prepare(o FitOptions, c Config) (err error) {
	if err := clearOptimizer(d.store); err != nil {
		return err
	}
	if d.fit != nil {
		d.fit.Finalize()
		d.fit = nil
	}
	update := newUpdates(c)
	exec, err := model.NewExec(d.engine.Backend, d.store,
		func(scope *model.Scope, x, steps, weights, observed *Node) *Node {
			loss := d.loss(scope, x, steps, weights, observed, o.Loss)
			update.UpdateGraph(scope, x.Graph(), loss)
			return loss
		})
	if err != nil {
		return err
	}
	d.fit = exec.SetMaxCache(-1)
	return nil
}

// loss builds the mean error of solutions from x [batch, 1, 1, coordinates], against observations [times, batch, Dim].
func (d *Dynamics) loss(scope *model.Scope, x, steps, weights, observed *Node, name string) *Node {
	columns := d.trace.build(steps, x, d.builder(scope.Store(), x.Graph()))
	batch, size := x.Shape().Dimensions[0], d.size()
	for i, c := range columns {
		columns[i] = Reshape(c, 1, batch*size)
	}
	states := Dot(weights, Concatenate(columns, 0)).Product()
	states = Reshape(states, -1, batch, size)
	if d.config.AugmentDim > 0 {
		states = Slice(states, AxisRange(), AxisRange(), AxisRange(0, d.config.Dim))
	}
	difference := Sub(states, observed)
	if name == "mae" {
		return ReduceAllMean(Abs(difference))
	}
	return ReduceAllMean(Square(difference))
}

// windows are the observations of an iteration.
type windows struct {
	times   []float64 // of those after the first ones, from there on
	from    float64   // the time of the first ones
	initial []float64 // [batch, Dim]
	later   []float32 // [times, batch, Dim]
	batch   int
}

// draw draws windows of the data. Those that begin apart have times that count from the beginning of the data.
func (s TimeSeries) draw(rng *rand.Rand, o FitOptions, apart bool) windows {
	starts := len(s.Times) - o.Window + 1
	start := rng.IntN(starts)
	w := windows{from: s.Times[start], times: s.Times[start+1 : start+o.Window], batch: o.Batch}
	order := rng.Perm(len(s.X)) // each trajectory once, before one comes again
	var drawn [][][]float64
	for i := range o.Batch {
		if apart {
			start = rng.IntN(starts)
		}
		drawn = append(drawn, s.X[order[i%len(order)]][start:start+o.Window])
	}
	for _, x := range drawn {
		w.initial = append(w.initial, x[0]...)
	}
	for k := 1; k < o.Window; k++ {
		for _, x := range drawn {
			for _, v := range x[k] {
				w.later = append(w.later, float32(v))
			}
		}
	}
	return w
}

// iterate takes one training step.
func (d *Dynamics) iterate(ctx context.Context, w windows) (p FitProgress, err error) {
	g, stats, err := d.steps(ctx, w.initial, w.batch, w.from, w.times[len(w.times)-1])
	if err != nil {
		return p, err
	}
	n := paddedSteps(g.steps())
	states := augmented(w.initial, w.batch, d.config.AugmentDim)
	result, err := d.fit.Call1(
		layers.ToTensor(states, []int{w.batch, 1, 1, d.size()}, Float),
		tensors.FromFlatDataAndDimensions(g.values(n), n, 2),
		tensors.FromFlatDataAndDimensions(d.trace.weights(g, w.times, n), len(w.times), d.trace.columns(n)),
		tensors.FromFlatDataAndDimensions(w.later, len(w.times), w.batch, d.config.Dim))
	if err != nil {
		return p, err
	}
	return FitProgress{Loss: float64(result.Value().(float32)), Steps: g.steps(), Stats: stats}, nil
}

// weights returns the values of all variables.
func (d *Dynamics) weights() (values [][]float64, err error) {
	for _, v := range d.list {
		list, _, err := layers.Get(d.store, v)
		if err != nil {
			return nil, err
		}
		values = append(values, list)
	}
	return values, nil
}

// setWeights sets the values of all variables.
func (d *Dynamics) setWeights(values [][]float64) error {
	for i, v := range d.list {
		stored := d.store.GetVariable(Root + "/" + v.Path)
		if err := stored.SetValue(layers.ToTensor(values[i], v.Dims, Float)); err != nil {
			return err
		}
	}
	return nil
}
