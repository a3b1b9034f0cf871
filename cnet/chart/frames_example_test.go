package chart_test

import (
	"bytes"
	"fmt"
	"math"

	"continuousnet/cnet/chart"
)

// Euler's method on a circle with more and more steps, before its vector field: a frame for each number of steps.
func ExampleSlider() {
	circle := func(x, y float64) (dx, dy float64) { return -y, x }
	x, y := chart.Axis{Title: "x", Min: -2, Max: 2}, chart.Axis{Title: "y", Min: -2, Max: 2}
	p := chart.Panel{X: x, Y: y, Equal: true, Series: []chart.Series{chart.Field(x, y, 12, circle)}}
	c := chart.Chart{Title: "One turn with Euler's method", Slider: chart.Slider{Name: "steps"}}
	for n := 4; n <= 64; n *= 2 {
		s := chart.Series{Name: "Euler", X: []float64{1}, Y: []float64{0}}
		for k := range n {
			dx, dy := circle(s.X[k], s.Y[k])
			h := 2 * math.Pi / float64(n)
			s.X, s.Y = append(s.X, s.X[k]+h*dx), append(s.Y, s.Y[k]+h*dy)
		}
		p.Frames = append(p.Frames, chart.Frame{Series: []chart.Series{s}})
		c.Slider.Labels = append(c.Slider.Labels, fmt.Sprint(n))
	}
	c.Panels = []chart.Panel{p}
	var png bytes.Buffer
	err := c.PNG(&png) // four of the five frames side by side
	fmt.Println(len(p.Frames), png.Len() > 0, err)
	// Output: 5 true <nil>
}
