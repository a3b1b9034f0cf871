package cnet_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"continuousnet/cnet"
)

// A tenth of the training images is held out, and says which epoch is the best.
func ExampleRun_Validate() {
	dir, err := os.MkdirTemp("", "validation")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	run, err := cnet.Open(filepath.Join(dir, "run"), cnet.Config{Channels: 1, BatchSize: 1125, Validation: 0.1})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer run.Close()
	if err := run.Train(context.Background(), 1); err != nil {
		fmt.Println(err)
		return
	}
	score, err := run.Validate(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	best, _ := run.History().Best()
	fmt.Println(score.Images, "images;", best.ValidationAccuracy == score.Accuracy)
	// Output:
	// 250 images; true
}
