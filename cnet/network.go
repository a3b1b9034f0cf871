package cnet

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/baseline"
	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/internal/layers"
	"continuousnet/cnet/ode"
	"continuousnet/cnet/statedict"
)

// Root is the scope of all variables of a network in its store.
const Root = layers.Root

// A Variable describes one tensor of a network: coefficients, or running statistics of a batch norm. Its fields are
//
//	Path      string // below Root, such as "stage1/ode/conv1/kernel"
//	Dims      []int  // kernels are [out, height, width, in]; over depth, the first axis counts the basis functions
//	OverDepth bool   // it has one set of values for each basis function
//	Trainable bool   // by gradients; running statistics are not
type Variable = layers.Variable

// A Network is what a Run trains: a Net, which is continuous in depth, or one of the baselines.
type Network interface {
	// Variables lists the variables of the network, in the order in which they are initialised.
	Variables() []Variable

	// Logits builds the network for images [batch, height, width, channels], and returns the logits [batch, classes].
	// In training, batch norm uses the statistics of the batch and updates the running ones; otherwise nothing is
	// changed.
	Logits(store *model.Store, layout fmap.Layout, images *Node, training bool) *Node

	// Init creates the variables in the store, with the distributions of the original.
	Init(store *model.Store, seed uint64, dtype dtypes.DType) error

	// CountParameters returns the number of trainable numbers, and the number that the original counts.
	CountParameters() (ours, originals int)

	// StateDict returns the variables in the store under the original's names, and LoadStateDict sets them.
	StateDict(store *model.Store) ([]statedict.Tensor, error)
	LoadStateDict(store *model.Store, list []statedict.Tensor) error

	// String returns the network in short, such as "2-2-2 euler" or "ResNetV2-20".
	String() string
}

var (
	_ Network = (*Net)(nil)
	_ Network = (*baseline.ResNetV2)(nil)
	_ Network = (*baseline.WideResNet)(nil)
)

// NewNetwork returns the network that the configuration describes, a *Net or one of the baselines, for images with a
// number of channels and labels of a number of classes.
func NewNetwork(c Config, imageChannels, classes int) (Network, error) {
	if err := c.WithDefaults().checkSchedule(); err != nil {
		return nil, err
	}
	return newNetwork(c, imageChannels, classes, ode.Lookup)
}

// newNetwork is NewNetwork with the scheme that lookup finds, whatever the schedule of the learning rate is.
func newNetwork(c Config, imageChannels, classes int, lookup schemeLookup) (Network, error) {
	c = c.WithDefaults()
	if err := c.checkFields(lookup); err != nil {
		return nil, err
	}
	switch c.Model {
	case ResNetV2:
		return baseline.NewResNetV2(baseline.ResNetV2{
			Depth: c.Depth, Channels: c.Channels, NoBatchNorm: c.NoBatchNorm,
			ImageChannels: imageChannels, Classes: classes,
		})
	case WideResNet:
		return baseline.NewWideResNet(baseline.WideResNet{
			Depth: c.Depth, Stem: c.Channels, Channels: c.Width, Dropout: c.Dropout,
			ImageChannels: imageChannels, Classes: classes,
		})
	}
	return newNet(c, imageChannels, classes, lookup)
}

// guard turns p, which was recovered from a panic of a graph builder, into an error that names the network.
func guard(n Network, c Config, p any, err *error) {
	if p != nil {
		*err = fmt.Errorf("net %s (%s, %d channels): %v", title(c.Model, n), c.Dataset, c.Channels, p)
	}
}

// title returns the network with its model: "ContinuousNet 2-2-2 euler", "ResNetV2-20".
func title(model string, n Network) string {
	if Continuous(model) {
		return model + " " + n.String()
	}
	return n.String()
}
