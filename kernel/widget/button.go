package widget

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Button is a button to press. Set changes its "description", "icon" and "button_style" ("primary", "success",
// "warning", "danger").
type Button struct {
	Model
	calls []func()
}

// NewButton returns a button.
func NewButton(description string) *Button {
	b := &Button{Model: Model{what: fmt.Sprintf("button %q", description), style: "ButtonStyle"}}
	b.define(controls, version, "Button", map[string]any{"description": description})
	b.text = func() string { return "[" + description + "]" }
	b.event = func(content json.RawMessage, _ [][]byte) {
		var message struct{ Event string }
		if json.Unmarshal(content, &message) != nil || message.Event != "click" {
			return
		}
		b.mu.Lock()
		calls := slices.Clone(b.calls)
		if off, _ := b.state["disabled"].(bool); off { // pressed before the front end knew
			calls = nil
		}
		b.mu.Unlock()
		for _, f := range calls {
			f()
		}
	}
	return b
}

// OnClick calls f each time that the button is pressed.
func (b *Button) OnClick(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls = append(b.calls, f)
}
