package cnet

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"

	"continuousnet/cnet/basis"
	"continuousnet/cnet/engine"
	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/ode"
	"continuousnet/cnet/rate"
)

// adaptive reports whether the steps adapt to tolerances. For each batch a solver on the host chooses them with the
// present weights, and a graph takes them: see grid.
func (c Config) adaptive() bool { return c.RTol != 0 || c.ATol != 0 }

// setToleranceDefaults sets what goes with one of the tolerances.
func (c *Config) setToleranceDefaults() {
	if !c.adaptive() {
		return
	}
	setDefault(&c.RTol, c.ATol)
	setDefault(&c.ATol, c.RTol)
	setDefault(&c.Scheme, "dopri5")
	setDefault(&c.NumBasis, enough(c.Basis, 1))
	setDefault(&c.Steps, 1)
}

// checkTolerances checks RTol and ATol, and what does not go with steps that adapt.
func (c Config) checkTolerances(scheme ode.Method) error {
	if !c.adaptive() {
		return nil
	}
	for _, f := range []struct {
		name  string
		value float64
	}{{"rtol", c.RTol}, {"atol", c.ATol}} {
		if !(f.value > 0) || math.IsInf(f.value, 0) {
			return badField(f.name, f.value, "a positive number")
		}
	}
	if tb, ok := scheme.(ode.Tableau); !ok || !tb.Adaptive() {
		return badField("scheme", c.Scheme, "one that estimates its error, such as dopri5, where steps adapt to "+
			"tolerances; or leave rtol and atol out")
	}
	switch {
	case c.Steps != 1:
		return badField("steps", c.Steps, "left out where they adapt to tolerances; or leave rtol and atol out")
	case len(c.RefineEpochs) > 0:
		return badField("refinement", c.RefineEpochs, "left out where steps adapt to tolerances")
	case c.Devices > 1:
		return badField("devices", c.Devices, "1 where steps adapt to tolerances")
	}
	return nil
}

// checkNorms returns an error if the steps of the net adapt and its rate has running statistics, which would differ
// with the number of steps that a batch happens to need.
func (n *Net) checkNorms() error {
	if !n.Config.adaptive() {
		return nil
	}
	for _, v := range n.Variables() {
		if v.OverDepth && !v.Trainable {
			return fmt.Errorf("net: the rate %s has batch norm, whose statistics would depend on how many steps a "+
				"batch happens to need where they adapt to tolerances; leave batch norm out (NoBatchNorm), or rtol "+
				"and atol", n.Rate.Name)
		}
	}
	return nil
}

// through returns the net with the steps of a solver, as stepValues has them, in the graph of that node.
func (n *Net) through(steps *Node) *Net {
	other := *n
	other.taken = steps
	return &other
}

// withSteps returns the network that a graph with these inputs builds: after the images, and in evaluations labels and
// weights, come the steps if they adapt.
func withSteps(n Network, inputs []*Node, index int) Network {
	if net, ok := n.(*Net); ok && net.Config.adaptive() && len(inputs) > index {
		return net.through(inputs[index])
	}
	return n
}

// takeSteps makes s take the steps of a solver.
func (s *solve) takeSteps(steps *Node) {
	s.steps, s.h = steps.Shape().Dimensions[0], 1
	for i := range s.steps {
		value := func(k int) *Node {
			v := StopGradient(Reshape(Slice(steps, AxisElem(i), AxisElem(k))))
			return ConvertDType(v, s.constant(0).DType())
		}
		begin, length := value(0), value(1)
		s.begin, s.length = append(s.begin, begin), append(s.length, length)
		s.factor = append(s.factor, MulScalar(length, s.net.Config.TimeEpsilon))
		k := s.basis.NumBasis()
		if k == 1 {
			continue
		}
		phis := map[float64][]float64{}
		for j, c := range s.net.fractions() {
			values := Slice(steps, AxisElem(i), AxisRange(2+j*k, 2+(j+1)*k))
			phis[c] = s.Later(Reshape(values, k))
		}
		s.phis = append(s.phis, phis)
	}
}

// fractions lists the fractions of a step at which the graph of the net needs its weights: at the stages of the scheme
// and, where the adjoint equation is solved backwards, at theirs.
func (n *Net) fractions() (list []float64) {
	tb, ok := n.Scheme.(ode.Tableau)
	if !ok {
		return nil
	}
	for _, c := range tb.C {
		for _, fraction := range []float64{c, 1 - c} {
			if !slices.Contains(list, fraction) {
				list = append(list, fraction)
			}
		}
	}
	return list
}

// stepValues returns what a graph of a number of steps takes of a grid: for each step, as grid.values has it, begin and
// length and, if weights vary over depth, the K values of the basis at each of the fractions, [steps, 2+fractions·K]. A
// step lies in one cell of the basis, so that it never sees beyond a place where a function jumps.
func (n *Net) stepValues(g grid, steps int) (values []float32, columns int) {
	b := n.Bases[0]
	times, fractions := g.values(steps), n.fractions()
	if b.NumBasis() == 1 {
		return times, 2
	}
	columns = 2 + len(fractions)*b.NumBasis()
	last := g.steps() - 1
	for i := range steps {
		values = append(values, times[2*i:2*i+2]...)
		begin, end := g[min(i, last)], g[min(i, last)+1]
		cell := min(int((begin+end)/2*float64(b.Cells())), b.Cells()-1)
		for _, c := range fractions {
			for _, phi := range phiIn(b, cell, begin+c*(end-begin)) {
				values = append(values, float32(phi))
			}
		}
	}
	return values, columns
}

// phiIn returns the values of the basis at a time t in [0, 1] of a cell, or at an end of it.
func phiIn(b basis.Basis, cell int, t float64) []float64 {
	return basis.Stage(b, cell, b.Cells(), t*float64(b.Cells())-float64(cell))
}

// stepper chooses the steps of a net for a batch, with the weights that a store has at that time.
type stepper struct {
	net     *Net
	tableau ode.Tableau
	rate    hostRate
	last    ode.Stats // of the last batch
}

// maxAdaptiveSteps is the most steps that a solver may take for a batch: each becomes layers.
const maxAdaptiveSteps = 256

// newStepper returns the stepper of a network, or nil if its steps do not adapt.
func newStepper(e *engine.Engine, network Network, store *model.Store) (*stepper, error) {
	n, ok := network.(*Net)
	if !ok || !n.Config.adaptive() {
		return nil, nil
	}
	tb, ok := n.Scheme.(ode.Tableau)
	if !ok {
		return nil, fmt.Errorf("net: %s has no steps that adapt", n.Scheme.Info().Name)
	}
	of := n.stages()[0]
	declared := n.mustDeclare(of)
	exec, err := model.NewExec(e.Backend, store, func(scope *model.Scope, inputs []*Node) *Node {
		x, t := inputs[0], inputs[1]
		b := newBuilder(n, scope.Store(), x.Graph(), n.Variables(), e.Layout, false)
		at := rate.Position{
			Path: of.path + "/ode", Phi: basis.Stage(of.basis, 0, 1, 0), Time: func() *Node { return t },
		}
		if len(inputs) > 2 {
			at.Phi = b.Later(inputs[2])
		}
		return MulScalar(b.rate(e.Layout, fmap.New(e.Layout, x), declared, at).Images(), n.Config.TimeEpsilon)
	})
	if err != nil {
		return nil, err
	}
	return &stepper{net: n, tableau: tb, rate: hostRate{backend: e.Backend, exec: exec}}, nil
}

// errStiff is wrapped by the error of a solver that cannot solve a batch. A training goes back from that.
var errStiff = errors.New("the rate has grown stiff")

// steps returns the steps for points [batch, 1, 1, coordinates], as through takes them. The error of a step is that of
// the point where it is largest.
func (s *stepper) steps(ctx context.Context, points *tensors.Tensor) (*tensors.Tensor, error) {
	values, err := tensors.CopyFlatData[float32](points)
	if err != nil {
		return nil, err
	}
	batch := points.Shape().Dimensions[0]
	c := s.net.Config
	states := augmented(values, batch, c.AugmentDim)
	b := s.net.Bases[0]
	g, stats := grid{0}, ode.Stats{}
	for cell := range b.Cells() { // where functions may jump or bend, the solver begins anew
		r := s.rate
		if b.NumBasis() > 1 {
			r.phi = func(t float64) []float64 { return phiIn(b, cell, t) }
		}
		end := float64(cell+1) / float64(b.Cells())
		solution, err := r.solve(ctx, s.tableau, states, batch, g[len(g)-1], end, ode.Options{
			RTol: c.RTol, ATol: c.ATol, EveryStep: true, MaxSteps: 4 * maxAdaptiveSteps,
		})
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			reason, _, _ := strings.Cut(err.Error(), ";") // what follows is for those who call the solver themselves
			return nil, fmt.Errorf("%w: no steps for a batch with rtol %g and atol %g: %s", errStiff, c.RTol, c.ATol,
				reason)
		}
		g, states = append(g, solution.T[1:]...), solution.Final()
		stats.NFE += solution.Stats.NFE
		stats.Accepted += solution.Stats.Accepted
		stats.Rejected += solution.Stats.Rejected
	}
	if g.steps() > maxAdaptiveSteps {
		return nil, fmt.Errorf("%w: the solver takes %d steps for a batch with rtol %g and atol %g, more than %d",
			errStiff, g.steps(), c.RTol, c.ATol, maxAdaptiveSteps)
	}
	s.last = stats
	n := paddedSteps(g.steps())
	list, columns := s.net.stepValues(g, n)
	return upload(s.rate.backend, list, n, columns)
}

// augmented returns states [batch, coordinates] with zeros for more coordinates.
func augmented[T float32 | float64](x []T, batch, zeros int) []float64 {
	n := len(x) / batch
	states := make([]float64, batch*(n+zeros))
	for i, v := range x {
		states[i/n*(n+zeros)+i%n] = float64(v)
	}
	return states
}

// hostRate is a rate R(x, t) that a graph evaluates for a solver on the host, for states [batch, 1, 1, coordinates].
// phi, if it is not nil, returns the values of the basis at a time, which the graph then gets as a third input.
type hostRate struct {
	phi     func(t float64) []float64
	backend compute.Backend
	exec    *model.Exec
}

// solve solves the equation from the states of a batch.
func (r hostRate) solve(
	ctx context.Context, tb ode.Tableau, x0 []float64, batch int, from, to float64, o ode.Options,
) (*ode.Solution, error) {
	o.Method, o.Norm = tb, ode.PerSample
	var failed error
	f := func(t float64, x, dx []float64) {
		if failed == nil {
			failed = ctx.Err()
		}
		if failed == nil {
			failed = r.evaluate(t, x, dx, batch)
		}
		if failed != nil {
			clear(dx) // the steps left cost nothing
		}
	}
	s, err := ode.Solve(ode.Problem{F: f, X0: x0, T0: from, T1: to, Samples: batch}, o)
	return s, errors.Join(failed, err)
}

// evaluate writes R(x, t) to dx.
func (r hostRate) evaluate(t float64, x, dx []float64, batch int) error {
	narrow := make([]float32, len(x))
	for i, v := range x {
		narrow[i] = float32(v)
	}
	input, err := upload(r.backend, narrow, batch, 1, 1, len(x)/batch)
	if err != nil {
		return err
	}
	defer input.FinalizeAll()
	inputs := []any{input, float32(t)}
	if r.phi != nil {
		var phi []float32
		for _, v := range r.phi(t) {
			phi = append(phi, float32(v))
		}
		inputs = append(inputs, phi)
	}
	results, err := r.exec.Call(inputs...)
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

// compile builds the graph for states of a number of coordinates, so that a rate that cannot be built is found.
func (r hostRate) compile(coordinates int) error {
	_, err := r.exec.Compile(shapes.Make(Float, 1, 1, 1, coordinates), shapes.Make(Float))
	return err
}

// noSteps is the error of a steppedSet, by which it is found among what GoMLX's loop says around it.
type noSteps struct{ error }

// Unwrap returns the error of the stepper.
func (e noSteps) Unwrap() error { return e.error }

// steppedSet is a training set with the steps of each batch as a second input. GoMLX's loop asks for a batch when it
// has trained on the one before, so that they are chosen with the weights that the batch is trained with.
type steppedSet struct {
	*trainingSet
	stepper *stepper
	ctx     context.Context // of the training
}

var _ train.Dataset = steppedSet{}

// Iter implements train.Dataset.
func (s steppedSet) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for b, err := range s.trainingSet.Iter() {
			if err == nil {
				var steps *tensors.Tensor
				if steps, err = s.stepper.steps(s.ctx, b.Inputs[0]); err == nil {
					b.Inputs = append(b.Inputs, steps)
				} else {
					release(b)
					err = noSteps{err}
				}
			}
			if !yield(b, err) {
				return
			}
		}
	}
}
