package cnet_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"continuousnet/cnet"
)

// Write the weights of a run under the original's names, and make another run of the file. A file that PyTorch has
// written is read alike; what it does not tell, such as the scheme, belongs into the configuration.
func ExampleImport() {
	dir, err := os.MkdirTemp("", "runs")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	run, err := cnet.Open(filepath.Join(dir, "first"), cnet.Config{Scheme: "midpoint", Steps: 2, Channels: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer run.Close()
	file := filepath.Join(dir, "weights.safetensors")
	if err := run.Export(file); err != nil {
		fmt.Println(err)
		return
	}

	weights, err := cnet.ReadWeights(file)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("missing:", weights.Missing(weights.Config))
	copied, err := cnet.Import(filepath.Join(dir, "copy"), weights, weights.Config)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer copied.Close()
	want, err := run.Evaluate(context.Background())
	if err != nil {
		fmt.Println(err)
	}
	got, err := copied.Evaluate(context.Background())
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(copied.Network(), "with the same score:", got == want)
	// Output:
	// missing: []
	// 2-2-2 midpoint with the same score: true
}
