// Package chart describes charts as plain values and renders them as PNG and SVG.
//
//	c := chart.Chart{Title: "Moons", Panels: []chart.Panel{{
//		X:      chart.Axis{Title: "epoch", Integer: true},
//		Y:      chart.Axis{Title: "accuracy", Percent: true},
//		Series: []chart.Series{{Name: "test", X: []float64{1, 2, 3}, Y: []float64{0.71, 0.84, 0.88}}},
//		Marks:  []chart.Mark{{At: 2, Label: "refined to 2-2-2"}},
//	}}}
//	err := c.Save("moons.png") // or .svg; c.PNG(w), c.SVG(w)
//
// A [Chart] is data only: panels with axes, series and marks. It does not know how it is drawn, so that another
// rendering (Vega-Lite, for one) can be made from the same value. [ByClass] makes series of classified points in the plane.
// [Gallery] is the exception: pictures with predictions below them, which exist as PNG only.
//
// Zero values are good defaults everywhere. A value that is NaN or infinite is a gap, an empty chart is drawn as empty
// axes, and what cannot be drawn (lists of different lengths, an unknown colour) is an error that names the panel and
// the series. Equal charts give equal bytes.
//
// Colours are those of Okabe and Ito ("Color Universal Design", 2008), which people with colour-vision deficiencies
// can tell apart; classes also differ in shape, and series past the seventh are dashed.
package chart
