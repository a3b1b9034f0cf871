package widget

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

// Input is a widget with a value, whatever its type.
type Input interface {
	Widget
	// Current returns the value.
	Current() any
	// OnChange calls f when the user has changed the value.
	OnChange(f func())
	// Text returns the value with its description.
	Text() string
	// SetLayout sets properties of CSS.
	SetLayout(properties map[string]string) error
	// SetDisabled says whether the user can change the value.
	SetDisabled(bool) error
}

// Control is a widget with a value of type T.
type Control[T any] struct {
	Model
	name   string                  // of the value in the model
	encode func(T) any             // what the model has in place of the value
	decode func(any) (T, error)    // the opposite
	check  func(T) (string, error) // returns the value as text, or an error
	value  T
	calls  []func(T)

	set     bool        // SetValue has been called
	confirm *time.Timer // sends the value again

	// Of sliders and progress bars for numbers: the ends, and what the model has in their place.
	ends  atomic.Pointer[[2]float64]
	scale func(float64) float64
}

// quiet is how long the user must have left a control alone before its value is sent again. A value of SetValue and one
// that the user chooses at the same time cross: the front end then shows the former, while the latter counts.
const quiet = 300 * time.Millisecond

// newControl completes c, whose Model is defined.
func newControl[T any](c *Control[T], name, description string, value T) *Control[T] {
	c.name, c.value = name, value
	if c.encode == nil {
		c.encode = func(v T) any { return v }
	}
	if c.decode == nil {
		c.decode = func(v any) (value T, err error) {
			text, ok := v.(json.RawMessage)
			if !ok || string(text) == "null" {
				return value, fmt.Errorf("no value: %s", v)
			}
			return value, json.Unmarshal(text, &value)
		}
	}
	c.state["description"] = description
	if len(description) > 9 { // more than the front end has room for by default
		c.state["style"] = Widget(newHelper(controls, c.style, map[string]any{"description_width": "initial"}))
	}
	c.text = func() string {
		text, _ := c.check(c.Value())
		if description != "" {
			text = description + ": " + text
		}
		return text
	}
	c.changed[name] = c.take
	if _, err := c.check(value); err != nil && c.err == nil {
		c.err = fmt.Errorf("widget: %s: %w", c.what, err)
	} else if err == nil {
		c.state[name] = c.encode(value)
	}
	return c
}

// take stores a value that the user has chosen. One that is not possible is ignored.
func (c *Control[T]) take(raw any) func() {
	v, err := c.decode(raw)
	if err == nil {
		_, err = c.check(v)
	}
	if err != nil {
		return nil
	}
	c.value, c.state[c.name] = v, raw
	calls := slices.Clone(c.calls)
	if c.set {
		if c.confirm == nil {
			c.confirm = time.AfterFunc(quiet, func() { _ = c.setValue(c.Value()) })
		} else {
			c.confirm.Reset(quiet)
		}
	}
	return func() {
		roots.follow()
		for _, f := range calls {
			f(v)
		}
	}
}

// Value returns the value as it is now.
func (c *Control[T]) Value() T {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.value
}

// SetValue changes the value, also in the front end. It is an error if the user could not choose it.
func (c *Control[T]) SetValue(v T) error {
	err := c.setValue(v)
	if err == nil {
		roots.follow()
	}
	return err
}

func (c *Control[T]) setValue(v T) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.check(v); err != nil {
		return fmt.Errorf("widget: %s: %w", c.what, err)
	}
	if err := c.put(map[string]any{c.name: c.encode(v)}); err != nil {
		return err
	}
	c.value, c.set = v, true
	return nil
}

// Observe calls f with each value that the user chooses, but not with those of SetValue.
func (c *Control[T]) Observe(f func(T)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, f)
}

// Text implements Input.
func (c *Control[T]) Text() string { return c.text() }

// Current implements Input.
func (c *Control[T]) Current() any { return c.Value() }

// OnChange implements Input.
func (c *Control[T]) OnChange(f func()) { c.Observe(func(T) { f() }) }
