package cnet_test

import (
	"context"
	"fmt"
	"os"

	"continuousnet/cnet"
)

// Train a small network on the embedded sample, refine its time steps, and open the run again as another process would.
func Example() {
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()

	run, err := cnet.Open(dir, cnet.Config{Scheme: "euler", Steps: 1, Channels: 2, BatchSize: 250})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(run.Network())
	if err := run.Train(ctx, 1); err != nil {
		fmt.Println(err)
	}
	if err := run.Refine(); err != nil {
		fmt.Println(err)
	}
	run.Close()

	run, err = cnet.Open(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer run.Close()
	score, err := run.Evaluate(ctx)
	fmt.Println(run.Network(), "after", run.Epoch(), "epoch, tested on", score.Images, "images", err)
	// Output:
	// 1-1-1 euler
	// 2-2-2 euler after 1 epoch, tested on 500 images <nil>
}
