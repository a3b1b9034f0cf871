package cnet_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"continuousnet/cnet"
)

// What the test images of each class are taken for.
func ExampleRun_Confusion() {
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	run, err := cnet.Open(dir, cnet.Config{Channels: 2})
	if err != nil {
		log.Fatal(err)
	}
	defer run.Close()
	ctx := context.Background()
	if err := run.Train(ctx, 1); err != nil {
		log.Fatal(err)
	}
	confusion, err := run.Confusion(ctx)
	if err != nil {
		log.Fatal(err)
	}
	bag := confusion.PerClass()[8]
	fmt.Println(bag.Class, bag.Images)
	last, _ := run.History().Last()
	fmt.Println(confusion.Accuracy() == last.TestAccuracy)
	// Output:
	// Bag 50
	// true
}
