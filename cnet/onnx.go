package cnet

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"continuousnet/cnet/dataset"
	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/internal/atomicfile"
	"continuousnet/cnet/internal/onnx"
)

// ONNXOptions say what is in an ONNX file beside the network.
type ONNXOptions struct {
	// RawInput puts the normalisation into the graph: "input" are pixels from 0 to 255, or points and other floats as
	// the data set has them, and targets that are numbers come out in their own units. The metadata then have
	// "raw_input": "true", and neither means nor deviations, which there is no more use for. Classes come out as logits
	// all the same.
	RawInput bool
}

// ExportONNX writes the network of the run as ONNX, as Export does for a path that ends in .onnx, with options.
func (r *Run) ExportONNX(path string, o ONNXOptions) error {
	fail := func(err error) error { return fmt.Errorf("run %s: %w", r.dir, err) }
	if r.state.Config.adaptive() {
		return fail(errors.New("an ONNX file has a fixed number of layers, and the steps of this net adapt to " +
			"tolerances; train one with --steps"))
	}
	set, err := r.DataForm()
	if err != nil {
		return err
	}
	store, err := r.weights()
	if err != nil {
		return fail(err)
	}
	variable := func(path string) (*tensors.Tensor, error) {
		v := store.GetVariable(path)
		if v == nil {
			return nil, fmt.Errorf("the graph has the input %q, which is no variable of the network", path)
		}
		return v.Value()
	}
	images := shapes.Make(Float, onnx.Batch, set.Height, set.Width, set.Channels)
	m, err := onnx.Trace(images, variable, func(images *Node) *Node {
		if !o.RawInput {
			return r.net.Logits(store, fmap.Standard, images, false)
		}
		outputs := r.net.Logits(store, fmap.Standard, normalised(images, set), false)
		if set.Regression() {
			outputs = Add(Mul(outputs, perChannel(outputs, set.TargetStd)), perChannel(outputs, set.TargetMean))
		}
		return outputs
	})
	if err != nil {
		return fail(err)
	}
	if m.Metadata, err = r.metadata(); err != nil {
		return err
	}
	about := map[string]any{}
	if o.RawInput {
		m.Metadata["raw_input"] = "true"
	} else {
		about["mean"], about["std"] = set.Mean, set.Std
	}
	outputs := fmt.Sprintf("logits [batch, %d], one for each class", len(set.Classes))
	switch {
	case !set.Regression():
		about["classes"] = set.Classes
	case o.RawInput:
		about["targets"] = set.Targets
		outputs = fmt.Sprintf("the targets [batch, %d], in their units", len(set.Targets))
	default:
		about["targets"], about["target_mean"], about["target_std"] = set.Targets, set.TargetMean, set.TargetStd
		outputs = fmt.Sprintf("(target - target_mean)/target_std [batch, %d], for each target", len(set.Targets))
	}
	for key, value := range about {
		text, err := json.Marshal(value)
		if err != nil {
			return fail(err)
		}
		m.Metadata[key] = string(text)
	}
	m.Producer, m.Name = "continuousnet", r.Title()
	m.Doc = fmt.Sprintf("%s, trained on %s. input: %s [batch, %d, %d, %d] with values %s. output: %s.",
		r.Title(), set.Title, set.Things(), set.Channels, set.Height, set.Width, o.inputValues(set), outputs)
	data, err := m.Marshal()
	if err != nil {
		return fail(err)
	}
	if err := atomicfile.WriteFile(path, data); err != nil {
		return fmt.Errorf("onnx: cannot write %s: %w", path, err)
	}
	return nil
}

// inputValues says what values the input of the file has.
func (o ONNXOptions) inputValues(set *dataset.Set) string {
	switch {
	case o.RawInput && set.Floats():
		return "as the data set has them, which the graph normalises"
	case o.RawInput:
		return "from 0 to 255, the bytes of pixels, which the graph normalises"
	}
	values, kind := "x/255", "bytes"
	if set.Floats() {
		values, kind = "x", "floats"
	}
	return fmt.Sprintf("(%s - mean)/std, channel by channel, for %s x; mean and std are in the metadata", values, kind)
}

// normalised returns raw images as the network takes them, [batch, height, width, channels]: bytes x from 0 to 255 as
// (x/255 - mean)/std, and floats as (x - mean)/std.
func normalised(images *Node, set *dataset.Set) *Node {
	unit := 255.0
	if set.Floats() {
		unit = 1
	}
	scale, mean, rest := make([]float64, set.Channels), make([]float64, set.Channels), make([]float64, set.Channels)
	for c := range scale {
		scale[c], mean[c] = 1/(unit*set.Std[c]), unit*set.Mean[c]
		rest[c] = mean[c] - float64(float32(mean[c]))
	}
	x := Sub(images, perChannel(images, mean))
	if set.Floats() { // which may be close together and far from 0, where a mean in 32 bits is not exact enough
		x = Sub(x, perChannel(images, rest))
	}
	return Mul(x, perChannel(images, scale))
}

// perChannel returns numbers, one for each place on the last axis of x, in the type of x and to be broadcast to it.
func perChannel(x *Node, numbers []float64) *Node {
	return ExpandLeftToRank(ConvertDType(Const(x.Graph(), numbers), x.DType()), x.Rank())
}
