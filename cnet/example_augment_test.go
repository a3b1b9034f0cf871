package cnet_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"continuousnet/cnet"
	"continuousnet/cnet/dataset"
)

// Training images are varied by steps, of which one is registered here.
func ExampleConfig_augment() {
	err := dataset.RegisterAugment(dataset.AugmentStep{
		Name: "noise", Description: "normal noise with this deviation", Value: 0.05, Max: 1,
		Apply: func(im *dataset.Image, deviation float64, random *dataset.Random) {
			for i := range im.Pixels {
				im.Pixels[i] += float32(deviation * random.Normal())
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	run, err := cnet.Open(dir, cnet.Config{Channels: 1, Augment: []string{"crop:2", "flip", "noise", "cutmix"}})
	if err != nil {
		log.Fatal(err)
	}
	defer run.Close()
	if err := run.Train(context.Background(), 1); err != nil {
		log.Fatal(err)
	}
	fmt.Println(run.Config().Augment, run.Epoch())
	// Output:
	// [crop:2 flip noise:0.05 cutmix:1] 1
}
