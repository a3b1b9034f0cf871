package cnet

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
)

// kept is a run as MarshalBinary writes it: where it is, and how it was open.
type kept struct {
	Dir      string `json:"dir"`
	ReadOnly bool   `json:"readOnly,omitempty"`
	Closed   bool   `json:"closed,omitempty"`
	Config   Config `json:"config"` // only placeFields
}

// MarshalBinary returns the run's directory, and how it is open. Everything else is in the directory.
func (r *Run) MarshalBinary() ([]byte, error) {
	if r.dir == "" {
		return nil, errors.New("run: it has not been opened")
	}
	dir, err := filepath.Abs(r.dir)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", r.dir, err)
	}
	c := r.state.Config
	return json.Marshal(kept{dir, r.lock == nil, r.closed,
		Config{Engine: c.Engine, Devices: c.Devices, Precision: c.Precision, Data: c.Data}})
}

// UnmarshalBinary opens the run again as it was when MarshalBinary was called: at its last save. A run that another
// process has open is an error, as for Open, and so is one whose directory is gone. Open of the same directory, later
// in this process, takes the run over: the one opened here is then closed.
func (r *Run) UnmarshalBinary(b []byte) error {
	var k kept
	if err := json.Unmarshal(b, &k); err != nil || k.Dir == "" {
		return fmt.Errorf("run: %q does not say where it is", b)
	}
	if k.Closed {
		*r = Run{dir: k.Dir, closed: true}
		return nil
	}
	if !Exists(k.Dir) {
		return fmt.Errorf("run %s: it is not there any more; cnet.MustOpen(%q) makes a new one", k.Dir, k.Dir)
	}
	if k.ReadOnly {
		again, err := OpenReadOnly(k.Dir, k.Config)
		if err == nil {
			*r = *again
		}
		return err
	}
	again, err := Open(k.Dir, k.Config)
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
