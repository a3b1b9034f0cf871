package baseline

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/internal/layers"
)

// bottleneckDepth is the depth from which blocks have three layers, 1×1, 3×3 and 1×1 with four times the channels.
const bottleneckDepth = 500

// ResNetV2 is the network that the original calls ResNet-v2: a stem, three stages of residual blocks, an average over
// the pixels and a linear layer. A block is twice a convolution, ReLU and batch norm, added to the block's input; the
// ReLU comes before the addition and not after it.
//
// (In He et al., "Identity Mappings in Deep Residual Networks", 2016, batch norm and ReLU come before the convolution.)
type ResNetV2 struct {
	Depth         int // 20: layers with weights, 6n+2; from 500 on, blocks are bottlenecks, with more layers
	Channels      int // 16: of the first stage; the others have 2× and 4×
	NoBatchNorm   bool
	ImageChannels int
	Classes       int

	network
}

// NewResNetV2 returns the network with defaults for what is not set. The depth must be 6n+2.
func NewResNetV2(n ResNetV2) (*ResNetV2, error) {
	if n.Depth == 0 {
		n.Depth = 20
	}
	if n.Channels == 0 {
		n.Channels = defaultChannels
	}
	if err := CheckDepth("ResNetV2", n.Depth, 2); err != nil {
		return nil, fmt.Errorf("baseline: %w", err)
	}
	n.network = layers.NewNetwork(n.variables(), n.name)
	return &n, nil
}

// String returns the name with the depth, as in "ResNetV2-20".
func (n *ResNetV2) String() string { return fmt.Sprintf("ResNetV2-%d", n.Depth) }

func (n *ResNetV2) bottleneck() bool { return n.Depth >= bottleneckDepth }

func (n *ResNetV2) blocks() []block {
	first := n.Channels
	if n.bottleneck() {
		first *= 4
	}
	return blocks(n.Channels, first, (n.Depth-2)/6)
}

// layer is a convolution in a block, with its batch norm.
type layer struct {
	conv, norm           string
	theirConv, theirNorm string
	in, out              int
	size, stride         int
}

// layers returns the convolutions of a block.
func (n *ResNetV2) layers(b block) []layer {
	list := []layer{{in: b.in, out: b.out, size: 3, stride: b.stride}, {in: b.out, out: b.out, size: 3, stride: 1}}
	if n.bottleneck() {
		inner := b.out / 4
		list = []layer{
			{in: b.in, out: inner, size: 1, stride: 1},
			{in: inner, out: inner, size: 3, stride: b.stride},
			{in: inner, out: b.out, size: 1, stride: 1},
		}
	}
	for i := range list {
		list[i].conv, list[i].norm = fmt.Sprintf("%s/conv%d", b.path, i+1), fmt.Sprintf("%s/norm%d", b.path, i+1)
		list[i].theirConv = fmt.Sprintf("%s.conv%d", b.name, i+1)
		list[i].theirNorm = fmt.Sprintf("%s.bn%d", b.name, i+1)
	}
	return list
}

// variables returns the variables in the order in which they are initialised.
func (n *ResNetV2) variables() []layers.Variable {
	p := &layers.Specs{}
	add := func(conv, norm string, in, out, size int) {
		p.Conv(conv, in, out, size, nil)
		if !n.NoBatchNorm {
			p.Norm(norm, out)
		}
	}
	add("stem/conv", "stem/norm", n.ImageChannels, n.Channels, 3)
	var last int
	for _, b := range n.blocks() {
		for _, l := range n.layers(b) {
			add(l.conv, l.norm, l.in, l.out, l.size)
		}
		if b.changes() {
			add(b.path+"/shortcut", b.path+"/shortcut/norm", b.in, b.out, 1)
		}
		last = b.out
	}
	p.Linear("head", last, n.Classes)
	return p.List
}

// Logits builds the network and returns the logits [batch, classes] of images [batch, height, width, channels]. While
// training, batch norm uses the statistics of the batch and updates the running ones; otherwise it uses these.
func (n *ResNetV2) Logits(store *model.Store, layout fmap.Layout, images *Node, training bool) *Node {
	b := layers.NewBuilder(store, images.Graph(), n.Variables(), training)
	x := b.Input(layout, images, "stem/conv/kernel")
	x = norm(b, b.Conv(x, "stem/conv", nil, 1, false), "stem/norm").ReLU()
	for _, block := range n.blocks() {
		y := x
		for _, l := range n.layers(block) {
			if n.bottleneck() {
				y = norm(b, b.Conv(y, l.conv, nil, l.stride, false), l.norm).ReLU()
			} else {
				y = norm(b, b.Conv(y, l.conv, nil, l.stride, true), l.norm)
			}
		}
		if block.changes() {
			x = norm(b, b.Conv(x, block.path+"/shortcut", nil, block.stride, false), block.path+"/shortcut/norm")
		}
		x = add(y, x)
	}
	logits := b.Linear(x.MeanPool(), "head")
	b.UpdateStatistics()
	return logits
}

// name adds the original's tensors to names, in its order.
func (n *ResNetV2) name(names *layers.Names) {
	names.Conv("conv1", "stem/conv")
	names.Norm("bn1", "stem/norm")
	for _, b := range n.blocks() {
		for _, l := range n.layers(b) {
			names.Conv(l.theirConv, l.conv)
			names.Norm(l.theirNorm, l.norm)
		}
		if b.changes() {
			names.Conv(b.name+".downsample.0", b.path+"/shortcut")
			names.Norm(b.name+".downsample.1", b.path+"/shortcut/norm")
		}
	}
	names.Linear("fc", "head")
}
