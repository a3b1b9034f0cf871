package basis_test

import (
	"fmt"
	"math"

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
	fmt.Println(fine.NumBasis(), basis.Apply(matrix, []float64{10, 20}))

	// A hat function's new nodes lie in the middle of the old ones.
	fine, matrix, _ = basis.Refine(basis.Hat{K: 2})
	fmt.Println(fine.NumBasis(), basis.Apply(matrix, []float64{10, 20}))
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

// The functions of a basis at a quarter of depth, to plot them.
func ExampleValues() {
	for _, b := range []basis.Basis{basis.PiecewiseLinear{K: 4}, basis.Chebyshev{K: 3}, basis.Fourier{K: 3}} {
		fmt.Printf("%s %.2f\n", b.Name(), basis.Values(b, 0.25))
	}
	// Output:
	// piecewise_linear [0.50 0.50 0.00 0.00]
	// chebyshev [1.00 -0.50 -0.50]
	// fourier [1.00 0.00 1.00]
}

// monomials are 1, t, t², ...: a basis of one's own.
type monomials struct{ k int }

func (b monomials) Name() string              { return "monomials" }
func (b monomials) NumBasis() int             { return b.k }
func (b monomials) Cells() int                { return 1 }
func (b monomials) Degree() int               { return b.k - 1 }
func (b monomials) Refined(m int) basis.Basis { return monomials{m * b.k} }
func (b monomials) At(p basis.Point) []float64 {
	values := make([]float64, b.k)
	for i := range values {
		values[i] = math.Pow(p.Fraction, float64(i)) // in the only cell, number 0
	}
	return values
}

func (b monomials) Nodes() []basis.Point {
	nodes := make([]basis.Point, b.k)
	for i := range nodes {
		nodes[i] = basis.Point{Cell: 0, Fraction: float64(i) / float64(max(b.k-1, 1))}
	}
	return nodes
}

func (b monomials) Check() error {
	if b.k < 1 || b.k > 8 { // more of them can hardly be told apart
		return fmt.Errorf("monomials: their number must be from 1 to 8, got %d", b.k)
	}
	return nil
}

// Registered, a basis has a name that configurations and commands know, and everything here works with it.
func ExampleRegister() {
	if err := basis.Register("monomials", func(k int) basis.Basis { return monomials{k} }); err != nil {
		fmt.Println(err)
		return
	}
	b, err := basis.New("monomials", 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	matrix, err := basis.Interpolate(basis.Legendre{K: 3}, b)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.0f\n", basis.Apply(matrix, []float64{0, 0, 1})) // 6t² - 6t + 1
	// Output: [1 -6 6]
}
