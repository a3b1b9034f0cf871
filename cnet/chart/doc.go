// Package chart describes charts as plain values and draws them as PNG and SVG.
//
//	c := chart.Chart{Title: "Cooling", Panels: []chart.Panel{{
//		X:      chart.Axis{Title: "minutes"},
//		Y:      chart.Axis{Title: "°C", Zero: true},
//		Series: []chart.Series{{Name: "tea", X: []float64{0, 5, 10}, Y: []float64{90, 67, 52}}},
//		Marks:  []chart.Mark{{At: 5, Label: "milk added"}},
//	}}}
//	err := c.Save("cooling.png") // or .svg; c.PNG(w), c.SVG(w)
//
// The same value is drawn by front ends that readers can play with: [Chart.VegaLite] writes it as Vega-Lite 5, with
// values under the pointer, zoom, and the frames of a [Slider]; a PNG or SVG has a few chosen frames side by side. A
// cell whose last expression is a chart shows both. [Field] returns a vector field, [Filled] and [Classes] backgrounds,
// [Guide] is a slope to compare with.
//
// A [Chart] is data only: panels with axes, series and marks, or with the cells of a heat map. It does not know how it
// is drawn. [ByClass] returns the series for classified points in the plane. A [Gallery] shows pictures with captions,
// as PNG and as Vega-Lite. The charts of a training run are made in package figures.
//
// Zero values are good defaults. A value that is NaN or infinite is a gap, and an empty chart is drawn as empty axes.
// What cannot be drawn, such as X and Y of different lengths or an unknown colour, is an error that names the panel and
// the series. Equal charts give equal bytes.
//
// The colours are those of Okabe and Ito ("Color Universal Design", 2008), which people with colour-vision deficiencies
// can tell apart. Classes also differ in shape, and the eighth to the fourteenth series
// repeat the colours dashed.
package chart
