// Package baseline holds the residual networks that continuous-in-depth ones are compared with, as the original trains
// them: ResNet-v2 and WideResNet. They have a fixed number of layers and nothing to refine.
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

// network has the methods of a network that follow from its variables.
type network = layers.Network

// defaultChannels is the number of channels of the stem, and in a ResNet-v2 those of the first stage.
const defaultChannels = 16

// CheckDepth reports a number of layers that a network of three stages of blocks cannot have: blocks have two layers, and
// besides them there are extra ones.
func CheckDepth(model string, depth, extra int) error {
	if depth < 6+extra || (depth-extra)%6 != 0 {
		n := max((depth-extra)/6, 1)
		return fmt.Errorf("depth is %d, must be 6n+%d for a %s, such as %d or %d", depth, extra, model, 6*n+extra, 6*(n+1)+extra)
	}
	return nil
}

// block is a residual block.
type block struct {
	path, name string // ours, and the original's
	in, out    int    // channels
	stride     int
}

// changes reports whether the block needs a shortcut with weights.
func (b block) changes() bool { return b.stride != 1 || b.in != b.out }

// blocks lists those of three stages with perStage blocks each, in which the number of channels doubles from one stage to the
// next and the resolution halves.
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

// add is x + y.
func add(x, y fmap.Map) fmap.Map { return x.Combine([]float64{1}, []fmap.Map{y}) }

// norm is a batch norm with the usual momentum; these networks have no position in depth.
func norm(b *layers.Builder, x fmap.Map, path string) fmap.Map {
	return b.Norm(x, path, nil, layers.NormMomentum)
}
