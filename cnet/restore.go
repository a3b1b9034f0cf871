package cnet

import (
	"errors"
	"fmt"
	"io/fs"

	"continuousnet/cnet/internal/layers"
)

// restore reads the newest save that is not damaged, and reports whether there is one. Newer ones that are damaged
// become warnings; a run that is open for writing sets them aside.
func (r *Run) restore() (found bool, err error) {
	for range 3 {
		found, err = r.tryRestore()
		if r.lock != nil || !errors.Is(err, fs.ErrNotExist) {
			break
		}
		// A process that trains the run has removed a save while we read it: there are newer ones.
	}
	return found, err
}

// tryRestore tries once what restore does.
func (r *Run) tryRestore() (found bool, err error) {
	numbers, err := listSaves(r.dir)
	if err != nil {
		return false, fmt.Errorf("run %s: %w", r.dir, err)
	}
	var damaged []error
	for i := len(numbers) - 1; i >= 0; i-- {
		r.state, r.history, r.store, err = readSave(r.dir, numbers[i])
		if err == nil {
			setDefault(&r.state.Config.LRSchedule, LRStep) // the only ones that there were when some runs were made
			setDefault(&r.state.Config.Optimizer, SGD)
			r.state.Config.setAugment()
			if Continuous(r.state.Config.Model) {
				setDefault(&r.state.Config.Rate, modelRate(r.state.Config.Model))
			}
			r.net, err = r.state.net()
		}
		if err == nil {
			err = r.adopt()
		}
		switch {
		case errors.Is(err, errDamaged):
			damaged = append(damaged, err)
			continue
		case err != nil:
			return false, fmt.Errorf("run %s: %w", r.dir, err)
		}
		r.saves, r.eval, r.trainer, r.shown = numbers[len(numbers)-1], nil, nil, nil
		for k, d := range damaged {
			r.warnings = append(r.warnings, fmt.Sprintf("%v; opened save %s instead", d, saveName(numbers[i])))
			if r.lock != nil {
				if err := setAside(r.dir, numbers[len(numbers)-1-k]); err != nil {
					return false, fmt.Errorf("run %s: %w", r.dir, err)
				}
			}
		}
		return true, nil
	}
	if len(damaged) > 0 {
		return false, fmt.Errorf("run %s: no save can be read: %w", r.dir, errors.Join(damaged...))
	}
	return false, nil
}

// adopt marks the loaded variables that are trained: checkpoints do not say.
func (r *Run) adopt() error {
	if err := r.agreesWithRate(); err != nil {
		return err
	}
	for v := range r.store.IterVariables() {
		v.SetTrainable(false)
	}
	for _, p := range r.net.Variables() {
		v := r.store.GetVariable(Root + "/" + p.Path)
		if v == nil {
			return layers.Missing(p.Path)
		}
		v.SetTrainable(p.Trainable)
	}
	return nil
}
