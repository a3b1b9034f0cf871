// Package figures draws what a run has recorded and measured: each function takes records as package cnet returns them
// and returns a chart.
//
//	c := figures.History(run.History(), figures.HistoryOptions{LogLoss: true})
//	c.Title = run.Title()
//	err := c.Save("history.png") // or .svg
//
// Package chart does the drawing and knows nothing of training; package notebook shows these charts in a cell.
package figures
