package cnet

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"continuousnet/cnet/dataset"
	"continuousnet/cnet/internal/words"
)

// cacheFolder is the folder beside runs in which the decoded images of their data sets are kept. Runs share it.
const cacheFolder = ".data"

// dataOptions returns how the data set of the configuration is read for a run in dir: decoded images are kept beside
// the run.
func (c Config) dataOptions(dir string) dataset.Options {
	return dataset.Options{
		Size: c.Size, SkipBad: c.SkipBad, Layout: c.Layout, Seed: c.SplitSeed, Cache: DataCache(dir),
		Points: c.Points, Noise: c.Noise, Targets: c.Targets,
	}
}

// DataCache returns the folder beside a run in dir in which its data set is kept, decoded, as dataset.Options.Cache.
func DataCache(dir string) string {
	if run, _, ok := CheckpointOf(dir); ok {
		dir = run
	}
	return filepath.Join(filepath.Dir(filepath.Clean(dir)), cacheFolder)
}

// resolved returns the configuration with the canonical name and the folder of its data set, as far as it has one.
func (c Config) resolved() (Config, error) {
	if c.Set != nil {
		switch {
		case c.Dataset != "" && c.Dataset != c.Set.Name || c.Data != "":
			return c, fmt.Errorf("config: there are two data sets, %s as Set and %s; leave one of them out",
				c.Set.Name, cmp.Or(c.Dataset, c.Data))
		case c.Size != 0 || c.SkipBad || c.Layout != "" || c.SplitSeed != 0:
			return c, fmt.Errorf("config: Size, SkipBad, Layout and SplitSeed say how files are read, and %s is "+
				"given as Set; leave them out", c.Set.Name)
		case len(c.Targets) > 0:
			return c, fmt.Errorf("config: Targets are columns of a .csv file, and %s is given as Set; leave them out",
				c.Set.Name)
		case c.Points != 0 || c.Noise != 0:
			return c, fmt.Errorf("config: Points and Noise say how points are made, and %s is given as Set; leave "+
				"them out", c.Set.Name)
		}
		c.Dataset = c.Set.Name
		return c, nil
	}
	var err error
	c.Dataset, c.Data, err = dataset.Resolve(c.Dataset, c.Data)
	return c, err
}

// loadData returns the data set of the configuration for a run in dir.
func (c Config) loadData(dir string, l loading) (*dataset.Set, error) {
	if c.Set != nil {
		return c.Set, c.Set.Check()
	}
	o := c.dataOptions(dir)
	o.Progress = l.progress
	return dataset.LoadContext(l.context(), c.Dataset, c.Data, o)
}

// adoptData makes a data set that of a new run. A set that only a program in Go has is kept beside the run, for other
// programs and the command line; a run that cannot keep it says so.
func (r *Run) adoptData(set *dataset.Set) error {
	inGo := r.state.Config.Set != nil
	r.state.Config.Set = nil
	held, about, err := r.state.Config.holdOut(set)
	if err != nil {
		return fmt.Errorf("run %s: %w", r.dir, err)
	}
	r.set, r.state.dataState = held, about
	r.state.InGo = inGo
	if r.state.InGo || dataset.Registered(set.Name) {
		if err := dataset.Keep(DataCache(r.dir), set); err != nil {
			r.warnings = append(r.warnings, fmt.Sprintf("run %s: %v", r.dir, err))
		}
	}
	return nil
}

// holdOut returns a data set with its validation part, and what a run remembers of it.
func (c Config) holdOut(set *dataset.Set) (*dataset.Set, dataState, error) {
	about := describe(set)
	if c.Validation == 0 {
		return set, about, nil
	}
	held, err := set.HoldOut(c.Validation, c.Seed)
	if err != nil {
		return nil, about, err
	}
	about.TrainImages, about.Form = held.Train.Len(), held.Form()
	return held, about, nil
}

// takeSet makes a data set that is given to an existing run the one that it uses, if it is the same.
func (r *Run) takeSet(set *dataset.Set) error {
	if err := set.Check(); err != nil {
		return fmt.Errorf("run %s: %w", r.dir, err)
	}
	held, now, err := r.state.Config.holdOut(set)
	if err != nil {
		return fmt.Errorf("run %s: %w", r.dir, err)
	}
	if !r.state.same(now) {
		if held = r.older(set); held == nil {
			return r.otherData(now, "")
		}
	}
	r.set = held
	return nil
}

// dataState is what a run remembers of its data set.
type dataState struct {
	TrainImages int      `json:"train_images"`
	Channels    int      `json:"channels"` // of the images
	Classes     int      `json:"classes"`  // or the number of targets
	ClassNames  []string `json:"class_names,omitempty"`
	Targets     []string `json:"target_names,omitempty"` // in the place of classes, numbers
	DataTitle   string   `json:"data_title,omitempty"`
	Fingerprint string   `json:"fingerprint,omitempty"` // of the data set; "" in runs from before there was one
	InGo        bool     `json:"in_go,omitempty"`       // it was given as Config.Set

	// Form is what else prediction needs, so that it does without the data set; nil in runs from before it was kept.
	Form *dataset.Form `json:"data_form,omitempty"`
}

// describe returns what a run remembers of its data set.
func describe(set *dataset.Set) dataState {
	return dataState{
		TrainImages: set.Train.Len(), Channels: set.Channels, Classes: set.Outputs(), ClassNames: set.Classes,
		Targets: set.Targets, DataTitle: set.Title, Fingerprint: set.Fingerprint(), Form: set.Form(),
	}
}

// String names the data set so that two of them can be told apart.
func (d dataState) String() string {
	title := d.DataTitle
	if title == "" {
		title = "a data set"
	}
	s := fmt.Sprintf("%s (%d training images of %d classes, %s", title, d.TrainImages, d.Classes,
		words.Plural(d.Channels, "channel"))
	if len(d.Targets) > 0 {
		s = fmt.Sprintf("%s (%d training points with the target %s, %s", title, d.TrainImages,
			strings.Join(d.Targets, ", "), words.Plural(d.Channels, "coordinate"))
	}
	if d.Fingerprint != "" {
		s += ", fingerprint " + d.Fingerprint[:min(12, len(d.Fingerprint))]
	}
	return s + ")"
}

// same reports whether a data set is the one that d describes. Runs from before there were fingerprints are content
// with numbers.
func (d dataState) same(other dataState) bool {
	return len(d.Targets) == len(other.Targets) && d.TrainImages == other.TrainImages &&
		d.Channels == other.Channels && d.Classes == other.Classes &&
		(d.Fingerprint == "" || d.Fingerprint == other.Fingerprint)
}

// Dataset returns the data set of the run, which is loaded on the first call. It is an error if it is not the one that
// the run was made with: then the accuracies before and after would not be of the same thing.
func (r *Run) Dataset() (*dataset.Set, error) { return r.DatasetContext(context.Background()) }

// DatasetContext is Dataset until ctx ends; then the error wraps the context's, and the next call loads the data set.
func (r *Run) DatasetContext(ctx context.Context) (*dataset.Set, error) {
	r.loading.ctx = ctx
	defer func() { r.loading.ctx = nil }()
	return r.dataset()
}

func (r *Run) dataset() (*dataset.Set, error) {
	if r.set != nil {
		return r.set, nil
	}
	set, err := r.findData()
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", r.dir, err)
	}
	held, now, err := r.state.Config.holdOut(set)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", r.dir, err)
	}
	if !r.state.same(now) {
		older := r.older(set)
		if older == nil {
			return nil, r.otherData(now, r.state.Config.Data)
		}
		held, now = older, r.state.dataState
		now.Form = older.Form()
	}
	now.InGo = r.state.InGo
	r.state.dataState = now
	r.set = held
	return r.set, nil
}

// DataForm returns the data set of the run without its images: what they look like, how they are normalised, and what
// classes or targets are called, which is all that prediction needs. The run remembers it; only in a run from before it
// did, the data set is loaded. Use Dataset for the images.
func (r *Run) DataForm() (*dataset.Set, error) { return r.dataForm(context.Background()) }

func (r *Run) dataForm(ctx context.Context) (*dataset.Set, error) {
	about := r.state.dataState
	if r.set != nil || about.Form == nil {
		set, err := r.DatasetContext(ctx)
		if err != nil && ctx.Err() == nil {
			err = fmt.Errorf("%w; the run is from before runs remembered how to normalise images, and needs them", err)
		}
		return set, err
	}
	set := &dataset.Set{
		Name: r.state.Config.Dataset, Title: about.DataTitle, Channels: about.Channels, Classes: about.ClassNames,
		Targets: about.Targets,
	}
	about.Form.Fill(set)
	if set.Outputs() != about.Classes || len(set.Mean) != set.Channels || len(set.Std) != set.Channels {
		return nil, fmt.Errorf("run %s: what it remembers of its data set does not fit together: %d names of %d "+
			"outputs, %d means and %d deviations of %s", r.dir, set.Outputs(), about.Classes, len(set.Mean),
			len(set.Std), words.Plural(set.Channels, "channel"))
	}
	return set, nil
}

// older returns a set of floats as the run was made with it, if that was when floats were kept as 256 levels, or nil.
func (r *Run) older(set *dataset.Set) *dataset.Set {
	if !set.Floats() || r.state.Fingerprint == "" {
		return nil
	}
	held, about, err := r.state.Config.holdOut(set.Quantized())
	if err != nil || !r.state.same(about) {
		return nil
	}
	return held
}

// findData loads the data set: from where the configuration says, or from the copy beside the run.
func (r *Run) findData() (*dataset.Set, error) {
	c := r.state.Config
	kept := func() (*dataset.Set, error) { return dataset.Kept(DataCache(r.dir), c.Dataset, r.state.Fingerprint) }
	if r.state.InGo {
		if set, err := kept(); err == nil {
			return set, nil
		}
	}
	if _, err := dataset.Canonical(c.Dataset); err == nil {
		if c.Dataset == dataset.Table && len(c.Targets) == 0 && len(r.state.Targets) == 0 {
			c.Targets = []string{dataset.NoTargets} // it may be from before columns called y were targets
		}
		return c.loadData(r.dir, r.loading)
	}
	set, err := kept()
	if err != nil {
		return nil, fmt.Errorf("%w; it was given in Go: give it again as Config.Set, or with dataset.Register", err)
	}
	return set, nil
}

// otherData returns the error for a data set that is not the run's.
func (r *Run) otherData(found dataState, where string) error {
	if where != "" {
		where = " in " + where
	}
	return fmt.Errorf("run %s: it is trained on %v; found %v%s; give it the same data, or make a new run",
		r.dir, r.state.dataState, found, where)
}

// Things returns the word for what the net takes, "images" or "points".
func (c Config) Things() string {
	if c.Model == NeuralODE {
		return "points"
	}
	return "images"
}

// Things returns the word for what the net of the run takes, "images" or "points".
func (r *Run) Things() string { return r.state.Config.Things() }

// ClassNames returns the names of the classes, in the order of the logits; nil in a run from before they were kept,
// until its data set is loaded.
func (r *Run) ClassNames() []string { return r.state.ClassNames }
