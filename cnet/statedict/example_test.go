package statedict_test

import (
	"fmt"
	"os"
	"path/filepath"

	"continuousnet/cnet/statedict"
)

func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "weights.safetensors")

	err = statedict.Write(path, []statedict.Tensor{
		{Name: "net.0.weight", Shape: []int{2, 2}, Values: []float64{1, 0, 0.5, -1}, DType: "F32"},
		{Name: "net.1.num_batches_tracked", Shape: []int{}, Values: []float64{390}, DType: "I64"},
	}, nil)
	if err != nil {
		panic(err)
	}
	tensors, err := statedict.Read(path)
	if err != nil {
		panic(err)
	}
	for _, t := range tensors {
		fmt.Println(t.Name, t.DType, t.Shape, t.Values)
	}
	// Output:
	// net.0.weight F32 [2 2] [1 0 0.5 -1]
	// net.1.num_batches_tracked I64 [] [390]
}
