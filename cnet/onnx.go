package cnet

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"continuousnet/cnet/engine/fmap"
	"continuousnet/cnet/internal/atomicfile"
	"continuousnet/cnet/internal/onnx"
)

// exportONNX writes the network of the run as ONNX; see Export.
func (r *Run) exportONNX(path string) error {
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
		return r.net.Logits(store, fmap.Standard, images, false)
	})
	if err != nil {
		return fail(err)
	}
	if m.Metadata, err = r.metadata(); err != nil {
		return err
	}
	about := map[string]any{"mean": set.Mean, "std": set.Std, "classes": set.Classes}
	outputs := fmt.Sprintf("logits [batch, %d], one for each class", len(set.Classes))
	if set.Regression() {
		delete(about, "classes")
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
	values, kind := "x/255", "bytes"
	if set.Floats() {
		values, kind = "x", "floats"
	}
	m.Doc = fmt.Sprintf("%s, trained on %s. input: images [batch, %d, %d, %d] with values (%s - mean)/std, channel "+
		"by channel, for %s x; mean and std are in the metadata. output: %s.",
		r.Title(), set.Title, set.Channels, set.Height, set.Width, values, kind, outputs)
	data, err := m.Marshal()
	if err != nil {
		return fail(err)
	}
	if err := atomicfile.WriteFile(path, data); err != nil {
		return fmt.Errorf("onnx: cannot write %s: %w", path, err)
	}
	return nil
}
