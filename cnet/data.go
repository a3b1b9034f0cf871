package cnet

import (
	"fmt"
	"path/filepath"

	"continuousnet/cnet/dataset"
)

// cacheFolder is the folder beside runs in which the decoded images of their data sets are kept. Runs share it.
const cacheFolder = ".data"

// dataOptions returns how the data set of the configuration is read for a run in dir: decoded images are kept beside
// the run.
func (c Config) dataOptions(dir string) dataset.Options {
	return dataset.Options{
		Size: c.Size, SkipBad: c.SkipBad, Seed: c.SplitSeed,
		Cache: filepath.Join(filepath.Dir(filepath.Clean(dir)), cacheFolder),
	}
}

// resolved returns the configuration with the canonical name and the folder of its data set, as far as it has one.
func (c Config) resolved() (Config, error) {
	var err error
	c.Dataset, c.Data, err = dataset.Resolve(c.Dataset, c.Data)
	return c, err
}

// loadData reads the data set of the configuration for a run in dir.
func (c Config) loadData(dir string) (*dataset.Set, error) {
	return dataset.Load(c.Dataset, c.Data, c.dataOptions(dir))
}

// dataState is what a run remembers of its data set.
type dataState struct {
	TrainImages int      `json:"train_images"`
	Channels    int      `json:"channels"` // of the images
	Classes     int      `json:"classes"`
	ClassNames  []string `json:"class_names,omitempty"`
	DataTitle   string   `json:"data_title,omitempty"`
	Fingerprint string   `json:"fingerprint,omitempty"` // of the data set; "" in runs from before there was one
}

// describe returns what a run remembers of its data set.
func describe(set *dataset.Set) dataState {
	return dataState{
		TrainImages: set.Train.Len(), Channels: set.Channels, Classes: len(set.Classes), ClassNames: set.Classes,
		DataTitle: set.Title, Fingerprint: set.Fingerprint(),
	}
}

// String names the data set so that two of them can be told apart.
func (d dataState) String() string {
	title := d.DataTitle
	if title == "" {
		title = "a data set"
	}
	s := fmt.Sprintf("%s (%d training images of %d classes, %d channels", title, d.TrainImages, d.Classes, d.Channels)
	if d.Fingerprint != "" {
		s += ", fingerprint " + d.Fingerprint[:min(12, len(d.Fingerprint))]
	}
	return s + ")"
}

// same reports whether a data set is the one that d describes. Runs from before there were fingerprints are content
// with numbers.
func (d dataState) same(other dataState) bool {
	return d.TrainImages == other.TrainImages && d.Channels == other.Channels && d.Classes == other.Classes &&
		(d.Fingerprint == "" || d.Fingerprint == other.Fingerprint)
}

// Dataset returns the data set of the run, which is loaded on the first call. It is an error if it is not the one that
// the run was made with: then the accuracies before and after would not be of the same thing.
func (r *Run) Dataset() (*dataset.Set, error) {
	if r.set != nil {
		return r.set, nil
	}
	set, err := r.state.Config.loadData(r.dir)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", r.dir, err)
	}
	now := describe(set)
	if !r.state.same(now) {
		where := ""
		if r.state.Config.Data != "" {
			where = " in " + r.state.Config.Data
		}
		return nil, fmt.Errorf("run %s: it is trained on %v; found %v%s; give it the same data (--data DIR), "+
			"or make a new run", r.dir, r.state.dataState, now, where)
	}
	r.state.dataState = now
	r.set = set
	return r.set, nil
}

// ClassNames returns the names of the classes, in the order of the logits; nil in a run from before they were kept,
// until its data set is loaded.
func (r *Run) ClassNames() []string { return r.state.ClassNames }
