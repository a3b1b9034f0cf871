package cnet

import (
	"encoding/json"
	"fmt"
	"slices"

	"continuousnet/cnet/internal/layers"
	"continuousnet/cnet/ode"
	"continuousnet/cnet/rate"
	"continuousnet/cnet/statedict"
)

// dynamicsKey is the key in the metadata of a file that holds a savedDynamics, in JSON.
const dynamicsKey = "continuousnet-dynamics"

// savedDynamics describes a Dynamics in a file, besides its weights.
type savedDynamics struct {
	Version    int            `json:"version"`
	Config     DynamicsConfig `json:"config"`
	About      string         `json:"about,omitempty"` // the description of the rate
	Iterations int            `json:"iterations"`
}

// dynamicsVersion is the version of savedDynamics.
const dynamicsVersion = 1

// Save writes the configuration and the weights to a .safetensors or .npz file. On any error the path holds what it
// held before.
func (d *Dynamics) Save(path string) error {
	if d.engine == nil {
		return errDynamicsClosed
	}
	saved := savedDynamics{Version: dynamicsVersion, Config: d.config, Iterations: d.fitted}
	saved.Config.Engine = ""
	if r, err := rate.Lookup(d.config.Rate); err == nil {
		saved.About = r.Description
	}
	about, err := json.Marshal(saved)
	if err != nil {
		return fmt.Errorf("dynamics: %w", err)
	}
	values, err := d.weights()
	if err != nil {
		return fmt.Errorf("dynamics: %w", err)
	}
	var list []statedict.Tensor
	for i, v := range d.list {
		list = append(list, statedict.Tensor{Name: v.Path, Shape: v.Dims, Values: values[i], DType: "F32"})
	}
	return statedict.Write(path, list, map[string]string{dynamicsKey: string(about)})
}

// LoadDynamics returns what Save has written. Its rate and its scheme must be registered, unless they are built in. The
// engine is "auto".
func LoadDynamics(path string) (*Dynamics, error) {
	metadata, err := statedict.Metadata(path)
	if err != nil {
		return nil, err
	}
	var saved savedDynamics
	if err := json.Unmarshal([]byte(metadata[dynamicsKey]), &saved); err != nil || saved.Version != dynamicsVersion {
		return nil, fmt.Errorf("dynamics: %s is no file that Dynamics.Save of this version has written", path)
	}
	if _, err := rate.Lookup(saved.Config.Rate); err != nil {
		return nil, fmt.Errorf("dynamics: %s has the rate %s (%s): %w", path, saved.Config.Rate, saved.About, err)
	}
	if _, err := ode.Lookup(saved.Config.Scheme); err != nil {
		return nil, fmt.Errorf("dynamics: %s: %w", path, err)
	}
	list, err := statedict.Read(path)
	if err != nil {
		return nil, err
	}
	d, err := NewDynamics(saved.Config)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := d.load(list); err != nil {
		d.Close()
		return nil, fmt.Errorf("dynamics: %s: %w; its rate %s is another one than that of this program", path, err,
			saved.Config.Rate)
	}
	d.fitted = saved.Iterations
	return d, nil
}

// load sets the weights to the tensors of their names.
func (d *Dynamics) load(list []statedict.Tensor) error {
	if len(list) != len(d.list) {
		return fmt.Errorf("there are %d tensors, want %d", len(list), len(d.list))
	}
	values := make([][]float64, len(d.list))
	for i, v := range d.list {
		k := slices.IndexFunc(list, func(t statedict.Tensor) bool { return t.Name == v.Path })
		if k < 0 {
			return layers.Missing(v.Path)
		}
		if !slices.Equal(list[k].Shape, v.Dims) {
			return fmt.Errorf("variable %q has shape %v, want %v", v.Path, list[k].Shape, v.Dims)
		}
		if slices.ContainsFunc(list[k].Values, notFinite) {
			return fmt.Errorf("variable %q has values that are not finite", v.Path)
		}
		values[i] = list[k].Values
	}
	return d.setWeights(values)
}
