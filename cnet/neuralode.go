package cnet

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"continuousnet/cnet/dataset"
	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/rate"
)

// A NeuralODE (Chen, Rubanova, Bettencourt, Duvenaud: Neural ordinary differential equations, 2018) is the Net for
// points and other vectors: zeros are appended to a point, one ODE block takes it from t = 0 to t = 1, and a linear
// layer gives the logits. It has no stem and no stitches, and its state is an image of one pixel, so that everything
// else of a Net works for it.

// ofPoints reports whether the data set of the configuration is known to be of points.
func (c Config) ofPoints() bool {
	if c.Set != nil {
		return c.Set.Points()
	}
	return dataset.IsPoints(c.Dataset) || c.Dataset == dataset.Table
}

// setPointDefaults sets what a NeuralODE has by default where other nets have something else.
func (c *Config) setPointDefaults() {
	if dataset.IsToy(c.Dataset) && c.Set == nil {
		setDefault(&c.Points, dataset.ToyPoints)
		setDefault(&c.Noise, dataset.ToyNoise(c.Dataset))
	}
	c.setToleranceDefaults()
	setDefault(&c.Scheme, "rk4_classic")
	if c.NumBasis == 0 && c.Steps == 0 {
		c.NumBasis, c.Steps = 1, 4
	}
	setDefault(&c.Rate, rate.DefaultMLP)
	setDefault(&c.BatchSize, 32)
	setDefault(&c.Optimizer, Adam)
	if c.Optimizer == Adam {
		setDefault(&c.LearningRate, 0.01)
		setDefault(&c.WeightDecay, -1)
	}
}

// checkPoints returns an error unless the model is one for the images or points of the data set.
func (c Config) checkPoints(set *dataset.Set) error {
	switch points := c.Model == NeuralODE; {
	case points && !set.Points():
		return fmt.Errorf("config: a %s takes points, and %s has images; choose another model, such as %s", c.Model,
			set.Title, ContinuousNet)
	case !points && set.Points():
		return fmt.Errorf("config: a %s takes images, and %s has points; choose the model %s", c.Model, set.Title,
			NeuralODE)
	}
	return nil
}

// appendZeros appends zeros to points, [batch, 1, 1, coordinates].
func (n *Net) appendZeros(points *Node) *Node {
	if n.Config.AugmentDim == 0 {
		return points
	}
	shape := points.Shape().Clone()
	shape.Dimensions[3] = n.Config.AugmentDim
	return Concatenate([]*Node{points, Zeros(points.Graph(), shape)}, 3)
}

// begin builds what comes before the stages.
func (b *builder) begin(images *Node) fmap.Map {
	if b.net.Config.Model != NeuralODE {
		return b.stem(images)
	}
	return b.Input(b.layout, b.net.appendZeros(images), "head/weight")
}
