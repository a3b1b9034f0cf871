package cnet_test

import (
	"context"
	"fmt"
	"log"
	"os"

	. "github.com/gomlx/gomlx/core/graph"

	"continuousnet/cnet"
	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/rate"
)

// A rate of one's own in a run: R(x, θ(t), t) is a linear map in each pixel, whose matrix and offset are functions of
// depth, times cos t. It is refined, scored under other schemes and compressed like the built-in one, and the run keeps
// its name.
func ExampleConfig_rate() {
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	err = rate.Register(rate.Rate{
		Name:        "swinging",
		Description: "(A(t)·x + b(t))·cos t in each pixel",
		Weights: func(w *rate.Weights) {
			w.Add("matrix", rate.Normal(0.1), w.Channels, w.Channels)
			w.Add("offset", rate.Constant(0), w.Channels)
		},
		Build: func(b *rate.Builder, x fmap.Map) fmap.Map {
			images := x.Images() // [batch, height, width, channels]
			y := DotGeneral(images, []int{3}, nil, b.Weight("matrix"), []int{1}, nil)
			y = Add(y, ExpandLeftToRank(b.Weight("offset"), 4))
			return b.Map(Mul(y, Cos(b.Time())))
		},
	})
	if err != nil {
		log.Fatal(err)
	}

	run, err := cnet.Open(dir, cnet.Config{Channels: 2, Scheme: "midpoint", Rate: "swinging"})
	if err != nil {
		log.Fatal(err)
	}
	defer run.Close()
	if err := run.Train(context.Background(), 1); err != nil {
		log.Fatal(err)
	}
	if err := run.Refine(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(run.Title())
	list, err := run.Manifest(context.Background(), cnet.ManifestOptions{
		Schemes: []string{"rk4_classic"}, Steps: []int{2, 4}, Limit: 100,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(list), "manifestations")
	offset, err := run.Weights("stage1/ode/offset")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(offset), "coefficients of", len(offset[0]), "numbers")
	report, err := run.Compress("piecewise_constant", 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(run.Title(), len(report.Layers), "layers")
	// Output:
	// ContinuousNet 2-2-2 midpoint, rate swinging
	// 2 manifestations
	// 2 coefficients of 2 numbers
	// ContinuousNet 2-2-2 midpoint, 1 piecewise_constant, rate swinging 3 layers
}
