package widget

import (
	"encoding/json"
	"fmt"
	"maps"
)

// Any is a widget with a front end of its own: a module of JavaScript as anywidget has it, which exports
// {render({model, el})}. The module reads a value with model.get("name"), follows it with model.on("change:name", f),
// and changes it with model.set("name", value) and model.save_changes(). Values that are []byte are a DataView there.
type Any struct{ Model }

// NewAny returns a widget whose front end is a module. The name, such as "mine.Plane", is the same for all widgets with
// this module; values are those that it begins with.
func NewAny(name, module string, values map[string]any) *Any {
	a := &Any{Model: Model{what: "widget " + name}}
	a.define("anywidget", "~0.11.*", "Any", map[string]any{"_esm": module, "_anywidget_id": name})
	for name := range values {
		if _, taken := a.state[name]; taken {
			a.err = fmt.Errorf("widget: %s: the name %s is anywidget's own; take another one", a.what, name)
		}
	}
	maps.Copy(a.state, values)
	return a
}

// Update sets values, all at once.
func (a *Any) Update(values map[string]any) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.put(values)
}

// OnChange calls f with each value that the front end gives to a name, as JSON.
func (a *Any) OnChange(name string, f func(value json.RawMessage)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.changed[name] = func(value any) func() {
		a.state[name] = value
		text, ok := value.(json.RawMessage)
		if !ok {
			return nil
		}
		return func() { f(text) }
	}
}

// OnMessage calls f with what the module sends by model.send(content, callbacks, buffers).
func (a *Any) OnMessage(f func(content json.RawMessage, buffers [][]byte)) { a.event = f }

// Send sends a message to the module, which model.on("msg:custom", f) gets.
func (a *Any) Send(content any, buffers ...[]byte) error { return a.send(content, buffers) }
