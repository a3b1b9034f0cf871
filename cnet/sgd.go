package cnet

import (
	"strings"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"

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
	store := scope.Store()
	optimizer.IncrementGlobalStep(g, dtypes.Int64)
	rate := rateVariable(store, loss.DType()).NodeValue(g)
	gradients := scope.BuildTrainableVariablesGradientsGraph(loss)
	var trainable []*model.Variable
	for v := range scope.IterVariables() {
		if v.Trainable && v.InUseByGraph(g) {
			trainable = append(trainable, v)
		}
	}
	for i, v := range trainable {
		p := v.NodeValue(g)
		update := gradients[i]
		if o.weightDecay > 0 {
			update = Add(update, MulScalar(p, o.weightDecay))
		}
		if o.momentum > 0 {
			velocity := store.VariableWithShape(velocityPath(v), v.Shape(), Zeros).SetTrainable(false)
			update = Add(MulScalar(velocity.NodeValue(g), o.momentum), update)
			velocity.SetNodeValue(update)
		}
		v.SetNodeValue(Sub(p, Mul(update, rate)))
	}
}

func velocityPath(v *model.Variable) string {
	return optimizerScope + "/velocity" + strings.TrimPrefix(v.Path(), Root)
}

// Clear implements optimizer.Interface: the next batch starts without momentum.
func (o sgd) Clear(scope *model.Scope) error {
	return scope.Store().DeleteVariablesInScope(optimizerScope + "/velocity")
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
