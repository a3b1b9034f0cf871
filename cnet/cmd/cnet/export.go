package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"continuousnet/cnet"
	"continuousnet/cnet/dataset"
	"continuousnet/cnet/internal/runname"
	"continuousnet/cnet/internal/words"
)

func (a *app) export() *cobra.Command {
	var json, best, raw bool
	cmd := &cobra.Command{
		Use:   "export RUN FILE",
		Short: "Write a run for PyTorch and NumPy, or as ONNX",
		Long: `Write the weights and running statistics of a run to a .safetensors or .npz file, with the names and
shapes of the original's model.state_dict(), to the bit. The configuration goes into the metadata, from which "cnet
import" makes a run again. An existing FILE is replaced.

A FILE that ends in .onnx gets the network itself, unrolled, for ONNX Runtime and other programs: opset 18, with the
input "input", float32 [batch, channels, height, width] for any number of images, and the output "output", the logits
[batch, classes]. The input is normalised as in training: (x/255 - mean)/std for bytes x. The metadata of the file have
"mean" and "std", one number a channel, and "classes", as lists in JSON. With --raw-input the graph normalises: the
input is pixels from 0 to 255, or points and other numbers as the data set has them, and targets come out in their
units.

The data set need not be there, except for an .onnx file of a run from before runs remembered how to normalise images.

RUN is a directory, or the name of one in results/; RUN@NAME is a checkpoint of it (cnet save).`,
		Example: `  cnet export first first.safetensors
  python -c "import torch, safetensors.torch as s; print(s.load_file('first.safetensors')['net.4.net.L1.weight'].shape)"
  cnet export first first.npz
  cnet export first first.onnx
  cnet export first first.onnx --raw-input
  python -c "import onnxruntime as o; print(o.InferenceSession('first.onnx').get_modelmeta().custom_metadata_map)"`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef("export needs a run and a file: cnet export RUN FILE, " +
					"with a FILE that ends in .safetensors, .npz or .onnx")
			}
			dir, err := (&runArg{}).dir(cmd, args[:1])
			if err != nil {
				return err
			}
			return a.exportRun(dir, args[1], best, raw, json)
		},
	}
	cmd.Flags().BoolVar(&best, "best", false, "as it was after its best epoch, see --keep-best of cnet train")
	cmd.Flags().BoolVar(&raw, "raw-input", false,
		"normalise in the .onnx file, which then takes pixels from 0 to 255, and numbers as they are")
	cmd.Flags().BoolVar(&json, "json", false, "print the result as JSON")
	return cmd
}

func (a *app) exportRun(dir, file string, fromBest, raw, json bool) error {
	ext := strings.ToLower(filepath.Ext(file))
	if ext != ".safetensors" && ext != ".npz" && ext != ".onnx" {
		return usagef("the file is %q, expected one that ends in .safetensors, .npz or .onnx", file)
	}
	if raw && ext != ".onnx" {
		return usagef("--raw-input is for an .onnx file, and the file is %q, which holds weights alone; leave it out",
			file)
	}
	if err := checkFile(file); err != nil {
		return usagef("the file is %q, %v", file, err)
	}
	run, err := cnet.OpenReadOnly(dir)
	if err == nil && fromBest {
		run, err = best(run)
	}
	if err != nil {
		return err
	}
	defer run.Close()
	a.warnAll(run.Warnings())
	write := run.Export
	if raw {
		write = func(path string) error { return run.ExportONNX(path, cnet.ONNXOptions{RawInput: true}) }
	}
	if err := write(file); err != nil {
		return err
	}
	parameters, originals := run.Network().CountParameters()
	if json {
		return printJSON(a.out, map[string]any{
			"event": "export", "run": dir, "file": file, "model": run.Config().Model, "net": run.Network().String(),
			"epochs": run.Epoch(), "parameters": parameters, "original_parameters": originals,
		})
	}
	fmt.Fprintf(a.out, "%s after %s, %s parameters\n%s\n",
		run.Title(), words.Plural(run.Epoch(), "epoch"), words.Grouped(parameters), file)
	n, ok := run.Network().(*cnet.Net)
	if ok && ext != ".onnx" && !n.OriginalStages() && run.Config().Model != cnet.NeuralODE {
		fmt.Fprintf(a.out, "note: its stages are %s steps, %s functions and %s channels; the original has only nets "+
			"of three stages alike, with twice the channels each: its classes cannot load this file, cnet import can\n",
			words.Joined(n.Steps, "-"), words.Joined(n.NumBasis(), "-"), words.Joined(n.StageChannels(), "-"))
	}
	if ext != ".onnx" {
		own := ""
		if dataset.IsKind(run.Config().Dataset) {
			own = " --dataset PATH"
		}
		fmt.Fprintf(a.out, "a run of it: cnet import %s NAME%s\n", runname.Path(file), own)
	}
	return nil
}
