package chart

import "math"

// History is what training has recorded; Chart draws it as learning curves.
type History struct {
	Title  string
	Epochs []Epoch
	Steps  []Step
	// Marks are the epochs after which something changed: the net was refined, the scheme was replaced.
	Marks []Mark
	// Total is the number of epochs planned, so that the axis does not move while training; 0: as far as there is data.
	Total float64
	// LogLoss draws the loss on a logarithmic axis.
	LogLoss bool
}

// Epoch is one row of a history. Number counts from 1, the values are those after that epoch; accuracies are in 0..1.
// NaN means not measured.
type Epoch struct {
	Number                      float64
	TrainLoss, TestLoss         float64
	TrainAccuracy, TestAccuracy float64
}

// Step is the training loss of one step. Epoch is a fraction: 2.5 is half-way through the third epoch.
type Step struct{ Epoch, Loss float64 }

// Chart draws loss and accuracy beside each other, with the loss of single steps as a thin light line behind the loss.
// Without any accuracy, such as for regression, there is only the loss.
func (h History) Chart() Chart {
	n := len(h.Epochs)
	column := func(get func(Epoch) float64) []float64 {
		v := make([]float64, n)
		for i, e := range h.Epochs {
			v[i] = get(e)
		}
		return v
	}
	number := column(func(e Epoch) float64 { return e.Number })
	curve := func(name, color string, get func(Epoch) float64) Series {
		return Series{Name: name, Color: color, X: number, Y: column(get), Dots: n <= 50}
	}

	x := Axis{Title: "epoch", Integer: true}
	last := 0.0
	if finite(h.Total) {
		last = h.Total
	}
	for _, v := range number {
		if finite(v) {
			last = max(last, v)
		}
	}
	for _, s := range h.Steps {
		if finite(s.Epoch) {
			last = max(last, math.Ceil(s.Epoch))
		}
	}
	x.Max = max(last, 1)
	// A curve of epochs alone begins with the first of them, steps begin at 0.
	if len(h.Steps) == 0 && n > 1 && finite(number[0]) && number[0] < x.Max {
		x.Min = number[0]
	}
	for _, m := range h.Marks {
		if finite(m.At) {
			x.Min, x.Max = min(x.Min, m.At), max(x.Max, m.At)
		}
	}

	loss := Panel{Title: "Loss", X: x, Y: Axis{Log: h.LogLoss}, Marks: h.Marks}
	if len(h.Steps) > 0 {
		s := Series{Like: "train", Light: true, X: make([]float64, len(h.Steps)), Y: make([]float64, len(h.Steps))}
		for i, step := range h.Steps {
			s.X[i], s.Y[i] = step.Epoch, step.Loss
		}
		loss.Series = append(loss.Series, s)
	}
	loss.Series = append(loss.Series,
		curve("train", Blue, func(e Epoch) float64 { return e.TrainLoss }),
		curve("test", Vermillion, func(e Epoch) float64 { return e.TestLoss }))
	c := Chart{Title: h.Title, Panels: []Panel{loss}}

	measured := n == 0
	for _, e := range h.Epochs {
		measured = measured || finite(e.TrainAccuracy) || finite(e.TestAccuracy)
	}
	if measured {
		c.Panels = append(c.Panels, Panel{Title: "Accuracy", X: x, Y: Axis{Percent: true}, Marks: h.Marks, Series: []Series{
			curve("train", Blue, func(e Epoch) float64 { return e.TrainAccuracy }),
			curve("test", Vermillion, func(e Epoch) float64 { return e.TestAccuracy }),
		}})
	}
	return c
}
