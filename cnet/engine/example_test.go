package engine_test

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"continuousnet/cnet/engine"
)

func ExampleOpen() {
	e, err := engine.Open("go") // or "auto", for a GPU where there is one
	if err != nil {
		fmt.Println(err)
		return
	}
	defer e.Close()

	square, err := NewExec(e.Backend, func(x *Node) *Node { return Square(x) })
	if err != nil {
		fmt.Println(err)
		return
	}
	y, err := square.Call1([]float32{1, 2, 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.Name, y.Value())
	// Output: go [1 4 9]
}

func ExampleList() {
	for _, s := range engine.List() {
		if s.Name == "go" {
			fmt.Println(s.Name, s.Available)
		}
	}
	// Output: go true
}
