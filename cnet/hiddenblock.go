package cnet

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/basis"
	"continuousnet/cnet/dataset"
	"continuousnet/cnet/engine"
	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/internal/layers"
	"continuousnet/cnet/ode"
	"continuousnet/cnet/rate"
)

// hiddenBlock is the ODE block of one stage of a trained net, solved on the host: only the rate R(x, θ) is a graph,
// with θ(t) as its weights. So one graph serves all schemes and numbers of steps.
type hiddenBlock struct {
	net    *Net
	of     stage
	config Config
	method ode.Method // instead of the net's, if not nil
	begin  []float64  // the state that enters the block, [images, height, width, channels]
	dims   []int

	store        *model.Store // the trained weights in float64
	rateStore    *model.Store // the weights of the rate at one position in depth
	layout       fmap.Layout
	coefficients []coefficients
	theta        []float64 // the values of the basis functions at the position in depth whose weights the graph has
	exec         *model.Exec

	done, all int // evaluations
	progress  func(done, all int)
}

// coefficients holds a variable over depth, and the variable of the rate's graph that it is evaluated to.
type coefficients struct {
	values [][]float64 // [functions of the basis][numbers]
	dims   []int       // [1, ...]
	at     *model.Variable
}

// newHiddenBlock returns the ODE block of the stage with this index, from 0, and computes the state that enters it for
// the first images, or points, of a split of the data set.
func newHiddenBlock(
	e *engine.Engine, n *Net, trained *model.Store, set *dataset.Set, split dataset.Split, index, images int,
) (b *hiddenBlock, err error) {
	b = &hiddenBlock{net: n, of: n.stages()[index], layout: e.Layout}
	if set.Points() {
		b.layout = fmap.Standard // in float64 the others give maps a border, eight pixels around the one of a point
	}
	defer func() { guard(n, n.Config, recover(), &err) }()
	store := model.NewStore()
	b.store = store
	for _, v := range n.Variables() {
		values, _, err := layers.Get(trained, v)
		if err != nil {
			return nil, err
		}
		if err := layers.Set(store, v, values, dtypes.Float64); err != nil {
			return nil, err
		}
	}
	entry, err := model.NewExec(e.Backend, store, func(scope *model.Scope, images *Node) *Node {
		return n.entering(scope.Store(), b.layout, images, index)
	})
	if err != nil {
		return nil, err
	}
	defer entry.Finalize()
	pixels, err := firstImages(set, split, images)
	if err != nil {
		return nil, err
	}
	result, err := entry.Call(pixels)
	if err != nil {
		return nil, err
	}
	b.dims = result[0].Shape().Dimensions
	if b.begin, err = layers.FromTensor(result[0]); err != nil {
		return nil, err
	}
	return b, b.compile(e, store)
}

// compile builds the graph of the rate, which is that of a net whose weights do not vary over depth.
func (b *hiddenBlock) compile(e *engine.Engine, trained *model.Store) (err error) {
	one := *b.net
	one.Bases = slices.Repeat([]basis.Basis{basis.PiecewiseConstant{K: 1}}, len(one.Bases))
	store := model.NewStore()
	variables := one.Variables()
	for i, v := range b.net.Variables() {
		if !strings.HasPrefix(v.Path, b.of.path+"/ode/") { // others may have another basis
			continue
		}
		values, _, err := layers.Get(trained, v)
		if err != nil {
			return err
		}
		k := v.Dims[0]
		c := coefficients{dims: variables[i].Dims}
		for row := range slices.Chunk(values, len(values)/k) {
			c.values = append(c.values, row)
		}
		if err := layers.Set(store, variables[i], c.values[0], dtypes.Float64); err != nil {
			return err
		}
		c.at = store.GetVariable(Root + "/" + v.Path)
		b.coefficients = append(b.coefficients, c)
	}
	b.rateStore = store
	d := one.mustDeclare(b.of)
	b.exec, err = model.NewExec(e.Backend, store, func(scope *model.Scope, x, t *Node) *Node {
		g := newBuilder(&one, scope.Store(), x.Graph(), variables, b.layout, false)
		at := rate.Position{Path: b.of.path + "/ode", Phi: []float64{1}, Time: func() *Node { return t }}
		return g.rate(b.layout, fmap.New(b.layout, x), d, at).Images()
	})
	return err
}

// entering builds the network up to the ODE block of the stage with this index, from 0, and returns the state that
// enters it, [batch, height, width, channels]. It must build what Logits builds.
func (n *Net) entering(store *model.Store, layout fmap.Layout, images *Node, index int) *Node {
	b := newBuilder(n, store, images.Graph(), n.Variables(), layout, false)
	x := b.begin(images)
	for _, s := range n.stages()[:index] {
		x = b.block(b.stitch(x, s), s)
	}
	return b.stitch(x, n.stages()[index]).Images()
}

// end returns the state after the block, by a scheme with a number of steps.
func (b *hiddenBlock) end(ctx context.Context, m ode.Method, steps int) ([]float64, error) {
	return b.through(ctx, m, steps, 0, b.begin, nil)
}

// through takes a state at the beginning of a step, counted from 0, through this step and those after it, and returns
// the state after the block. states, if not nil, is called with the state at the beginning of each step.
func (b *hiddenBlock) through(
	ctx context.Context, m ode.Method, steps, from int, x []float64, states func(x []float64),
) ([]float64, error) {
	var failed error
	h := b.of.length / float64(steps)
	begun := -1
	x, err := ode.Integrate(m, x, steps-from, h, ode.System[[]float64]{
		Rate: func(step, stage int, c float64, x []float64) []float64 {
			if failed == nil {
				failed = ctx.Err()
			}
			if failed != nil {
				return x // the steps left cost nothing
			}
			if stage == 0 && step > begun && states != nil {
				states(x)
				begun = step
			}
			var f []float64
			f, failed = b.rate(basis.Stage(b.of.basis, from+step, steps, c), timeAt(from+step, steps, c), x)
			b.done++
			if failed != nil {
				return x
			}
			if b.progress != nil {
				b.progress(b.done, b.all)
			}
			return f
		},
		Combine: combine,
	})
	return x, errors.Join(failed, err)
}

// batch returns the dimensions of a batch of states.
func (b *hiddenBlock) batch(x []float64) []int {
	dims := slices.Clone(b.dims)
	size := 1
	for _, d := range dims[1:] {
		size *= d
	}
	dims[0] = len(x) / size
	return dims
}

// rate returns R(x, θ) at time t, with θ at the position in depth where the basis functions have the values phi.
func (b *hiddenBlock) rate(phi []float64, t float64, x []float64) (f []float64, err error) {
	defer func() { guard(b.net, b.config, recover(), &err) }()
	if err := b.setWeights(phi); err != nil {
		return nil, err
	}
	result, err := b.exec.Call(tensors.FromFlatDataAndDimensions(x, b.batch(x)...), t)
	if err != nil {
		return nil, err
	}
	return layers.FromTensor(result[0])
}

// setWeights evaluates the weights at the position in depth where the basis functions have the values phi.
func (b *hiddenBlock) setWeights(phi []float64) error {
	if slices.Equal(phi, b.theta) {
		return nil
	}
	for _, c := range b.coefficients {
		theta := make([]float64, len(c.values[0]))
		for k, row := range c.values {
			for i, v := range row {
				theta[i] += phi[k] * v
			}
		}
		if err := c.at.SetValue(tensors.FromFlatDataAndDimensions(theta, c.dims...)); err != nil {
			return err
		}
	}
	b.theta = phi
	return nil
}
