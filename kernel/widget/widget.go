package widget

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"continuousnet/kernel/cell"
)

// ViewType is the format of an output that shows a widget.
const ViewType = "application/vnd.jupyter.widget-view+json"

const (
	target   = "jupyter.widget"
	protocol = "2.1.0"
	base     = "@jupyter-widgets/base"
	controls = "@jupyter-widgets/controls"
	version  = "2.0.0" // of both
)

// Widget is what cell.Display shows as a widget.
type Widget interface {
	cell.Bundler
	model() *Model
}

// Model is what all widgets have in common: values by name, which the front end has as well. The methods may be called
// from several goroutines, before and after the widget is shown.
type Model struct {
	what  string // for errors: `slider "steps"`
	style string // the model of its style
	text  func() string
	event func(content json.RawMessage, buffers [][]byte) // called with the messages of the front end

	mu      sync.Mutex
	state   map[string]any
	changed map[string]func(value any) func() // by name: takes a value, under mu; returns what follows
	comm    *cell.Comm                        // nil until it is shown
	still   cell.Bundle
	last    map[string]any // values at the end of the process, with which it stays; nil: it goes
	err     error          // of the arguments that it was made with
}

// define makes m the widget of a module with values.
func (m *Model) define(module, moduleVersion, name string, values map[string]any) {
	m.state = map[string]any{
		"_model_module": module, "_model_module_version": moduleVersion, "_model_name": name + "Model",
		"_view_module": module, "_view_module_version": moduleVersion, "_view_name": name + "View",
	}
	maps.Copy(m.state, values)
	m.changed = map[string]func(any) func(){}
	m.text = func() string { return "[" + m.what + "]" }
}

func (m *Model) model() *Model { return m }

// newHelper returns a part of a widget that has no place of its own on the page: its layout or its style.
func newHelper(module, name string, values map[string]any) *Model {
	m := &Model{what: name}
	m.define(module, version, name, values)
	view := "StyleView"
	if name == "Layout" {
		view = "LayoutView"
	}
	m.state["_view_module"], m.state["_view_name"] = base, view
	return m
}

// Set sets a value of ipywidgets' model by its name, such as "tooltip", "icon" or "button_style". Values are anything
// that encoding/json writes, []byte, a Widget or a []Widget.
func (m *Model) Set(name string, value any) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.put(map[string]any{name: value})
}

// SetDisabled says whether the user can move or press the widget.
func (m *Model) SetDisabled(disabled bool) error { return m.Set("disabled", disabled) }

// SetLayout sets properties of CSS that ipywidgets knows, such as {"width": "400px"}.
func (m *Model) SetLayout(properties map[string]string) error {
	values := map[string]any{}
	for name, value := range properties {
		values[strings.ReplaceAll(name, "-", "_")] = value
	}
	return m.Set("layout", Widget(newHelper(base, "Layout", values)))
}

// SetStyle sets values of the widget's style, such as {"description_width": "initial"}.
func (m *Model) SetStyle(values map[string]any) error {
	if m.style == "" {
		return fmt.Errorf("widget: %s has no style", m.what)
	}
	return m.Set("style", Widget(newHelper(controls, m.style, values)))
}

// SetStill sets the formats of what is shown where no widget can be: without a front end, and when the cell has ended.
// Without it that is a text with the values.
func (m *Model) SetStill(still cell.Bundle) {
	m.mu.Lock()
	m.still = maps.Clone(still)
	m.mu.Unlock()
	if roots.has(m) {
		m.leave()
	}
}

// leave tells the session what to show when the cell has ended.
func (m *Model) leave() {
	b := m.stillNow()
	m.mu.Lock()
	defer m.mu.Unlock()
	_ = m.comm.Leave(b) // what the output has shown at first is left if nobody listens
}

func (m *Model) stillNow() cell.Bundle {
	text := m.text()
	m.mu.Lock()
	defer m.mu.Unlock()
	b := maps.Clone(m.still)
	if b == nil {
		b = cell.Bundle{}
	}
	if _, ok := b["text/plain"]; !ok {
		b["text/plain"] = text
	}
	return b
}

// rootSet holds the widgets that have outputs of their own.
type rootSet struct {
	mu   sync.Mutex
	list []*Model
}

var roots rootSet

func (r *rootSet) has(m *Model) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Contains(r.list, m)
}

func (r *rootSet) add(m *Model) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.list, m) {
		r.list = append(r.list, m)
	}
}

// follow renews the texts that are left of widgets, after a value has changed. No lock of a widget is held.
func (r *rootSet) follow() {
	r.mu.Lock()
	list := slices.Clone(r.list)
	r.mu.Unlock()
	for _, m := range list {
		m.mu.Lock()
		own := m.still["text/plain"] != nil
		m.mu.Unlock()
		if !own {
			m.leave()
		}
	}
}

// SetLast keeps the widget on pages when the cell has ended, however it has, with these values changed; what the widget
// consists of, as the children of a box, stays as well, and is off. A page that was loaded again while the cell ran
// shows no other output of it. On others the still takes the widget's place all the same.
func (m *Model) SetLast(values map[string]any) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if values == nil {
		values = map[string]any{}
	}
	m.last = values
	return m.putLast()
}

// off is the last state of a part of a widget that stays, unless it has its own.
func (m *Model) off() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.last != nil {
		return nil
	}
	m.last = map[string]any{}
	if m.state["_view_module"] != base { // a layout or a style
		m.last["disabled"] = true
	}
	return m.putLast()
}

// putLast has the parts stay, too, and tells the session about it. mu is held.
func (m *Model) putLast() error {
	if err := offAll(m.state); err != nil || m.comm == nil {
		return err
	}
	data, buffers, err := encode(m.last)
	if err != nil {
		return fmt.Errorf("widget: %s: %w", m.what, err)
	}
	data["method"] = "update"
	if err := m.comm.Last(data, buffers...); err != nil && !errors.Is(err, cell.ErrCommClosed) {
		return fmt.Errorf("widget: %s: %w", m.what, err)
	}
	return nil
}

// offAll has what values consist of stay.
func offAll(values map[string]any) error {
	for _, value := range values {
		for _, part := range partsOf(value) {
			if err := part.model().off(); err != nil {
				return err
			}
		}
	}
	return nil
}

// Close removes the widget from the page. Its still comes at the end of the cell.
func (m *Model) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.comm == nil {
		return nil
	}
	return m.comm.Close()
}

// MIMEBundle implements cell.Bundler: it makes the widget known to the front end, and returns the output that shows it.
func (m *Model) MIMEBundle() (cell.Bundle, error) {
	if err := m.fault(); err != nil {
		return nil, err
	}
	b := m.stillNow()
	if !cell.ShowsWidgets() {
		return b, nil
	}
	id, err := m.open()
	if err != nil {
		return nil, err
	}
	roots.add(m)
	b[ViewType] = map[string]any{"version_major": 2, "version_minor": 0, "model_id": id}
	return b, nil
}

// Await waits until done is closed or a value comes from it. It returns at once if nobody can see a widget.
func Await(done <-chan struct{}) {
	if cell.ShowsWidgets() {
		<-done
	}
}

// fault returns the first error of the arguments of the widget and its parts.
func (m *Model) fault() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	for _, name := range slices.Sorted(maps.Keys(m.state)) {
		for _, part := range partsOf(m.state[name]) {
			if err := part.model().fault(); err != nil {
				return err
			}
		}
	}
	return nil
}

// partsOf returns the widgets that a value consists of.
func partsOf(value any) []Widget {
	switch v := value.(type) {
	case Widget:
		return []Widget{v}
	case []Widget:
		return v
	}
	return nil
}

// open makes the widget and its parts known to the front end, once, and returns its id.
func (m *Model) open() (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.comm != nil {
		return m.comm.ID(), nil
	}
	data, buffers, err := encode(m.state)
	if err != nil {
		return "", fmt.Errorf("widget: %s: %w", m.what, err)
	}
	if m.comm, err = cell.OpenComm(target, data, map[string]string{"version": protocol}, m.receive,
		buffers...); err != nil {
		return "", fmt.Errorf("widget: %s: %w", m.what, err)
	}
	if m.last != nil {
		err = m.putLast()
	}
	return m.comm.ID(), err
}

// put changes values, here and in the front end. What nobody sees any more is changed here alone. mu is held.
func (m *Model) put(values map[string]any) error {
	if m.last != nil {
		if err := offAll(values); err != nil {
			return err
		}
	}
	if m.comm != nil {
		data, buffers, err := encode(values)
		if err != nil {
			return fmt.Errorf("widget: %s: %w", m.what, err)
		}
		data["method"] = "update"
		if err := m.comm.Send(data, buffers...); err != nil && !errors.Is(err, cell.ErrCommClosed) {
			return fmt.Errorf("widget: %s: %w", m.what, err)
		}
	}
	maps.Copy(m.state, values)
	return nil
}

// send sends the front end a message of the widget's own.
func (m *Model) send(content any, buffers [][]byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.comm == nil {
		return nil
	}
	err := m.comm.Send(map[string]any{"method": "custom", "content": content}, buffers...)
	if errors.Is(err, cell.ErrCommClosed) {
		return nil
	}
	return err
}

// encode returns values as the protocol has them: bytes are buffers beside the JSON, widgets are names, which makes
// them known.
func encode(values map[string]any) (data map[string]any, buffers [][]byte, err error) {
	state, paths := map[string]any{}, [][]string{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		switch v := values[name].(type) {
		case []byte:
			paths, buffers = append(paths, []string{name}), append(buffers, v)
		case Widget:
			if state[name], err = reference(v); err != nil {
				return nil, nil, err
			}
		case []Widget:
			list := []string{}
			for _, part := range v {
				id, err := reference(part)
				if err != nil {
					return nil, nil, err
				}
				list = append(list, id)
			}
			state[name] = list
		default:
			state[name] = v
		}
	}
	return map[string]any{"state": state, "buffer_paths": paths}, buffers, nil
}

func reference(w Widget) (string, error) {
	id, err := w.model().open()
	return "IPY_MODEL_" + id, err
}

// receive handles a message of the front end.
func (m *Model) receive(c cell.CommMessage) {
	var data struct {
		Method  string
		State   map[string]json.RawMessage
		Paths   [][]any `json:"buffer_paths"`
		Content json.RawMessage
	}
	if json.Unmarshal(c.Data, &data) != nil {
		return
	}
	switch data.Method {
	case "update":
		values := map[string]any{}
		for name, value := range data.State {
			values[name] = value
		}
		for i, path := range data.Paths {
			if name, ok := path[0].(string); ok && len(path) == 1 && i < len(c.Buffers) {
				values[name] = c.Buffers[i]
			}
		}
		for _, follow := range m.take(values) {
			follow()
		}
	case "custom":
		if m.event != nil {
			m.event(data.Content, c.Buffers)
		}
	case "request_state": // the session answers it, unless the state is too large for it
		m.mu.Lock()
		defer m.mu.Unlock()
		_ = m.put(m.state) // nobody to tell
	}
}

// take stores values that have come from the front end, and returns what is to be called.
func (m *Model) take(values map[string]any) []func() {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []func()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if take := m.changed[name]; take != nil {
			if follow := take(values[name]); follow != nil {
				all = append(all, follow)
			}
			continue
		}
		m.state[name] = values[name]
	}
	return all
}
