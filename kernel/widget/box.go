package widget

import "strings"

// Box shows widgets beside or below each other.
type Box struct {
	Model
	children []Widget
}

// NewHBox returns a box of widgets beside each other.
func NewHBox(children ...Widget) *Box { return newBox("HBox", " · ", children) }

// NewVBox returns a box of widgets below each other.
func NewVBox(children ...Widget) *Box { return newBox("VBox", "\n", children) }

func newBox(name, between string, children []Widget) *Box {
	b := &Box{Model: Model{what: "box"}, children: append([]Widget{}, children...)}
	b.define(controls, version, name, map[string]any{"children": b.children})
	b.text = func() string {
		var texts []string
		for _, w := range b.children {
			if text := w.model().text(); text != "" {
				texts = append(texts, text)
			}
		}
		return strings.Join(texts, between)
	}
	return b
}

// SetDisabled says whether the user can move or press the widgets in the box.
func (b *Box) SetDisabled(disabled bool) error {
	for _, w := range b.children {
		if can, ok := w.(interface{ SetDisabled(bool) error }); ok {
			if err := can.SetDisabled(disabled); err != nil {
				return err
			}
		}
	}
	return nil
}
