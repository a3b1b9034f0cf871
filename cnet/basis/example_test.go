package basis_test

import (
	"fmt"

	"continuousnet/cnet/basis"
)

// Two intervals become four; the function of depth stays the same.
func ExampleRefine() {
	b, err := basis.New("piecewise_constant", 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	fine, matrix, _ := basis.Refine(b)
	fmt.Println(fine.Functions(), basis.Apply(matrix, []float64{10, 20}))

	// A hat function's new nodes lie in the middle of the old ones.
	fine, matrix, _ = basis.Refine(basis.Hat{K: 2})
	fmt.Println(fine.Functions(), basis.Apply(matrix, []float64{10, 20}))
	// Output:
	// 4 [10 10 20 20]
	// 3 [10 15 20]
}

// Sixteen intervals compressed to eight: each new one is the average of two.
func ExampleProject() {
	fine, coarse := basis.PiecewiseConstant{K: 16}, basis.PiecewiseConstant{K: 8}
	matrix, err := basis.Project(fine, coarse)
	if err != nil {
		fmt.Println(err)
		return
	}
	theta := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	compressed := basis.Apply(matrix, theta)
	lost, _ := basis.Distance(fine, theta, coarse, compressed)
	fmt.Println(matrix[0][:4])
	fmt.Println(compressed)
	fmt.Println("lost in the mean square:", lost)
	// Output:
	// [0.5 0.5 0 0]
	// [1.5 3.5 5.5 7.5 9.5 11.5 13.5 15.5]
	// lost in the mean square: 0.5
}

// The weights of a stage: at the end of step 0 of 2, piecewise constant functions are still those of its own interval.
func ExampleStage() {
	for _, b := range []basis.Basis{basis.PiecewiseConstant{K: 2}, basis.Hat{K: 3}, basis.Legendre{K: 3}} {
		fmt.Println(b.Name(), basis.Stage(b, 0, 2, 1), basis.Stage(b, 1, 2, 0.5))
	}
	// Output:
	// piecewise_constant [1 0] [0 1]
	// hat [0 1 0] [0 0.5 0.5]
	// legendre [1 0 -0.5] [1 0.5 -0.125]
}
