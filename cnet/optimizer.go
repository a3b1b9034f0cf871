package cnet

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// Values of Config.Optimizer.
const (
	SGD     = "sgd"     // with momentum and weight decay, as in PyTorch
	Adam    = "adam"    // Kingma and Ba, 2014; weight decay is added to the gradient
	AdamW   = "adamw"   // Loshchilov and Hutter, 2017: weight decay is apart from the gradient
	RMSProp = "rmsprop" // Hinton's, with bias correction; weight decay as in Adam
	Lion    = "lion"    // Chen et al., Symbolic Discovery of Optimization Algorithms, 2023; weight decay as in AdamW
)

// Optimizers lists the values of Config.Optimizer.
var Optimizers = []string{SGD, Adam, AdamW, RMSProp, Lion}

// The constants of the optimizers besides learning rate, momentum (β₁) and weight decay, as in PyTorch and, for Lion,
// in the paper.
const (
	adamBeta2    = 0.999
	adamEpsilon  = 1e-8
	rmsPropAlpha = 0.99
	lionBeta2    = 0.99
)

// setOptimizerDefaults sets learning rate, momentum and weight decay where they are not set.
func (c *Config) setOptimizerDefaults() {
	setDefault(&c.Optimizer, SGD)
	rate, decay := 0.1, 5e-4
	switch c.Optimizer {
	case Adam, RMSProp:
		rate = 1e-3
	case AdamW:
		rate, decay = 1e-3, 1e-2
	case Lion:
		rate, decay = 1e-4, 1e-1
	}
	setDefault(&c.LearningRate, rate)
	setDefault(&c.WeightDecay, decay)
	if c.Optimizer != RMSProp {
		setDefault(&c.Momentum, 0.9)
	}
}

// checkOptimizer checks Optimizer and the fields that go with it.
func (c Config) checkOptimizer() error {
	if !slices.Contains(Optimizers, c.Optimizer) {
		return badField("optimizer", fmt.Sprintf("%q", c.Optimizer), "one of "+strings.Join(Optimizers, ", "))
	}
	for _, f := range []struct {
		name  string
		value float64
		below float64
	}{
		{"label smoothing", c.LabelSmoothing, 1}, {"clip norm", c.ClipNorm, maxClipNorm}, {"ema", c.EMA, 1},
	} {
		if !(f.value >= 0 && f.value < f.below) {
			return badField(f.name, f.value, fmt.Sprintf("0, which is none, or a number less than %g", f.below))
		}
	}
	if c.Optimizer == RMSProp && c.Momentum > 0 {
		return fmt.Errorf("config: the optimizer %s has no momentum; leave it out, or choose another one", RMSProp)
	}
	return nil
}

// maxClipNorm is more than any norm that training survives.
const maxClipNorm = 1e30

// updates is what a training step does with the gradients: they are measured and clipped, an optimizer changes the
// variables, and the average of them follows.
type updates struct {
	name     string
	sgd      sgd // its momentum and weight decay are those of the other optimizers, too
	clipNorm float64
	average  float64 // decay of the moving average; 0: none

	measured *[]string // to be set to the paths of the variables whose gradients' norms are kept; nil: none are
}

var _ optimizer.Interface = updates{}

// newUpdates returns what the configuration says about the training step.
func newUpdates(c Config) updates {
	return updates{
		name: c.Optimizer, sgd: sgd{momentum: max(c.Momentum, 0), weightDecay: max(c.WeightDecay, 0)},
		clipNorm: c.ClipNorm, average: c.EMA,
	}
}

// UpdateGraph implements optimizer.Interface.
func (u updates) UpdateGraph(scope *model.Scope, g *Graph, loss *Node) {
	gradients := scope.BuildTrainableVariablesGradientsGraph(loss)
	trainable := trainableIn(scope, g)
	if u.measured != nil {
		*u.measured = nil
		for _, v := range trainable {
			*u.measured = append(*u.measured, strings.TrimPrefix(v.Path(), networksPrefix))
		}
	}
	if u.measured != nil || u.clipNorm > 0 {
		gradients = u.clip(scope.Store(), gradients)
	}
	switch u.name {
	case Adam, AdamW, RMSProp:
		u.adaptive(scope, g, trainable, gradients, loss.DType())
	case Lion:
		u.lion(scope.Store(), g, trainable, gradients, loss.DType())
	default:
		u.sgd.update(scope.Store(), g, trainable, gradients, loss.DType())
	}
	if u.average > 0 {
		updateAverages(scope.Store(), g, u.average)
	}
}

// trainableIn returns the variables that are trained, in the order of the gradients.
func trainableIn(scope *model.Scope, g *Graph) (list []*model.Variable) {
	for v := range scope.IterVariables() {
		if v.Trainable && v.InUseByGraph(g) {
			list = append(list, v)
		}
	}
	return list
}

// clip returns the gradients, scaled so that their norm, over all variables together, is at most clipNorm if that is
// not 0; see Pascanu, Mikolov and Bengio, On the Difficulty of Training Recurrent Neural Networks, 2013. The norms
// before that are kept in a variable if they are to be measured.
func (u updates) clip(store *model.Store, gradients []*Node) []*Node {
	squares := make([]*Node, len(gradients))
	for i, gradient := range gradients {
		squares[i] = ReduceAllSum(Square(gradient))
	}
	all := Stack(squares, 0)
	if u.measured != nil {
		norms := store.VariableWithShape(normsPath, all.Shape(), Zeros).SetTrainable(false)
		norms.SetNodeValue(Sqrt(all))
	}
	if u.clipNorm == 0 {
		return gradients
	}
	norm := Sqrt(ReduceAllSum(all))
	// As in PyTorch's clip_grad_norm_.
	scale := MinScalar(MulScalar(Reciprocal(AddScalar(norm, 1e-6)), u.clipNorm), 1)
	clipped := make([]*Node, len(gradients))
	for i, gradient := range gradients {
		clipped[i] = Mul(gradient, scale)
	}
	return clipped
}

// normsPath is the variable with the norms of the gradients of the last batch, one for each trained variable.
const normsPath = "/measured/gradient_norms"

// adaptive updates the variables with GoMLX's Adam or what it makes of it.
func (u updates) adaptive(
	scope *model.Scope, g *Graph, trainable []*model.Variable, gradients []*Node, dtype dtypes.DType,
) {
	config := optimizer.Adam()
	beta2 := adamBeta2
	if u.name == RMSProp {
		config, beta2 = optimizer.RMSProp(), rmsPropAlpha
	}
	config = config.Scope(momentsScope).Betas(max(u.sgd.momentum, 0), beta2).Epsilon(adamEpsilon)
	switch decay := max(u.sgd.weightDecay, 0); {
	case u.name == AdamW:
		config = config.WeightDecay(decay)
	case decay > 0:
		decayed := make([]*Node, len(gradients))
		for i, v := range trainable {
			decayed[i] = Add(gradients[i], MulScalar(v.NodeValue(g), decay))
		}
		gradients = decayed
	}
	// GoMLX's variable of the learning rate takes the value of ours.
	rate := rateVariable(scope.Store(), dtype).NodeValue(g)
	optimizer.LearningRateVarWithValue(scope, dtype, 0).SetNodeValue(rate)
	config.Done().(interface {
		UpdateGraphWithGradients(scope *model.Scope, gradients []*Node, dtype dtypes.DType)
	}).UpdateGraphWithGradients(scope, gradients, dtype)
}

// momentsScope is the scope of the moments of Adam and RMSProp.
const momentsScope = "adam"

// lion updates the variables as Lion does (algorithm 2 of the paper): with the momentum m,
//
//	p ← p − lr·(sign(β₁·m + (1−β₁)·g) + λ·p),  m ← β₂·m + (1−β₂)·g
func (u updates) lion(
	store *model.Store, g *Graph, trainable []*model.Variable, gradients []*Node, dtype dtypes.DType,
) {
	optimizer.IncrementGlobalStep(g, dtypes.Int64)
	rate := rateVariable(store, dtype).NodeValue(g)
	mix := func(m, gradient *Node, beta float64) *Node {
		return Add(MulScalar(m, beta), MulScalar(gradient, 1-beta))
	}
	for i, v := range trainable {
		p, momentum := v.NodeValue(g), velocityOf(store, v)
		m := momentum.NodeValue(g)
		step := Sign(mix(m, gradients[i], max(u.sgd.momentum, 0)))
		if decay := u.sgd.weightDecay; decay > 0 {
			step = Add(step, MulScalar(p, decay))
		}
		momentum.SetNodeValue(mix(m, gradients[i], lionBeta2))
		v.SetNodeValue(Sub(p, Mul(step, rate)))
	}
}

// Clear implements optimizer.Interface: the next batch starts without momentum.
func (u updates) Clear(scope *model.Scope) error { return clearOptimizer(scope.Store()) }

// clearOptimizer deletes what optimizers remember of the gradients, and their norms.
func clearOptimizer(store *model.Store) error {
	for _, path := range []string{optimizerScope + "/velocity", "/" + momentsScope} {
		if err := store.DeleteVariablesInScope(path); err != nil {
			return err
		}
	}
	return store.DeleteVariable(normsPath)
}
