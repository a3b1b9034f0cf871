package cnet_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"continuousnet/cnet"
)

// Points of one's own: dataset.NewVectors takes those of a program, and Dataset a .csv file or, as here, one of the
// toys. The net is a NeuralODE, an ODE block with a multilayer perceptron as its rate.
func Example_points() {
	dir, err := os.MkdirTemp("", "points")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	run, err := cnet.Open(filepath.Join(dir, "moons"), cnet.Config{
		Dataset: "moons", Scheme: "midpoint", Rate: "mlp-16-16-tanh", Epochs: 20,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer run.Close()
	ctx := context.Background()
	if err := run.Train(ctx, 20); err != nil {
		log.Fatal(err)
	}
	score, err := run.Evaluate(ctx)
	if err != nil {
		log.Fatal(err)
	}
	classes, err := run.PredictPoints(ctx, [][]float64{{0, 1}, {1, -0.5}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(run.Network(), score.Accuracy > 0.95)
	fmt.Println(classes[0][0] > 0.5, classes[1][1] > 0.5)
	// Output:
	// 4 midpoint, rate mlp-16-16-tanh true
	// true true
}
