package cnet_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"continuousnet/cnet"
)

// The best epoch is kept while a run is trained, and any other state of it under a name.
func ExampleRun_Best() {
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	run, err := cnet.Open(dir, cnet.Config{Channels: 1, KeepBest: cnet.PartTest, EarlyStop: 5})
	if err != nil {
		log.Fatal(err)
	}
	defer run.Close()
	if err := run.Train(context.Background(), 2); err != nil {
		log.Fatal(err)
	}
	if err := run.SaveAs("before"); err != nil {
		log.Fatal(err)
	}
	if err := run.Refine(); err != nil {
		log.Fatal(err)
	}
	before, err := run.Checkpoint("before")
	if err != nil {
		log.Fatal(err)
	}
	best, err := run.Best()
	if err != nil {
		log.Fatal(err)
	}
	score, err := best.Evaluate(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	recorded, _ := run.History().Best()
	fmt.Println(run.Title(), "was", before.Title())
	fmt.Println(score.Accuracy == recorded.TestAccuracy)
	// Output:
	// ContinuousNet 2-2-2 euler was ContinuousNet 1-1-1 euler
	// true
}
