package chart_test

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"continuousnet/cnet/chart"
)

func Example() {
	c := chart.Chart{Title: "Cooling", Panels: []chart.Panel{{
		X:      chart.Axis{Title: "minutes"},
		Y:      chart.Axis{Title: "°C", Zero: true},
		Series: []chart.Series{{Name: "tea", X: []float64{0, 5, 10}, Y: []float64{90, 67, 52}, Dots: true}},
		Marks:  []chart.Mark{{At: 5, Label: "milk added"}},
	}}}
	var svg bytes.Buffer
	err := c.SVG(&svg)
	fmt.Println(bytes.Contains(svg.Bytes(), []byte("milk added")), err)
	// Output: true <nil>
}

// A phase portrait and one of its coordinates over time, below each other.
func ExampleChart() {
	orbit := chart.Series{Name: "orbit", Color: chart.SkyBlue}
	over := chart.Series{Name: "x", Kind: chart.Line, Color: chart.Black}
	for t := 0.0; t < 2*math.Pi; t += 0.01 {
		orbit.X, orbit.Y = append(orbit.X, math.Cos(t)), append(orbit.Y, math.Sin(t))
		over.X, over.Y = append(over.X, t), append(over.Y, math.Cos(t))
	}
	start := chart.Series{Name: "start", Kind: chart.Points, X: []float64{1}, Y: []float64{0}}
	c := chart.Chart{
		Panels: []chart.Panel{
			{X: chart.Axis{Title: "x"}, Y: chart.Axis{Title: "y"}, Equal: true, Series: []chart.Series{orbit, start}},
			{X: chart.Axis{Title: "t"}, Y: chart.Axis{Title: "x"}, Series: []chart.Series{over}},
		},
		Columns: 1, Width: 400, Scale: 1,
	}
	var png bytes.Buffer
	err := c.PNG(&png)
	width, height := c.Size()
	fmt.Println(width, height, png.Len() > 0, err)
	// Output: 400 640 true <nil>
}

func ExampleByClass() {
	series, err := chart.ByClass([]float64{0, 1, 2}, []float64{0, 1, 0}, []int{0, 1, 0}, "upper", "lower")
	c := chart.Chart{Panels: []chart.Panel{{Series: series, Equal: true}}}
	fmt.Println(c.Panels[0].Series[0].Name, len(c.Panels[0].Series[0].X), err)
	// Output: upper 2 <nil>
}

func ExampleGallery() {
	dir, err := os.MkdirTemp("", "gallery")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	g := chart.Gallery{
		Pixels: make([]uint8, 2*28*28), Width: 28, Height: 28,
		Labels: []int{0, 1}, Predicted: []int{0, 0}, Confidence: []float64{0.98, 0.61},
		Classes: []string{"ankle boot", "bag"},
		Columns: 1, Zoom: 4, Scale: 1, // below each other, a pixel of a picture as 4×4 of the image
	}
	fmt.Println(g.Save(filepath.Join(dir, "predictions.png")))
	// Output: <nil>
}
