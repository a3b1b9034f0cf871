package cnet

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/metric"

	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/ode"
)

// Costs are what regularisers charge for the way that a state x takes through an ODE (Finlay, Jacobsen, Nurbekyan &
// Oberman, How to train your neural ODE: the world of Jacobian and kinetic regularization, 2020), scalars in a graph.
// One that is not asked for is nil.
//
// The first two are integrals over the time of an ODE, by the scheme that solves it and over its steps, of means over
// the batch and the d numbers of a state; a network's are the sums over its ODEs:
//
//	Kinetic  = ∫ |dx/dt|²/d dt
//	Jacobian = ∫ |∂(dx/dt)/∂x·e|²/d dt
//
// The second is an estimate of the squared Frobenius norm of the Jacobian, ∫ ‖∂(dx/dt)/∂x‖²/d dt, with a random e whose
// numbers are ±1 and which is the same over the whole time of an ODE (Hutchinson, A stochastic estimator of the trace,
// 1990). Each batch has another e, which depends on the seed of the run.
//
// For a rate of one's own that is not made of feature maps alone, e stands on the other side of the Jacobian. Such a
// rate must be made of operations whose gradients GoMLX can differentiate again, which those of Slice and Pad are not.
// Where a batch norm ties the images of a batch, x is the whole batch, and d counts all its numbers.
//
// The third is a sum over the steps j that an adaptive solver has accepted, of length h in t (Pal, Ma, Shah &
// Rackauckas, Opening the blackbox: accelerating neural differential equations by regularizing internal solver
// heuristics, 2021, R_E):
//
//	ErrorEstimate = Σ E_j·|h_j|
//
// E_j is the solver's own estimate e of the error of step j in units of the tolerances, the root of the mean square of
// e/(atol + rtol·max(|x_j|, |x_j+1|)) over the batch and the d numbers of a state. A solver keeps it below 1, for the
// point where it is largest, by steps that are short enough: where training makes it smaller, later steps can be longer
// and fewer. It is differentiated through the steps as they are. It belongs to the steps and not to the equation, so
// that the adjoint equation (Backsolve) has no gradient of it.
type Costs struct{ Kinetic, Jacobian, ErrorEstimate *Node }

// each returns the costs whose nodes f returns, for those that a and all of more have.
func (a Costs) each(f func(of func(Costs) *Node) *Node) Costs {
	var result Costs
	for _, cost := range []struct {
		of  func(Costs) *Node
		set func(*Node)
	}{
		{func(c Costs) *Node { return c.Kinetic }, func(n *Node) { result.Kinetic = n }},
		{func(c Costs) *Node { return c.Jacobian }, func(n *Node) { result.Jacobian = n }},
		{func(c Costs) *Node { return c.ErrorEstimate }, func(n *Node) { result.ErrorEstimate = n }},
	} {
		if cost.of(a) != nil {
			cost.set(f(cost.of))
		}
	}
	return result
}

// plus returns the costs plus Σ coefficients[i]·terms[i]. What a term has not is 0.
func (a Costs) plus(coefficients []float64, terms []Costs) Costs {
	return a.each(func(of func(Costs) *Node) *Node {
		sum := of(a)
		for i, term := range terms {
			if coefficients[i] != 0 && of(term) != nil {
				sum = Add(sum, MulScalar(of(term), coefficients[i]))
			}
		}
		return sum
	})
}

// nodes lists the costs that there are; with returns so many others in their places.
func (a Costs) nodes() (list []*Node) {
	a.each(func(of func(Costs) *Node) *Node {
		list = append(list, of(a))
		return of(a)
	})
	return list
}

func (a Costs) with(nodes []*Node) Costs {
	i := -1
	return a.each(func(func(Costs) *Node) *Node {
		i++
		return nodes[i]
	})
}

// costly is the state of an ODE block together with what the way to it has cost. The costs are integrated as more
// components of the state. Nothing depends on them.
type costly struct {
	x fmap.Map
	Costs
}

// combine is that of an ode.System.
func (at costly) combine(coefficients []float64, terms []costly) costly {
	xs, costs := make([]fmap.Map, len(terms)), make([]Costs, len(terms))
	for i, term := range terms {
		xs[i], costs[i] = term.x, term.Costs
	}
	return costly{at.x.Combine(coefficients, xs), at.plus(coefficients, costs)}
}

// then returns where a way that goes on from at.x comes to, with the costs of both.
func (at costly) then(next costly) costly {
	return costly{next.x, at.plus([]float64{1}, []Costs{next.Costs})}
}

// outputs returns the state as what a function of a map returns; solve.costly is the way back.
func (at costly) outputs() fmap.Outputs { return fmap.Outputs{Map: at.x, More: at.nodes()} }

func (s solve) costly(o fmap.Outputs) costly { return costly{o.Map, s.zero.with(o.More)} }

// jacobianNorm returns the mean square of eᵀ·∂f/∂x, a scalar. The gradient of f must have a gradient itself: f may use
// GoMLX's operations and maps of the layout fmap.Plain.
func jacobianNorm(x, e *Node, f func(x *Node) *Node) *Node {
	// A node of its own: x may be without gradient, as in fmap.Custom, and GoMLX has none with respect to such a node.
	x = IdentityWithCustomGradient(x, func(_, dy *Node) *Node { return dy })
	product := ReduceAllSum(Mul(f(x), e))
	return meanSquare(Gradient(product, x)[0])
}

// meanSquare returns the mean of all squares, a scalar. It sums one axis after another, as a backend that adds one
// number after another to a float32 loses as many digits as the sum is long.
func meanSquare(x *Node) *Node {
	size := float64(x.Shape().Size())
	x = Square(x)
	for x.Rank() > 0 {
		x = ReduceSum(x, -1)
	}
	return DivScalar(x, size)
}

// regularised reports whether the loss has regularisers.
func (c Config) regularised() bool {
	return c.KineticEnergy > 0 || c.JacobianNorm > 0 || c.ErrorEstimate > 0
}

// checkRegularisers checks the weights of the regularisers, and what does not go with them.
func (c Config) checkRegularisers() error {
	for _, f := range []struct {
		name  string
		value float64
	}{
		{"kinetic energy", c.KineticEnergy}, {"jacobian norm", c.JacobianNorm}, {"error estimate", c.ErrorEstimate},
	} {
		if !(f.value >= 0) || notFinite(f.value) {
			return badField(f.name, f.value, "0, which is off, or a positive number, its weight in the loss")
		}
	}
	switch {
	case c.ErrorEstimate == 0:
	case !c.adaptive():
		return badField("error estimate", c.ErrorEstimate, "left out where steps do not adapt, as equal steps have no "+
			"error that is estimated; or set rtol")
	case c.Adjoint == Backsolve:
		return badField("error estimate", c.ErrorEstimate, "left out with the adjoint "+Backsolve+", whose equation "+
			"knows nothing of the errors of steps; or choose the adjoint "+Backprop+" or "+Checkpoint)
	}
	return nil
}

// A Regularised network can charge for the ways through its ODEs.
type Regularised interface {
	Network

	// RegularisedLogits is Logits in training. It returns the costs, too, summed over the ODEs of the network, as far
	// as its configuration has weights for them.
	RegularisedLogits(store *model.Store, layout fmap.Layout, images *Node) (logits *Node, costs Costs)
}

var _ Regularised = (*Net)(nil)

// RegularisedLogits implements Regularised.
func (n *Net) RegularisedLogits(store *model.Store, layout fmap.Layout, images *Node) (logits *Node, costs Costs) {
	logits, costs = n.build(store, layout, images, true, n.Config.regularised())
	return logits, costs
}

// charge makes s charge for the way from x as the configuration says.
func (s *solve) charge(x fmap.Map) {
	c := s.net.Config
	if c.KineticEnergy > 0 {
		s.zero.Kinetic = s.constant(0)
	}
	if c.JacobianNorm > 0 {
		s.zero.Jacobian = s.constant(0)
		s.noise = s.Rademacher(x.Images().Shape())
	}
	if c.ErrorEstimate > 0 {
		s.zero.ErrorEstimate = s.constant(0)
	}
}

// estimated takes one step of an adaptive solver and returns its costs, with that of the estimate of its error.
func (s solve) estimated(x fmap.Map, step int) costly {
	tb, c := s.tableau(), s.net.Config
	rate := func(stage int, fraction float64, at costly) costly {
		if tb.B[stage] == 0 { // it is no part of any integral
			return costly{x: s.rate(step, stage, fraction, at.x)}
		}
		return s.costlyRate(step, stage, fraction, at)
	}
	end, k := ode.AdvanceStages(tb, costly{x, s.zero}, s.h, rate, costly.combine)
	var estimate *Node
	for i, e := range tb.Err {
		if e == 0 {
			continue
		}
		term := MulScalar(k[i].x.Images(), e*s.h) // rates are times the length of the step
		if estimate == nil {
			estimate = term
		} else {
			estimate = Add(estimate, term)
		}
	}
	size := MulScalar(Max(Abs(x.Images()), Abs(end.x.Images())), c.RTol)
	square := meanSquare(Div(estimate, AddScalar(size, c.ATol)))
	// A step of length 0, which fills the grid up, has no error, and there the root has no gradient.
	end.ErrorEstimate = Mul(Sqrt(MaxScalar(square, 1e-30)), s.length[step])
	return end
}

// costlyRate returns the rate at the fraction c of a step, together with that of the costs.
func (s solve) costlyRate(step, stage int, c float64, at costly) costly {
	f := s.rate(step, stage, c, at.x)
	var costs Costs
	if s.zero.Kinetic != nil {
		costs.Kinetic = meanSquare(f.Images())
	}
	if s.zero.Jacobian != nil {
		costs.Jacobian = s.jacobian(step, stage, c, at.x)
	}
	if s.factor == nil {
		return costly{f, costs}
	}
	// The rate of a solver's step is times its length in time, and so is the cost, which has it squared here. In a step
	// of length 0, which fills the grid up, both are 0.
	return costly{f, costs.each(func(of func(Costs) *Node) *Node {
		return Div(of(costs), MaxScalar(s.factor[step], 1e-30))
	})}
}

// jacobian returns the Jacobian's cost at a stage. What is made of maps alone, as the built-in rates, is differentiated
// forwards, which is the faster way; other rates backwards, in a layout whose gradients have gradients.
func (s solve) jacobian(step, stage int, c float64, x fmap.Map) (cost *Node) {
	s.Quietly(func() { // the statistics of the batch have been recorded
		d, ok := fmap.Derivative(s.in, x, fmap.New(s.in, s.noise), func(x fmap.Map) fmap.Map {
			return s.rate(step, stage, c, x)
		})
		if ok {
			cost = meanSquare(d.Images())
			return
		}
		again := s
		again.in = fmap.Plain
		cost = jacobianNorm(x.Images(), s.noise, func(x *Node) *Node {
			return again.rate(step, stage, c, fmap.New(fmap.Plain, x)).Images()
		})
	})
	return cost
}

// outputs returns what the trainer's loss and metrics get: the logits, and the costs that the configuration asks for.
func (c Config) outputs(n Network, store *model.Store, layout fmap.Layout, images *Node) []*Node {
	r, ok := n.(Regularised)
	if !ok || !c.regularised() {
		return []*Node{n.Logits(store, layout, images, true)}
	}
	logits, costs := r.RegularisedLogits(store, layout, images)
	outputs := []*Node{logits}
	for _, cost := range c.weighted(costs) {
		outputs = append(outputs, cost.node)
	}
	return outputs
}

// cost is a regulariser that is on.
type cost struct {
	name   string
	weight float64
	node   *Node
}

// weighted lists the regularisers that are on, in the order of the trainer's outputs and metrics.
func (c Config) weighted(costs Costs) (list []cost) {
	for _, r := range []cost{
		{"kinetic energy", c.KineticEnergy, costs.Kinetic}, {"jacobian norm", c.JacobianNorm, costs.Jacobian},
		{"error estimate", c.ErrorEstimate, costs.ErrorEstimate},
	} {
		if r.weight > 0 {
			list = append(list, r)
		}
	}
	return list
}

// regularisedLoss adds the weighted costs, which come after the logits, to a loss.
func (c Config) regularisedLoss(loss func(labels, logits []*Node) *Node) func(labels, outputs []*Node) *Node {
	if !c.regularised() {
		return loss
	}
	return func(labels, outputs []*Node) *Node {
		sum := loss(labels, outputs[:1])
		for i, r := range c.weighted(Costs{}) {
			sum = Add(sum, MulScalar(ConvertDType(outputs[1+i], sum.DType()), r.weight))
		}
		return sum
	}
}

// costMetrics are the metrics of the regularisers that are on.
func (c Config) costMetrics() (list []metric.Interface) {
	for i, r := range c.weighted(Costs{}) {
		list = append(list, metric.NewBaseMetric(r.name, r.name, r.name,
			func(_ *model.Scope, _, outputs []*Node) *Node { return outputs[1+i] }, nil))
	}
	return list
}

// addCost adds a value of regulariser i of those that are on, of one batch.
func (st *state) addCost(i int, value float64) {
	if st.Costs == nil {
		st.Costs = map[string]float64{}
	}
	st.Costs[st.Config.weighted(Costs{})[i].name] += value
}

// noteCosts writes the means over an epoch of so many batches to its record.
func (st *state) noteCosts(r *Record, batches int) {
	r.KineticEnergy = st.Costs["kinetic energy"] / float64(batches)
	r.JacobianNorm = st.Costs["jacobian norm"] / float64(batches)
	r.ErrorEstimate = st.Costs["error estimate"] / float64(batches)
	st.Costs = nil
}
