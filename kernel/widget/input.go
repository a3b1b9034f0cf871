package widget

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// NewDropdown returns a menu of options, one of which is chosen.
func NewDropdown(description string, options []string, value string) *Control[string] {
	options = slices.Clone(options)
	c := &Control[string]{Model: Model{what: fmt.Sprintf("menu %q", description), style: "DescriptionStyle"}}
	c.define(controls, version, "Dropdown", map[string]any{"_options_labels": options})
	c.check = func(v string) (string, error) {
		if !slices.Contains(options, v) {
			return "", fmt.Errorf("its value is %q, must be one of %q", v, options)
		}
		return v, nil
	}
	c.encode = func(v string) any { return slices.Index(options, v) }
	c.decode = func(raw any) (string, error) {
		var i int
		if text, ok := raw.(json.RawMessage); !ok || json.Unmarshal(text, &i) != nil || i < 0 || i >= len(options) {
			return "", fmt.Errorf("%s is no index of an option", raw)
		}
		return options[i], nil
	}
	return newControl(c, "index", description, value)
}

// NewCheckbox returns a box to tick.
func NewCheckbox(description string, value bool) *Control[bool] {
	c := &Control[bool]{Model: Model{what: fmt.Sprintf("checkbox %q", description), style: "CheckboxStyle"}}
	c.define(controls, version, "Checkbox", map[string]any{"indent": false})
	c.check = func(v bool) (string, error) {
		if v {
			return "yes", nil
		}
		return "no", nil
	}
	return newControl(c, "value", description, value)
}

// NewText returns a line to type into. Its value changes with the return key, or when another widget is chosen.
func NewText(description, value string) *Control[string] {
	c := &Control[string]{Model: Model{what: fmt.Sprintf("text %q", description), style: "TextStyle"}}
	c.define(controls, version, "Text", map[string]any{"continuous_update": false})
	c.check = func(v string) (string, error) { return v, nil }
	return newControl(c, "value", description, value)
}

// NewHTML returns a place for HTML, which SetValue changes.
func NewHTML(html string) *Control[string] {
	c := &Control[string]{Model: Model{what: "HTML", style: "HTMLStyle"}}
	c.define(controls, version, "HTML", nil)
	c.check = func(v string) (string, error) { return withoutTags(v), nil }
	return newControl(c, "value", "", html)
}

// withoutTags returns the text of simple HTML.
func withoutTags(html string) string {
	var b strings.Builder
	for html != "" {
		text, rest, _ := strings.Cut(html, "<")
		b.WriteString(text)
		_, html, _ = strings.Cut(rest, ">")
	}
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&#34;", `"`, "&#39;", "'", "&amp;", "&").Replace(b.String())
}

// NewImage returns a place for a picture, PNG, JPEG, GIF or SVG, which SetValue changes.
func NewImage(data []byte) *Control[[]byte] {
	c := &Control[[]byte]{Model: Model{what: "image", style: ""}}
	c.define(controls, version, "Image", nil)
	c.check = func(v []byte) (string, error) {
		format := formatOf(v)
		if format == "" {
			return "", errors.New("its bytes are none of PNG, JPEG, GIF and SVG")
		}
		return "[image]", nil
	}
	c.decode = func(any) ([]byte, error) { return nil, errors.New("pictures come from Go") }
	c.state["format"] = formatOf(data)
	return newControl(c, "value", "", data)
}

// formatOf returns the format of a picture by its first bytes; empty if it is unknown.
func formatOf(data []byte) string {
	for _, f := range []struct{ begin, name string }{
		{"\x89PNG\r\n\x1a\n", "png"}, {"\xff\xd8\xff", "jpeg"}, {"GIF8", "gif"}, {"<svg", "svg+xml"},
		{"<?xml", "svg+xml"},
	} {
		if bytes.HasPrefix(data, []byte(f.begin)) {
			return f.name
		}
	}
	return ""
}
