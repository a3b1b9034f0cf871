package figures

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"continuousnet/cnet/basis"
	"continuousnet/cnet/chart"
	"continuousnet/cnet/internal/words"
)

// weightsShown is the number of single weights drawn for each stage.
const weightsShown = 3

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

// intervals returns the number of equal intervals of depth on which all of these weights are constant, or else how many
// of them are drawn.
func intervals(list ...OverDepth) int {
	n := 1
	for _, o := range list {
		k := len(o.coefficients)
		if k == 0 {
			continue
		}
		if o.sampling != nil {
			return len(o.sampling)
		}
		n = n / gcd(n, k) * k
	}
	return min(n, samples)
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// on returns the values of all weights in the middles of n equal intervals of depth, [n][weights].
func (o OverDepth) on(n int) [][]float64 {
	rows := o.coefficients
	if o.sampling != nil {
		rows = make([][]float64, len(o.sampling))
		for i := range rows {
			rows[i] = make([]float64, o.weights())
		}
		for j := range o.weights() {
			for i, y := range o.curve(j) {
				rows[i][j] = y
			}
		}
	}
	list := make([][]float64, n)
	for i := range list {
		list[i] = rows[(2*i+1)*len(rows)/(2*n)]
	}
	return list
}

// StageWeights holds the weights of a layer in one stage, now and at an earlier time, which may be in another basis.
type StageWeights struct {
	Name        string
	Now, Before OverDepth
}

// comparable reports whether the stage has as many weights as before.
func (st StageWeights) comparable() bool {
	return st.Now.weights() > 0 && st.Before.weights() == st.Now.weights()
}

// change returns how much every weight has changed since before, on equal intervals of depth: [intervals][weights]. If
// that is not known, it returns the weights themselves.
func (st StageWeights) change() [][]float64 {
	if !st.comparable() {
		return st.Now.on(intervals(st.Now))
	}
	n := intervals(st.Now, st.Before)
	before, rows := st.Before.on(n), make([][]float64, n)
	for i, now := range st.Now.on(n) {
		rows[i] = make([]float64, len(now))
		for j := range now {
			rows[i][j] = now[j] - before[i][j]
		}
	}
	return rows
}

// Weights draws over depth, for each stage, how much the weights of a layer have changed since before: for each
// interval of depth the distribution over all weights, as its median and the ranges of the middle half and the middle
// 90 %, and the few single weights that vary most over depth. The y axis names that time, such as "after 3 epochs";
// with an empty name the weights themselves are drawn.
func Weights(stages []StageWeights, before string) chart.Chart {
	var c chart.Chart
	for _, st := range stages {
		if before == "" {
			st.Before = OverDepth{}
		}
		sum := st.Summary()
		p := chart.Panel{Title: sum.title(), X: depth(), Y: chart.Axis{Title: "weight"}}
		if sum.Change {
			p.Y.Title = "weight now − weight " + before
			p.Marks = []chart.Mark{{At: 0, Across: true}}
		}
		p.Background, p.Series = sum.draw()
		if len(p.Series) > 0 {
			p.Y = around(p.Y.Title, p.Series)
		}
		c.Panels = append(c.Panels, p)
	}
	c.Alt = alternative(stages, before)
	return c
}

func depth() chart.Axis { return chart.Axis{Title: "depth t", Min: 0, Max: 1} }

// alternative says in words what Weights draws.
func alternative(stages []StageWeights, before string) string {
	what := "The distribution of the weights of a layer over depth"
	if before != "" {
		what = "The distribution over depth of the weights of a layer now minus those " + before
	}
	var parts []string
	for _, st := range stages {
		parts = append(parts, fmt.Sprintf("%s varies by %s", st.Name, words.Percent(st.Now.Variation())))
	}
	return what + ": " + strings.Join(parts, ", ") + "."
}

// StageState is a stage of a net: the weights of a layer, and the depths at which the scheme evaluates the rate, which
// may be unknown.
type StageState struct {
	Weights     OverDepth
	Evaluations []float64
}

// StageChange is a stage of a net before and after a change of it.
type StageChange struct {
	Name          string
	Before, After StageState
}

// Changed draws a change of a net, above what it was before and below what it is after: for each interval of depth the
// distribution of the weights of a layer, and where the rate is evaluated. A refinement splits each interval in two
// with the same distribution; another scheme evaluates elsewhere.
func Changed(stages []StageChange) chart.Chart {
	c := chart.Chart{Columns: len(stages), Height: 460}
	c.Panels = make([]chart.Panel, 2*len(stages))
	var parts []string
	for i, st := range stages {
		var all []chart.Series
		for k, now := range []StageState{st.Before, st.After} {
			when := [...]string{"before", "after"}[k]
			p := chart.Panel{
				Title: fmt.Sprintf("%s %s: %s", st.Name, when, now.Weights.functions()),
				X:     chart.Axis{Title: "depth t", Min: -0.02, Max: 1.02}, // points at both ends are whole
			}
			if now.Weights.weights() > 0 {
				p.Background, p.Series = now.draw()
			}
			all = append(all, p.Series...)
			c.Panels[k*len(stages)+i] = p
			parts = append(parts, p.Title)
		}
		y := around("weight", all)
		c.Panels[i].Y, c.Panels[len(stages)+i].Y = y, y
	}
	c.Alt = "The distribution of the weights of a layer over depth, before and after: " +
		strings.Join(parts, ", ") + "."
	return c
}

// draw draws the distribution of the weights, and on the median where the rate is evaluated.
func (s StageState) draw() (*chart.Background, []chart.Series) {
	n := intervals(s.Weights)
	rows := s.Weights.on(n)
	background, list := spreadOf(rows).draw(s.Weights.sampling == nil)
	if len(s.Evaluations) == 0 {
		return background, list
	}
	points := chart.Series{Name: "R is evaluated", Kind: chart.Points, X: s.Evaluations, Color: chart.Vermillion}
	for _, t := range s.Evaluations {
		row := rows[min(max(int(t*float64(n)), 0), n-1)]
		points.Y = append(points.Y, quantile(ascending(row), 0.5))
	}
	return background, append(list, points)
}

// functions says of what the weights are made.
func (o OverDepth) functions() string {
	if o.sampling == nil {
		return words.Plural(len(o.coefficients), "interval")
	}
	return words.Plural(len(o.coefficients), "function")
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
