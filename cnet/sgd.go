package cnet

import (
	"strings"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"continuousnet/cnet/engine/native/call"
	"continuousnet/cnet/engine/native/ops"
	"continuousnet/cnet/internal/layers"
)

// sgd is stochastic gradient descent with momentum and weight decay as PyTorch defines it: for every trainable variable
//
//	v ← μ·v + (g + λ·p),  p ← p − lr·v
//
// GoMLX's own has neither, and decays the rate with every batch.
//
// The learning rate and the velocities v are variables, so that a checkpoint holds them.
type sgd struct{ momentum, weightDecay float64 }

// optimizerScope is the scope of the optimizer's variables.
const optimizerScope = "/optimizer"

var _ optimizer.Interface = sgd{}

// UpdateGraph implements optimizer.Interface.
func (o sgd) UpdateGraph(scope *model.Scope, g *Graph, loss *Node) {
	updates{name: SGD, sgd: o}.UpdateGraph(scope, g, loss)
}

// Clear implements optimizer.Interface: the next batch starts without momentum.
func (o sgd) Clear(scope *model.Scope) error { return clearOptimizer(scope.Store()) }

// update builds the update of the variables with their gradients.
func (o sgd) update(
	store *model.Store, g *Graph, trainable []*model.Variable, gradients []*Node, dtype dtypes.DType,
) {
	optimizer.IncrementGlobalStep(g, dtypes.Int64)
	rate := rateVariable(store, dtype).NodeValue(g)
	if call.Available(g, dtype) {
		o.updateNative(store, g, rate, trainable, gradients)
		return
	}
	for i, v := range trainable {
		p := v.NodeValue(g)
		update := gradients[i]
		if o.weightDecay > 0 {
			update = Add(update, MulScalar(p, o.weightDecay))
		}
		if o.momentum > 0 {
			velocity := velocityOf(store, v)
			update = Add(MulScalar(velocity.NodeValue(g), o.momentum), update)
			velocity.SetNodeValue(update)
		}
		v.SetNodeValue(Sub(p, Mul(update, rate)))
	}
}

// updateNative is the update as one operation of the native engine.
func (o sgd) updateNative(store *model.Store, g *Graph, rate *Node, trainable []*model.Variable, gradients []*Node) {
	op := ops.Update{Momentum: o.momentum, Decay: o.weightDecay}
	inputs := []*Node{rate}
	var changed []*model.Variable
	for i, v := range trainable {
		op.Sizes = append(op.Sizes, v.Shape().Size())
		inputs, changed = append(inputs, v.NodeValue(g)), append(changed, v)
		if o.momentum > 0 {
			velocity := velocityOf(store, v)
			inputs, changed = append(inputs, velocity.NodeValue(g)), append(changed, velocity)
		}
		inputs = append(inputs, gradients[i])
	}
	for i, value := range call.Op(op, inputs...) {
		changed[i].SetNodeValue(value)
	}
}

func velocityOf(store *model.Store, v *model.Variable) *model.Variable {
	return store.VariableWithShape(velocityPath(v), v.Shape(), Zeros).SetTrainable(false)
}

func velocityPath(v *model.Variable) string {
	return optimizerScope + "/velocity" + strings.TrimPrefix(v.Path(), Root)
}

// rateVariable returns the variable that holds the learning rate, and creates it if need be.
func rateVariable(store *model.Store, dtype dtypes.DType) *model.Variable {
	zero := layers.ToTensor([]float64{0}, nil, dtype)
	return store.VariableWithValue(optimizerScope+"/learning_rate", zero).SetTrainable(false)
}

// setLearningRate sets the learning rate of the batches to come.
func setLearningRate(store *model.Store, dtype dtypes.DType, rate float64) error {
	return rateVariable(store, dtype).SetValue(layers.ToTensor([]float64{rate}, nil, dtype))
}
