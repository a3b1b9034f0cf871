package figures

import (
	"fmt"
	"math"
	"slices"

	"continuousnet/cnet/basis"
	"continuousnet/cnet/chart"
	"continuousnet/cnet/internal/words"
)

// weightsShown is the number of weights drawn for each stage.
const weightsShown = 5

// samples is the number of depths at which a curve is drawn, unless it is a staircase.
const samples = 128

// OverDepth holds the weights of a layer in one stage as functions of depth. The zero value holds none.
type OverDepth struct {
	coefficients [][]float64 // [functions of the basis][weights]
	sampling     [][]float64 // [samples][functions of the basis] at the middles of equal intervals; nil: a staircase
}

// NewOverDepth returns the weights that have these coefficients in the basis, [functions of the basis][weights].
func NewOverDepth(b basis.Basis, coefficients [][]float64) OverDepth {
	o := OverDepth{coefficients: coefficients}
	if _, constant := b.(basis.PiecewiseConstant); !constant {
		for i := range samples {
			o.sampling = append(o.sampling, basis.Stage(b, i, samples, 0.5))
		}
	}
	return o
}

// weights returns the number of weights.
func (o OverDepth) weights() int {
	if len(o.coefficients) == 0 {
		return 0
	}
	return len(o.coefficients[0])
}

// curve returns the values of weight j on equal intervals of depth: in their middles if they are not constant there.
func (o OverDepth) curve(j int) []float64 {
	y := make([]float64, len(o.coefficients))
	for k, row := range o.coefficients {
		y[k] = row[j]
	}
	if o.sampling != nil {
		return basis.Apply(o.sampling, y)
	}
	return y
}

// series returns the curve of weight j over depth, a staircase for piecewise constants.
func (o OverDepth) series(j int) chart.Series {
	y := o.curve(j)
	if o.sampling == nil {
		return chart.Series{Kind: chart.Steps, X: edges(len(y)), Y: y}
	}
	x := make([]float64, len(y))
	for i := range x {
		x[i] = (float64(i) + 0.5) / float64(len(x))
	}
	return chart.Series{X: x, Y: y}
}

// StageWeights holds the weights of a layer in one stage, now and at an earlier time, which may be in another basis.
type StageWeights struct {
	Name        string
	Now, Before OverDepth
}

// Weights draws over depth, for each stage, the few weights of a layer that vary most, and dashed what they were
// before. The legend names that time, such as "after 3 epochs"; an empty name leaves them out.
func Weights(stages []StageWeights, before string) chart.Chart {
	var c chart.Chart
	colors := []string{chart.Blue, chart.Vermillion, chart.Green, chart.Purple, chart.Orange}
	for _, st := range stages {
		p := chart.Panel{
			Title: fmt.Sprintf("%s: varies by %s", st.Name, words.Percent(st.Now.Variation())),
			X:     chart.Axis{Title: "depth t", Min: 0, Max: 1},
		}
		compare := before != "" && st.Before.weights() == st.Now.weights()
		if !compare {
			st.Before = OverDepth{}
		}
		for i, j := range st.notable(weightsShown) {
			color := colors[i%len(colors)]
			if compare {
				was := st.Before.series(j)
				was.Dashed, was.Color = true, color
				p.Series = append(p.Series, was)
			}
			is := st.Now.series(j)
			is.Color = color
			p.Series = append(p.Series, is)
		}
		if compare { // without points, for the legend only
			p.Series = append(p.Series,
				chart.Series{Name: before, Kind: chart.Steps, Color: chart.Gray, Dashed: true},
				chart.Series{Name: "now", Kind: chart.Steps, Color: chart.Gray})
		}
		c.Panels = append(c.Panels, p)
	}
	return c
}

func edges(intervals int) []float64 {
	x := make([]float64, intervals+1)
	for i := range x {
		x[i] = float64(i) / float64(intervals)
	}
	return x
}

// notable returns the n weights that vary most over depth; where they are constant those that have moved most since
// before, or else the largest.
func (st StageWeights) notable(n int) []int {
	score := func(j int) [3]float64 {
		c := st.Now.curve(j)
		s := [3]float64{slices.Max(c) - slices.Min(c), 0, math.Abs(c[0])}
		if st.Before.weights() > 0 {
			s[1] = math.Abs(c[0] - st.Before.curve(j)[0])
		}
		return s
	}
	order := make([]int, st.Now.weights())
	scores := make([][3]float64, len(order))
	for j := range order {
		order[j], scores[j] = j, score(j)
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := scores[a], scores[b]
		return slices.Compare(y[:], x[:])
	})
	return order[:min(n, len(order))]
}

// Variation returns how much the weights vary over depth: the root mean square of their deviations from their means
// over depth, divided by the root mean square of the weights. It is 0 if they are constant, as with a single function.
func (o OverDepth) Variation() float64 {
	var deviation, size float64
	for j := range o.weights() {
		mean, curve := 0.0, o.curve(j)
		for _, y := range curve {
			mean += y / float64(len(curve))
		}
		for _, y := range curve {
			deviation += (y - mean) * (y - mean)
			size += y * y
		}
	}
	if size == 0 {
		return 0
	}
	return math.Sqrt(deviation / size)
}
