package cnet_test

import (
	"fmt"
	"os"
	"path/filepath"

	"continuousnet/cnet"
)

// Make four functions of depth into two, in place or in another run. The steps stay as many as they were.
func ExampleRun_Compress() {
	dir, err := os.MkdirTemp("", "runs")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	run, err := cnet.Open(filepath.Join(dir, "four"), cnet.Config{Scheme: "euler", Steps: 4, Channels: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer run.Close()

	// A copy first, in which the weights over depth are hat functions.
	smooth, _, err := run.CompressTo(filepath.Join(dir, "smooth"), "hat", 3, cnet.ByInterpolation)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(smooth.Network())
	smooth.Close()

	change, err := run.Compress("piecewise_constant", 2) // the closest ones; "" keeps the kind of functions, too
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(change.OldNet, "->", change.Net)
	fmt.Println("parameters:", change.OldParameters, "->", change.Parameters)
	fmt.Println("the weights have moved:", change.Distance > 0 && change.Distance < 1)
	// Output:
	// 4-4-4 euler, 3 hat
	// 4-4-4 euler -> 4-4-4 euler, 2 piecewise_constant
	// parameters: 7748 -> 4556
	// the weights have moved: true
}
