package cnet

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	"continuousnet/cnet/internal/late"
)

// kept is a run as MarshalBinary writes it: where it is, and how it was open.
type kept struct {
	Dir      string `json:"dir"`            // absolute
	Name     string `json:"name,omitempty"` // the directory as the caller named it, which is relative in a notebook
	ReadOnly bool   `json:"readOnly,omitempty"`
	Closed   bool   `json:"closed,omitempty"`
	Config   Config `json:"config"` // only placeFields
}

// named returns the directory as the caller has named it, so that titles stay as they were; the absolute one where that
// name means another directory here.
func (k kept) named() string {
	if there, err := filepath.Abs(k.Name); k.Name != "" && err == nil && there == k.Dir {
		return k.Name
	}
	return k.Dir
}

// MarshalBinary returns the run's directory, and how it is open. Everything else is in the directory.
func (r *Run) MarshalBinary() ([]byte, error) {
	if w := waiting.of(r); w != nil {
		return json.Marshal(w)
	}
	if r.dir == "" {
		return nil, errors.New("run: it has not been opened")
	}
	dir, err := filepath.Abs(r.dir)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", r.dir, err)
	}
	c := r.state.Config
	return json.Marshal(kept{dir, r.dir, r.lock == nil, r.closed,
		Config{Engine: c.Engine, Devices: c.Devices, Precision: c.Precision, Data: c.Data}})
}

// UnmarshalBinary opens the run again as it was when MarshalBinary was called: at its last save. A run that another
// process has open is an error, as for Open, and so is one whose directory is gone. Open of the same directory, later
// in this process, takes the run over: the one opened here is then closed.
//
// A run whose net needs a rate or a basis that this process has not registered waits for it: rate.Register or
// basis.Register opens it. Until then it has its configuration and its history, and all that needs the net is an error.
func (r *Run) UnmarshalBinary(b []byte) error {
	var k kept
	if err := json.Unmarshal(b, &k); err != nil || k.Dir == "" {
		return fmt.Errorf("run: %q does not say where it is", b)
	}
	if k.Closed {
		*r = Run{dir: k.named(), closed: true}
		return nil
	}
	if !Exists(k.Dir) {
		return fmt.Errorf("run %s: it is not there any more; cnet.MustOpen(%q) makes a new one", k.Dir, k.Dir)
	}
	err := r.reopen(k)
	if errors.As(err, &notRegistered{}) {
		waiting.add(r, k, err)
		return nil
	}
	return err
}

// reopen opens the run as MarshalBinary has described it.
func (r *Run) reopen(k kept) error {
	if k.ReadOnly {
		again, err := OpenReadOnly(k.named(), k.Config)
		if err == nil {
			*r = *again
		}
		return err
	}
	again, err := Open(k.named(), k.Config)
	if err != nil {
		return err
	}
	*r = *again
	reopened.Lock()
	defer reopened.Unlock()
	if reopened.runs == nil {
		reopened.runs = map[string]*Run{}
	}
	reopened.runs[k.Dir] = r
	return nil
}

// reopened are the runs that UnmarshalBinary has opened, by absolute directory.
var reopened struct {
	sync.Mutex
	runs map[string]*Run
}

// takeOver closes a run that UnmarshalBinary has opened in a directory, so that it can be opened by name: a cell that
// says MustOpen is run again with the run of the time before in its variable.
func takeOver(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	reopened.Lock()
	defer reopened.Unlock()
	r := reopened.runs[dir]
	if r == nil {
		return nil
	}
	delete(reopened.runs, dir)
	return r.Close()
}

// waitingRuns are runs that UnmarshalBinary could not open because something is not registered.
type waitingRuns struct {
	sync.Mutex
	runs map[*Run]kept
}

var waiting waitingRuns

// of returns how a run was described that waits, nil for another one.
func (w *waitingRuns) of(r *Run) *kept {
	w.Lock()
	defer w.Unlock()
	k, ok := w.runs[r]
	if !ok || r.waits == nil {
		return nil
	}
	return &k
}

// add makes a run wait, with what can be known of it without its net.
func (w *waitingRuns) add(r *Run, k kept, why error) {
	look := &Run{dir: k.named()}
	_, _ = look.restore() // it finds no net: that is why
	*r = Run{dir: k.named(), closed: true, state: look.state, history: look.history,
		waits: fmt.Errorf("%w; each cell is a program of its own, and does so before it uses the run", why)}
	w.Lock()
	defer w.Unlock()
	if w.runs == nil {
		// Not in an init function: every program that imports this package would contain all that opening a run needs.
		late.OnRegister(w.open)
		w.runs = map[*Run]kept{}
	}
	w.runs[r] = k
}

// open opens the runs that wait, as far as they can be.
func (w *waitingRuns) open() {
	w.Lock()
	defer w.Unlock()
	for r, k := range w.runs {
		if r.waits == nil { // it was given another value
			delete(w.runs, r)
			continue
		}
		switch err := r.reopen(k); {
		case err == nil:
			delete(w.runs, r)
		case !errors.As(err, &notRegistered{}):
			r.waits = err
		}
	}
}
