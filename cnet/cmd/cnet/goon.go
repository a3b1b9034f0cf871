package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"syscall"

	"continuousnet/cnet"
	"continuousnet/cnet/engine"
	"continuousnet/cnet/internal/words"
)

// open opens the run that the flags describe, or makes it.
func (t *training) open(ctx context.Context) (*cnet.Run, error) {
	engineName, err := t.engine.checked(t.app)
	if err != nil {
		return nil, err
	}
	if err := t.checkEngine(engineName); err != nil {
		return nil, err
	}
	if !t.named {
		return t.create(ctx, "", engineName)
	}
	dir, err := runDir(t.name)
	if err != nil {
		return nil, err
	}
	if run, name, ok := atName(dir); ok {
		return nil, usagef("%s is a checkpoint of run %s, which stays as it is; to train it on, copy it to a folder "+
			"of its own: cp -r %s NEW", t.name, run, filepath.Join(run, "checkpoints", name))
	}
	if !cnet.Exists(dir) {
		return t.create(ctx, dir, engineName)
	}
	where := cnet.Config{Engine: engineName}
	for _, name := range []string{"data", "devices", "precision"} {
		if err := find(t.settings, name).apply(&where); err != nil {
			return nil, err
		}
	}
	d := newDecoding(t.app)
	defer d.clear()
	run, err := cnet.OpenContext(ctx, dir, where, cnet.OpenOptions{OnData: d.progress})
	if err != nil {
		return nil, err
	}
	if err := t.goOn(ctx, run); err != nil {
		return nil, errors.Join(err, run.Close())
	}
	return run, nil
}

// checkEngine opens the engine, so that one that cannot do what is asked for is an error before anything is made.
func (t *training) checkEngine(name string) error {
	var c cnet.Config
	for _, flag := range []string{"devices", "precision"} {
		if err := find(t.settings, flag).apply(&c); err != nil {
			return err
		}
	}
	if c.Devices <= 1 && c.Precision != cnet.BFloat16 {
		return nil
	}
	e, err := engine.Open(name)
	if err != nil {
		return usagef("%v", err)
	}
	defer e.Close()
	if err := e.CheckDevices(max(c.Devices, 1)); err != nil {
		return usagef("--devices is %d: %v", c.Devices, err)
	}
	if err := c.CheckPrecision(e); err != nil {
		return usagef("--precision is %s: %v", c.Precision, err)
	}
	return nil
}

// goOn checks the flags against the run, and changes the run only if nothing contradicts it.
func (t *training) goOn(ctx context.Context, run *cnet.Run) (err error) {
	if t.notes, err = agree(t.settings, run.Dir(), run.Config(), present(run)); err != nil {
		return err
	}
	if _, err := run.DatasetContext(ctx); err != nil {
		return err
	}
	if err := t.changeConfig(run); err != nil {
		return err
	}
	return t.changeRate(run)
}

// changeConfig changes of the run's configuration what the flags say and a run may change. A training that is to be
// longer than planned, and whose learning rate decays at the epochs of the plan by default, is planned anew.
func (t *training) changeConfig(run *cnet.Run) error {
	old := run.Config()
	c := old
	for _, s := range t.settings {
		if s.change {
			if err := s.apply(&c); err != nil {
				return err
			}
		}
	}
	switch own := slices.Equal(c.LRDecayEpochs, cnet.DecayEpochs(old.Epochs)); {
	case find(t.settings, "lr-epochs").given:
	case c.Epochs == 0 && c.LRSchedule != cnet.LRStep,
		t.epochs > c.Epochs && c.Epochs > 0 && c.LRSchedule == cnet.LRStep && own && c.LRDecay == old.LRDecay:
		c.Epochs = epochsOr(t.epochs, c)
	}
	records := len(run.History())
	if err := run.Change(func(config *cnet.Config) { *config = c }); err != nil {
		return orSystem(err)
	}
	for _, r := range run.History()[records:] {
		t.notes = append(t.notes, change(r)+" from here")
	}
	return nil
}

// orSystem returns err as a mistake on the command line, unless the system refused something, such as to write on a
// full disk.
func orSystem(err error) error {
	if errors.As(err, new(syscall.Errno)) {
		return err
	}
	return usagef("%v", err)
}

// present returns the configuration of a run with its network as it is now.
func present(run *cnet.Run) cnet.Config {
	c := run.Config()
	if n, ok := run.Network().(*cnet.Net); ok {
		c = n.Now()
	}
	return c
}

// noteRate adds the learning rate of the run to the notes, if it is not simply that of its configuration.
func (t *training) noteRate(run *cnet.Run) {
	if rate := run.Rate().String(); rate != words.Rate(run.Config().LearningRate) {
		t.notes = append(t.notes, "learning rate "+rate)
	}
}

// changeRate changes the learning rate to that of --lr, unless the run has it already, or had it before it decayed or
// its schedule changed it: then the same command line is meant to go on. A note says what the rate is and why, if that
// needs to be said.
func (t *training) changeRate(run *cnet.Run) error {
	rate, lr, made := run.Rate(), find(t.settings, "lr"), run.Config()
	if !lr.given {
		t.noteRate(run)
		return nil
	}
	if err := lr.apply(&made); err != nil {
		return err
	}
	want := words.Rate(made.LearningRate)
	if want == words.Rate(rate.Start) || want == words.Rate(rate.Now) && rate.Schedule == "" {
		t.notes = append(t.notes, "learning rate stays "+rate.String())
		return nil
	}
	if err := run.SetLearningRate(made.LearningRate); err != nil {
		return err
	}
	note := fmt.Sprintf("learning rate %s from here (was %s)", want, words.Rate(rate.Now))
	if now := run.Rate(); now.Schedule != "" {
		note = fmt.Sprintf("learning rate from here %s; was %.3g", now, rate.Now)
	}
	t.notes = append(t.notes, note)
	return nil
}
