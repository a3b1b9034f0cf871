package chart

import (
	"slices"
	"strings"
)

// String returns what the chart shows in a sentence, as readers of a screen hear it.
func (c Chart) String() string { return c.alt() }

func (c Chart) alt() string {
	if c.Alt != "" {
		return clean(c.Alt)
	}
	var parts []string
	for _, p := range c.Panels {
		parts = append(parts, p.alt())
	}
	text := strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "; ")
	if title := clean(c.Title); title != "" {
		text = strings.TrimSuffix(title+": "+text, ": ")
	}
	if names := c.namesOfSeries(); len(names) > 0 {
		text += " (" + strings.Join(names, ", ") + ")"
	}
	if n := len(c.Slider.Labels); n > 1 {
		text += ", from " + c.Slider.caption(0) + " to " + clean(c.Slider.Labels[n-1])
	}
	if text == "" {
		return "[chart]"
	}
	return "[chart: " + text + "]"
}

func (p Panel) alt() string {
	title, x, y := clean(p.Title), clean(p.X.Title), clean(p.Y.Title)
	axes := ""
	switch {
	case p.Bare:
	case x != "" && y != "":
		axes = y + " over " + x
	case x != "":
		axes = "over " + x
	default:
		axes = y
	}
	return strings.TrimSpace(title + " " + axes)
}

// namesOfSeries returns the names in the legend, in their order.
func (c Chart) namesOfSeries() []string {
	var names []string
	for _, p := range c.Panels {
		for _, s := range p.all().Series {
			if name := clean(s.Name); name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}
