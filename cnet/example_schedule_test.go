package cnet_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"continuousnet/cnet"
)

// A schedule of one's own is a function of the position in epochs. A run keeps its name.
func ExampleRegisterSchedule() {
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	err = cnet.RegisterSchedule("root", func(position float64, _ int) float64 { return 1 / (1 + position) })
	if err != nil {
		log.Fatal(err)
	}
	run, err := cnet.Open(dir, cnet.Config{Channels: 1, LRSchedule: "root"})
	if err != nil {
		log.Fatal(err)
	}
	defer run.Close()
	if err := run.Train(context.Background(), 1); err != nil {
		log.Fatal(err)
	}
	fmt.Println(run.Rate())
	err = run.Change(func(c *cnet.Config) { c.LRSchedule, c.WeightDecay = cnet.LRConstant, 1e-4 })
	fmt.Println(run.Rate(), err)
	last := run.History()[len(run.History())-1]
	fmt.Println(last.Changes)
	// Output:
	// 0.05 (0.1, root)
	// 0.1 <nil>
	// lr schedule root → constant, weight decay 0.0005 → 0.0001
}
