package cnet_test

import (
	"fmt"
	"math"
	"os"

	"continuousnet/cnet"
	"continuousnet/cnet/basis"
)

// cosines are 1, cos πt, cos 2πt, ...: a basis of one's own.
type cosines struct{ k int }

func (b cosines) Name() string  { return "cosines" }
func (b cosines) NumBasis() int { return b.k }
func (b cosines) Cells() int    { return 1 } // smooth from 0 to 1

func (b cosines) Check() error {
	if b.k < 1 || b.k > 64 {
		return fmt.Errorf("cosines: their number must be from 1 to 64, got %d", b.k)
	}
	return nil
}

func (b cosines) At(p basis.Point) []float64 {
	values := make([]float64, b.k)
	for i := range values {
		values[i] = math.Cos(float64(i) * math.Pi * p.Fraction)
	}
	return values
}

// Degree is that of polynomials which agree with the cosines to the last digits.
func (b cosines) Degree() int { return 2*b.k + 36 }

func (b cosines) Nodes() []basis.Point {
	nodes := make([]basis.Point, b.k)
	for i := range nodes {
		nodes[i].Fraction = (float64(i) + 0.5) / float64(b.k)
	}
	return nodes
}

func (b cosines) Refined(m int) basis.Basis { return cosines{m * b.k} }

// A basis that is registered is one for networks: runs are made and trained with it, refined, and compressed.
func ExampleConfig_ownBasis() {
	if err := basis.Register("cosines", func(k int) basis.Basis { return cosines{k} }); err != nil {
		fmt.Println(err)
		return
	}
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	config := cnet.Config{Scheme: "midpoint", Basis: "cosines", NumBasis: 2, Steps: 3, Channels: 2}
	run, err := cnet.Open(dir, config)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer run.Close()
	fmt.Println(run.Network())
	if err := run.Refine(); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(run.Network())
	change, err := run.Compress("piecewise_constant", 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(change.Net)
	// Output:
	// 3-3-3 midpoint, 2 cosines
	// 6-6-6 midpoint, 4 cosines
	// 6-6-6 midpoint, 1 piecewise_constant
}
