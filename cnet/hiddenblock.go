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
	begin  []float64 // the state that enters the block, [images, height, width, channels]
	dims   []int

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
// the first test images.
func newHiddenBlock(
	e *engine.Engine, n *Net, trained *model.Store, set *dataset.Set, index, images int,
) (b *hiddenBlock, err error) {
	b = &hiddenBlock{net: n, of: n.stages()[index]}
	defer func() { guard(n, n.Config, recover(), &err) }()
	store := model.NewStore()
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
		return n.entering(scope.Store(), e.Layout, images, index)
	})
	if err != nil {
		return nil, err
	}
	defer entry.Finalize()
	pixels, err := firstImages(set, set.Test, images)
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
	d := one.mustDeclare(b.of)
	b.exec, err = model.NewExec(e.Backend, store, func(scope *model.Scope, x, t *Node) *Node {
		g := newBuilder(&one, scope.Store(), x.Graph(), variables, e.Layout, false)
		at := rate.Position{Path: b.of.path + "/ode", Phi: []float64{1}, Time: func() *Node { return t }}
		return g.rate(e.Layout, fmap.New(e.Layout, x), d, at).Images()
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
	var failed error
	h := b.of.length / float64(steps)
	x, err := ode.Integrate(m, b.begin, steps, h, ode.System[[]float64]{
		Rate: func(step, _ int, c float64, x []float64) []float64 {
			if failed == nil {
				failed = ctx.Err()
			}
			if failed != nil {
				return x // the steps left cost nothing
			}
			var f []float64
			f, failed = b.rate(basis.Stage(b.of.basis, step, steps, c), timeAt(step, steps, c), x)
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

// rate returns R(x, θ) at time t, with θ at the position in depth where the basis functions have the values phi.
func (b *hiddenBlock) rate(phi []float64, t float64, x []float64) (f []float64, err error) {
	defer func() { guard(b.net, b.config, recover(), &err) }()
	if !slices.Equal(phi, b.theta) {
		for _, c := range b.coefficients {
			theta := make([]float64, len(c.values[0]))
			for k, row := range c.values {
				for i, v := range row {
					theta[i] += phi[k] * v
				}
			}
			if err := c.at.SetValue(tensors.FromFlatDataAndDimensions(theta, c.dims...)); err != nil {
				return nil, err
			}
		}
		b.theta = phi
	}
	result, err := b.exec.Call(tensors.FromFlatDataAndDimensions(x, b.dims...), t)
	if err != nil {
		return nil, err
	}
	return layers.FromTensor(result[0])
}
