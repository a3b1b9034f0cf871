package dataset_test

import (
	"fmt"
	"math"
	"strings"

	"continuousnet/cnet/dataset"
)

func ExampleLoad() {
	set, err := dataset.Load("fashion-sample", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d training and %d test images of %d×%d×%d\n",
		set.Train.Len(), set.Test.Len(), set.Height, set.Width, set.Channels)
	fmt.Println("the first is a", set.Classes[set.Train.Labels[0]])
	// Output:
	// 2500 training and 500 test images of 28×28×1
	// the first is a Ankle boot
}

func ExampleLoad_missing() {
	_, err := dataset.Load("CIFAR10", "data/cifar10")
	fmt.Println(strings.ReplaceAll(err.Error(), "; ", ";\n"))
	// Output:
	// dataset: CIFAR-10 not found in data/cifar10 (looked for data_batch_1.bin);
	// run "cnet data get cifar10" or pass --data DIR
}

func ExampleBatches() {
	set, err := dataset.Load("fashion-sample", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	batches, err := dataset.NewBatches(set, set.Train, 128, 1, true)
	if err != nil {
		fmt.Println(err)
		return
	}
	images := make([]float32, batches.Size()*set.ImageSize())
	labels := make([]int32, batches.Size())
	for batch := range batches.Len() {
		batches.Fill(0, batch, images, labels)
	}
	fmt.Printf("%d batches of %d\n", batches.Len(), batches.Size())
	// Output:
	// 19 batches of 128
}

func ExampleMoons() {
	moons := dataset.Moons(4, 0, 1)
	for i, x := range moons.X {
		fmt.Printf("(%5.2f, %5.2f) %d\n", x[0], x[1], moons.Labels[i])
	}
	// Unordered output:
	// ( 0.71,  0.71) 0
	// (-0.71,  0.71) 0
	// ( 0.29, -0.21) 1
	// ( 1.71, -0.21) 1
}

// The toys beside each other: which of them a flow in the plane can pull apart is a question of topology.
func ExampleCircles() {
	for _, points := range []dataset.Points{dataset.Circles(100, 0, 0.5, 1), dataset.Spirals(100, 0, 1, 1)} {
		farthest := [2]float64{} // from the origin, of each class
		for i, x := range points.X {
			k := points.Labels[i]
			farthest[k] = max(farthest[k], math.Hypot(x[0], x[1]))
		}
		fmt.Printf("%d points, as far as %.1f\n", points.Len(), farthest)
	}
	// Output:
	// 100 points, as far as [1.0 0.5]
	// 100 points, as far as [1.0 1.0]
}

// What a set says about its images, and batches for a test: every image once, the last batch filled up with weight 0.
func ExampleNewOrdered() {
	set, err := dataset.Load("fashion-sample", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	batches, err := dataset.NewOrdered(set, set.Test, 200)
	if err != nil {
		fmt.Println(err)
		return
	}
	images := make([]float32, batches.Size()*set.ImageSize())
	labels, weights := make([]int32, batches.Size()), make([]float32, batches.Size())
	batches.Fill(batches.Len()-1, images, labels, weights)
	fmt.Printf("%s: mean %.3f, deviation %.3f, flipped %v\n", set.Name, set.Mean, set.Std, set.Flip)
	fmt.Println(batches.Len(), "batches; weights of the last:", weights[99], weights[100])
	// Output:
	// fashion-sample: mean [0.286], deviation [0.353], flipped true
	// 3 batches; weights of the last: 1 0
}
