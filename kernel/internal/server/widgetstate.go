package server

import (
	"encoding/json"
	"maps"
	"slices"
)

// widgetState is the state of a widget, or a change of it, as messages of ipywidgets hold it: values by name, and
// binary parts of values with their paths. A path begins with the name of the value.
type widgetState struct {
	values  map[string]json.RawMessage
	paths   [][]json.RawMessage
	buffers [][]byte
}

// stateOf returns the state in the data of a comm_open or of an update; false if there is none or it is malformed.
func stateOf(data json.RawMessage, buffers [][]byte) (widgetState, bool) {
	var content struct {
		State map[string]json.RawMessage `json:"state"`
		Paths [][]json.RawMessage        `json:"buffer_paths"`
	}
	if json.Unmarshal(data, &content) != nil || content.State == nil || len(content.Paths) != len(buffers) ||
		slices.ContainsFunc(content.Paths, func(p []json.RawMessage) bool { return len(p) == 0 }) {
		return widgetState{}, false
	}
	return widgetState{content.State, content.Paths, buffers}, true
}

// updateOf returns the change of a widget's state in the data of a comm_msg; false if it is another message.
func updateOf(data json.RawMessage, buffers [][]byte) (widgetState, bool) {
	var content struct {
		Method string `json:"method"`
	}
	if json.Unmarshal(data, &content) != nil || content.Method != "update" {
		return widgetState{}, false
	}
	return stateOf(data, buffers)
}

// echoOf returns the data of the message that tells all pages what one has changed; false if it has changed nothing.
// The page itself takes it for the receipt of its change.
func echoOf(data json.RawMessage, buffers [][]byte) (json.RawMessage, bool) {
	change, ok := updateOf(data, buffers)
	if !ok {
		return nil, false
	}
	return raw(map[string]any{"method": "echo_update", "state": change.values, "buffer_paths": change.pathsBelow()}),
		true
}

// merge returns the state after a change. Neither is changed.
func (w widgetState) merge(change widgetState) widgetState {
	named := map[string]bool{}
	for name := range change.values {
		named[name] = true
	}
	for _, path := range change.paths {
		named[rootOf(path)] = true
	}
	merged := widgetState{values: map[string]json.RawMessage{}}
	for name, value := range w.values {
		if !named[name] {
			merged.values[name] = value
		}
	}
	for i, path := range w.paths {
		if !named[rootOf(path)] {
			merged.paths, merged.buffers = append(merged.paths, path), append(merged.buffers, w.buffers[i])
		}
	}
	maps.Copy(merged.values, change.values)
	merged.paths = append(merged.paths, change.paths...)
	merged.buffers = append(merged.buffers, change.buffers...)
	return merged
}

// rootOf returns the name of the value to which a buffer belongs.
func rootOf(path []json.RawMessage) string {
	var name string
	if json.Unmarshal(path[0], &name) != nil {
		return string(path[0])
	}
	return name
}

// update returns the data of a comm_msg that makes the state known.
func (w widgetState) update() json.RawMessage {
	return raw(map[string]any{"method": "update", "state": w.values, "buffer_paths": w.pathsBelow()})
}

// pathsBelow returns the paths of the buffers below those given; never nil, which JSON would have as null.
func (w widgetState) pathsBelow(above ...string) [][]json.RawMessage {
	all := [][]json.RawMessage{}
	for _, path := range w.paths {
		var full []json.RawMessage
		for _, name := range above {
			full = append(full, raw(name))
		}
		all = append(all, append(full, path...))
	}
	return all
}

func (w widgetState) cost() int {
	n := 0
	for name, value := range w.values {
		n += len(name) + len(value)
	}
	for _, b := range w.buffers {
		n += len(b)
	}
	return n
}
