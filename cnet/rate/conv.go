package rate

import "continuousnet/cnet/engine/fmap"

// The built-in rates are those of the original: two layers of 3×3 convolutions over all channels.
var (
	// Convolutional is the rate of a ContinuousNet.
	Convolutional = Rate{
		Name:        "conv",
		Description: "twice: 3×3 convolution, ReLU, batch norm",
		Weights:     twoConvolutions,
		Build: func(b *Builder, x fmap.Map) fmap.Map {
			for _, k := range []string{"1", "2"} {
				x = b.Norm(b.Conv(x, "conv"+k, true), "norm"+k)
			}
			return x
		},
	}

	// PreActivation is the rate of a ContinuousNetActFirst and of a WideContinuousNet (He et al., Identity mappings in
	// deep residual networks, 2016).
	PreActivation = Rate{
		Name:        "conv_act_first",
		Description: "twice: batch norm, ReLU, 3×3 convolution",
		Weights:     twoConvolutions,
		Build: func(b *Builder, x fmap.Map) fmap.Map {
			for _, k := range []string{"1", "2"} {
				x = b.Conv(b.Norm(x, "norm"+k).ReLU(), "conv"+k, false)
			}
			return x
		},
	}
)

func twoConvolutions(w *Weights) {
	for _, k := range []string{"1", "2"} {
		w.Conv("conv"+k, w.Channels, w.Channels, 3)
		w.Norm("norm"+k, w.Channels)
	}
}
