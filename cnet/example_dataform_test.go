package cnet_test

import (
	"fmt"
	"os"
	"path/filepath"

	"continuousnet/cnet"
)

// What a run remembers of its data set is enough for predictions, and for a file that other programs run.
func ExampleRun_DataForm() {
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	made, err := cnet.Open(filepath.Join(dir, "run"), cnet.Config{Scheme: "euler", Steps: 1, Channels: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	made.Close()

	run, err := cnet.OpenReadOnly(filepath.Join(dir, "run")) // loads no images
	if err != nil {
		fmt.Println(err)
		return
	}
	defer run.Close()
	form, err := run.DataForm()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d×%d×%d, mean %.4f, %d test images here\n",
		form.Height, form.Width, form.Channels, form.Mean, form.Test.Len())
	fmt.Println(run.ExportONNX(filepath.Join(dir, "net.onnx"), cnet.ONNXOptions{RawInput: true}))
	// Output:
	// 28×28×1, mean [0.2860], 0 test images here
	// <nil>
}
