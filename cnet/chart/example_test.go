package chart_test

import (
	"bytes"
	"fmt"

	"continuousnet/cnet/chart"
)

func Example() {
	c := chart.Chart{Title: "Moons", Panels: []chart.Panel{{
		X:      chart.Axis{Title: "epoch", Integer: true},
		Y:      chart.Axis{Title: "accuracy", Percent: true},
		Series: []chart.Series{{Name: "test", X: []float64{1, 2, 3}, Y: []float64{0.71, 0.84, 0.88}}},
		Marks:  []chart.Mark{{At: 2, Label: "refined to 2-2-2"}},
	}}}
	var svg bytes.Buffer
	err := c.SVG(&svg)
	fmt.Println(bytes.Contains(svg.Bytes(), []byte("refined to 2-2-2")), err)
	// Output: true <nil>
}

func ExampleByClass() {
	series, err := chart.ByClass([]float64{0, 1, 2}, []float64{0, 1, 0}, []int{0, 1, 0}, "upper", "lower")
	c := chart.Chart{Panels: []chart.Panel{{Series: series, Equal: true}}}
	fmt.Println(c.Panels[0].Series[0].Name, len(c.Panels[0].Series[0].X), err)
	// Output: upper 2 <nil>
}

func ExampleGallery() {
	g := chart.Gallery{
		Pixels: make([]uint8, 2*28*28), Width: 28, Height: 28,
		Labels: []int{0, 1}, Predicted: []int{0, 0}, Confidence: []float64{0.98, 0.61},
		Classes: []string{"ankle boot", "bag"},
	}
	var png bytes.Buffer
	err := g.PNG(&png)
	fmt.Println(png.Len() > 0, err)
	// Output: true <nil>
}
