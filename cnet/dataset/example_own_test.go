package dataset_test

import (
	"fmt"
	"strings"

	"continuousnet/cnet/dataset"
)

// Numbers that bytes do not hold are kept as floats. The last three images are for testing.
func ExampleNew() {
	set, err := dataset.New([]float64{0, 1, 0.5, 1, 0, 0.5}, []int{0, 1, 1, 1, 0, 1},
		dataset.ArrayOptions{Name: "points", Shape: []int{6, 1, 1}, Test: 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(set.Train.Floats, set.Train.Labels, set.Test.Floats, set.Test.Labels, set.Classes)
	// Output:
	// [0 1 0.5] [0 1 1] [1 0 0.5] [1 0 1] [0 1]
}

// A name for a data set that a function makes, in cnet.Config{Dataset: "dots"} as well.
func ExampleRegister() {
	err := dataset.Register("dots", func() (*dataset.Set, error) {
		return dataset.New([]uint8{0, 255, 0, 255}, []int{0, 1, 0, 1}, dataset.ArrayOptions{Shape: []int{4, 1, 1},
			Test: 2})
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	set, err := dataset.Load("dots", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(set.Name, set.Train.Len(), set.Test.Len())
	// Output:
	// dots 2 2
}

// A table of points: two coordinates and a class.
func ExampleReadPoints() {
	p, err := dataset.ReadPoints(strings.NewReader("width,height,species\n5.1,1.4,setosa\n7,4.7,versicolor\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.X, p.Labels, p.Classes, p.Axes)
	// Output:
	// [[5.1 1.4] [7 4.7]] [0 1] [setosa versicolor] [width height]
}

// Moons with more noise than usual. As the last expression of a cell, they draw themselves.
func ExampleLoadPoints() {
	moons, err := dataset.LoadPoints("moons", dataset.PointOptions{N: 200, Noise: 0.2})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(moons.Title, moons.Len())
	// Output:
	// moons 200
}

// Whatever a data set was read from, it is the same if its fingerprint is.
func ExampleSet_Fingerprint() {
	o := dataset.ArrayOptions{Shape: []int{4, 1, 1}, Test: 2}
	bytes, err := dataset.New([]uint8{0, 255, 0, 255}, []int{0, 1, 0, 1}, o)
	if err != nil {
		fmt.Println(err)
		return
	}
	floats, err := dataset.New([]float32{0, 1, 0, 1}, []int{0, 1, 0, 1}, o)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(bytes.Fingerprint() == floats.Fingerprint())
	// Output:
	// true
}
