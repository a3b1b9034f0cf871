package cnet

import (
	"context"
	"errors"
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/dataset"
	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/internal/layers"
	"continuousnet/cnet/ode"
)

// HiddenStates are the states of a net within an ODE block, at the beginning of each step and at the end of the block,
// in float64.
type HiddenStates struct {
	Run    string    `json:"run"`
	Stage  int       `json:"stage"` // from 1
	Scheme string    `json:"scheme"`
	T      []float64 `json:"t"`     // depth, from 0 to 1
	Shape  []int     `json:"shape"` // of a state: height, width, channels; for points [1, 1, coordinates]

	X      [][][]float64 `json:"x"`      // [depths][images][height·width·channels]; points have zeros appended
	Labels []int32       `json:"labels"` // the classes of the images; none where targets are numbers

	// Probabilities are those of the classes, [depths][images][classes], if the layers after the block had the state of
	// that depth. They are there for the last stage alone, and where there are classes.
	Probabilities [][][]float64 `json:"probabilities,omitempty"`
}

// HiddenStatesOptions selects the states. The zero value is a good default: fields that are 0 or empty take the value
// named in their comment.
type HiddenStatesOptions struct {
	Stage  int         // the last: from 1 to the number of stages
	Scheme string      // that of the net
	Steps  int         // those of the net, or that its tolerances need
	Images int         // 8 images, 200 points: the first of the test set
	Points [][]float64 // points to begin with instead, for nets that take points
}

// maxHiddenNumbers bounds the numbers that HiddenStates holds.
const maxHiddenNumbers = 1 << 24

// HiddenStates computes the states within an ODE block for the first test images, or for points. The state that enters
// the block is that of the net as it is; another scheme, or another number of steps, is taken within the block alone.
// The run is not changed.
func (r *Run) HiddenStates(ctx context.Context, o HiddenStatesOptions) (*HiddenStates, error) {
	b, split, o, err := r.hiddenBlock(o)
	if err != nil {
		return nil, err
	}
	defer b.exec.Finalize()
	w := b.way(o)
	times, states, err := w.states(ctx, b.begin)
	if err != nil {
		return nil, err
	}
	h := &HiddenStates{
		Run: r.dir, Stage: o.Stage, Scheme: w.method.Info().Name, T: times, Shape: b.dims[1:],
	}
	var head *model.Exec
	if !r.Regression() {
		h.Labels = split.Labels[:b.dims[0]]
	}
	if o.Stage == len(b.net.Steps) && !r.Regression() {
		if head, err = b.head(r); err != nil {
			return nil, err
		}
		defer head.Finalize()
	}
	for _, x := range states {
		h.X = append(h.X, slices.Collect(slices.Chunk(x, len(x)/b.dims[0])))
		if head == nil {
			continue
		}
		p, err := b.classify(head, x)
		if err != nil {
			return nil, err
		}
		h.Probabilities = append(h.Probabilities, p)
	}
	return h, nil
}

// hiddenBlock returns the block that the options select, with the images or points that enter it, and the options with
// their defaults. The caller finalizes its exec.
func (r *Run) hiddenBlock(o HiddenStatesOptions) (*hiddenBlock, dataset.Split, HiddenStatesOptions, error) {
	fail := func(err error) (*hiddenBlock, dataset.Split, HiddenStatesOptions, error) {
		return nil, dataset.Split{}, o, err
	}
	n, err := r.continuous("hidden states over depth")
	if err != nil {
		return fail(err)
	}
	setDefault(&o.Stage, len(n.Steps))
	if o.Stage < 1 || o.Stage > len(n.Steps) {
		return fail(fmt.Errorf("run %s: stage is %d, must be from 1 to %d", r.dir, o.Stage, len(n.Steps)))
	}
	if o.Steps < 0 || o.Steps > mostSteps {
		return fail(fmt.Errorf("run %s: steps are %d, must be from 1 to %d", r.dir, o.Steps, mostSteps))
	}
	if o.Scheme != "" {
		if _, err := r.under(o.Scheme, max(o.Steps, 1)); err != nil {
			return fail(err)
		}
	}
	set, err := r.Dataset()
	if err != nil {
		return fail(err)
	}
	split := set.Test
	switch {
	case o.Points != nil && !set.Points():
		return fail(fmt.Errorf("run %s: its net takes images, and no points; leave Points out", r.dir))
	case o.Points != nil:
		if split, err = r.splitOf(set, o.Points); err != nil {
			return fail(err)
		}
		o.Images = len(o.Points)
	case o.Images == 0 && set.Points():
		o.Images = 200
	case o.Images == 0:
		o.Images = 8
	}
	if o.Images < 1 {
		return fail(fmt.Errorf("run %s: the number of images is %d, must be at least 1", r.dir, o.Images))
	}
	o.Images = min(o.Images, split.Len())
	e, err := r.Engine()
	if err != nil {
		return fail(err)
	}
	store, err := r.weights()
	if err != nil {
		return fail(err)
	}
	b, err := newHiddenBlock(e, n, store, set, split, o.Stage-1, o.Images)
	if err != nil {
		return fail(err)
	}
	b.config = r.state.Config
	if o.Scheme != "" {
		b.method, err = r.state.schemeNamed(o.Scheme)
	}
	if steps := max(o.Steps, b.of.steps); err == nil && len(b.begin) > maxHiddenNumbers/(steps+1) {
		err = fmt.Errorf("run %s: the states of %d images at %d depths are too many numbers; take fewer of either",
			r.dir, o.Images, steps+1)
	}
	if err != nil {
		b.exec.Finalize()
		return fail(err)
	}
	return b, split, o, nil
}

// way is how a state goes through a block: by a scheme with a number of steps, or with steps that adapt.
type way struct {
	block  *hiddenBlock
	method ode.Method
	steps  int // 0: they adapt to the tolerances of the net
}

// way returns the way that the options select.
func (b *hiddenBlock) way(o HiddenStatesOptions) way {
	w := way{b, b.net.Scheme, o.Steps}
	if b.method != nil {
		w.method = b.method
	}
	if tb, ok := w.method.(ode.Tableau); w.steps == 0 && (!b.net.Config.adaptive() || !ok || !tb.Adaptive()) {
		w.steps = b.of.steps
	}
	return w
}

// states returns the state at the beginning of each step and after the block, and the depths.
func (w way) states(ctx context.Context, x []float64) (times []float64, states [][]float64, err error) {
	if w.steps == 0 {
		return w.adapt(ctx, 0, x)
	}
	end, err := w.block.through(ctx, w.method, w.steps, 0, x, func(x []float64) {
		states = append(states, slices.Clone(x))
	})
	if err != nil {
		return nil, nil, err
	}
	for step := range w.steps + 1 {
		times = append(times, timeAt(step, w.steps, 0))
	}
	return times, append(states, end), nil
}

// rest takes a state at one of the depths that states returns through the rest of the block. A multistep scheme begins
// anew there.
func (w way) rest(ctx context.Context, t float64, x []float64) ([]float64, error) {
	if t == 1 {
		return x, nil
	}
	if w.steps == 0 {
		_, states, err := w.adapt(ctx, t, x)
		if err != nil {
			return nil, err
		}
		return states[len(states)-1], nil
	}
	return w.block.through(ctx, w.method, w.steps, int(t*float64(w.steps)+0.5), x, nil)
}

// adapt solves the equation of the block from a depth to its end, with the tolerances of the net, and returns the state
// there, at every step and at the end. As in training, the solver begins anew with each cell of the basis, where
// weights may jump.
func (w way) adapt(ctx context.Context, from float64, x []float64) (times []float64, states [][]float64, err error) {
	b, c := w.block, w.block.net.Config
	cells := b.of.basis.Cells()
	times, states = []float64{from}, [][]float64{x}
	for cell := range cells {
		begin, end := max(from, float64(cell)/float64(cells)), float64(cell+1)/float64(cells)
		if begin >= end {
			continue
		}
		var failed error
		s, err := ode.Solve(ode.Problem{
			F: func(t float64, x, dx []float64) {
				if failed == nil {
					failed = ctx.Err()
				}
				var f []float64
				if failed == nil {
					f, failed = b.rate(phiIn(b.of.basis, cell, t), t, slices.Clone(x))
				}
				if failed != nil {
					clear(dx) // the steps left cost nothing
					return
				}
				for i, v := range f {
					dx[i] = c.TimeEpsilon * v
				}
			},
			X0: states[len(states)-1], T0: begin, T1: end, Samples: b.batch(x)[0],
		}, ode.Options{Method: w.method, RTol: c.RTol, ATol: c.ATol, Norm: ode.PerSample, EveryStep: true})
		if err := errors.Join(failed, err); err != nil {
			return nil, nil, err
		}
		times, states = append(times, s.T[1:]...), append(states, s.X[1:]...)
	}
	return times, states, nil
}

// cellOf returns the cell of the basis in which a step from a depth to another lies.
func (b *hiddenBlock) cellOf(begin, end float64) int {
	cells := b.of.basis.Cells()
	return min(int((begin+end)/2*float64(cells)), cells-1)
}

// head returns the graph of the layers after the last block: from states to the probabilities of the classes.
func (b *hiddenBlock) head(r *Run) (*model.Exec, error) {
	e, err := r.Engine()
	if err != nil {
		return nil, err
	}
	return model.NewExec(e.Backend, b.store, func(scope *model.Scope, x *Node) *Node {
		g := newBuilder(b.net, scope.Store(), x.Graph(), b.net.Variables(), b.layout, false)
		return Softmax(g.head(fmap.New(b.layout, x)), -1)
	})
}

// classify returns the probabilities of the classes for states after the last block.
func (b *hiddenBlock) classify(head *model.Exec, x []float64) (p [][]float64, err error) {
	defer func() { guard(b.net, b.config, recover(), &err) }()
	result, err := head.Call(tensors.FromFlatDataAndDimensions(x, b.batch(x)...))
	if err != nil {
		return nil, err
	}
	flat, err := layers.FromTensor(result[0])
	if err != nil {
		return nil, err
	}
	return slices.Collect(slices.Chunk(flat, b.net.Classes)), nil
}
