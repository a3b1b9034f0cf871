package cnet_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"continuousnet/cnet"
)

// A function that is called after every batch acts while a run is trained.
func ExampleStep() {
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	run, err := cnet.Open(dir, cnet.Config{Channels: 1})
	if err != nil {
		log.Fatal(err)
	}
	defer run.Close()
	act := func(s *cnet.Step) {
		norm, _, err := s.GradientNorms()
		switch {
		case err != nil || norm > 1000:
			s.Stop()
		case s.Epoch == 0 && s.Batch == 10:
			s.Refine()
			s.SetLearningRate(0.05)
		case s.Epoch == 1 && s.Batch == 5:
			s.SaveAs("five")
			s.Stop()
		}
	}
	err = run.Train(context.Background(), 2, cnet.TrainOptions{OnStep: act, GradientNorms: true})
	fmt.Println(errors.Is(err, cnet.ErrStopped), run.Title(), run.Epoch(), run.Batch(), run.LearningRate())
	// Output:
	// true ContinuousNet 2-2-2 euler 1 5 0.05
}
