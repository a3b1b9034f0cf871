package rate_test

import (
	"fmt"
	"log"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"continuousnet/cnet"
	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/rate"
)

// show registers a rate and prints the weights that a net with it has in its first stage.
func show(r rate.Rate) {
	if err := rate.Register(r); err != nil {
		log.Fatal(err)
	}
	net, err := cnet.NewNet(cnet.Config{Channels: 4, Steps: 2, Rate: r.Name}, 1, 10)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(net)
	for _, v := range net.Variables() {
		if v.OverDepth && strings.HasPrefix(v.Path, "stage1/") {
			fmt.Println(v.Path, v.Dims)
		}
	}
}

// The rate of a ContinuousNet is one like any other: it can be written again, and changed.
func Example_convolutional() {
	show(rate.Rate{
		Name:        "my_conv",
		Description: "twice: 3×3 convolution, ReLU, batch norm",
		Weights: func(w *rate.Weights) {
			for _, k := range []string{"1", "2"} {
				w.Conv("conv"+k, w.Channels, w.Channels, 3)
				w.Norm("norm"+k, w.Channels)
			}
		},
		Build: func(b *rate.Builder, x fmap.Map) fmap.Map {
			for _, k := range []string{"1", "2"} {
				x = b.Norm(b.Conv(x, "conv"+k, true), "norm"+k)
			}
			return x
		},
	})
	// Output:
	// 2-2-2 euler, rate my_conv
	// stage1/ode/conv1/kernel [2 4 3 3 4]
	// stage1/ode/conv1/bias [2 4]
	// stage1/ode/norm1/scale [2 4]
	// stage1/ode/norm1/offset [2 4]
	// stage1/ode/norm1/mean [2 4]
	// stage1/ode/norm1/variance [2 4]
	// stage1/ode/conv2/kernel [2 4 3 3 4]
	// stage1/ode/conv2/bias [2 4]
	// stage1/ode/norm2/scale [2 4]
	// stage1/ode/norm2/offset [2 4]
	// stage1/ode/norm2/mean [2 4]
	// stage1/ode/norm2/variance [2 4]
}

// A multilayer perceptron, applied to the vector of channels in each pixel.
func Example_mlp() {
	show(rate.Rate{
		Name:        "mlp",
		Description: "W₂·tanh(W₁·x + b₁) + b₂ in each pixel",
		Weights: func(w *rate.Weights) {
			w.Linear("hidden", w.Channels, 16)
			w.Linear("out", 16, w.Channels)
		},
		Build: func(b *rate.Builder, x fmap.Map) fmap.Map {
			hidden := Tanh(b.Linear(x.Images(), "hidden"))
			return b.Map(b.Linear(hidden, "out"))
		},
	})
	// Output:
	// 2-2-2 euler, rate mlp
	// stage1/ode/hidden/weight [2 16 4]
	// stage1/ode/hidden/bias [2 16]
	// stage1/ode/out/weight [2 4 16]
	// stage1/ode/out/bias [2 4]
}

// A linear map, which begins as the zero of all maps: the net begins as one without ODE blocks.
func Example_linear() {
	show(rate.Rate{
		Name:        "linear",
		Description: "A(t)·x in each pixel",
		Weights:     func(w *rate.Weights) { w.Add("matrix", rate.Constant(0), w.Channels, w.Channels) },
		Build: func(b *rate.Builder, x fmap.Map) fmap.Map {
			return b.Map(DotGeneral(x.Images(), []int{3}, nil, b.Weight("matrix"), []int{1}, nil))
		},
	})
	// Output:
	// 2-2-2 euler, rate linear
	// stage1/ode/matrix [2 4 4]
}
