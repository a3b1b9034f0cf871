package cnet

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/dataset"
	"continuousnet/cnet/ode"
	"continuousnet/cnet/statedict"
)

// metadataKey is the key in the metadata of an exported file that holds an exportedNet, in JSON.
const metadataKey = "continuousnet"

// metadataVersion is the version of exportedNet.
const metadataVersion = 1

// exportedNet describes what a state_dict does not tell of its network.
type exportedNet struct {
	Version       int           `json:"version"`
	Config        Config        `json:"config"`                // as the network was made
	Scheme        string        `json:"scheme"`                // now
	Tableaux      []ode.Tableau `json:"tableaux,omitempty"`    // of schemes that are not built in
	Steps         int           `json:"steps"`                 // now
	NumBasis      int           `json:"num_basis"`             // now; the basis is piecewise constant
	StageSteps    []int         `json:"stage_steps,omitempty"` // of each stage, instead of Steps, if they differ
	StageBasis    []int         `json:"stage_basis,omitempty"` // likewise, instead of NumBasis
	Epochs        int           `json:"epochs"`                // of training
	ImageChannels int           `json:"image_channels"`
	Classes       int           `json:"classes"`
}

// Export writes the run to a file; what is written, the extension says. The run may be open read-only. On any error the
// path holds what it held before.
//
// A .safetensors or .npz file holds the weights and running statistics in the form of the original's model.state_dict()
// (see Net.StateDict), with the configuration in the file's metadata.
//
// An .onnx file holds the network itself, for ONNX Runtime and other programs: each step and stage unrolled, the
// weights mixed to those of a layer, in the opset 18 that PyTorch's exporter writes. "input", float32 [batch, channels,
// height, width] with any number of images, are images as the network was trained on: values from 0 to 1, or floats as
// they are, less the mean of each channel, divided by its deviation, which the metadata have as "mean" and "std" (JSON
// lists), beside the names of the "classes". Points are images of one pixel with a channel for each coordinate.
// "output", float32 [batch, classes], are the logits; where targets are numbers, they are the "targets" of the
// metadata, less "target_mean" and divided by "target_std". The run remembers all of it, so that the data set need not
// be there, unless the run is from before it did. Any network can be exported whose operations ONNX has, with a scheme
// or rate of one's own, too; if one has not, the error names it. ExportONNX can put the normalisation into the file.
func (r *Run) Export(path string) error {
	if strings.EqualFold(filepath.Ext(path), ".onnx") {
		return r.ExportONNX(path, ONNXOptions{})
	}
	store, err := r.weights()
	if err != nil {
		return fmt.Errorf("run %s: %w", r.dir, err)
	}
	list, err := r.net.StateDict(store)
	if err != nil {
		return fmt.Errorf("run %s: %w", r.dir, err)
	}
	metadata, err := r.metadata()
	if err != nil {
		return err
	}
	metadata["format"] = "pt" // which some programs ask for before they take it for PyTorch's
	return statedict.Write(path, list, metadata)
}

// metadata describes the network of the run for the metadata of a file.
func (r *Run) metadata() (map[string]string, error) {
	st := r.state
	made := st.Config
	// Where things are on this machine, and what belongs to the run's epochs.
	made.Data, made.Engine, made.Devices, made.Precision = "", "", 0, ""
	made.RefineEpochs, made.LRDecayEpochs, made.LRSchedule, made.LRWarmup, made.Epochs = nil, nil, "", 0, 0
	about, err := json.Marshal(exportedNet{
		Version: metadataVersion, Config: made, Scheme: st.Scheme, Tableaux: st.Tableaux, Steps: st.Steps,
		NumBasis: st.NumBasis, StageSteps: st.StageSteps, StageBasis: st.StageBasis,
		Epochs: st.Epoch, ImageChannels: st.Channels, Classes: st.Classes,
	})
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", r.dir, err)
	}
	metadata := map[string]string{
		"model": made.Model, "net": r.net.String(), "epochs": strconv.Itoa(st.Epoch), metadataKey: string(about),
	}
	if st.Scheme != "" {
		metadata["scheme"] = st.Scheme
	}
	return metadata, nil
}

// WeightsFile is a state_dict that was read from a file, and what is known of its network.
type WeightsFile struct {
	Path string
	// Config describes the network as it was made. For a file that Export wrote it is the run's. For other files it
	// holds what the names and shapes of the tensors tell. The rest is not set: scheme, data set, and the numbers of
	// intervals and steps with which the net was made if it has been refined since.
	Config Config
	Epochs int // of training; 0 if the file does not say

	ImageChannels, Classes int
	NumBasis               int    // now; the basis is piecewise constant
	Steps                  int    // now; 0 if the file does not say, or if stages differ
	StageSteps, StageBasis []int  // instead of Steps and NumBasis, if stages differ
	Scheme                 string // now; empty if the file does not say
	tableaux               []ode.Tableau
	tensors                []statedict.Tensor
}

// ReadWeights reads a .safetensors or .npz file with a state_dict of one of the Models: one that Export wrote, or the
// original's.
func ReadWeights(path string) (*WeightsFile, error) {
	list, err := statedict.Read(path)
	if err != nil {
		return nil, err
	}
	metadata, err := statedict.Metadata(path)
	if err != nil {
		return nil, err
	}
	w := &WeightsFile{Path: path, tensors: withoutModule(list)}
	text, own := metadata[metadataKey]
	if !own {
		if err := w.infer(); err != nil {
			return nil, fmt.Errorf("weights %s: %w", path, err)
		}
		return w, nil
	}
	var about exportedNet
	if err := json.Unmarshal([]byte(text), &about); err != nil {
		return nil, fmt.Errorf("weights %s: the metadata %q cannot be read: %w", path, metadataKey, err)
	}
	if about.Version != metadataVersion {
		return nil, fmt.Errorf("weights %s: the metadata %q has version %d, this program reads version %d",
			path, metadataKey, about.Version, metadataVersion)
	}
	if err := (state{Tableaux: about.Tableaux}).registerSchemes(); err != nil {
		return nil, fmt.Errorf("weights %s: the metadata %q: %w", path, metadataKey, err)
	}
	w.Config, w.Epochs, w.ImageChannels, w.Classes = about.Config, about.Epochs, about.ImageChannels, about.Classes
	w.NumBasis, w.Steps, w.Scheme, w.tableaux = about.NumBasis, about.Steps, about.Scheme, about.Tableaux
	w.StageSteps, w.StageBasis = about.StageSteps, about.StageBasis
	return w, nil
}

// withoutModule removes the prefix that torch.nn.DataParallel puts before every name.
func withoutModule(list []statedict.Tensor) []statedict.Tensor {
	const prefix = "module."
	for _, t := range list {
		if !strings.HasPrefix(t.Name, prefix) {
			return list
		}
	}
	for i := range list {
		list[i].Name = strings.TrimPrefix(list[i].Name, prefix)
	}
	return list
}

// Import makes a new run in dir with the weights of a file, rounded to float32. The run is before its first epoch and
// has a fresh optimizer. c is the configuration of the file with the caller's changes. It describes the network as it
// was made: a file with 4 intervals and NumBasis 1 holds a net that was refined twice.
//
// If the file does not tell something and c does not either, the error names it; if a tensor does not fit, the error
// names the first one. No run is made then.
func Import(dir string, w *WeightsFile, c Config) (*Run, error) {
	if Exists(dir) {
		return nil, fmt.Errorf("run %s: there is a run already; import into another one", dir)
	}
	fail := func(err error) (*Run, error) { return nil, fmt.Errorf("weights %s: %w", w.Path, err) }
	var err error
	if c, err = c.resolved(); err != nil {
		return fail(err)
	}
	if c.Model != "" && w.Config.Model != "" && c.Model != w.Config.Model {
		return fail(fmt.Errorf("it holds a %s, not a %s; leave the model out", w.Config.Model, c.Model))
	}
	if missing := w.Missing(c); len(missing) > 0 {
		return fail(fmt.Errorf("the file does not tell the %s; say it (cnet import --%s)",
			strings.Join(missing, " and the "), strings.Join(missing, ", --")))
	}
	c = c.WithDefaults()
	// What the file names is the file's, as what a run names is the run's.
	file := state{Config: w.Config, Scheme: w.Scheme, Tableaux: w.tableaux}
	if err := c.check(file.schemeNamed); err != nil {
		return fail(err)
	}
	st := state{
		Version: stateVersion, Config: c, LearningRate: c.LearningRate,
		dataState: dataState{Channels: w.ImageChannels, Classes: w.Classes},
	}
	if Continuous(c.Model) {
		if err := w.depth(c, &st); err != nil {
			return fail(err)
		}
		if err := st.keepSchemes(file.schemeNamed); err != nil {
			return fail(err)
		}
	}
	st.keepRate()
	network, err := st.net()
	if err != nil {
		return fail(err)
	}
	store := model.NewStore()
	if err := network.Init(store, c.Seed, Float); err != nil { // for the random state as well
		return fail(err)
	}
	if err := network.LoadStateDict(store, w.tensors); err != nil {
		return fail(err)
	}
	set, err := c.loadData(dir, loading{})
	if err != nil {
		return fail(err)
	}
	if err := cmp.Or(c.checkPoints(set), c.checkTargets(set), set.CheckAugment(c.Augment)); err != nil {
		return fail(err)
	}
	if set.Channels != w.ImageChannels || set.Outputs() != w.Classes {
		return fail(fmt.Errorf("the net is for images of %d channels and %d classes, %s has %d and %d; "+
			"take another data set", w.ImageChannels, w.Classes, c.Dataset, set.Channels, set.Outputs()))
	}
	if n, ok := network.(*Net); ok {
		if err := n.checkImages(set.Height, set.Width); err != nil {
			return fail(err)
		}
	}
	return lockedRun(dir, func(r *Run) error {
		if err := vacant(dir); err != nil {
			return err
		}
		r.state, r.net, r.store = st, network, store
		if err := r.adoptData(set); err != nil {
			return err
		}
		r.history = History{{Event: EventImport, Net: network.String()}}
		return r.save()
	})
}

// Missing returns the names of the flags for what neither the file nor the configuration tells, and has no default that
// could be meant.
func (w *WeightsFile) Missing(c Config) []string {
	var list []string
	if c.Scheme == "" && (c.Model == "" || Continuous(c.Model)) {
		list = append(list, "scheme")
	}
	if c.Dataset == "" || dataset.IsKind(c.Dataset) && c.Data == "" { // a file does not say where data of one's own are
		list = append(list, "dataset")
	}
	return list
}

// depth sets how the net is discretised now, given how it was made. A scheme or a number of steps that the caller has
// changed is meant to be used now.
func (w *WeightsFile) depth(c Config, st *state) error {
	st.Basis, st.NumBasis, st.StageBasis = piecewiseConstant, w.NumBasis, w.StageBasis
	st.Scheme, st.Steps, st.StageSteps = c.Scheme, w.Steps, w.StageSteps
	if w.Scheme != "" && c.Scheme == w.Config.Scheme {
		st.Scheme = w.Scheme
	}
	now, made := st.depth(), c.BasisOfStages()
	have := now.BasisOfStages()
	if len(have) != len(made) {
		return fmt.Errorf("it has %d stages, not %d; leave their number out", len(have), len(made))
	}
	file := w.Config.WithDefaults()
	if (w.Steps > 0 || w.StageSteps != nil) &&
		slices.Equal(c.StepsOfStages(), file.StepsOfStages()) && slices.Equal(made, file.BasisOfStages()) {
		return now.checkStages()
	}
	steps := c.StepsOfStages()
	for i := range steps {
		if have[i]%made[i] != 0 {
			return fmt.Errorf("it has %d intervals of depth, which cannot come of refining %d; "+
				"say with how many it was made (cnet import --initial-time-d)", have[i], made[i])
		}
		steps[i] = steps[i] * have[i] / made[i]
		if err := between("steps", steps[i], mostStageSteps); err != nil {
			return err
		}
	}
	st.Steps, st.StageSteps = oneOrEach(steps)
	return nil
}
