package main

import (
	"errors"
	"fmt"

	"continuousnet/cnet"
	"continuousnet/cnet/internal/words"
)

// open opens the run that the flags describe, or makes it.
func (t *training) open() (*cnet.Run, error) {
	engineName, err := t.engine.checked(t.app)
	if err != nil {
		return nil, err
	}
	if !t.named {
		return t.create("", engineName)
	}
	dir, err := runDir(t.name)
	if err != nil {
		return nil, err
	}
	if !cnet.Exists(dir) {
		return t.create(dir, engineName)
	}
	where := cnet.Config{Engine: engineName}
	if err := find(t.settings, "data").apply(&where); err != nil {
		return nil, err
	}
	run, err := cnet.Open(dir, where)
	if err != nil {
		return nil, err
	}
	if err := t.goOn(run); err != nil {
		return nil, errors.Join(err, run.Close())
	}
	return run, nil
}

// goOn checks the flags against the run, and changes the run only if nothing contradicts it.
func (t *training) goOn(run *cnet.Run) (err error) {
	if t.notes, err = agree(t.settings, run.Dir(), run.Config(), present(run)); err != nil {
		return err
	}
	if _, err := run.Dataset(); err != nil {
		return err
	}
	note, err := t.changeRate(run)
	if note != "" {
		t.notes = append(t.notes, note)
	}
	return err
}

// present returns the configuration of a run with its network as it is now.
func present(run *cnet.Run) cnet.Config {
	c := run.Config()
	if n, ok := run.Network().(*cnet.Net); ok {
		c.Scheme, c.Steps, c.Basis, c.NumBasis = n.Scheme.Info().Name, n.Steps, n.Basis.Name(), n.Basis.NumBasis()
	}
	return c
}

// changeRate changes the learning rate to that of --lr, unless the run has it already or had it before it decayed: then
// the same command line is meant to go on. The note says what the rate is and why, if that needs to be said.
func (t *training) changeRate(run *cnet.Run) (note string, err error) {
	rate, lr, made := run.Rate(), find(t.settings, "lr"), run.Config()
	if !lr.given {
		if rate.String() == words.Rate(made.LearningRate) {
			return "", nil
		}
		return "learning rate " + rate.String(), nil
	}
	if err := lr.apply(&made); err != nil {
		return "", err
	}
	switch want := words.Rate(made.LearningRate); want {
	case words.Rate(rate.Now), words.Rate(rate.Start):
		return "learning rate stays " + rate.String(), nil
	default:
		note = fmt.Sprintf("learning rate %s from here (was %s)", want, words.Rate(rate.Now))
		return note, run.SetLearningRate(made.LearningRate)
	}
}
