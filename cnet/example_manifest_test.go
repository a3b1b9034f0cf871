package cnet_test

import (
	"context"
	"fmt"
	"os"

	"continuousnet/cnet"
)

// Run the same weights under other schemes and numbers of steps: the function θ(t) stays, the layers made of it change.
func ExampleRun_Manifest() {
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	run, err := cnet.Open(dir, cnet.Config{Scheme: "euler", Steps: 1, Channels: 2, BatchSize: 250})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer run.Close()

	list, err := run.Manifest(context.Background(), cnet.ManifestOptions{
		Schemes: []string{"euler", "rk4_classic"}, Steps: []int{1, 2}, Limit: 100,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range list {
		fmt.Printf("%-11s %d: %2d evaluations of the rate, %d images", m.Scheme, m.Steps, m.Evaluations, m.Images)
		if m.Trained {
			fmt.Print(", as it is trained")
		}
		fmt.Println()
	}
	fmt.Println("the run is", run.Network())
	// Output:
	// euler       1:  3 evaluations of the rate, 100 images, as it is trained
	// euler       2:  6 evaluations of the rate, 100 images
	// rk4_classic 1: 12 evaluations of the rate, 100 images
	// rk4_classic 2: 24 evaluations of the rate, 100 images
	// the run is 1-1-1 euler
}
