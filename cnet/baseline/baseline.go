// Package baseline provides the residual networks with which continuous-in-depth ones are compared: ResNet-v2 and
// WideResNet, as the original PyTorch code trains them. They have a fixed number of layers and cannot be refined.
//
//	net, err := baseline.NewResNetV2(baseline.ResNetV2{Depth: 20, ImageChannels: 3, Classes: 10})
//	err = net.Init(store, seed, dtypes.Float32)
//	logits := net.Logits(store, fmap.Planar, images, true) // in a graph
//
// The usual way to train one is cnet.Open with Config{Model: "ResNetV2", Depth: 20}.
package baseline

import (
	"fmt"

	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/internal/layers"
)

// network is embedded in the networks of this package; it has the methods that follow from their variables.
type network = layers.Network

// defaultChannels is the number of channels of the stem, and in a ResNet-v2 those of the first stage.
const defaultChannels = 16

// CheckDepth returns an error unless depth, a number of layers, is 6n + extra: three stages of n blocks with two layers
// each, and extra layers outside of the blocks.
func CheckDepth(model string, depth, extra int) error {
	if depth < 6+extra || (depth-extra)%6 != 0 {
		n := max((depth-extra)/6, 1)
		return fmt.Errorf("depth is %d, must be 6n+%d for a %s, such as %d or %d", depth, extra, model, 6*n+extra,
			6*(n+1)+extra)
	}
	return nil
}

// block is a residual block.
type block struct {
	path, name string // of our variables, and of the original's tensors
	in, out    int    // channels
	stride     int
}

// changes reports whether the block changes the shape of the map, so that its shortcut needs weights.
func (b block) changes() bool { return b.stride != 1 || b.in != b.out }

// blocks returns the blocks of three stages with perStage blocks each. From one stage to the next the number of
// channels doubles and the resolution halves.
func blocks(stem, first, perStage int) []block {
	var list []block
	in := stem
	for stage := range 3 {
		out := first << stage
		for i := range perStage {
			b := block{fmt.Sprintf("stage%d/block%d", stage+1, i+1), fmt.Sprintf("layer%d.%d", stage+1, i), in, out, 1}
			if stage > 0 && i == 0 {
				b.stride = 2
			}
			list = append(list, b)
			in = out
		}
	}
	return list
}

// add returns x + y.
func add(x, y fmap.Map) fmap.Map { return x.Combine([]float64{1}, []fmap.Map{y}) }

// norm applies a batch norm with the usual momentum. Its φ is nil, as these networks have no position in depth.
func norm(b *layers.Builder, x fmap.Map, path string) fmap.Map {
	return b.Norm(x, path, nil, layers.NormMomentum)
}
