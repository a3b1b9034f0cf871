package server

import (
	"crypto/rand"
	"encoding/json"
	"maps"
	"slices"
)

// viewType is the format of an output in which the front end shows a widget.
const viewType = "application/vnd.jupyter.widget-view+json"

// view is an output that shows a widget: its content without that, for when the widget has gone.
type view struct {
	model   string
	content map[string]json.RawMessage
}

// noteView keeps an output that shows a widget, and gives it a display id if it has none.
func (c *run) noteView(content map[string]json.RawMessage) {
	var transient map[string]json.RawMessage
	var id string
	if json.Unmarshal(content["transient"], &transient) == nil {
		_ = json.Unmarshal(transient["display_id"], &id) // without an id it gets one
	}
	rest := maps.Clone(content)
	model, ok := withoutView(rest)
	if !ok {
		delete(c.views, id) // shown in place of the widget
		return
	}
	if id == "" {
		id = "view_" + rand.Text()
		if transient == nil {
			transient = map[string]json.RawMessage{}
		}
		transient["display_id"] = raw(id)
		content["transient"] = raw(transient)
		rest["transient"] = content["transient"]
	}
	if c.views == nil {
		c.views = map[string]view{}
	}
	if len(c.views) < maxDisplays {
		c.views[id] = view{model, rest}
	}
}

// withoutView removes the widget from the formats of an output, and returns its model. An output that has no other
// format stays as it is.
func withoutView(content map[string]json.RawMessage) (model string, ok bool) {
	formats := object(content["data"])
	var shown struct {
		Model string `json:"model_id"`
	}
	if len(formats) < 2 || json.Unmarshal(formats[viewType], &shown) != nil || shown.Model == "" {
		return "", false
	}
	delete(formats, viewType)
	content["data"] = raw(formats)
	return shown.Model, true
}

// leave keeps the formats of what is shown of a widget when it has gone, up to [maxStates] of a cell.
func (c *run) leave(model string, formats json.RawMessage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	total := len(formats)
	for id, other := range c.left {
		if id != model {
			total += len(other)
		}
	}
	if total > maxStates || len(object(formats)) == 0 {
		return
	}
	if c.left == nil {
		c.left = map[string]json.RawMessage{}
	}
	c.left[model] = formats
}

// endViews shows what remains of widgets whose process has ended: what it has left, or else the other formats of the
// outputs that have shown them. A widget's own output would be empty from now on, and an error in a notebook that is
// opened again.
func (s *server) endViews(cell *run) {
	for _, id := range slices.Sorted(maps.Keys(cell.views)) {
		v := cell.views[id]
		if _, owner, alive := s.comms.get(v.model); alive && (owner == nil || owner.cell != cell) {
			continue // another cell's
		}
		cell.mu.Lock()
		if left := cell.left[v.model]; left != nil {
			v.content["data"] = left
		}
		cell.mu.Unlock()
		cell.message("update_display_data", raw(v.content), nil, nil)
	}
	cell.views = nil
}
