package cnet_test

import (
	"fmt"
	"os"
	"path/filepath"

	"continuousnet/cnet"
	"continuousnet/cnet/dataset"
)

// Images in memory are a data set: here 40 of 8×8 pixels, bright or dark.
func ExampleOpen_arrays() {
	dir, err := os.MkdirTemp("", "arrays")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	const n, size = 40, 8
	pixels, labels := make([]float32, n*size*size), make([]int, n)
	for i := range pixels {
		image := i / (size * size)
		labels[image] = image % 2
		pixels[i] = 0.3 + 0.4*float32(labels[image])
	}
	set, err := dataset.New(pixels, labels, dataset.ArrayOptions{
		Name: "lamps", Shape: []int{n, size, size}, Classes: []string{"off", "on"}, Test: 10,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	run, err := cnet.Open(filepath.Join(dir, "run"), cnet.Config{Set: set})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer run.Close()
	fmt.Println(run.Config().Dataset, set.Train.Len(), set.Test.Len(), run.ClassNames())
	// Output:
	// lamps 30 10 [off on]
}
