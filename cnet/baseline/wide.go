package baseline

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/internal/layers"
)

// WideResNet is the network of Zagoruyko & Komodakis, "Wide Residual Networks" (2016), as the original has it: a stem,
// three stages of residual blocks, a last batch norm and ReLU, an average over the pixels and a linear layer. A block
// is twice batch norm, ReLU and convolution, with dropout in between; the second convolution has the stride.
type WideResNet struct {
	Depth         int     // 34: layers with weights, 6n+4
	Stem          int     // 16: channels of the stem
	Channels      int     // 4·Stem: of the first stage, the widen factor times 16; the others have 2× and 4×
	Dropout       float64 // the probability that a number between the convolutions of a block is dropped in training
	ImageChannels int
	Classes       int

	network
}

// NewWideResNet returns the network with defaults for what is not set. The depth must be 6n+4.
func NewWideResNet(n WideResNet) (*WideResNet, error) {
	if n.Depth == 0 {
		n.Depth = 34
	}
	if n.Stem == 0 {
		n.Stem = defaultChannels
	}
	if n.Channels == 0 {
		n.Channels = 4 * n.Stem
	}
	if err := CheckDepth("WideResNet", n.Depth, 4); err != nil {
		return nil, fmt.Errorf("baseline: %w", err)
	}
	if !(n.Dropout >= 0 && n.Dropout < 1) {
		return nil, fmt.Errorf("baseline: dropout is %g, must be from 0 to less than 1", n.Dropout)
	}
	n.network = layers.NewNetwork(n.variables(), n.name)
	return &n, nil
}

// String returns the name with depth and widen factor, as in "WideResNet-58-4".
func (n *WideResNet) String() string {
	return fmt.Sprintf("WideResNet-%d-%g", n.Depth, float64(n.Channels)/float64(n.Stem))
}

func (n *WideResNet) blocks() []block { return blocks(n.Stem, n.Channels, (n.Depth-4)/6) }

// variables returns the variables in the order in which they are initialised.
func (n *WideResNet) variables() []layers.Variable {
	p := &layers.Specs{}
	conv := func(path string, in, out, size int) {
		fill := layers.FanIn(size * size * in)
		p.ConvFilled(path, in, out, size, fill, fill)
	}
	conv("stem/conv", n.ImageChannels, n.Stem, 3)
	for _, b := range n.blocks() {
		p.Norm(b.path+"/norm1", b.in)
		conv(b.path+"/conv1", b.in, b.out, 3)
		p.Norm(b.path+"/norm2", b.out)
		conv(b.path+"/conv2", b.out, b.out, 3)
		if b.changes() {
			conv(b.path+"/shortcut", b.in, b.out, 1)
		}
	}
	p.Norm("head/norm", 4*n.Channels)
	p.Linear("head", 4*n.Channels, n.Classes)
	return p.List
}

// Logits builds the network and returns the logits [batch, classes] of images [batch, height, width, channels]. While
// training, batch norm uses the statistics of the batch and updates the running ones; otherwise it uses these.
func (n *WideResNet) Logits(store *model.Store, layout fmap.Layout, images *Node, training bool) *Node {
	b := layers.NewBuilder(store, images.Graph(), n.Variables(), training)
	x := b.Conv(b.Input(layout, images, "stem/conv/kernel"), "stem/conv", nil, 1, false)
	for _, block := range n.blocks() {
		y := norm(b, x, block.path+"/norm1").ReLU()
		y = b.Conv(y, block.path+"/conv1", nil, 1, false)
		y = b.Dropout(y, layout, n.Dropout)
		y = norm(b, y, block.path+"/norm2").ReLU()
		y = b.Conv(y, block.path+"/conv2", nil, block.stride, false)
		if block.changes() {
			x = b.Conv(x, block.path+"/shortcut", nil, block.stride, false)
		}
		x = add(y, x)
	}
	x = b.Norm(x, "head/norm", nil, layers.LastMomentum).ReLU()
	logits := b.Linear(x.MeanPool(), "head")
	b.UpdateStatistics()
	return logits
}

// name adds the original's tensors to names, in its order.
func (n *WideResNet) name(names *layers.Names) {
	names.Conv("conv1", "stem/conv")
	for _, b := range n.blocks() {
		names.Norm(b.name+".bn1", b.path+"/norm1")
		names.Conv(b.name+".conv1", b.path+"/conv1")
		names.Norm(b.name+".bn2", b.path+"/norm2")
		names.Conv(b.name+".conv2", b.path+"/conv2")
		if b.changes() {
			names.Conv(b.name+".shortcut.0", b.path+"/shortcut")
		}
	}
	names.Norm("bn1", "head/norm")
	names.Linear("linear", "head")
}
