package notebook_test

import (
	"fmt"
	"os"

	"continuousnet/cnet"
	"continuousnet/cnet/chart"
	"continuousnet/cnet/notebook"
)

// In a cell this is a table and a chart; outside of a notebook it is their text.
func Example() {
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	if err := os.Chdir(dir); err != nil {
		fmt.Println(err)
		return
	}

	run := cnet.MustOpen("results/first", cnet.Config{Scheme: "euler", Steps: 1, Channels: 4})
	defer run.Close()
	notebook.Info(run)
	notebook.Show(chart.Chart{Title: "Any chart"})
	// Output:
	// Run results/first
	// net      ContinuousNet 1-1-1 euler, 4-8-16 channels, batch norm
	// weights  11,326, made of 1 piecewise_constant function of depth per stage
	// data     fashion-sample, 10 classes, batches of 128
	// trained  not yet
	// [chart: Any chart]
}
