package notebook

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"continuousnet/cnet"
	"continuousnet/cnet/basis"
	"continuousnet/cnet/chart"
	"continuousnet/cnet/internal/optional"
)

// weightsShown is how many weights of a stage are drawn.
const weightsShown = 5

// Weights shows for each stage how single weights of a layer run over depth, and dashed how they ran when training last
// went on with a new net (after a refinement or a change of the basis, or at the very beginning). Of the thousands of weights it draws those that
// vary most over depth; the percentage beside the stage is about all of them.
//
// The layer is a variable of Net.Variables without its stage; none means "ode/conv1/kernel".
func Weights(run *cnet.Run, layer ...string) { here().weights(run, layer...) }

func (s *surface) weights(run *cnet.Run, layer ...string) {
	name, err := optional.One("notebook: Weights", "layer", layer, "ode/conv1/kernel")
	if err != nil {
		s.fail(err)
		return
	}
	before, err := recall(run)
	if err != nil {
		before = nil // a damaged memory costs the comparison only
	}
	var functions basis.Basis
	if n, ok := run.Net().(*cnet.Net); ok {
		functions = n.Basis
	}
	var stages []stageWeights
	for _, v := range run.Net().Variables() {
		stage, ok := strings.CutSuffix(v.Path, "/"+name)
		if !ok || !v.OverDepth {
			continue
		}
		now, err := run.Weights(v.Path)
		if err != nil {
			s.fail(err)
			return
		}
		stages = append(stages, stageWeights{name: stageName(stage), now: newOverDepth(functions, now), before: before.overDepth(v.Path)})
	}
	if len(stages) == 0 {
		known := layersOverDepth(run.Net())
		if len(known) == 0 {
			s.fail(fmt.Errorf("notebook: a %s has no weights over depth", run.Config().Model))
			return
		}
		s.fail(fmt.Errorf("notebook: no layer %q over depth; there are %s", name, strings.Join(known, ", ")))
		return
	}
	when := ""
	if before != nil {
		when = "after " + plural(before.Epoch, "epoch")
		if before.Epoch == 0 {
			when = "before training"
		}
		if before.Epoch == run.Epoch() && run.Step() == 0 {
			when = "" // nothing has been trained since
		}
	}
	d := weightsChart(fmt.Sprintf("%s: weights of %s over depth", run.Net(), name), when, stages)
	var lines []string
	for _, st := range stages {
		lines = append(lines, fmt.Sprintf("%s varies by %s over depth", st.name, percent(variation(st.now))))
	}
	s.draw(d, fmt.Sprintf("%s, %s: %s", run.Net(), name, strings.Join(lines, ", ")))
}

// stageName makes "stage 1" of "stage1".
func stageName(path string) string {
	if i := strings.IndexAny(path, "0123456789"); i > 0 {
		return path[:i] + " " + path[i:]
	}
	return path
}

// layersOverDepth lists what Weights can show.
func layersOverDepth(n cnet.Network) []string {
	var names []string
	for _, v := range n.Variables() {
		if _, name, ok := strings.Cut(v.Path, "/"); ok && v.OverDepth && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// samples is at how many times functions of depth are drawn that are not constant on intervals.
const samples = 128

// overDepth are the weights of a layer in one stage as functions of depth.
type overDepth struct {
	coefficients [][]float64 // [functions of the basis][weights]; none: nothing is known
	sampling     [][]float64 // [samples][functions of the basis] in the middle of equal intervals; nil: piecewise constants
}

func newOverDepth(b basis.Basis, coefficients [][]float64) overDepth {
	o := overDepth{coefficients: coefficients}
	if _, constant := b.(basis.PiecewiseConstant); !constant {
		for i := range samples {
			o.sampling = append(o.sampling, basis.Stage(b, i, samples, 0.5))
		}
	}
	return o
}

// weights is how many there are.
func (o overDepth) weights() int {
	if len(o.coefficients) == 0 {
		return 0
	}
	return len(o.coefficients[0])
}

// curve is weight j on equal intervals of depth: what it is there, or in the middle of them.
func (o overDepth) curve(j int) []float64 {
	y := make([]float64, len(o.coefficients))
	for k, row := range o.coefficients {
		y[k] = row[j]
	}
	if o.sampling != nil {
		return basis.Apply(o.sampling, y)
	}
	return y
}

// series draws weight j: as a staircase if it is one.
func (o overDepth) series(j int) chart.Series {
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

// stageWeights are the weights of a layer in one stage.
type stageWeights struct {
	name        string
	now, before overDepth
}

// weightsChart draws the weights that vary most. An empty when leaves out those before.
func weightsChart(title, when string, stages []stageWeights) chart.Chart {
	c := chart.Chart{Title: title}
	colors := []string{chart.Blue, chart.Vermillion, chart.Green, chart.Purple, chart.Orange}
	for _, st := range stages {
		p := chart.Panel{
			Title: fmt.Sprintf("%s: varies by %s", st.name, percent(variation(st.now))),
			X:     chart.Axis{Title: "depth t", Min: 0, Max: 1},
		}
		compare := when != "" && st.before.weights() == st.now.weights()
		if !compare {
			st.before = overDepth{}
		}
		for i, j := range st.notable(weightsShown) {
			color := colors[i%len(colors)]
			if compare {
				before := st.before.series(j)
				before.Dashed, before.Color = true, color
				p.Series = append(p.Series, before)
			}
			now := st.now.series(j)
			now.Color = color
			p.Series = append(p.Series, now)
		}
		if compare { // without points, for the legend only
			p.Series = append(p.Series,
				chart.Series{Name: when, Kind: chart.Steps, Color: chart.Gray, Dashed: true},
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
func (st stageWeights) notable(n int) []int {
	score := func(j int) [3]float64 {
		c := st.now.curve(j)
		s := [3]float64{slices.Max(c) - slices.Min(c), 0, math.Abs(c[0])}
		if st.before.weights() > 0 {
			s[1] = math.Abs(c[0] - st.before.curve(j)[0])
		}
		return s
	}
	order := make([]int, st.now.weights())
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

// variation is the root mean square of what the weights deviate from their mean over depth, as a share of the root mean
// square of the weights: 0 with one function and right after refining it.
func variation(o overDepth) float64 {
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
