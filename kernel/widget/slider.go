package widget

import (
	"fmt"
	"math"
)

// NewIntSlider returns a slider for whole numbers from low to high.
func NewIntSlider(description string, low, high, value int) *Control[int] {
	c := &Control[int]{Model: Model{what: fmt.Sprintf("slider %q", description), style: "SliderStyle"}}
	c.define(controls, version, "IntSlider", map[string]any{"min": low, "max": high, "step": 1})
	c.check = func(v int) (string, error) { return inRange(v, low, high) }
	c.ordered(float64(low), float64(high))
	return newControl(c, "value", description, value)
}

// NewFloatSlider returns a slider for numbers from low to high in steps.
func NewFloatSlider(description string, low, high, step, value float64) *Control[float64] {
	c := newNumbers(fmt.Sprintf("slider %q", description), "FloatSlider", "SliderStyle", low, high)
	c.state["min"], c.state["max"], c.state["step"], c.state["readout_format"] = low, high, step, ".3~g"
	if !(step > 0) {
		c.err = fmt.Errorf("widget: %s: its step is %g, must be positive", c.what, step)
	}
	return newControl(c, "value", description, value)
}

// NewFloatLogSlider returns a slider for positive numbers from low to high, on a logarithmic scale with 20 steps a
// decade.
func NewFloatLogSlider(description string, low, high, value float64) *Control[float64] {
	c := newNumbers(fmt.Sprintf("slider %q", description), "FloatLogSlider", "SliderStyle", low, high)
	if !(low > 0) {
		c.err = fmt.Errorf("widget: %s: it begins at %g, must be positive for a logarithmic scale", c.what, low)
		low, high = 1, 10
	}
	c.state["min"], c.state["max"], c.state["base"], c.state["step"] = exponent(low), exponent(high), 10.0, 0.05
	c.state["readout_format"] = ".3~g"
	check := c.check
	c.check = func(v float64) (string, error) {
		for _, end := range c.ends.Load() { // powers of ten are not exact
			if math.Abs(v-end) < 1e-9*end {
				v = end
			}
		}
		return check(v)
	}
	c.scale = exponent
	return newControl(c, "value", description, value)
}

// exponent returns the logarithm of a number, rounded so that powers of ten are whole.
func exponent(v float64) float64 { return math.Round(1e9*math.Log10(v)) / 1e9 }

// NewProgress returns a bar that shows a number from low to high.
func NewProgress(description string, low, high, value float64) *Control[float64] {
	c := newNumbers(fmt.Sprintf("progress %q", description), "FloatProgress", "ProgressStyle", low, high)
	c.state["_view_name"] = "ProgressView"
	c.state["min"], c.state["max"] = low, high
	return newControl(c, "value", description, value)
}

// newNumbers returns a control for numbers from low to high.
func newNumbers(what, name, style string, low, high float64) *Control[float64] {
	c := &Control[float64]{Model: Model{what: what, style: style}}
	c.define(controls, version, name, nil)
	c.ends.Store(&[2]float64{low, high})
	c.check = func(v float64) (string, error) { return inRange(v, c.ends.Load()[0], c.ends.Load()[1]) }
	c.scale = func(v float64) float64 { return v }
	c.ordered(low, high)
	return c
}

// SetRange changes the ends of a slider or of a progress bar for numbers, and brings a value beyond them to the nearer
// one.
func SetRange(c *Control[float64], low, high float64) error {
	if c.ends.Load() == nil {
		return fmt.Errorf("widget: %s has no range", c.what)
	}
	from, to := c.scale(low), c.scale(high)
	if !(from < to) || math.IsInf(from, 0) || math.IsInf(to, 0) {
		return fmt.Errorf("widget: %s: its range is %g to %g; expected a smaller and a larger number, positive on a "+
			"logarithmic scale", c.what, low, high)
	}
	c.ends.Store(&[2]float64{low, high})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.value = min(max(c.value, low), high)
	return c.put(map[string]any{"min": from, "max": to, c.name: c.value})
}

// ordered keeps an error if low to high is not a range.
func (m *Model) ordered(low, high float64) {
	if !(low < high) || math.IsInf(low, 0) || math.IsInf(high, 0) {
		m.err = fmt.Errorf("widget: %s: its range is %g to %g; expected a smaller and a larger number", m.what, low,
			high)
	}
}

// inRange returns a number as text, or an error.
func inRange[T int | float64](v, low, high T) (string, error) {
	if !(v >= low && v <= high) {
		return "", fmt.Errorf("its value is %v, must be %v to %v", v, low, high)
	}
	if whole, ok := any(v).(int); ok {
		return fmt.Sprint(whole), nil
	}
	return fmt.Sprintf("%.5g", float64(v)), nil
}
