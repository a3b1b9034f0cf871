package cnet_test

import (
	"context"
	"fmt"
	"os"

	"continuousnet/cnet"
)

// Measure the order of schemes on the hidden state of a net: half the step size divides the error by 2 to the order.
func ExampleRun_Convergence() {
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	run, err := cnet.Open(dir, cnet.Config{Scheme: "euler", Steps: 1, Channels: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer run.Close()

	c, err := run.Convergence(context.Background(), cnet.ConvergenceOptions{
		Schemes: []string{"euler", "midpoint"}, Stage: 3, Steps: []int{4, 8, 16, 32}, Images: 2,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("stage %d, %d images, against %d steps of %s\n", c.Stage, c.Images, c.ReferenceSteps, c.ReferenceScheme)
	for _, s := range c.Schemes {
		finest := s.Points[len(s.Points)-1]
		fmt.Printf("%s has order %d, measured as %.0f; %d steps take %d evaluations\n",
			s.Scheme, s.Order, s.Measured, finest.Steps, finest.Evaluations)
	}
	// Output:
	// stage 3, 2 images, against 256 steps of rk4_classic
	// euler has order 1, measured as 1; 32 steps take 32 evaluations
	// midpoint has order 2, measured as 2; 32 steps take 64 evaluations
}
