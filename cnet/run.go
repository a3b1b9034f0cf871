package cnet

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"

	"github.com/gofrs/flock"
	"github.com/gomlx/compute/distributed"
	"github.com/gomlx/gomlx/ml/model"

	"continuousnet/cnet/dataset"
	"continuousnet/cnet/engine"
	"continuousnet/cnet/internal/atomicfile"
	"continuousnet/cnet/internal/layers"
	"continuousnet/cnet/internal/optional"
	"continuousnet/cnet/internal/runname"
	"continuousnet/cnet/internal/words"
	"continuousnet/cnet/ode"
)

// A Run is a directory in which a network is trained. It holds all that matters: configuration, weights, the
// optimizer's state, the position in the data, the history. Whatever ends the process, the run opens again at its last
// complete save and goes on from there with the same numbers, to the bit on the same engine.
//
// A Run is used by one goroutine at a time, and by one process at a time unless it is opened with OpenReadOnly.
type Run struct {
	dir      string
	lock     *flock.Flock // nil when open read-only, and when closed
	closed   bool
	state    state
	history  History
	store    *model.Store
	net      Network
	saves    int      // number of the last save
	waits    error    // why it is not open, if it will be when something is registered; see UnmarshalBinary
	control  *control // while it is trained; controls guards it
	warnings []string

	loading loading                 // how the data set is loaded
	engine  *engine.Engine          // opened on first use
	set     *dataset.Set            // loaded on first use
	eval    *evaluator              // compiled on first use, dropped when the net changes
	shown   *model.Store            // the averaged weights, see weights; nil until they are looked at
	trainer *batchTrainer           // likewise
	mesh    *distributed.DeviceMesh // of the devices that share a batch; nil until training, and for one device
}

// ErrInUse is wrapped by the error of Open when another process has the run open.
var ErrInUse = errors.New("another process is using it")

const (
	configFile = "config.json"
	lockFile   = "lock"
)

// Open opens the run in dir, or creates it with the configuration. An existing run keeps its own configuration; it is
// an error if a field that is set differs from it. Only Engine, Devices, Precision and Data may differ, which say where
// the run is computed.
//
// Close releases the run for others. A process that dies releases it too.
func Open(dir string, config ...Config) (*Run, error) {
	c, err := optional.One("Open", "configuration", config, Config{})
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", dir, err)
	}
	return openRun(dir, c, loading{})
}

// openRun opens the run in dir, or creates it, and loads its data set as told.
func openRun(dir string, c Config, l loading) (*Run, error) {
	if run, name, ok := CheckpointOf(dir); ok {
		return nil, fmt.Errorf("run %s: it is the checkpoint %s of %s, which stays as it is; "+
			"open it with OpenReadOnly, or copy it to a folder of its own to train it", dir, name, run)
	}
	if err := takeOver(dir); err != nil {
		return nil, fmt.Errorf("run %s: %w", dir, err)
	}
	return lockedRun(dir, func(r *Run) error {
		r.loading = l
		return r.open(c)
	})
}

// MustOpen is Open for notebooks: it panics if there is an error.
func MustOpen(dir string, config ...Config) *Run {
	r, err := Open(dir, config...)
	if err != nil {
		panic(err)
	}
	return r
}

// OpenReadOnly opens an existing run to look at it, also while another process trains it. Methods that would change the
// run return an error. Engine and Data of the configuration say where to compute and where the data set is; its other
// fields must agree with the run.
func OpenReadOnly(dir string, config ...Config) (*Run, error) {
	c, err := optional.One("OpenReadOnly", "configuration", config, Config{})
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", dir, err)
	}
	r := &Run{dir: dir}
	if found, err := r.restore(); err != nil {
		return nil, err
	} else if !found {
		return nil, fmt.Errorf("run %s: there is no run here; \"cnet train --run %s\" makes one",
			dir, runname.Argument(dir))
	}
	if c, err = r.agrees(c); err != nil {
		return nil, err
	}
	if c.Set != nil {
		if err := r.takeSet(c.Set); err != nil {
			return nil, err
		}
	}
	r.setPlace(c)
	return r, nil
}

// Close releases the run and its engine. There is nothing to save: every method that changes the run has done so.
func (r *Run) Close() error {
	r.closed, r.waits, r.eval, r.trainer = true, nil, nil, nil
	if r.engine != nil {
		r.engine.Close()
		r.engine = nil
	}
	lock := r.lock
	if r.lock = nil; lock == nil {
		return nil
	}
	return lock.Unlock()
}

// writable returns an error if the run cannot be changed.
func (r *Run) writable() error {
	switch {
	case r.waits != nil:
		return r.waits
	case r.closed:
		return fmt.Errorf("run %s: it is closed", r.dir)
	case r.lock == nil:
		return fmt.Errorf("run %s: it is open read-only", r.dir)
	}
	return nil
}

// open opens the run in its locked directory, or creates it.
func (r *Run) open(c Config) error {
	if err := sweepPartial(r.dir); err != nil {
		return fmt.Errorf("run %s: %w", r.dir, err)
	}
	found, err := r.restore()
	if err != nil {
		return err
	}
	if !found {
		return r.create(c)
	}
	if c, err = r.agrees(c); err != nil {
		return err
	}
	if c.Set != nil {
		if err := r.takeSet(c.Set); err != nil {
			return err
		}
	}
	r.setPlace(c)
	r.writeCopies()
	return nil
}

// create starts a new run with untrained weights.
func (r *Run) create(c Config) (err error) {
	if c, err = c.resolved(); err != nil {
		return fmt.Errorf("run %s: %w", r.dir, err)
	}
	c = c.WithDefaults()
	if err := c.Check(); err != nil {
		return fmt.Errorf("run %s: %w", r.dir, err)
	}
	set, err := c.loadData(r.dir, r.loading)
	if err != nil {
		return fmt.Errorf("run %s: %w", r.dir, err)
	}
	if err := cmp.Or(c.checkPoints(set), c.checkTargets(set), set.CheckAugment(c.Augment)); err != nil {
		return fmt.Errorf("run %s: %w", r.dir, err)
	}
	r.state = state{
		Version: stateVersion, Config: c, Scheme: c.Scheme, Steps: c.Steps, Basis: c.Basis, NumBasis: c.NumBasis,
		StageSteps: c.StageSteps, StageBasis: c.StageBasis, LearningRate: c.LearningRate,
	}
	if err := r.adoptData(set); err != nil {
		return err
	}
	if err := r.state.keepSchemes(ode.Lookup); err != nil {
		return fmt.Errorf("run %s: %w", r.dir, err)
	}
	r.state.keepRate()
	if r.net, err = r.state.net(); err != nil {
		return fmt.Errorf("run %s: %w", r.dir, err)
	}
	if n, ok := r.net.(*Net); ok {
		if err := n.checkImages(set.Height, set.Width); err != nil {
			return fmt.Errorf("run %s: %w", r.dir, err)
		}
	}
	if err := fits(r.net); err != nil {
		return fmt.Errorf("run %s: %w", r.dir, err)
	}
	r.store = model.NewStore()
	if err := r.net.Init(r.store, c.Seed, Float); err != nil {
		return fmt.Errorf("run %s: %w", r.dir, err)
	}
	if err := tryRate(r.net, r.store, set); err != nil {
		return fmt.Errorf("run %s: %w", r.dir, err)
	}
	return r.save()
}

// agrees returns an error for the first field of c that is set and differs from the run's configuration, and otherwise
// c with the folder of the data set where its Dataset is one.
func (r *Run) agrees(c Config) (Config, error) {
	if err := c.checkPrecision(); err != nil {
		return c, fmt.Errorf("run %s: %w", r.dir, err)
	}
	if c.Dataset != "" && c.Dataset != r.state.Config.Dataset || c.Set != nil {
		known, err := c.resolved()
		if err != nil {
			return c, fmt.Errorf("run %s: %w", r.dir, err)
		}
		c = known
	}
	model := c.Model
	setDefault(&c.Model, r.state.Config.Model)
	if c.NoAugment || len(c.Augment) > 0 {
		c.setAugment() // as the run's are written
	}
	if n, had := c.NumStages(), r.state.Config.NumStages(); n != had && c.saysStages() {
		return c, fmt.Errorf("run %s: its net has %d stages, not %d; make another run", r.dir, had, n)
	}
	c = c.InShort()
	c.Model, c.Stages = model, 0
	have, want := reflect.ValueOf(r.state.Config), reflect.ValueOf(c)
	for i := range want.NumField() {
		field := want.Type().Field(i).Name
		if want.Field(i).IsZero() || slices.Contains(placeFields, field) {
			continue
		}
		if !reflect.DeepEqual(have.Field(i).Interface(), want.Field(i).Interface()) {
			other := "or use another directory"
			switch _, ok := changeable[field]; {
			case field == "LearningRate":
				other = "change it with SetLearningRate, " + other
			case ok:
				other = "change it with Change, " + other
			}
			return c, fmt.Errorf("run %s: it was made with %s %v, not %v; leave the field out to go on with it, %s",
				r.dir, field, have.Field(i), want.Field(i), other)
		}
	}
	if c.Data != "" {
		if _, _, err := dataset.Resolve(r.state.Config.Dataset, c.Data); err != nil {
			return c, fmt.Errorf("run %s: %w", r.dir, err)
		}
	}
	placed := Run{state: r.state}
	placed.setPlace(c)
	if err := placed.state.Config.checkFields(r.state.schemeNamed); err != nil {
		return c, fmt.Errorf("run %s: %w", r.dir, err)
	}
	return c, nil
}

// placeFields are the fields of a configuration that setPlace takes over.
var placeFields = []string{"Engine", "Devices", "Precision", "Data", "Set"}

// setPlace takes over from c where to compute and where the data set is, as far as c says so.
func (r *Run) setPlace(c Config) {
	if c.Engine != "" {
		r.state.Config.Engine = c.Engine
	}
	if c.Devices != 0 {
		r.state.Config.Devices = c.Devices
	}
	if c.Precision != "" {
		r.state.Config.Precision = c.Precision
	}
	if c.Data != "" {
		r.state.Config.Data = c.Data
	}
}

// save writes the present state as the newest save, which is the one that the run opens with.
func (r *Run) save() error {
	if err := r.writable(); err != nil {
		return err
	}
	if path := notANumber(r.store); path != "" {
		return fmt.Errorf("run %s: %s %w", r.dir, path, errNotFinite)
	}
	if err := writeSave(r.dir, r.saves+1, savesKept, r.state, r.history, r.store); err != nil {
		return err
	}
	r.saves++
	r.writeCopies()
	return nil
}

var errNotFinite = errors.New("has values that are not finite; this is not saved, the last good save is kept")

// notANumber returns the path of a variable that holds NaN or infinity, or "".
func notANumber(store *model.Store) string {
	for v := range store.IterVariables() {
		t, err := v.Value()
		if err != nil || t.DType() != Float {
			continue // a counter, or not computed yet
		}
		values, err := layers.FromTensor(t)
		if err == nil && slices.ContainsFunc(values, notFinite) {
			return v.Path()
		}
	}
	return ""
}

// writeCopies writes configuration and history where people and other programs look for them. The run itself reads them
// from the saves, so a copy that cannot be written is only a warning.
func (r *Run) writeCopies() {
	config, err := json.MarshalIndent(r.state.Config, "", "  ")
	if err == nil {
		err = writeCopy(filepath.Join(r.dir, configFile), append(config, '\n'))
	}
	history, encodeErr := r.history.encode()
	if encodeErr == nil {
		encodeErr = writeCopy(filepath.Join(r.dir, historyFile), history)
	}
	if err := errors.Join(err, encodeErr); err != nil {
		r.warnings = append(r.warnings, fmt.Sprintf("run %s: %v", r.dir, err))
	}
}

// writeCopy replaces a file unless it holds the text already.
func writeCopy(path string, text []byte) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, text) {
		return nil
	}
	if err := atomicfile.WriteFile(path, text); err != nil {
		return fmt.Errorf("cannot write %s: %w", filepath.Base(path), err)
	}
	return nil
}

// Dir returns the directory of the run.
func (r *Run) Dir() string { return r.dir }

// Config returns the configuration that the run was made with, and what Change has changed of it.
func (r *Run) Config() Config { return r.state.Config }

// Network returns the network as it is now: a *Net, or one of the baselines. It must not be changed. It is nil where
// Ready returns an error.
func (r *Run) Network() Network { return r.net }

// Ready returns an error if the run has no network here: it came back from a notebook's cell in which it had been
// closed, or its network needs a rate or a basis that this program has not registered; see UnmarshalBinary.
func (r *Run) Ready() error {
	switch {
	case r == nil:
		return errors.New("run: there is none (the variable is nil); cnet.MustOpen opens one")
	case r.waits != nil:
		return r.waits
	case r.net == nil:
		return fmt.Errorf("run %s: it is closed; cnet.MustOpen(%[1]q) opens it again", r.dir)
	}
	return nil
}

// Title returns the network as it is now, with its model: "ContinuousNet 2-2-2 euler", "ResNetV2-20".
func (r *Run) Title() string {
	if r.net == nil { // it came back from a notebook's cell, and is closed or waits
		return r.state.Config.Model
	}
	return title(r.state.Config.Model, r.net)
}

// String describes the run in a line: "results/first: ContinuousNet 2-2-2 euler, 3 epochs".
func (r *Run) String() string {
	trained := words.Plural(r.Epoch(), "epoch")
	if r.Batch() > 0 {
		trained += " and " + words.Plural(r.Batch(), "batch")
	}
	return r.dir + ": " + r.Title() + ", " + trained
}

// Classes returns the number of classes of the data set.
func (r *Run) Classes() int { return r.state.Classes }

// continuous returns the network if it is continuous in depth. If not, the error says that it has no such thing as
// what.
func (r *Run) continuous(what string) (*Net, error) {
	if r.waits != nil {
		return nil, r.waits
	}
	n, ok := r.net.(*Net)
	if !ok {
		return nil, fmt.Errorf("run %s: a %s has no %s; a %s has", r.dir, r.state.Config.Model, what, ContinuousNet)
	}
	return n, nil
}

// Epoch returns the number of complete epochs.
func (r *Run) Epoch() int { return r.state.Epoch }

// Batch returns the number of batches done in the epoch after the complete ones. It is 0 unless training was
// interrupted within an epoch.
func (r *Run) Batch() int { return r.state.Batch }

// History returns everything that happened in the run, oldest first. It must not be changed.
func (r *Run) History() History { return r.history }

// Warnings returns what is not as it should be but does not stop the run, such as a damaged save, or an engine that is
// installed but does not open.
func (r *Run) Warnings() []string { return r.warnings }

// Engine returns the engine that the run computes with, which is opened on the first call.
func (r *Run) Engine() (*engine.Engine, error) {
	if r.waits != nil {
		return nil, r.waits
	}
	if r.closed {
		return nil, fmt.Errorf("run %s: it is closed", r.dir)
	}
	if r.engine == nil {
		name := r.state.Config.Engine
		if name == "auto" && r.state.Engine != "" {
			name = r.state.Engine // another engine rounds differently
		}
		e, err := engine.Open(name)
		if err != nil && name != r.state.Config.Engine {
			r.warnings = append(r.warnings,
				fmt.Sprintf("%v; it was trained with that until now, and goes on with another engine", err))
			e, err = engine.Open(r.state.Config.Engine)
		}
		if err != nil {
			return nil, err
		}
		for _, why := range e.Skipped {
			r.warnings = append(r.warnings, fmt.Sprintf("%v; computing with %s", why, e.Name))
		}
		r.engine = e
	}
	return r.engine, nil
}

// TrainedWith returns the engine that the run was last trained with, as in "go (kernels in AVX-512)"; "" before that.
func (r *Run) TrainedWith() string {
	if r.state.Computing != "" {
		return r.state.Computing
	}
	return r.state.Engine
}

// Weights returns the coefficients of a variable over depth, [basis functions][numbers of each]: with a piecewise
// constant basis, the values of the variable in each interval. Paths are those of Net.Variables, such as
// "stage1/ode/conv1/kernel".
func (r *Run) Weights(path string) ([][]float64, error) {
	store, err := r.weights()
	if err != nil {
		return nil, err
	}
	v := store.GetVariable(Root + "/" + path)
	if v == nil {
		return nil, fmt.Errorf("run %s: the net has no variable %q", r.dir, path)
	}
	t, err := v.Value()
	if err != nil {
		return nil, err
	}
	values, err := layers.FromTensor(t)
	if err != nil {
		return nil, err
	}
	rows := t.Shape().Dimensions[0]
	m := make([][]float64, rows)
	for i := range m {
		m[i] = values[i*len(values)/rows : (i+1)*len(values)/rows]
	}
	return m, nil
}

// Exists reports whether there is a run in dir: a complete save, or one that cannot be read.
func Exists(dir string) bool {
	numbers, err := listSaves(dir)
	return err != nil || len(numbers) > 0
}
