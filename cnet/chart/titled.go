package chart

// widestTitle bounds how far a title widens a chart.
const widestTitle = 1400

// Titled returns the chart with a title, and as wide as that needs, within reason: a title that is wider than its chart
// is cut off.
func (c Chart) Titled(title string) Chart {
	c.Title = title
	width, _ := c.Size()
	if needs := min(titleLetters.width(clean(title))+2*margin+1, widestTitle); needs > width {
		c.Width = needs
	}
	return c
}
