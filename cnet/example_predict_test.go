package cnet_test

import (
	"fmt"
	"math"
	"os"

	"continuousnet/cnet"
)

// The probability of each class for the first test images.
func ExampleRun_Predict() {
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	run, err := cnet.Open(dir, cnet.Config{Scheme: "euler", Steps: 1, Channels: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer run.Close()

	p, err := run.Predict(3)
	if err != nil {
		fmt.Println(err)
		return
	}
	set, err := run.Dataset()
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, probabilities := range p {
		var sum float64
		for _, x := range probabilities {
			sum += float64(x)
		}
		fmt.Printf("%s: %d probabilities, sum to 1: %v\n",
			set.Classes[set.Test.Labels[i]], len(probabilities), math.Abs(sum-1) < 1e-5)
	}
	// Output:
	// Ankle boot: 10 probabilities, sum to 1: true
	// Pullover: 10 probabilities, sum to 1: true
	// Trouser: 10 probabilities, sum to 1: true
}
