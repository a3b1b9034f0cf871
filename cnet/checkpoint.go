package cnet

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"continuousnet/cnet/internal/atomicfile"
	"continuousnet/cnet/internal/runname"
)

// A checkpoint is a save of a run that stays, under a name, in the folder checkpoints/NAME of the run. That folder is
// laid out as a run is, so that it can be opened like one, and trained on if it is copied to a place of its own.
const (
	checkpointsDir = "checkpoints"
	bestName       = "best" // the name that Config.KeepBest writes
)

// CheckpointInfo describes a checkpoint of a run.
type CheckpointInfo struct {
	Name     string  `json:"name"`
	Epoch    int     `json:"epoch"` // complete epochs
	Batch    int     `json:"batch,omitempty"`
	Net      string  `json:"net"`                // "2-2-2 euler"
	Accuracy float64 `json:"accuracy,omitempty"` // as Config.KeepBest and EarlyStop look at it, after the last epoch
	R2       float64 `json:"r2,omitempty"`       // instead of it, where targets are numbers
}

// SaveAs keeps the run as it is now under a name, which Checkpoint finds it by. It replaces a checkpoint of that name.
func (r *Run) SaveAs(name string) error {
	if err := r.writable(); err != nil {
		return err
	}
	return r.saveAs(name)
}

// SaveCheckpoint keeps the last save of the run in dir under a name, also while another process trains the run. With
// replace it takes the place of a checkpoint of that name, which is an error otherwise.
func SaveCheckpoint(dir, name string, replace bool) (*Run, error) {
	if err := checkOwnName(name); err != nil {
		return nil, fmt.Errorf("run %s: %w", dir, err)
	}
	r, err := OpenReadOnly(dir)
	if err != nil {
		return nil, err
	}
	if Exists(r.checkpointDir(name)) && !replace {
		return nil, fmt.Errorf("run %s: it has a checkpoint %s already; take another name, or replace it", dir, name)
	}
	return r, r.saveAs(name)
}

func (r *Run) saveAs(name string) error {
	if err := checkOwnName(name); err != nil {
		return fmt.Errorf("run %s: %w", r.dir, err)
	}
	return r.writeCheckpoint(name)
}

// checkOwnName is checkName for a name that somebody has chosen.
func checkOwnName(name string) error {
	if name == bestName {
		return fmt.Errorf("a checkpoint cannot be called %s, which is that of the best epoch; take another name", name)
	}
	return checkName(name)
}

// checkName returns an error for what cannot be the name of a checkpoint: it is the name of a folder, and part of what
// is typed in a shell.
func checkName(name string) error {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	if name == "" || len(name) > 100 || strings.Trim(name, letters+"-_.") != "" ||
		!strings.Contains(letters, name[:1]) {
		return fmt.Errorf("the name of the checkpoint is %q, "+
			"expected up to 100 letters, digits, dots, hyphens and underscores, the first a letter or digit", name)
	}
	return nil
}

// writeCheckpoint writes the present state under a name, in place of what there is.
func (r *Run) writeCheckpoint(name string) error {
	if path := notANumber(r.store); path != "" {
		return fmt.Errorf("run %s: %s %w", r.dir, path, errNotFinite)
	}
	dir := r.checkpointDir(name)
	numbers, err := listSaves(dir)
	if err != nil {
		return fmt.Errorf("run %s: %w", r.dir, err)
	}
	n := 1
	if len(numbers) > 0 {
		n = numbers[len(numbers)-1] + 1
	}
	if err := writeSave(dir, n, 1, r.state, r.history, r.store); err != nil {
		return fmt.Errorf("run %s: %w", r.dir, err)
	}
	return nil
}

func (r *Run) checkpointDir(name string) string { return filepath.Join(r.dir, checkpointsDir, name) }

// Checkpoint opens a checkpoint read-only: the run as it was when SaveAs was called with the name, or, for "best",
// after the best epoch. It computes where this run does.
func (r *Run) Checkpoint(name string) (*Run, error) {
	err := checkName(name)
	if err == nil && !Exists(r.checkpointDir(name)) {
		err = fmt.Errorf("it has no checkpoint %s", name)
		if list, _ := r.Checkpoints(); len(list) > 0 {
			var names []string
			for _, c := range list {
				names = append(names, c.Name)
			}
			err = fmt.Errorf("%w; it has %s", err, strings.Join(names, ", "))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", r.dir, err)
	}
	return OpenReadOnly(r.checkpointDir(name), r.place())
}

// place returns a configuration that says no more than where the run is computed.
func (r *Run) place() Config {
	c := r.state.Config
	return Config{Engine: c.Engine, Devices: c.Devices, Precision: c.Precision, Data: c.Data}
}

// Checkpoints lists the checkpoints of the run, by name. One that cannot be read is left out, and becomes a warning.
func (r *Run) Checkpoints() ([]CheckpointInfo, error) {
	entries, err := os.ReadDir(filepath.Join(r.dir, checkpointsDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", r.dir, err)
	}
	var list []CheckpointInfo
	for _, e := range entries {
		if checkName(e.Name()) != nil || !Exists(r.checkpointDir(e.Name())) {
			continue
		}
		c, err := OpenReadOnly(r.checkpointDir(e.Name()))
		if err != nil {
			r.warnings = append(r.warnings, fmt.Sprintf("checkpoint %s: %v", e.Name(), err))
			continue
		}
		about := CheckpointInfo{Name: e.Name(), Epoch: c.Epoch(), Batch: c.Batch(), Net: c.net.String()}
		if last, ok := c.history.Last(); ok {
			q := last.Quality(c.state.Config.Watched())
			about.Accuracy, about.R2 = q.Accuracy, q.R2
		}
		list = append(list, about)
	}
	return list, nil
}

// CheckpointOf splits the directory of a checkpoint into that of its run and its name; ok is false for other
// directories.
func CheckpointOf(dir string) (run, name string, ok bool) {
	above, name := filepath.Split(filepath.Clean(dir))
	run, last := filepath.Split(filepath.Clean(above))
	run = filepath.Clean(run)
	return run, name, last == checkpointsDir && checkName(name) == nil && Exists(run)
}

// sweepCheckpoints removes what a process left that died while it wrote a checkpoint.
func sweepCheckpoints(dir string) error {
	entries, err := os.ReadDir(filepath.Join(dir, checkpointsDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		err = errors.Join(err, atomicfile.SweepDir(filepath.Join(dir, checkpointsDir, e.Name(), savesDir)))
	}
	return err
}

// argument returns the word that stands for the run in dir in a shell.
func argument(dir string) string { return runname.Argument(dir) }
