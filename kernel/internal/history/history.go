// Package history keeps what was typed into the kernel, for history_request.
//
// All kernels of a user share one file of JSON lines. A session opens it, gets a number of its own, and adds a line for
// every cell:
//
//	h, err := history.Open(history.Path(os.Getenv)) // h can be used even if err is not nil
//	defer h.Close()
//	h.Add(1, "1 + 1")
//	h.SetOutput(1, "2")
//	reply, err := h.Reply(content) // content of a history_request
//
// The history is a convenience and never stands in the way of a cell: without a file that can be written it lives in
// memory, and a damaged line in the file is passed over.
package history

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"unicode/utf8"
)

const (
	// maxInput is the longest cell, in bytes, that is kept. Nobody searches for a longer one, and each would take a
	// good part of the file.
	maxInput = 1 << 20
	// maxOutput is where an output is cut, in bytes.
	maxOutput = 64 << 10
)

// entry is one cell of the history.
type entry struct {
	Session int    // the session's number, from 1 on
	Line    int    // the execution count, from 1 on
	Input   string // the cell as it was typed
	Output  string // the text of its result; empty if it had none
}

// History is the history of one kernel session and of those before it and beside it. Its methods may be called from
// several goroutines.
type History struct {
	mu      sync.Mutex
	session int
	entries []entry // ordered by session and line
	file    *file   // nil once the history is in memory only
	closed  bool
}

// Path returns the path of the user's history file: $CNET_HISTORY, else continuousnet/history.jsonl in $XDG_STATE_HOME
// or in ~/.local/state. It is empty if the environment names no home directory. CNET_HISTORY=/dev/null keeps no file.
func Path(getenv func(string) string) string {
	if path := getenv("CNET_HISTORY"); path != "" {
		return path
	}
	state := getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(state) { // a relative path is to be ignored, says the XDG base directory specification
		home := getenv("HOME")
		if home == "" {
			return ""
		}
		state = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(state, "continuousnet", "history.jsonl")
}

// Open opens the history file at path for a new session. It makes the file (mode 0600) and its directory (0700) where
// they are missing. If the file cannot be used, Open returns the reason and a History that lives in memory.
func Open(path string) (*History, error) {
	h := &History{session: 1}
	if path == os.DevNull {
		return h, nil
	}
	f, err := openFile(path)
	if err == nil {
		h.file = f
		err = f.locked(func() error {
			if err := f.shrink(); err != nil {
				return err
			}
			// Without the file's entries there is no number for the session, so this error counts.
			last, err := h.refresh()
			h.session = last + 1
			if err != nil {
				return err
			}
			return f.append(record{Session: h.session})
		})
	}
	if err != nil {
		// What the file holds may be readable even where it cannot be locked or written.
		if last, err := h.refresh(); err == nil {
			h.session = max(h.session, last+1)
		}
		return h, h.giveUp(err)
	}
	return h, nil
}

// giveUp goes on in memory only, and returns the warning that says so. h.mu is held or h is not shared yet.
func (h *History) giveUp(err error) error {
	_, _ = h.refresh() // for the last time
	h.file = nil
	return fmt.Errorf("history: kept in memory only, not saved: %w; set CNET_HISTORY to a file that can be written, "+
		"or to %s for none", err, os.DevNull)
}

// Add adds a cell to this session under its execution count, line. Empty cells and cells of more than 1 MiB are not
// kept. If the file cannot be written, the first call that finds out returns the reason and the history goes on in
// memory.
func (h *History) Add(line int, input string) error {
	if input == "" || len(input) > maxInput || line < 1 {
		return nil
	}
	return h.add(record{Session: h.session, Line: line, Input: &input})
}

// SetOutput gives the cell that was added under line the text of its result, of which at most 64 KiB are kept. Its
// error is that of Add.
func (h *History) SetOutput(line int, output string) error {
	if output == "" || line < 1 {
		return nil
	}
	if len(output) > maxOutput {
		end := maxOutput
		for end > 0 && !utf8.RuneStart(output[end]) {
			end--
		}
		output = output[:end]
	}
	return h.add(record{Session: h.session, Line: line, Output: &output})
}

func (h *History) add(r record) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return errors.New("history: added to after Close")
	}
	h.merge(r)
	if h.file == nil {
		return nil
	}
	if err := h.file.locked(func() error { return h.file.append(r) }); err != nil {
		return h.giveUp(err)
	}
	return nil
}

// Close ends the session. What was added is in the file already.
func (h *History) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	return nil
}

// refresh reads what the file holds beyond what was read before and returns the highest session number in that. h.mu is
// held or h is not shared yet.
func (h *History) refresh() (last int, err error) {
	if h.file == nil {
		return 0, nil
	}
	err = h.file.read(
		func() { // another file is there now: it says everything but what this session added
			h.entries = slices.DeleteFunc(h.entries, func(e entry) bool { return e.Session != h.session })
		},
		func(r record) {
			last = max(last, r.Session)
			h.merge(r)
		})
	return last, err
}

// merge puts a record into the entries. An output without its input waits for no input: it belongs to a line that was
// dropped from the file.
func (h *History) merge(r record) {
	i, found := slices.BinarySearchFunc(h.entries, r, func(e entry, r record) int {
		return cmp.Or(cmp.Compare(e.Session, r.Session), cmp.Compare(e.Line, r.Line))
	})
	switch {
	case r.Line < 1 || r.Input == nil && !found:
		return
	case !found:
		h.entries = slices.Insert(h.entries, i, entry{Session: r.Session, Line: r.Line})
	}
	if r.Input != nil {
		h.entries[i].Input = *r.Input
	}
	if r.Output != nil {
		h.entries[i].Output = *r.Output
	}
}
